// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "tui/detail_page.h"
#include "tui/terminal.h"

static const char *bound_text(const struct row *r)
{
	switch (r->bound) {
	case AGE_MIN:
		return "  at least: it has not moved since goroutop came";
	case AGE_ABOUT:
		return "  about: from samples";
	case AGE_EXACT:
		return "  exact: seen to begin";
	default:
		return "";
	}
}

static void draw_state(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = page_labelled(g, "in state");

	page_cell(g, &pen, "age", NULL);
	pen_put(&pen, ROLE_DIM, bound_text(r));
	if (r->raw != r->state) {
		pen = page_labelled(g, "in truth");
		pen_printf(&pen, ROLE_TEXT, "%s", state_name(r->raw));
		pen_put(&pen, ROLE_DIM, "  as the runtime has it; it still occupies its thread");
	}
	pen = page_labelled(g, "thread");
	page_cell(g, &pen, "thread", "none");
	pen_put(&pen, ROLE_DIM, "   processor ");
	page_cell(g, &pen, "processor", "none");
	if (r->locked_tid)
		pen_printf(&pen, ROLE_TEXT, "   locked to thread %u", r->locked_tid);
}

static void draw_name(struct page *g, const char *label, const struct name *n)
{
	struct pen pen = page_labelled(g, label);

	pen_put(&pen, n->function ? ROLE_TEXT : ROLE_DIM, n->function ? n->function : "–");
}

static void draw_waker(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = page_labelled(g, "woken by");

	if (!(r->flags & ROW_KNOWS_WAKER))
		pen_put(&pen, ROLE_DIM, "– not seen yet");
	else if (r->waker)
		pen_printf(&pen, ROLE_TEXT, "goroutine %llu", (unsigned long long)r->waker);
	else
		pen_put(&pen, ROLE_TEXT, "the runtime: timer, network or its own work");
}

/* "goroutine 12 raft.StartNode ← goroutine 1 runtime.main". */
static void draw_parents(struct page *g)
{
	const struct detail_picture *d = g->picture->detail;
	struct pen pen = page_labelled(g, "made by");

	if (!g->row->parent || !d || !d->n_ancestors) {
		pen_put(&pen, ROLE_DIM, g->row->goid == 1 ? "the runtime, at the start" : "–");
		return;
	}
	for (size_t i = 0; i < d->n_ancestors; i++) {
		const struct detail_parent *a = &d->ancestors[i];

		if (i)
			pen = page_labelled(g, "");
		pen_printf(&pen, a->alive ? ROLE_TEXT : ROLE_DIM, "%*s%llu", (int)(i * 2), "",
			   (unsigned long long)a->goid);
		if (a->name.function)
			pen_printf(&pen, ROLE_DIM, " %s%s", short_function(a->name.function),
				   a->alive ? "" : " (ended)");
	}
}

void detail_draw_facts(struct page *g)
{
	draw_state(g);
	detail_draw_waits(g);
	draw_name(g, "began with", g->row->start);
	draw_waker(g);
	draw_parents(g);
}
