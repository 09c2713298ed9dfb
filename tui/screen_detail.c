// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One goroutine, with all that is known of it. It stays, whatever becomes of the table. On a wide
 * terminal the stack stands at the left and the facts at the right of it, else one below the other.
 */
#include <string.h>

#include "tui/detail_page.h"
#include "tui/moving.h"
#include "tui/terminal.h"

enum {
	TWO_COLUMNS = 132, /* width from which there are two */
	FACTS_WIDTH = 64,
};

struct pen page_line(struct page *g)
{
	struct pen pen = pen_line(&g->area, g->line >= g->first ? g->line - g->first : -1);

	g->line++;
	pen_skip(&pen, 1);
	return pen;
}

void page_blank(struct page *g)
{
	g->line++;
}

struct pen page_labelled(struct page *g, const char *label)
{
	struct pen pen = page_line(g);

	pen_cell(&pen, ROLE_DIM, label, PAGE_LABEL, ALIGN_LEFT, FIT_END);
	return pen;
}

void page_rule(struct page *g, const char *title)
{
	enum { BEFORE = 2 };
	struct pen pen = page_line(g);

	pen.end--;
	pen_repeat(&pen, ROLE_DIM, "─", BEFORE);
	pen_printf(&pen, ROLE_DIM, " %s ", title);
	pen_repeat(&pen, ROLE_DIM, "─", pen_room(&pen));
}

void page_cell(struct page *g, struct pen *pen, const char *name, const char *none)
{
	const struct column *c = &columns[column_by_name(name, strlen(name))];
	struct cell cell;

	column_format(c, &cell, g->row, &g->ctx);
	if (none && c->none && c->none(g->row))
		pen_put(pen, ROLE_DIM, none);
	else
		pen_put(pen, theme_cell_role(cell.role), cell.text);
}

/* ---- headline --------------------------------------------------------------------------------- */

/* A strip like the table's head, for it names what stands below. It is never scrolled away. */
static void draw_headline(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = pen_line(&g->area, 0);
	bool ended = g->picture != g->app->picture || (r->flags & ROW_ENDED);
	struct cell cell;

	pen_ground(&pen, ROLE_HEAD);
	column_format(&columns[column_by_name("age", 3)], &cell, r, &g->ctx);
	pen_printf(&pen, ROLE_HEAD_SORTED, " goroutine %llu ", (unsigned long long)r->goid);
	pen_printf(&pen, ROLE_HEAD, "  %s %s", state_name(r->state), cell.text);
	if (r->reason_text && r->reason_text[0])
		pen_printf(&pen, ROLE_HEAD, " on %s", r->reason_text);
	if (r->flags & ROW_SYSTEM)
		pen_put(&pen, ROLE_HEAD, "   the runtime's own");
	if (r->flags & ROW_EXTRA_M)
		pen_put(&pen, ROLE_HEAD, "   for a thread that C made");
	if (ended)
		pen_put(&pen, ROLE_HEAD, "   has ended: the last that was seen of it");
}

/* ---- the page --------------------------------------------------------------------------------- */

const struct picture *detail_picture_of(const struct app *app)
{
	const struct picture *p = app->picture;

	if (!p || !p->selected || p->selected->row->goid != app->detail.goid)
		p = app->detail.last;
	if (!p || !p->selected || p->selected->row->goid != app->detail.goid)
		return NULL;
	return p;
}

static void draw_side(struct page *g)
{
	detail_draw_facts(g);
	page_rule(g, "time");
	detail_draw_history(g);
	detail_draw_times(g);
	detail_draw_latency(g);
}

static int draw_wide(struct page *g)
{
	struct page left = *g, right = *g;

	right.area.width = FACTS_WIDTH;
	left.area.width -= FACTS_WIDTH;
	right.area.x += left.area.width;
	page_rule(&left, "stack");
	detail_draw_stack(&left);
	page_rule(&right, "goroutine");
	draw_side(&right);
	return left.line > right.line ? left.line : right.line;
}

static int draw_narrow(struct page *g)
{
	detail_draw_shares(g);
	page_rule(g, "stack");
	detail_draw_stack(g);
	page_rule(g, "goroutine");
	draw_side(g);
	return g->line;
}

static void detail_draw(struct app *app, const struct area *body)
{
	const struct picture *p = detail_picture_of(app);
	struct page g = {.app = app, .picture = p, .area = *body};
	int lines;

	if (!p) {
		struct pen pen = page_line(&g);

		pen_printf(&pen, ROLE_DIM, "goroutine %llu …",
			   (unsigned long long)app->detail.goid);
		return;
	}
	g.row = p->selected->row;
	g.ctx = p->context;
	g.ctx.ascii = terminal_ascii();
	draw_headline(&g);
	g.area.y++;
	g.area.height--;
	g.first = (int)app->detail.window.first;
	lines = body->width >= TWO_COLUMNS ? draw_wide(&g) : draw_narrow(&g);
	window_fit(&app->detail.window, (size_t)lines,
		   (size_t)(g.area.height > 0 ? g.area.height : 0));
}

static void detail_close(struct app *app)
{
	picture_free(app->detail.last);
	app->detail = (struct detail){0};
}

static enum reaction detail_act(struct app *app, enum action action)
{
	switch (action) {
	case ACT_UNFOLD:
		app->detail.unfolded = !app->detail.unfolded;
		return REACT_DONE;
	case ACT_SNAPSHOT:
		detail_write(app);
		return REACT_DONE;
	default:
		return moving_text(&app->detail.window, action) ? REACT_DONE : REACT_IGNORED;
	}
}

static enum reaction detail_point(struct app *app, const struct event *e, const struct area *body)
{
	(void)body;
	return moving_text_wheel(&app->detail.window, e) ? REACT_DONE : REACT_IGNORED;
}

const struct screen screen_detail = {
	.name = "detail",
	.where = WHERE_DETAIL,
	.header = true,
	.close = detail_close,
	.draw = detail_draw,
	.act = detail_act,
	.point = detail_point,
};
