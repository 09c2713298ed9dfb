// SPDX-License-Identifier: GPL-2.0-or-later
#include "tui/moving.h"

enum { WHEEL = 3 };

/* A page keeps one line of the one before. */
static ssize_t page_of(const struct window *w)
{
	return w->height > 1 ? (ssize_t)w->height - 1 : 1;
}

bool moving_cursor(struct window *w, enum action action)
{
	switch (action) {
	case ACT_UP:
		window_move(w, -1);
		return true;
	case ACT_DOWN:
		window_move(w, 1);
		return true;
	case ACT_PAGE_UP:
		window_scroll(w, -page_of(w));
		return true;
	case ACT_PAGE_DOWN:
		window_scroll(w, page_of(w));
		return true;
	case ACT_HOME:
		window_move_to(w, 0);
		return true;
	case ACT_END:
		window_move_to(w, w->total ? w->total - 1 : 0);
		return true;
	default:
		return false;
	}
}

bool moving_text(struct window *w, enum action action)
{
	switch (action) {
	case ACT_UP:
		window_pan(w, -1);
		return true;
	case ACT_DOWN:
		window_pan(w, 1);
		return true;
	case ACT_PAGE_UP:
		window_pan(w, -page_of(w));
		return true;
	case ACT_PAGE_DOWN:
		window_pan(w, page_of(w));
		return true;
	case ACT_HOME:
		w->first = 0;
		return true;
	case ACT_END:
		window_pan(w, (ssize_t)w->total);
		return true;
	default:
		return false;
	}
}

bool moving_wheel(struct window *w, const struct event *e)
{
	if (e->pointer == POINTER_PRESS)
		return false;
	window_scroll(w, e->pointer == POINTER_WHEEL_UP ? -WHEEL : WHEEL);
	return true;
}

bool moving_text_wheel(struct window *w, const struct event *e)
{
	if (e->pointer == POINTER_PRESS)
		return false;
	window_pan(w, e->pointer == POINTER_WHEEL_UP ? -WHEEL : WHEEL);
	return true;
}
