/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Menus: a head and lines to choose from, over a part of the body. The cursor and what is in sight of
 * the lines are app->menu.
 */
#ifndef GOROUTOP_TUI_MENU_H
#define GOROUTOP_TUI_MENU_H

#include "tui/app.h"

/* Where a menu of n lines is: over the left half, so that the table stays in sight beside it … */
struct area menu_beside(const struct area *body, size_t n);
/* … or as wide as its words need. */
struct area menu_over(const struct area *body, size_t n);

/* Fits app->menu, whose total is set, into the area. */
void menu_arrange(struct app *app, const struct area *a);

void menu_draw_head(const struct area *a, const char *title);
/* The line of that place, if it is in sight. */
void menu_draw_item(const struct app *app, const struct area *a, size_t place, const char *mark,
		    const char *name, const char *help);

/* Moves the cursor to where was clicked, or by the wheel; true if a click found it there already. */
bool menu_press(struct app *app, const struct event *e, const struct area *a);

#endif
