// SPDX-License-Identifier: GPL-2.0-or-later
/* What the goroutine waits on, and its labels. */
#include "model/wait_picture.h"
#include "tui/detail_page.h"

enum { LINES_MOST = 6 }; /* cases of a select; a line tells how many more there are */

static bool is_waiting(const struct row *r)
{
	return r->state == GS_WAITING || r->state == GS_LEAKED;
}

static void draw_waits(struct page *g)
{
	const struct waits_picture *p = g->picture->waits;
	const struct wait_fact *f = waits_of(p, g->row);
	struct pen pen = page_labelled(g, "waits on");
	char text[400];

	if (!f) {
		pen_put(&pen, ROLE_DIM, is_waiting(g->row) ? "–" : "nothing: it does not wait");
		return;
	}
	for (uint32_t i = 0; i < f->n && i < LINES_MOST; i++) {
		if (i)
			pen = page_labelled(g, "");
		wait_describe(text, sizeof(text), p, &p->links[f->first + i], g->picture->time);
		pen_put(&pen, ROLE_TEXT, text);
	}
	if (f->n > LINES_MOST) {
		pen = page_labelled(g, "");
		pen_printf(&pen, ROLE_DIM, "and %u more", f->n - LINES_MOST);
	}
}

/* Without any, which is the rule, there is no line. */
static void draw_labels(struct page *g)
{
	const struct label_set *s = g->row->label_set;
	struct pen pen;

	if (!g->row->labels || (s && !s->n))
		return;
	pen = page_labelled(g, "labels");
	if (!s)
		pen_put(&pen, ROLE_DIM, "– not readable");
	for (size_t i = 0; s && i < s->n; i++) {
		if (i && i % 2 == 0)
			pen = page_labelled(g, "");
		pen_printf(&pen, ROLE_DIM, "%s%s=", i % 2 ? "   " : "", s->v[i].key);
		pen_put(&pen, ROLE_TEXT, s->v[i].value);
	}
}

void detail_draw_waits(struct page *g)
{
	draw_waits(g);
	draw_labels(g);
}
