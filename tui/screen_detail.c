// SPDX-License-Identifier: GPL-2.0-or-later
/* One goroutine, with all that is known of it. It stays, whatever becomes of the table. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "base/text.h"
#include "tui/app.h"
#include "tui/chart.h"
#include "tui/moving.h"
#include "tui/terminal.h"

enum { LABEL_WIDTH = 15 };

/* What is drawn: a line at a time into a window that may be moved. */
struct page {
	const struct app *app;
	const struct picture *picture; /* the one that knows it, maybe an old one */
	const struct row *row;
	struct row_context ctx;
	struct area body;
	int line, first; /* the next line; those before `first` are scrolled away */
};

static struct pen next_line(struct page *g)
{
	struct pen pen = pen_line(&g->body, g->line >= g->first ? g->line - g->first : -1);

	g->line++;
	pen_skip(&pen, 1);
	return pen;
}

static void blank(struct page *g)
{
	g->line++;
}

static struct pen labelled(struct page *g, const char *label)
{
	struct pen pen = next_line(g);

	pen_cell(&pen, ROLE_DIM, label, LABEL_WIDTH, ALIGN_LEFT, FIT_END);
	return pen;
}

/* A fact as its column writes it; with a text of its own where it is known not to be there. */
static void put_cell(struct page *g, struct pen *pen, const char *name, const char *none)
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

/* A strip like the table's head, for it names what stands below. */
static void draw_headline(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = pen_line(&g->body, g->first ? -1 : 0);
	bool ended = g->picture != g->app->picture || (r->flags & ROW_ENDED);
	struct cell cell;

	g->line++;
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

/* ---- facts ------------------------------------------------------------------------------------ */

static void draw_name(struct page *g, const char *label, const struct name *n)
{
	struct pen pen = labelled(g, label);

	if (!n->function) {
		pen_put(&pen, ROLE_DIM, "–");
		return;
	}
	pen_put(&pen, ROLE_STRONG, n->function);
	if (!n->file)
		return;
	/* The file under its function where both do not fit in a line. */
	if (pen_room(&pen) < text_width(n->file) + 10)
		pen = labelled(g, "");
	else
		pen_put(&pen, ROLE_DIM, "   ");
	pen_printf(&pen, ROLE_DIM, "%s:%d", n->file, n->line);
}

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

static void draw_where_it_is(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = labelled(g, "in state for");

	put_cell(g, &pen, "age", NULL);
	pen_put(&pen, ROLE_DIM, bound_text(r));
	if (r->raw != r->state) {
		pen = labelled(g, "in truth");
		pen_printf(&pen, ROLE_TEXT, "%s", state_name(r->raw));
		pen_put(&pen, ROLE_DIM, "  as the runtime has it; it still occupies its thread");
	}
	pen = labelled(g, "thread");
	put_cell(g, &pen, "thread", "none");
	pen_put(&pen, ROLE_DIM, "   processor ");
	put_cell(g, &pen, "processor", "none");
	if (r->locked_tid)
		pen_printf(&pen, ROLE_TEXT, "   locked to thread %u", r->locked_tid);
}

static void draw_origin(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen;

	if (r->where->function)
		draw_name(g, "is at", r->where);
	draw_name(g, "began with", r->start);
	draw_name(g, "created by", r->created);
	pen = labelled(g, "parent");
	if (r->parent)
		pen_printf(&pen, ROLE_TEXT, "goroutine %llu", (unsigned long long)r->parent);
	else
		pen_put(&pen, ROLE_DIM, "–");
	if (!(r->flags & ROW_KNOWS_WAKER))
		return;
	pen_put(&pen, ROLE_DIM, "   woken last by ");
	if (r->waker)
		pen_printf(&pen, ROLE_TEXT, "goroutine %llu", (unsigned long long)r->waker);
	else
		pen_put(&pen, ROLE_TEXT, "the runtime");
}

/* ---- times ------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	size_t offset; /* in struct row_times */
	enum role role, bar;
	const char *letter;
} parts[] = {
	{"running", offsetof(struct row_times, running), ROLE_RUNNING, ROLE_RUNNING, "R"},
	{"runnable", offsetof(struct row_times, runnable), ROLE_RUNNABLE, ROLE_RUNNABLE, "r"},
	{"syscall", offsetof(struct row_times, syscall), ROLE_SYSCALL, ROLE_SYSCALL, "s"},
	{"waiting", offsetof(struct row_times, waiting), ROLE_WAITING, ROLE_BAR_WAITING, "w"},
	{"unknown", offsetof(struct row_times, unknown), ROLE_DIM, ROLE_DIM, "?"},
};
enum { PARTS = ARRAY_SIZE(parts) };

static uint64_t part_of(const struct row_times *t, size_t i)
{
	return *(const uint64_t *)((const char *)t + parts[i].offset);
}

/* "7.1%   504ms": a part of the time, and how long that is. */
static void put_part(struct page *g, struct pen *pen, const struct row_times *t, size_t i)
{
	enum { PERCENT = 6, TIME = 8, GAP = 4 };
	uint64_t all = row_times_sum(t), part = part_of(t, i);
	bool syscall = parts[i].offset == offsetof(struct row_times, syscall);
	char percent[HUMAN_MAX] = "–", time[HUMAN_MAX] = "";

	/* Syscalls that count as running are not known. */
	if (all && (!syscall || g->ctx.syscall_times)) {
		human_percent(percent, sizeof(percent), 100.0 * (double)part / (double)all);
		human_age(time, sizeof(time), part);
	}
	pen_cell(pen, part ? parts[i].role : ROLE_DIM, percent, PERCENT, ALIGN_RIGHT, FIT_CLIP);
	pen_cell(pen, ROLE_DIM, part ? time : "", TIME, ALIGN_RIGHT, FIT_CLIP);
	pen_skip(pen, GAP);
}

static void put_part_bar(struct pen pen, const struct row_times *t, size_t i)
{
	enum { BAR_MOST = 60 };
	uint64_t all = row_times_sum(t);
	double part = (double)part_of(t, i);
	int width;

	pen.end--;
	if (pen_room(&pen) > BAR_MOST)
		pen.end = pen.x + BAR_MOST;
	chart_parts(&part, 1, (double)all, pen_room(&pen), &width);
	pen_repeat(&pen, parts[i].bar,
		   !theme_has_colors() ? parts[i].letter
		   : terminal_ascii()  ? "|"
				       : "▇",
		   width);
}

static void draw_times(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = labelled(g, "time");
	char watched[HUMAN_MAX];

	pen_cell(&pen, ROLE_DIM, "watched ", 9, ALIGN_RIGHT, FIT_CLIP);
	pen_cell(&pen, ROLE_TEXT, human_age(watched, sizeof(watched), r->counted - r->first), 9,
		 ALIGN_LEFT, FIT_CLIP);
	pen_put(&pen, ROLE_DIM, "  last refresh");
	for (size_t i = 0; i < PARTS; i++) {
		bool unknown = parts[i].offset == offsetof(struct row_times, unknown);

		if (unknown && !part_of(&r->times, i))
			continue;
		pen = labelled(g, parts[i].name);
		put_part(g, &pen, &r->times, i);
		put_part(g, &pen, &r->interval, i);
		put_part_bar(pen, &r->times, i);
	}
}

static void draw_counts(struct page *g)
{
	struct pen pen = labelled(g, "scheduled");

	put_cell(g, &pen, "switches", NULL);
	pen_put(&pen, ROLE_DIM, " times, ");
	put_cell(g, &pen, "rate", NULL);
	pen_put(&pen, ROLE_DIM, "/s   transitions ");
	put_cell(g, &pen, "transitions", NULL);
	pen_put(&pen, ROLE_DIM, "   longest latency ");
	put_cell(g, &pen, "maxlat", NULL);
}

static void draw_history(struct page *g)
{
	if (!(g->row->flags & ROW_KNOWS_COUNTS)) {
		struct pen pen = labelled(g, "time");

		pen_put(&pen, ROLE_DIM, "– known with probes only");
		return;
	}
	draw_times(g);
	draw_counts(g);
}

/* ---- the page --------------------------------------------------------------------------------- */

static bool find(const struct app *app, struct page *g)
{
	const struct picture *p = app->picture;

	if (!p || !p->selected || p->selected->row->goid != app->detail.goid)
		p = app->detail.last;
	if (!p || !p->selected || p->selected->row->goid != app->detail.goid)
		return false;
	g->picture = p;
	g->row = p->selected->row;
	g->ctx = p->context;
	g->ctx.ascii = terminal_ascii();
	return true;
}

static void rule(struct page *g)
{
	struct pen pen = next_line(g);

	pen.end--;
	pen_repeat(&pen, ROLE_DIM, "─", pen_room(&pen));
}

static void detail_draw(struct app *app, const struct area *body)
{
	struct page g = {.app = app, .body = *body, .first = (int)app->detail.window.first};

	if (!find(app, &g)) {
		struct pen pen = next_line(&g);

		pen_printf(&pen, ROLE_DIM, "goroutine %llu …",
			   (unsigned long long)app->detail.goid);
		return;
	}
	draw_headline(&g);
	draw_where_it_is(&g);
	blank(&g);
	draw_origin(&g);
	rule(&g);
	draw_history(&g);
	window_resize(&app->detail.window, (size_t)g.line, (size_t)body->height);
}

static void detail_close(struct app *app)
{
	picture_free(app->detail.last);
	app->detail = (struct detail){0};
}

static enum reaction detail_act(struct app *app, enum action action)
{
	return moving_text(&app->detail.window, action) ? REACT_DONE : REACT_IGNORED;
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
