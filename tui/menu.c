// SPDX-License-Identifier: GPL-2.0-or-later
#include "tui/menu.h"
#include "tui/moving.h"

enum { WORDS_WIDTH = 62, NAME = 12, HEAD_LINES = 1 };

static struct area as_high_as(struct area a, size_t n)
{
	if ((size_t)a.height > n + HEAD_LINES)
		a.height = (int)n + HEAD_LINES;
	return a;
}

struct area menu_beside(const struct area *body, size_t n)
{
	struct area a = *body;

	a.width = a.width / 2 > WORDS_WIDTH ? WORDS_WIDTH : a.width / 2;
	return as_high_as(a, n);
}

struct area menu_over(const struct area *body, size_t n)
{
	struct area a = *body;

	if (a.width > WORDS_WIDTH)
		a.width = a.width / 2 > WORDS_WIDTH ? a.width / 2 : WORDS_WIDTH;
	return as_high_as(a, n);
}

void menu_arrange(struct app *app, const struct area *a)
{
	window_resize(&app->menu, app->menu.total,
		      (size_t)(a->height > HEAD_LINES ? a->height - HEAD_LINES : 0));
}

void menu_draw_head(const struct area *a, const char *title)
{
	struct pen pen = pen_line(a, 0);

	pen_ground(&pen, ROLE_TITLE);
	pen_printf(&pen, ROLE_TITLE_NAME, " %s", title);
}

void menu_draw_item(const struct app *app, const struct area *a, size_t place, const char *mark,
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

bool menu_press(struct app *app, const struct event *e, const struct area *a)
{
	int line = e->y - a->y - HEAD_LINES;
	bool there;

	if (moving_wheel(&app->menu, e) || line < 0 || e->x >= a->x + a->width ||
	    (size_t)line >= app->menu.height)
		return false;
	there = app->menu.cursor == app->menu.first + (size_t)line;
	window_move_to(&app->menu, app->menu.first + (size_t)line);
	return there;
}
