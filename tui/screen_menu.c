// SPDX-License-Identifier: GPL-2.0-or-later
/* The two menus beside the table: which column to sort by, which columns to show. */
#include <stdio.h>
#include <string.h>

#include "model/label_column.h"
#include "tui/app.h"
#include "tui/menu.h"
#include "tui/moving.h"

static void arrange(struct app *app, const struct area *body)
{
	struct area a = menu_beside(body, columns_in_use());

	app->menu.total = columns_in_use();
	menu_arrange(app, &a);
}

static bool press(struct app *app, const struct event *e, const struct area *body)
{
	struct area a = menu_beside(body, app->menu.total);

	return menu_press(app, e, &a);
}

/* ---- sorting ---------------------------------------------------------------------------------- */

static void sort_open(struct app *app)
{
	app->menu = (struct window){.total = columns_in_use()};
	window_move_to(&app->menu, (size_t)app->view.sort.column);
}

static void sort_draw(struct app *app, const struct area *body)
{
	struct area a = menu_beside(body, columns_in_use());
	const struct sort_spec *s = &app->view.sort;

	menu_draw_head(&a, "Sort by");
	for (size_t i = 0; i < columns_in_use(); i++)
		menu_draw_item(app, &a, i,
			       (size_t)s->column != i ? " "
			       : s->dir == SORT_DESC  ? "▾"
						      : "▴",
			       columns[i].title, columns[i].help);
}

static enum reaction choose_sort(struct app *app)
{
	int column = (int)app->menu.cursor;

	if (app->view.sort.column != column)
		app->view.sort = (struct sort_spec){column, columns[column].first};
	return REACT_CLOSE;
}

static enum reaction sort_act(struct app *app, enum action action)
{
	if (action == ACT_ENTER || action == ACT_TOGGLE)
		return choose_sort(app);
	if (action == ACT_INVERT) {
		choose_sort(app);
		app->view.sort.dir = app->view.sort.dir == SORT_ASC ? SORT_DESC : SORT_ASC;
		return REACT_DONE;
	}
	return moving_cursor(&app->menu, action) ? REACT_DONE : REACT_IGNORED;
}

static enum reaction sort_point(struct app *app, const struct event *e, const struct area *body)
{
	if (press(app, e, body) && choose_sort(app) == REACT_CLOSE)
		app_close_top(app);
	return REACT_DONE;
}

const struct screen screen_sort = {
	.name = "sort",
	.where = WHERE_SORT,
	.header = true,
	.overlay = true,
	.open = sort_open,
	.arrange = arrange,
	.draw = sort_draw,
	.act = sort_act,
	.point = sort_point,
};

/* ---- columns ---------------------------------------------------------------------------------- */

/* The menu shows the chosen columns in their order, then the others in the table's. */
struct choice {
	int column[LAYOUT_MAX];
	size_t n, shown;
};

static bool contains(const int *list, size_t n, int column)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == column)
			return true;
	return false;
}

static struct choice choice_of(const struct app *app)
{
	const struct table_view *v = &app->view;
	struct choice c = {0};

	if (v->chosen)
		for (size_t i = 0; i < v->n_columns; i++)
			c.column[c.n++] = v->columns[i];
	else
		for (size_t i = 0; i < v->layout.n; i++)
			c.column[c.n++] = table_column_at(v, v->layout.slots[i].item);
	c.shown = c.n;
	for (size_t i = 0; i < columns_in_use() && c.n < LAYOUT_MAX; i++)
		if (!contains(c.column, c.shown, (int)i))
			c.column[c.n++] = (int)i;
	return c;
}

static void choose(struct app *app, const struct choice *c)
{
	memcpy(app->view.columns, c->column, c->shown * sizeof(c->column[0]));
	app->view.n_columns = c->shown;
	app->view.chosen = true;
	app->view.shift = 0;
}

static void move_in(struct choice *c, size_t from, size_t to)
{
	int column = c->column[from];

	if (from < to)
		memmove(&c->column[from], &c->column[from + 1], (to - from) * sizeof(column));
	else
		memmove(&c->column[to + 1], &c->column[to], (from - to) * sizeof(column));
	c->column[to] = column;
}

/* Shows a hidden one as the last, or hides a shown one; one is always shown. */
static void toggle(struct app *app)
{
	struct choice c = choice_of(app);
	size_t at = app->menu.cursor;

	if (at >= c.shown) {
		move_in(&c, at, c.shown);
		window_move_to(&app->menu, c.shown++);
	} else if (c.shown > 1) {
		move_in(&c, at, --c.shown);
	}
	choose(app, &c);
}

static void shift(struct app *app, bool later)
{
	struct choice c = choice_of(app);
	size_t at = app->menu.cursor, to = later ? at + 1 : at - 1;

	if (at >= c.shown || (!later && !at) || to >= c.shown)
		return;
	move_in(&c, at, to);
	window_move_to(&app->menu, to);
	choose(app, &c);
}

/* The labels that the rows in sight have can be chosen as well. */
static void offer_labels(const struct picture *p)
{
	char name[LABEL_COLUMN_NAME];

	for (size_t i = 0; p && i < p->n; i++) {
		const struct label_set *s = p->rows[i].row->label_set;

		for (size_t k = 0; s && k < s->n; k++) {
			int n = snprintf(name, sizeof(name), "%s%s", LABEL_COLUMN_PREFIX,
					 s->v[k].key);

			/* Without room for it it is not offered. */
			if (n < (int)sizeof(name))
				(void)column_by_name(name, (size_t)n);
		}
	}
}

static void columns_open(struct app *app)
{
	offer_labels(app->picture);
	app->menu = (struct window){.total = columns_in_use()};
}

static void columns_draw(struct app *app, const struct area *body)
{
	struct area a = menu_beside(body, columns_in_use());
	struct choice c = choice_of(app);

	menu_draw_head(&a, "Columns");
	for (size_t i = 0; i < c.n; i++)
		menu_draw_item(app, &a, i, i < c.shown ? "[x]" : "[ ]", columns[c.column[i]].title,
			       columns[c.column[i]].help);
}

static enum reaction columns_act(struct app *app, enum action action)
{
	switch (action) {
	case ACT_ENTER:
		return REACT_CLOSE;
	case ACT_TOGGLE:
		toggle(app);
		return REACT_DONE;
	case ACT_EARLIER:
	case ACT_LATER:
		shift(app, action == ACT_LATER);
		return REACT_DONE;
	default:
		return moving_cursor(&app->menu, action) ? REACT_DONE : REACT_IGNORED;
	}
}

static enum reaction columns_point(struct app *app, const struct event *e, const struct area *body)
{
	if (press(app, e, body))
		toggle(app);
	return REACT_DONE;
}

const struct screen screen_columns = {
	.name = "columns",
	.where = WHERE_COLUMNS,
	.header = true,
	.overlay = true,
	.open = columns_open,
	.arrange = arrange,
	.draw = columns_draw,
	.act = columns_act,
	.point = columns_point,
};
