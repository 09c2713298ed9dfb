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

static void draw_headline(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = next_line(g);
	bool ended = g->picture != g->app->picture || (r->flags & ROW_ENDED);

	pen.style = ended ? ROW_STYLE_ENDED : ROW_STYLE_PLAIN;
	pen_printf(&pen, ROLE_STRONG, "goroutine %llu   ", (unsigned long long)r->goid);
	put_cell(g, &pen, "state", NULL);
	pen_put(&pen, ROLE_DIM, " ");
	put_cell(g, &pen, "age", NULL);
	if (r->reason_text && r->reason_text[0])
		pen_printf(&pen, ROLE_TEXT, " on %s", r->reason_text);
	if (r->flags & ROW_SYSTEM)
		pen_put(&pen, ROLE_DIM, "   the runtime's own");
	if (r->flags & ROW_EXTRA_M)
		pen_put(&pen, ROLE_DIM, "   for a thread that C made");
	if (ended)
		pen_put(&pen, ROLE_ERROR, "   has ended: the last that was seen of it");
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

static void draw_times_bar(struct pen pen, const struct row_times *t)
{
	uint64_t all = row_times_sum(t);
	double values[PARTS];
	int widths[PARTS];

	for (size_t i = 0; i < PARTS; i++)
		values[i] = (double)part_of(t, i);
	pen.end--;
	chart_parts(values, PARTS, (double)all, pen_room(&pen), widths);
	for (size_t i = 0; i < PARTS; i++)
		pen_repeat(&pen, parts[i].bar,
			   !theme_has_colors() ? parts[i].letter
			   : terminal_ascii()  ? "|"
					       : "▇",
			   widths[i]);
}

/* "running 0.3%  1.2s" for each part; a syscall that counts as running is not known. */
static void draw_times(struct page *g, const char *label, const struct row_times *t)
{
	uint64_t all = row_times_sum(t);
	struct pen pen = labelled(g, label);
	char text[HUMAN_MAX];

	if (!all) {
		pen_put(&pen, ROLE_DIM, "–");
		return;
	}
	for (size_t i = 0; i < PARTS; i++) {
		uint64_t part = part_of(t, i);

		if (parts[i].offset == offsetof(struct row_times, unknown) && !part)
			continue;
		pen_printf(&pen, ROLE_DIM, "%s ", parts[i].name);
		if (parts[i].offset == offsetof(struct row_times, syscall) &&
		    !g->ctx.syscall_times) {
			pen_put(&pen, ROLE_DIM, "–  ");
			continue;
		}
		human_percent(text, sizeof(text), 100.0 * (double)part / (double)all);
		pen_put(&pen, part ? parts[i].role : ROLE_DIM, text);
		pen_printf(&pen, ROLE_DIM, " %s  ",
			   part ? human_age(text, sizeof(text), part) : "");
	}
	draw_times_bar(labelled(g, ""), t);
}

static void draw_counts(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = labelled(g, "scheduled");
	char text[HUMAN_MAX];

	put_cell(g, &pen, "switches", NULL);
	pen_put(&pen, ROLE_DIM, " times   ");
	put_cell(g, &pen, "rate", NULL);
	pen_put(&pen, ROLE_DIM, "/s   transitions ");
	put_cell(g, &pen, "transitions", NULL);
	pen = labelled(g, "latency");
	put_cell(g, &pen, "maxlat", NULL);
	pen_put(&pen, ROLE_DIM, "  longest from runnable to running");
	pen = labelled(g, "watched for");
	pen_put(&pen, ROLE_TEXT, human_age(text, sizeof(text), r->counted - r->first));
}

static void draw_history(struct page *g)
{
	if (!(g->row->flags & ROW_KNOWS_COUNTS)) {
		struct pen pen = labelled(g, "times");

		pen_put(&pen, ROLE_DIM, "– known with probes only");
		return;
	}
	draw_times(g, "since watched", &g->row->times);
	draw_times(g, "last refresh", &g->row->interval);
	blank(g);
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
	rule(&g);
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
