// SPDX-License-Identifier: GPL-2.0-or-later
/* The menus over the groups: by what to group, and by which column to sort. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/app.h"
#include "tui/moving.h"

enum { MENU_WIDTH = 62, NAME = 12, HEAD_LINES = 1 };

static struct area menu_area(const struct area *body, size_t n)
{
	struct area a = *body;

	if (a.width > MENU_WIDTH)
		a.width = a.width / 2 > MENU_WIDTH ? a.width / 2 : MENU_WIDTH;
	if ((size_t)a.height > n + HEAD_LINES)
		a.height = (int)n + HEAD_LINES;
	return a;
}

static void menu_arrange(struct app *app, const struct area *body)
{
	struct area a = menu_area(body, app->menu.total);

	window_resize(&app->menu, app->menu.total,
		      (size_t)(a.height > HEAD_LINES ? a.height - HEAD_LINES : 0));
}

static void draw_head(const struct area *a, const char *title)
{
	struct pen pen = pen_line(a, 0);

	pen_ground(&pen, ROLE_TITLE);
	pen_printf(&pen, ROLE_TITLE_NAME, " %s", title);
}

static void draw_item(const struct app *app, const struct area *a, size_t place, const char *mark,
		      const char *name, const char *help)
{
	struct pen pen;

	if (place < app->menu.first || place >= app->menu.first + app->menu.height)
		return;
	pen = pen_line(a, HEAD_LINES + (int)(place - app->menu.first));
	pen.style = place == app->menu.cursor ? ROW_STYLE_SELECTED : ROW_STYLE_PLAIN;
	pen_ground(&pen, ROLE_TEXT);
	pen_printf(&pen, ROLE_ACCENT, " %s ", mark);
	pen_cell(&pen, ROLE_TEXT, name, NAME, ALIGN_LEFT, FIT_END);
	pen_put(&pen, ROLE_DIM, help);
}

/* True: the item that the cursor is on was clicked. */
static bool menu_press(struct app *app, const struct event *e, const struct area *body)
{
	struct area a = menu_area(body, app->menu.total);
	int line = e->y - a.y - HEAD_LINES;
	bool there;

	if (moving_wheel(&app->menu, e) || line < 0 || e->x >= a.x + a.width ||
	    (size_t)line >= app->menu.height)
		return false;
	there = app->menu.cursor == app->menu.first + (size_t)line;
	window_move_to(&app->menu, app->menu.first + (size_t)line);
	return there;
}

/* ---- by what to group ------------------------------------------------------------------------- */

static void by_open(struct app *app)
{
	app->menu = (struct window){.total = GROUP_KINDS};
	window_move_to(&app->menu, (size_t)app->groups.by.kind);
}

static void by_draw(struct app *app, const struct area *body)
{
	struct area a = menu_area(body, GROUP_KINDS);

	draw_head(&a, "Group by");
	for (size_t i = 0; i < GROUP_KINDS; i++)
		draw_item(app, &a, i, i == app->groups.by.kind ? "▸" : " ", group_kinds[i].name,
			  group_kinds[i].says);
}

static void group_by(struct app *app, const struct group_by *by)
{
	app->groups.by = *by;
	app->groups.needed = 0;
	app->groups.window.first = app->groups.window.cursor = 0;
	if (group_columns[app->groups.column].sites && by->kind != GROUP_SITE)
		app->groups.column = 0;
	app_open_view(app, ACT_GROUPS);
}

static void label_changed(struct app *app, const char *text)
{
	(void)text;
	app->prompt.error[0] = '\0';
}

static void label_finished(struct app *app, const char *text, bool accepted)
{
	struct group_by by = {.kind = GROUP_LABEL};

	if (!accepted || !*text || strlen(text) >= sizeof(by.label))
		return;
	snprintf(by.label, sizeof(by.label), "%s", text);
	group_by(app, &by);
}

static const struct prompt_kind label_prompt = {
	.label = "Label",
	.hint = "the name of a pprof label",
	.changed = label_changed,
	.finished = label_finished,
};

static enum reaction choose_by(struct app *app)
{
	const struct group_by by = {.kind = (enum group_kind)app->menu.cursor};

	if (by.kind == GROUP_LABEL) {
		prompt_open(app, &label_prompt, app->groups.by.label);
		return REACT_DONE;
	}
	group_by(app, &by);
	return REACT_DONE;
}

static enum reaction by_act(struct app *app, enum action action)
{
	if (action == ACT_ENTER || action == ACT_TOGGLE)
		return choose_by(app);
	return moving_cursor(&app->menu, action) ? REACT_DONE : REACT_IGNORED;
}

static enum reaction by_point(struct app *app, const struct event *e, const struct area *body)
{
	if (menu_press(app, e, body))
		choose_by(app);
	return REACT_DONE;
}

const struct screen screen_group_by = {
	.name = "group by",
	.where = WHERE_SORT,
	.header = true,
	.overlay = true,
	.open = by_open,
	.arrange = menu_arrange,
	.draw = by_draw,
	.act = by_act,
	.point = by_point,
};

/* ---- by which column to sort ------------------------------------------------------------------ */

static bool is_offered(const struct app *app, size_t column)
{
	const struct group_column *c = &group_columns[column];

	return (c->number || c->cell == GROUP_CELL_KEY) &&
	       (!c->sites || app->groups.by.kind == GROUP_SITE);
}

/* The column at a place of the menu. */
static size_t column_at(const struct app *app, size_t place)
{
	for (size_t i = 0; i < n_group_columns; i++)
		if (is_offered(app, i) && !place--)
			return i;
	return 0;
}

static void sort_open(struct app *app)
{
	app->menu = (struct window){0};
	for (size_t i = 0; i < n_group_columns; i++)
		app->menu.total += is_offered(app, i);
	for (size_t i = 0; i < app->menu.total; i++)
		if (column_at(app, i) == (size_t)app->groups.column)
			window_move_to(&app->menu, i);
}

static void sort_draw(struct app *app, const struct area *body)
{
	struct area a = menu_area(body, app->menu.total);

	draw_head(&a, "Sort by");
	for (size_t i = 0; i < app->menu.total; i++) {
		size_t at = column_at(app, i);
		const struct group_column *c = &group_columns[at];
		const char *title = c->title;

		if (c->cell == GROUP_CELL_KEY)
			title = group_kinds[app->groups.by.kind].title;
		draw_item(app, &a, i,
			  at != (size_t)app->groups.column ? " "
			  : app->groups.dir == SORT_DESC   ? "▾"
							   : "▴",
			  title, c->help);
	}
}

static enum reaction choose_sort(struct app *app, bool invert)
{
	size_t at = column_at(app, app->menu.cursor);

	if (at != (size_t)app->groups.column)
		app->groups.dir = group_columns[at].first;
	app->groups.column = (int)at;
	if (!invert)
		return REACT_CLOSE;
	app->groups.dir = app->groups.dir == SORT_ASC ? SORT_DESC : SORT_ASC;
	return REACT_DONE;
}

static enum reaction sort_act(struct app *app, enum action action)
{
	if (action == ACT_ENTER || action == ACT_TOGGLE || action == ACT_INVERT)
		return choose_sort(app, action == ACT_INVERT);
	return moving_cursor(&app->menu, action) ? REACT_DONE : REACT_IGNORED;
}

static enum reaction sort_point(struct app *app, const struct event *e, const struct area *body)
{
	if (menu_press(app, e, body) && choose_sort(app, false) == REACT_CLOSE)
		app_close_top(app);
	return REACT_DONE;
}

const struct screen screen_group_sort = {
	.name = "group sort",
	.where = WHERE_SORT,
	.header = true,
	.overlay = true,
	.open = sort_open,
	.arrange = menu_arrange,
	.draw = sort_draw,
	.act = sort_act,
	.point = sort_point,
};
