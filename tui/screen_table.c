// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of goroutines. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tui/app.h"
#include "tui/filter_line.h"
#include "tui/moving.h"
#include "tui/search.h"
#include "tui/terminal.h"
#include "tui/tree_lines.h"

enum { HEAD_LINES = 1 };

/* ---- columns and window ----------------------------------------------------------------------- */

/*
 * Columns grow to what was to be seen in them, and never shrink again: what stands on the screen
 * stays where it is.
 */
static void measure(struct app *app)
{
	const struct row_context ctx = app_context(app);
	struct table_view *v = &app->view;
	struct cell cell;

	for (size_t i = 0; i < v->window.height; i++) {
		const struct picture_row *pr = app_row(app, v->window.first + i);

		for (size_t c = 0; pr && c < columns_in_use(); c++) {
			if (columns[c].max_width <= columns[c].width)
				continue;
			column_format(&columns[c], &cell, pr->row, &ctx);
			if (v->tree && tree_is_trunk((int)c))
				tree_format(&cell, pr, SIZE_MAX);
			if (text_width(cell.text) > v->needed[c])
				v->needed[c] = text_width(cell.text);
		}
	}
}

static int clamp(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

/*
 * The tree hangs on the start functions, which therefore stand last, as the commands do with htop;
 * unless the user has put the columns in order.
 */
int table_column_at(const struct table_view *v, size_t i)
{
	size_t at = 0;

	if (!v->tree || v->chosen)
		return v->columns[i];
	while (at < v->n_columns && !tree_is_trunk(v->columns[at]))
		at++;
	if (at == v->n_columns || i < at)
		return v->columns[i];
	return v->columns[i + 1 < v->n_columns ? i + 1 : at];
}

/* What a column wants: one that grows never less than its title, never more than it has to show. */
static struct layout_item item_of(const struct table_view *v, int column)
{
	const struct column *c = &columns[column];
	int least = text_width(c->title) + 1, needed = v->needed[column];

	if (c->max_width <= c->width)
		return (struct layout_item){c->width, 0, c->priority};
	if (v->tree && tree_is_trunk(column))
		return (struct layout_item){clamp(needed, least, 2 * c->width),
					    clamp(needed, least, 2 * c->max_width), 0};
	return (struct layout_item){clamp(needed, least, c->width),
				    clamp(needed, least, c->max_width), c->priority};
}

static void lay_out(struct table_view *v, int width)
{
	struct layout_item items[LAYOUT_MAX];

	for (size_t i = 0; i < v->n_columns; i++)
		items[i] = item_of(v, table_column_at(v, i));
	v->shift = layout_make(&v->layout, items, v->n_columns, v->chosen, width, v->shift);
}

static void table_arrange(struct app *app, const struct area *body)
{
	struct table_view *v = &app->view;
	int height = body->height > HEAD_LINES ? body->height - HEAD_LINES : 0;

	/* Before the first picture the cursor waits where it is. */
	if (app->picture)
		window_resize(&v->window, app->picture->matching, (size_t)height);
	else
		v->window.height = (size_t)height;
	measure(app);
	lay_out(v, body->width);
}

static const struct column *column_of(const struct table_view *v, const struct layout_slot *slot)
{
	return &columns[table_column_at(v, slot->item)];
}

/* ---- drawing ---------------------------------------------------------------------------------- */

static void draw_title(const struct table_view *v, const struct layout_slot *slot, struct pen *pen)
{
	const struct column *c = column_of(v, slot);
	bool sorted = c == &columns[v->sort.column];
	char title[64];

	snprintf(title, sizeof(title), "%s%s", c->title,
		 !sorted		    ? ""
		 : v->sort.dir == SORT_DESC ? "▾"
					    : "▴");
	pen_cell(pen, sorted ? ROLE_HEAD_SORTED : ROLE_HEAD, title, slot->width, c->align,
		 FIT_CLIP);
}

static void draw_head(const struct app *app, const struct area *body)
{
	const struct table_view *v = &app->view;
	struct pen pen = pen_line(body, 0);
	const struct column *last;

	pen_ground(&pen, ROLE_HEAD);
	for (size_t i = 0; i < v->layout.n; i++) {
		pen.x = body->x + v->layout.slots[i].x;
		draw_title(v, &v->layout.slots[i], &pen);
	}
	/* There are more: said where a title does not stand in the way. */
	if (!v->layout.n)
		return;
	last = column_of(v, &v->layout.slots[v->layout.n - 1]);
	if (last->align == ALIGN_RIGHT && pen.x >= pen.end)
		return;
	pen.x = pen.end - 1;
	if (v->layout.more_left || v->layout.more_right)
		pen_put(&pen, ROLE_HEAD, v->layout.more_right ? "›" : "‹");
}

static enum row_style style_of(const struct app *app, const struct picture_row *pr, bool selected)
{
	const struct row *r = pr->row;

	if (app->followed && r->goid == app->followed)
		return ROW_STYLE_FOLLOWED;
	if (selected)
		return ROW_STYLE_SELECTED;
	if (r->flags & ROW_ENDED)
		return ROW_STYLE_ENDED;
	if (app->view.tree && (pr->tree.context || r->flags & ROW_GONE))
		return ROW_STYLE_ENDED;
	/* In the first picture everything is new, and so nothing is. */
	if (r->flags & ROW_NEW && app->picture->has_interval)
		return ROW_STYLE_NEW;
	return r->flags & ROW_SYSTEM ? ROW_STYLE_SYSTEM : ROW_STYLE_PLAIN;
}

static void draw_row(const struct app *app, const struct picture_row *pr, struct pen pen,
		     bool selected)
{
	const struct row_context ctx = app_context(app);
	const struct layout *l = &app->view.layout;
	int left = pen.x;
	struct cell cell;

	pen.style = style_of(app, pr, selected);
	if (pen.style == ROW_STYLE_SELECTED || pen.style == ROW_STYLE_FOLLOWED)
		pen_ground(&pen, ROLE_TEXT);
	for (size_t i = 0; i < l->n; i++) {
		const struct column *c = column_of(&app->view, &l->slots[i]);

		column_format(c, &cell, pr->row, &ctx);
		if (app->view.tree && tree_is_trunk((int)(c - columns)))
			tree_format(&cell, pr, (size_t)l->slots[i].width);
		pen.x = left + l->slots[i].x;
		pen_cell(&pen, theme_cell_role(cell.role), cell.text, l->slots[i].width, c->align,
			 c->cut == CUT_MIDDLE ? FIT_MIDDLE : FIT_END);
	}
}

/* Instead of rows: why there are none. */
static void draw_nothing(const struct app *app, const struct area *body)
{
	struct area below = {body->y + HEAD_LINES + 1, body->x, body->height - HEAD_LINES - 1,
			     body->width};
	struct pen pen = pen_line(&below, 0);

	pen_skip(&pen, 2);
	if (app->state == SESSION_FAILED)
		pen_put(&pen, ROLE_ERROR, app->err.text);
	else if (!app->picture)
		pen_put(&pen, ROLE_DIM, "opening …");
	else if (!app_has_rows(app))
		pen_put(&pen, ROLE_DIM, "reading …");
	else if (app->view.filter[0])
		pen_printf(&pen, ROLE_DIM, "no goroutine matches %s", app->view.filter);
	else
		pen_put(&pen, ROLE_DIM, "no goroutines");
}

static void table_draw(struct app *app, const struct area *body)
{
	const struct window *w = &app->view.window;

	/* Titles without a table would only seem to be one. */
	if (app_has_rows(app))
		draw_head(app, body);
	if (!app->picture || !app->picture->matching)
		draw_nothing(app, body);
	for (size_t i = 0; i < w->height && w->first + i < w->total; i++) {
		const struct picture_row *pr = app_row(app, w->first + i);

		/* Not yet in the picture: the next one brings it. */
		if (pr)
			draw_row(app, pr, pen_line(body, HEAD_LINES + (int)i),
				 w->first + i == w->cursor);
	}
}

/* ---- keys ------------------------------------------------------------------------------------- */

static void sort_by(struct app *app, const char *name)
{
	int column = column_by_name(name, strlen(name));

	if (column >= 0)
		app->view.sort = (struct sort_spec){column, columns[column].first};
}

static void invert(struct app *app)
{
	app->view.sort.dir = app->view.sort.dir == SORT_ASC ? SORT_DESC : SORT_ASC;
}

static void toggle_follow(struct app *app)
{
	const struct picture_row *pr = app_row(app, app->view.window.cursor);

	if (app->followed)
		app->followed = 0;
	else if (pr)
		app->followed = pr->row->goid;
}

static void open_detail(struct app *app)
{
	const struct picture_row *pr = app_row(app, app->view.window.cursor);

	if (!pr)
		return;
	app->detail.goid = pr->row->goid;
	app_open(app, &screen_detail);
}

/* Moving the cursor by hand ends following: the hand wins. */
static enum reaction move(struct app *app, enum action action)
{
	if (!moving_cursor(&app->view.window, action))
		return REACT_IGNORED;
	app->followed = 0;
	return REACT_DONE;
}

static enum reaction table_act(struct app *app, enum action action)
{
	switch (action) {
	case ACT_LEFT:
		app->view.shift -= app->view.shift > 0;
		return REACT_DONE;
	case ACT_RIGHT:
		app->view.shift += app->view.layout.more_right;
		return REACT_DONE;
	case ACT_ENTER:
		open_detail(app);
		return REACT_DONE;
	case ACT_FILTER:
		filter_line_open(app);
		return REACT_DONE;
	case ACT_SEARCH:
		search_open(app);
		return REACT_DONE;
	case ACT_GROUP_BY:
		app_open(app, &screen_group_by);
		return REACT_DONE;
	case ACT_SORT_MENU:
		app_open(app, &screen_sort);
		return REACT_DONE;
	case ACT_COLUMNS:
		app_open(app, &screen_columns);
		return REACT_DONE;
	case ACT_INVERT:
		invert(app);
		return REACT_DONE;
	case ACT_SORT_STATE:
		sort_by(app, "state");
		return REACT_DONE;
	case ACT_SORT_AGE:
		sort_by(app, "age");
		return REACT_DONE;
	case ACT_SORT_THREAD:
		sort_by(app, "thread");
		return REACT_DONE;
	case ACT_SORT_RUN:
		sort_by(app, "run");
		return REACT_DONE;
	case ACT_TREE:
		tree_toggle(app);
		return REACT_DONE;
	case ACT_TREE_FOLD:
	case ACT_TREE_UNFOLD:
		tree_fold(app, action == ACT_TREE_FOLD);
		return REACT_DONE;
	case ACT_FOLLOW:
		toggle_follow(app);
		return REACT_DONE;
	default:
		return move(app, action);
	}
}

/* ---- mouse ------------------------------------------------------------------------------------ */

static void press_head(struct app *app, int x)
{
	const struct layout *l = &app->view.layout;

	for (size_t i = 0; i < l->n; i++) {
		int column = table_column_at(&app->view, l->slots[i].item);

		if (x < l->slots[i].x || x >= l->slots[i].x + l->slots[i].width + LAYOUT_GAP)
			continue;
		if (app->view.sort.column == column)
			invert(app);
		else
			app->view.sort = (struct sort_spec){column, columns[column].first};
		return;
	}
}

static enum reaction table_point(struct app *app, const struct event *e, const struct area *body)
{
	struct window *w = &app->view.window;
	int line = e->y - body->y - HEAD_LINES;
	size_t place = w->first + (size_t)(line > 0 ? line : 0);

	if (moving_wheel(w, e)) {
		app->followed = 0;
	} else if (line == -1) {
		press_head(app, e->x - body->x);
	} else if (line >= 0 && (size_t)line < w->height && place < w->total) {
		/* Pressed once it is selected, pressed again looked at. */
		if (w->cursor == place)
			open_detail(app);
		window_move_to(w, place);
		app->followed = 0;
	}
	return REACT_DONE;
}

const struct screen screen_table = {
	.name = "table",
	.where = WHERE_TABLE,
	.header = true,
	.arrange = table_arrange,
	.draw = table_draw,
	.act = table_act,
	.point = table_point,
};
