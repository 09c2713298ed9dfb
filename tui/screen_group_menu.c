// SPDX-License-Identifier: GPL-2.0-or-later
/* The menus over the groups: by what to group, and by which column to sort. */
#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "tui/menu.h"
#include "tui/moving.h"

static void arrange(struct app *app, const struct area *body)
{
	struct area a = menu_over(body, app->menu.total);

	menu_arrange(app, &a);
}

static bool press(struct app *app, const struct event *e, const struct area *body)
{
	struct area a = menu_over(body, app->menu.total);

	return menu_press(app, e, &a);
}

/* ---- by what to group ------------------------------------------------------------------------- */

static void by_open(struct app *app)
{
	app->menu = (struct window){.total = GROUP_KINDS};
	window_move_to(&app->menu, (size_t)app->groups.by.kind);
}

static void by_draw(struct app *app, const struct area *body)
{
	struct area a = menu_over(body, GROUP_KINDS);

	menu_draw_head(&a, "Group by");
	for (size_t i = 0; i < GROUP_KINDS; i++)
		menu_draw_item(app, &a, i, i == app->groups.by.kind ? "▸" : " ",
			       group_kinds[i].name, group_kinds[i].says);
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
	if (press(app, e, body))
		choose_by(app);
	return REACT_DONE;
}

const struct screen screen_group_by = {
	.name = "group by",
	.where = WHERE_GROUP_BY,
	.header = true,
	.overlay = true,
	.open = by_open,
	.arrange = arrange,
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
	struct area a = menu_over(body, app->menu.total);

	menu_draw_head(&a, "Sort by");
	for (size_t i = 0; i < app->menu.total; i++) {
		size_t at = column_at(app, i);
		const struct group_column *c = &group_columns[at];
		const char *title = c->title;

		if (c->cell == GROUP_CELL_KEY)
			title = group_kinds[app->groups.by.kind].title;
		menu_draw_item(app, &a, i,
			       at != (size_t)app->groups.column ? " "
			       : app->groups.dir == SORT_DESC	? "▾"
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
	if (press(app, e, body) && choose_sort(app, false) == REACT_CLOSE)
		app_close_top(app);
	return REACT_DONE;
}

const struct screen screen_group_sort = {
	.name = "group sort",
	.where = WHERE_SORT,
	.header = true,
	.overlay = true,
	.open = sort_open,
	.arrange = arrange,
	.draw = sort_draw,
	.act = sort_act,
	.point = sort_point,
};
