// SPDX-License-Identifier: GPL-2.0-or-later
/* What goroutines wait on: an object a row, and who may have it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "base/text.h"
#include "tui/app.h"
#include "tui/filter_line.h"
#include "tui/moving.h"
#include "tui/terminal.h"

enum {
	HEAD_LINES = 2,	  /* how many there are, and the titles */
	PANE_LINES = 5,	  /* what is known of the selected one … */
	PANE_HEIGHT = 13, /* … from this height on */
	MARGIN = 1,
};

enum { CELL_WAITERS, CELL_OLDEST, CELL_KIND, CELL_OBJECT, CELL_WHERE, CELL_NOTE, CELLS };

static const struct {
	const char *title;
	struct layout_item item;
	enum column_align align;
	enum fit_cut cut;
} cells[CELLS] = {
	[CELL_WAITERS] = {"WAITERS", {7, 0, 0}, ALIGN_RIGHT, FIT_END},
	[CELL_OLDEST] = {"OLDEST", {7, 0, 0}, ALIGN_RIGHT, FIT_END},
	[CELL_KIND] = {"KIND", {10, 0, 0}, ALIGN_LEFT, FIT_END},
	[CELL_OBJECT] = {"OBJECT", {14, 40, 0}, ALIGN_LEFT, FIT_MIDDLE},
	[CELL_WHERE] = {"WHERE THEY WAIT", {16, 50, 1}, ALIGN_LEFT, FIT_MIDDLE},
	[CELL_NOTE] = {"STATE", {20, 60, 2}, ALIGN_LEFT, FIT_END},
};

static const char *const sorts[BLOCKED_SORTS][2] = {
	[BLOCKED_BY_AGE] = {"oldest first", "newest first"},
	[BLOCKED_BY_WAITERS] = {"most waiters first", "fewest waiters first"},
};

/* ---- what is asked for --------------------------------------------------------------------------- */

struct blocked_request screen_blocked_request(const struct app *app)
{
	const struct blocked_view *v = &app->blocked;
	size_t height = v->window.height ? v->window.height : 1;

	return (struct blocked_request){
		.sort = v->sort,
		.reversed = v->reversed,
		.first = v->window.first < height ? 0 : v->window.first - height,
		.count = 3 * height,
	};
}

static const struct blocked_picture *blocked_of(const struct app *app)
{
	return app->picture ? app->picture->blocked : NULL;
}

static const struct blocked_row *row_at(const struct app *app, size_t place)
{
	const struct blocked_picture *p = blocked_of(app);

	if (!p || place < p->first || place - p->first >= p->n)
		return NULL;
	return &p->rows[place - p->first];
}

/* ---- cells --------------------------------------------------------------------------------------- */

static void put_place(char *dst, size_t size, const struct name *n)
{
	if (!n->function)
		snprintf(dst, size, "–");
	else if (n->line)
		snprintf(dst, size, "%s:%d", short_function(n->function), n->line);
	else
		snprintf(dst, size, "%s", short_function(n->function));
}

static void put_age(char *dst, size_t size, uint64_t age, uint8_t bound)
{
	char text[HUMAN_MAX];

	if (bound == AGE_UNKNOWN)
		snprintf(dst, size, "–");
	else
		snprintf(dst, size, "%s%s",
			 bound == AGE_MIN     ? "≥"
			 : bound == AGE_ABOUT ? "~"
					      : "",
			 human_age(text, sizeof(text), age));
}

static bool is_held(const struct blocked_row *r)
{
	return r->holder == HOLDER_WOKEN || r->holder == HOLDER_WAKER;
}

static void put_note(char *dst, size_t size, const struct blocked_row *r)
{
	char age[HUMAN_MAX], where[200];

	if (!is_held(r)) {
		snprintf(dst, size, "%s", r->state);
		return;
	}
	put_place(where, sizeof(where), &r->holder_where);
	snprintf(dst, size, "held by %" PRIu64 "? %s %s", r->holder_goid,
		 human_age(age, sizeof(age), r->holder_age), r->holder_where.function ? where : "");
}

static enum role age_role(const struct blocked_row *r)
{
	if (r->bound == AGE_UNKNOWN)
		return ROLE_DIM;
	return r->age > 600ull * 1000000000  ? ROLE_AGE_VERY_LONG
	       : r->age > 60ull * 1000000000 ? ROLE_AGE_LONG
					     : ROLE_TEXT;
}

static enum role cell_text(const struct blocked_row *r, int cell, char *dst, size_t size)
{
	switch (cell) {
	case CELL_WAITERS:
		human_count(dst, size, r->waiters);
		return r->waiters > 1 ? ROLE_STRONG : ROLE_TEXT;
	case CELL_OLDEST:
		put_age(dst, size, r->age, r->bound);
		return age_role(r);
	case CELL_KIND:
		snprintf(dst, size, "%s", r->word);
		return wait_is_lock(r->kind) ? ROLE_ACCENT : ROLE_TEXT;
	case CELL_OBJECT:
		snprintf(dst, size, "%s", r->name);
		return ROLE_TEXT;
	case CELL_WHERE:
		put_place(dst, size, &r->where);
		return r->where.function ? ROLE_TEXT : ROLE_DIM;
	default:
		put_note(dst, size, r);
		return is_held(r) ? ROLE_STRONG : ROLE_DIM;
	}
}

/* ---- layout -------------------------------------------------------------------------------------- */

static int pane_lines(const struct area *body)
{
	return body->height >= PANE_HEIGHT ? PANE_LINES : 0;
}

/* As wide as what has been in it, so that nothing moves when a long text goes. */
static void measure(struct app *app)
{
	struct blocked_view *v = &app->blocked;
	char text[300];

	for (size_t i = 0; i < v->window.height; i++) {
		const struct blocked_row *r = row_at(app, v->window.first + i);

		for (int c = 0; r && c < CELLS; c++) {
			int width;

			cell_text(r, c, text, sizeof(text));
			width = text_width(text);
			if (width > v->needed[c])
				v->needed[c] = width;
		}
	}
}

static void lay_out(struct app *app, int width)
{
	struct blocked_view *v = &app->blocked;
	struct layout_item items[CELLS];

	for (int c = 0; c < CELLS; c++) {
		items[c] = cells[c].item;
		if (items[c].max_width > v->needed[c])
			items[c].max_width =
				v->needed[c] > items[c].width ? v->needed[c] : items[c].width;
	}
	layout_make(&v->layout, items, CELLS, false, width, 0);
}

static void blocked_arrange(struct app *app, const struct area *body)
{
	const struct blocked_picture *p = blocked_of(app);
	struct blocked_view *v = &app->blocked;
	int height = body->height - HEAD_LINES - pane_lines(body);

	v->window.height = height > 0 ? (size_t)height : 0;
	if (p)
		window_resize(&v->window, p->total, v->window.height);
	measure(app);
	lay_out(app, body->width - MARGIN);
}

/* ---- the lines above ----------------------------------------------------------------------------- */

static void draw_caption(const struct app *app, const struct area *body)
{
	const struct blocked_picture *p = blocked_of(app);
	const struct blocked_view *v = &app->blocked;
	struct pen pen = pen_line(body, 0);
	char n[HUMAN_MAX], of[HUMAN_MAX];

	pen_skip(&pen, MARGIN);
	if (!app->picture)
		return;
	if (!p || !p->read) {
		pen_put(&pen, ROLE_DIM,
			!strcmp(app->picture->source.mode, "probe")
				? "what goroutines wait on is read from memory, which is not open"
				: app_not_read(app));
		return;
	}
	pen_put_right(&pen, ROLE_DIM, sorts[v->sort][v->reversed]);
	pen_printf(&pen, ROLE_TEXT, "%s goroutine%s wait%s for %s object%s",
		   human_count(n, sizeof(n), p->goroutines), p->goroutines == 1 ? "" : "s",
		   p->goroutines == 1 ? "s" : "", human_count(of, sizeof(of), p->total),
		   p->total == 1 ? "" : "s");
}

static void draw_titles(const struct app *app, const struct area *body)
{
	const struct blocked_view *v = &app->blocked;
	int sorted = v->sort == BLOCKED_BY_WAITERS ? CELL_WAITERS : CELL_OLDEST;
	struct pen pen = pen_line(body, 1);

	pen_ground(&pen, ROLE_HEAD);
	for (size_t i = 0; i < v->layout.n; i++) {
		const struct layout_slot *slot = &v->layout.slots[i];
		bool here = (int)slot->item == sorted;
		char title[40];

		/* Seven columns have no room for both the word and the mark. */
		snprintf(title, sizeof(title), "%s%s",
			 here && sorted == CELL_WAITERS ? "WAIT" : cells[slot->item].title,
			 !here	       ? ""
			 : v->reversed ? "▴"
				       : "▾");
		pen.x = body->x + MARGIN + slot->x;
		pen_cell(&pen, here ? ROLE_HEAD_SORTED : ROLE_HEAD, title, slot->width,
			 cells[slot->item].align, FIT_CLIP);
	}
}

static void draw_row(const struct app *app, const struct blocked_row *r, struct pen pen,
		     bool selected)
{
	const struct layout *l = &app->blocked.layout;
	int left = pen.x + MARGIN;

	pen.style = selected ? ROW_STYLE_SELECTED : ROW_STYLE_PLAIN;
	if (selected)
		pen_ground(&pen, ROLE_TEXT);
	for (size_t i = 0; i < l->n; i++) {
		int cell = (int)l->slots[i].item;
		char text[300];
		enum role role = cell_text(r, cell, text, sizeof(text));

		pen.x = left + l->slots[i].x;
		pen_cell(&pen, role, text, l->slots[i].width, cells[cell].align, cells[cell].cut);
	}
}

/* ---- the selected one ---------------------------------------------------------------------------- */

static void draw_object(const struct blocked_row *r, struct pen pen)
{
	pen_skip(&pen, 2);
	pen_put(&pen, ROLE_STRONG, wait_kind_name(r->kind));
	if (r->kind == WAIT_FD && strcmp(r->word, wait_kind_name(WAIT_FD)))
		pen_printf(&pen, ROLE_STRONG, " %s", r->word);
	if (r->kind == WAIT_NEVER)
		pen_put(&pen, ROLE_TEXT,
			": nil channels, and selects without cases; nothing wakes them");
	if (r->name[0])
		pen_printf(&pen, ROLE_STRONG, " %s", r->name);
	if (r->state[0])
		pen_printf(&pen, ROLE_TEXT, "   %s", r->state);
}

/* "5 to lock, 2 to read-lock; goroutine 17 waits longest, for ≥4m12s" */
static void draw_waiters(const struct blocked_row *r, struct pen pen)
{
	static const char *const verbs[WAYS] = {
		[WAY_UNKNOWN] = "wait",	      [WAY_RECEIVE] = "receive", [WAY_SEND] = "send",
		[WAY_READ] = "read",	      [WAY_WRITE] = "write",	 [WAY_LOCK] = "lock it",
		[WAY_RLOCK] = "read-lock it", [WAY_WAIT] = "wait",
	};
	char n[HUMAN_MAX], age[HUMAN_MAX + 4];
	const char *between = "";

	pen_skip(&pen, 2);
	for (int way = 0; way < WAYS; way++) {
		if (!r->ways.by_way[way])
			continue;
		pen_printf(&pen, ROLE_TEXT, "%s%s %s", between,
			   human_count(n, sizeof(n), r->ways.by_way[way]),
			   way == WAY_WAIT || way == WAY_UNKNOWN ? "" : "to ");
		pen_put(&pen, ROLE_TEXT, verbs[way]);
		between = ", ";
	}
	put_age(age, sizeof(age), r->age, r->bound);
	pen_printf(&pen, ROLE_DIM, "; goroutine %" PRIu64 " longest, for ", r->oldest);
	pen_put(&pen, age_role(r), age);
}

static void draw_where(const struct blocked_row *r, struct pen pen)
{
	pen_skip(&pen, 2);
	if (!r->where.function) {
		pen_put(&pen, ROLE_DIM, "where they wait is not known");
		return;
	}
	pen_printf(&pen, ROLE_TEXT, "%s %s", r->elsewhere ? "most at" : "at", r->where.function);
	if (r->where.file)
		pen_printf(&pen, ROLE_DIM, "  %s:%d", r->where.file, r->where.line);
}

static void draw_holder(const struct blocked_row *r, struct pen pen)
{
	char age[HUMAN_MAX], where[200];

	pen_skip(&pen, 2);
	if (!wait_is_lock(r->kind) || r->holder == HOLDER_NONE)
		return;
	if (r->holder == HOLDER_UNKNOWN) {
		pen_put(&pen, ROLE_DIM, "who has it is not known: nobody was seen to get it");
		return;
	}
	put_place(where, sizeof(where), &r->holder_where);
	pen_printf(&pen, ROLE_STRONG, "%s held by %" PRIu64,
		   r->holder_weak ? "perhaps" : "probably", r->holder_goid);
	if (r->holder_where.function)
		pen_printf(&pen, ROLE_STRONG, " at %s", where);
	pen_printf(&pen, ROLE_DIM, "; a guess: it %s, %s ago",
		   r->holder == HOLDER_WOKEN ? "was woken from it last"
					     : "released it last, and was quicker than who waits",
		   human_age(age, sizeof(age), r->holder_age));
}

static void draw_pane(const struct app *app, const struct area *body)
{
	const struct blocked_row *r = row_at(app, app->blocked.window.cursor);
	struct area pane = {body->y + body->height - PANE_LINES, body->x, PANE_LINES, body->width};
	struct pen rule = pen_line(&pane, 0);

	pen_repeat(&rule, ROLE_DIM, terminal_ascii() ? "-" : "─", pen_room(&rule));
	if (!r)
		return;
	draw_object(r, pen_line(&pane, 1));
	draw_waiters(r, pen_line(&pane, 2));
	draw_where(r, pen_line(&pane, 3));
	draw_holder(r, pen_line(&pane, 4));
}

static void blocked_draw(struct app *app, const struct area *body)
{
	const struct window *w = &app->blocked.window;

	draw_caption(app, body);
	draw_titles(app, body);
	for (size_t i = 0; i < w->height && w->first + i < w->total; i++) {
		const struct blocked_row *r = row_at(app, w->first + i);

		if (r)
			draw_row(app, r, pen_line(body, HEAD_LINES + (int)i),
				 w->first + i == w->cursor);
	}
	if (pane_lines(body))
		draw_pane(app, body);
}

/* ---- keys ---------------------------------------------------------------------------------------- */

/* The table with those who wait for the selected one alone. */
static void open_waiters(struct app *app)
{
	const struct blocked_row *r = row_at(app, app->blocked.window.cursor);
	char filter[100];

	if (!r)
		return;
	if (r->addr && r->kind != WAIT_FD)
		snprintf(filter, sizeof(filter), "waits:0x%" PRIx64, r->addr);
	else if (r->kind == WAIT_FD)
		snprintf(filter, sizeof(filter), "waits:\"fd %d \"", r->descriptor);
	else
		snprintf(filter, sizeof(filter), "waits:%s", wait_kind_name(r->kind));
	app_drill(app, filter);
}

static void sort_by(struct blocked_view *v, enum blocked_sort sort)
{
	v->reversed = v->sort == sort && !v->reversed;
	v->sort = sort;
}

static enum reaction blocked_act(struct app *app, enum action action)
{
	struct blocked_view *v = &app->blocked;

	switch (action) {
	case ACT_ENTER:
		open_waiters(app);
		return REACT_DONE;
	case ACT_SORT_MENU:
		v->sort = (v->sort + 1) % BLOCKED_SORTS;
		v->reversed = false;
		return REACT_DONE;
	case ACT_SORT_AGE:
		v->sort = BLOCKED_BY_AGE;
		v->reversed = false;
		return REACT_DONE;
	case ACT_INVERT:
		v->reversed = !v->reversed;
		return REACT_DONE;
	case ACT_FILTER:
		filter_line_open(app);
		return REACT_DONE;
	default:
		return moving_cursor(&v->window, action) ? REACT_DONE : REACT_IGNORED;
	}
}

static void press_title(struct blocked_view *v, int x)
{
	for (size_t i = 0; i < v->layout.n; i++) {
		const struct layout_slot *slot = &v->layout.slots[i];

		if (x < slot->x || x >= slot->x + slot->width + LAYOUT_GAP)
			continue;
		if (slot->item == CELL_WAITERS)
			sort_by(v, BLOCKED_BY_WAITERS);
		else if (slot->item == CELL_OLDEST)
			sort_by(v, BLOCKED_BY_AGE);
	}
}

static enum reaction blocked_point(struct app *app, const struct event *e, const struct area *body)
{
	struct window *w = &app->blocked.window;
	int line = e->y - body->y - HEAD_LINES;
	size_t place = w->first + (size_t)(line > 0 ? line : 0);

	if (moving_wheel(w, e))
		return REACT_DONE;
	if (line == -1) {
		press_title(&app->blocked, e->x - body->x - MARGIN);
	} else if (line >= 0 && (size_t)line < w->height && place < w->total) {
		if (w->cursor == place)
			open_waiters(app);
		window_move_to(w, place);
	}
	return REACT_DONE;
}

const struct screen screen_blocked = {
	.name = "blocked",
	.where = WHERE_BLOCKED,
	.header = true,
	.view = VIEW_BLOCKED,
	.arrange = blocked_arrange,
	.draw = blocked_draw,
	.act = blocked_act,
	.point = blocked_point,
};
