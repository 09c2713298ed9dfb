// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of goroutines, and what the leak radar says of them. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "base/text.h"
#include "tui/app.h"
#include "tui/chart.h"
#include "tui/filter_line.h"
#include "tui/moving.h"
#include "tui/terminal.h"

enum {
	HEAD_LINES = 2,	  /* what groups are made by, and the titles */
	PANE_LINES = 5,	  /* the selected one's details … */
	PANE_HEIGHT = 15, /* … from this height on */
	MARK_WIDTH = 2,
};

/* ---- what is asked for ------------------------------------------------------------------------ */

struct group_request screen_groups_request(const struct app *app)
{
	const struct groups_view *v = &app->groups;
	size_t height = v->window.height ? v->window.height : 1;

	return (struct group_request){
		.by = v->by,
		.column = v->column,
		.dir = v->dir,
		.first = v->window.first < height ? 0 : v->window.first - height,
		.count = 3 * height,
	};
}

/* The groups, if the picture has those that are asked for. */
static const struct groups_picture *groups_of(const struct app *app)
{
	const struct picture *p = app->picture;

	return p && p->groups && group_by_same(&p->groups->by, &app->groups.by) ? p->groups : NULL;
}

static const struct group_row *row_at(const struct app *app, size_t place)
{
	const struct groups_picture *p = groups_of(app);

	if (!p || place < p->first || place - p->first >= p->n)
		return NULL;
	return &p->rows[place - p->first];
}

/* ---- columns and window ----------------------------------------------------------------------- */

static int pane_lines(const struct area *body)
{
	return body->height >= PANE_HEIGHT ? PANE_LINES : 0;
}

static const char *title_of(const struct app *app, const struct group_column *c)
{
	return c->cell == GROUP_CELL_KEY ? group_kinds[app->groups.by.kind].title : c->title;
}

static void key_text(const struct app *app, const struct group_row *row, struct cell *cell)
{
	const struct group_column *key = &group_columns[n_group_columns - 1];

	group_column_format(key, cell, groups_of(app), row, terminal_ascii());
}

static void measure(struct app *app)
{
	struct groups_view *v = &app->groups;
	struct cell cell;

	for (size_t i = 0; i < v->window.height; i++) {
		const struct group_row *row = row_at(app, v->window.first + i);

		if (!row)
			continue;
		key_text(app, row, &cell);
		if (text_width(cell.text) + 4 > v->needed)
			v->needed = text_width(cell.text) + 4;
	}
}

static void lay_out(struct app *app, int width)
{
	struct groups_view *v = &app->groups;
	struct layout_item items[LAYOUT_MAX];

	for (size_t i = 0; i < n_group_columns; i++) {
		const struct group_column *c = &group_columns[i];

		items[i] = (struct layout_item){c->width, c->max_width, c->priority};
		if (c->sites && v->by.kind != GROUP_SITE)
			items[i].priority = -1;
		if (c->cell == GROUP_CELL_KEY && v->needed < c->max_width)
			items[i].max_width = v->needed > c->width ? v->needed : c->width;
	}
	v->shift = layout_make(&v->layout, items, n_group_columns, false, width, v->shift);
}

static void groups_arrange(struct app *app, const struct area *body)
{
	const struct groups_picture *p = groups_of(app);
	struct groups_view *v = &app->groups;
	int height = body->height - HEAD_LINES - pane_lines(body);

	if (height < 0)
		height = 0;
	if (p)
		window_resize(&v->window, p->total, (size_t)height);
	else
		v->window.height = (size_t)height;
	measure(app);
	lay_out(app, body->width - MARK_WIDTH);
}

/* ---- the lines above -------------------------------------------------------------------------- */

static void draw_caption(const struct app *app, const struct area *body)
{
	const struct groups_picture *p = groups_of(app);
	const struct groups_view *v = &app->groups;
	struct pen pen = pen_line(body, 0);
	char n[HUMAN_MAX], of[HUMAN_MAX];

	pen_skip(&pen, 1);
	pen_put(&pen, ROLE_DIM, "by ");
	pen_put(&pen, ROLE_ACCENT, group_kinds[v->by.kind].says);
	if (v->by.kind == GROUP_LABEL)
		pen_printf(&pen, ROLE_ACCENT, " %s", v->by.label);
	if (!p)
		return;
	pen_printf(&pen, ROLE_TEXT, "   %s goroutines in %s groups",
		   human_count(n, sizeof(n), p->goroutines), human_count(of, sizeof(of), p->total));
	if (p->marked)
		pen_printf(&pen, ROLE_ERROR, "   %zu may leak", p->marked);
	if (p->filtered)
		pen_put(&pen, ROLE_DIM, "   changes are not known with a filter");
}

static void draw_titles(const struct app *app, const struct area *body)
{
	const struct groups_view *v = &app->groups;
	struct pen pen = pen_line(body, 1);

	pen_ground(&pen, ROLE_HEAD);
	for (size_t i = 0; i < v->layout.n; i++) {
		const struct layout_slot *slot = &v->layout.slots[i];
		const struct group_column *c = &group_columns[slot->item];
		bool sorted = (size_t)v->column == slot->item;
		char title[64];

		snprintf(title, sizeof(title), "%s%s", title_of(app, c),
			 !sorted	       ? ""
			 : v->dir == SORT_DESC ? "▾"
					       : "▴");
		pen.x = body->x + MARK_WIDTH + slot->x;
		pen_cell(&pen, sorted ? ROLE_HEAD_SORTED : ROLE_HEAD, title, slot->width, c->align,
			 FIT_CLIP);
	}
}

/* ---- rows ------------------------------------------------------------------------------------- */

/* A column a share, so that a few that run are seen beside the many that wait. */
static void draw_states(const struct group_row *r, struct pen *pen, int width)
{
	static const struct {
		enum role role;
		const char *letter;
	} states[] = {{ROLE_RUNNING, "R"},
		      {ROLE_RUNNABLE, "r"},
		      {ROLE_SYSCALL, "s"},
		      {ROLE_OTHER, "o"},
		      {ROLE_BAR_WAITING, "w"}};
	const uint64_t counts[] = {r->running, r->runnable, r->syscall, r->other, r->waiting};
	int shares[ARRAY_SIZE(counts)];

	chart_shares(counts, ARRAY_SIZE(counts), width, shares);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		pen_repeat(pen, states[i].role,
			   !theme_has_colors() ? states[i].letter
			   : terminal_ascii()  ? "|"
					       : "▇",
			   shares[i]);
}

/* As many samples a cell as it takes, the last of each: the newest is always shown. */
static void draw_trend(const struct group_row *r, struct pen *pen, int width)
{
	size_t n = r->n_history, each = (n + (size_t)width - 1) / (size_t)width;
	struct chart_scale scale = chart_scale(r->history, n);
	size_t cells = each ? (n + each - 1) / each : 0;

	for (size_t i = 0; i < cells; i++) {
		uint32_t value = r->history[n - 1 - (cells - 1 - i) * each];

		pen_put(pen, ROLE_GRAPH,
			chart_sign(chart_level(&scale, value, 1), terminal_ascii()));
	}
}

/* The site, and behind it what the goroutines run. */
static void draw_key(const struct app *app, const struct group_row *r, struct pen *pen, int width)
{
	struct cell cell;
	bool wrapper;
	int room;

	key_text(app, r, &cell);
	/* What the compiler puts around a call to be made by go says nothing (Go 1.22 on). */
	wrapper = r->start.function && strstr(r->start.function, ".gowrap");
	room = width - text_width(cell.text) - 3;
	if (!r->start.function || wrapper || room < 8) {
		pen_cell(pen, theme_cell_role(cell.role), cell.text, width, ALIGN_LEFT, FIT_MIDDLE);
		return;
	}
	pen_put(pen, r->why[0] ? ROLE_STRONG : ROLE_TEXT, cell.text);
	pen_put(pen, ROLE_DIM, terminal_ascii() ? " > " : " ▸ ");
	pen_cell(pen, ROLE_DIM, short_function(r->start.function), room, ALIGN_LEFT, FIT_MIDDLE);
}

static void draw_cell(const struct app *app, const struct group_column *c,
		      const struct group_row *r, struct pen *pen, int width)
{
	struct cell cell;

	switch (c->cell) {
	case GROUP_CELL_KEY:
		draw_key(app, r, pen, width);
		return;
	case GROUP_CELL_STATES:
		draw_states(r, pen, width);
		return;
	case GROUP_CELL_TREND:
		draw_trend(r, pen, width);
		return;
	default:
		group_column_format(c, &cell, groups_of(app), r, terminal_ascii());
		pen_cell(pen, theme_cell_role(cell.role), cell.text, width, c->align, FIT_END);
	}
}

static void draw_row(const struct app *app, const struct group_row *r, struct pen pen,
		     bool selected)
{
	const struct layout *l = &app->groups.layout;
	int left = pen.x + MARK_WIDTH;

	pen.style = selected ? ROW_STYLE_SELECTED : ROW_STYLE_PLAIN;
	if (selected)
		pen_ground(&pen, ROLE_TEXT);
	if (r->why[0])
		pen_put(&pen, ROLE_ERROR, "!");
	for (size_t i = 0; i < l->n; i++) {
		pen.x = left + l->slots[i].x;
		draw_cell(app, &group_columns[l->slots[i].item], r, &pen, l->slots[i].width);
	}
}

/* ---- the selected one's details --------------------------------------------------------------- */

static void put_change(struct pen *pen, const char *what, bool known, int64_t n)
{
	char text[HUMAN_MAX];

	if (!known)
		return;
	human_count(text, sizeof(text), (uint64_t)(n < 0 ? -n : n));
	pen_printf(pen, ROLE_TEXT, ", %s%s %s", n < 0 ? "-" : "+", text, what);
}

static void draw_history(const struct group_row *r, struct pen pen)
{
	char created[HUMAN_MAX], ended[HUMAN_MAX], text[HUMAN_MAX];

	pen_skip(&pen, 2);
	pen_printf(&pen, ROLE_TEXT, "%s now", human_count(text, sizeof(text), r->count));
	put_change(&pen, "since attaching", r->knows_delta, r->delta);
	put_change(&pen, "in the last minute", r->knows_minute, r->minute);
	if (!r->knows_sums)
		return;
	pen_printf(&pen, ROLE_DIM, "; %s created, %s ended",
		   human_count(created, sizeof(created), r->created),
		   human_count(ended, sizeof(ended), r->ended));
	if (r->life)
		pen_printf(&pen, ROLE_DIM, " after %s on average",
			   human_age(text, sizeof(text), r->life));
}

static void draw_place(const struct app *app, const struct group_row *r, struct pen pen)
{
	char key[400];

	pen_skip(&pen, 2);
	group_key_text(key, sizeof(key), groups_of(app), r, true);
	pen_put(&pen, ROLE_STRONG, group_has_name(r) ? key : "not known of them");
	if (r->name.file)
		pen_printf(&pen, ROLE_DIM, "  %s:%d", r->name.file, r->name.line);
}

/* Why it is marked, on two lines where one is too short. */
static void draw_reason(const struct group_row *r, const struct area *pane)
{
	char text[sizeof(r->why) + 20];
	struct pen pen = pen_line(pane, 3), more = pen_line(pane, 4);
	size_t n;

	snprintf(text, sizeof(text), "may leak: %s", r->why);
	pen_skip(&pen, 2);
	pen_skip(&more, 2);
	n = fit_line(text, pen_room(&pen));
	pen_printf(&pen, ROLE_ERROR, "%.*s", (int)n, text);
	pen_put(&more, ROLE_ERROR, text + n);
}

static void draw_pane(const struct app *app, const struct area *body)
{
	const struct group_row *r = row_at(app, app->groups.window.cursor);
	struct area pane = {body->y + body->height - PANE_LINES, body->x, PANE_LINES, body->width};
	struct pen rule = pen_line(&pane, 0);

	pen_repeat(&rule, ROLE_DIM, terminal_ascii() ? "-" : "─", pen_room(&rule));
	if (!r)
		return;
	draw_place(app, r, pen_line(&pane, 1));
	draw_history(r, pen_line(&pane, 2));
	if (r->why[0])
		draw_reason(r, &pane);
}

static void groups_draw(struct app *app, const struct area *body)
{
	const struct window *w = &app->groups.window;

	draw_caption(app, body);
	draw_titles(app, body);
	for (size_t i = 0; i < w->height && w->first + i < w->total; i++) {
		const struct group_row *r = row_at(app, w->first + i);

		if (r)
			draw_row(app, r, pen_line(body, HEAD_LINES + (int)i),
				 w->first + i == w->cursor);
	}
	if (pane_lines(body))
		draw_pane(app, body);
}

/* ---- keys ------------------------------------------------------------------------------------- */

/* The table with the members alone. */
static void open_members(struct app *app)
{
	const struct group_row *r = row_at(app, app->groups.window.cursor);
	char text[sizeof(app->view.filter)];

	if (!r)
		return;
	if (!group_filter_text(text, sizeof(text), groups_of(app), r)) {
		app_say(app, ROLE_STATUS, "what is not known of them cannot be asked for");
		return;
	}
	app_drill(app, text);
}

static enum reaction groups_act(struct app *app, enum action action)
{
	struct groups_view *v = &app->groups;

	switch (action) {
	case ACT_ENTER:
		open_members(app);
		return REACT_DONE;
	case ACT_GROUP_BY:
		app_open(app, &screen_group_by);
		return REACT_DONE;
	case ACT_SORT_MENU:
		app_open(app, &screen_group_sort);
		return REACT_DONE;
	case ACT_INVERT:
		v->dir = v->dir == SORT_ASC ? SORT_DESC : SORT_ASC;
		return REACT_DONE;
	case ACT_FILTER:
		filter_line_open(app);
		return REACT_DONE;
	case ACT_LEFT:
		v->shift -= v->shift > 0;
		return REACT_DONE;
	case ACT_RIGHT:
		v->shift += v->layout.more_right;
		return REACT_DONE;
	default:
		return moving_cursor(&v->window, action) ? REACT_DONE : REACT_IGNORED;
	}
}

/* ---- mouse ------------------------------------------------------------------------------------ */

static void press_title(struct groups_view *v, int x)
{
	for (size_t i = 0; i < v->layout.n; i++) {
		const struct layout_slot *slot = &v->layout.slots[i];

		if (x < slot->x || x >= slot->x + slot->width + LAYOUT_GAP)
			continue;
		if ((size_t)v->column == slot->item)
			v->dir = v->dir == SORT_ASC ? SORT_DESC : SORT_ASC;
		else
			v->dir = group_columns[slot->item].first;
		v->column = (int)slot->item;
		return;
	}
}

static enum reaction groups_point(struct app *app, const struct event *e, const struct area *body)
{
	struct window *w = &app->groups.window;
	int line = e->y - body->y - HEAD_LINES;
	size_t place = w->first + (size_t)(line > 0 ? line : 0);

	if (moving_wheel(w, e))
		return REACT_DONE;
	if (line == -1) {
		press_title(&app->groups, e->x - body->x - MARK_WIDTH);
	} else if (line >= 0 && (size_t)line < w->height && place < w->total) {
		if (w->cursor == place)
			open_members(app);
		window_move_to(w, place);
	}
	return REACT_DONE;
}

const struct screen screen_groups = {
	.name = "groups",
	.where = WHERE_GROUPS,
	.header = true,
	.view = VIEW_GROUPS,
	.arrange = groups_arrange,
	.draw = groups_draw,
	.act = groups_act,
	.point = groups_point,
};
