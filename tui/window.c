// SPDX-License-Identifier: GPL-2.0-or-later
#include "tui/window.h"

static size_t last_first(const struct window *w)
{
	return w->total > w->height ? w->total - w->height : 0;
}

/* n + by, within [0, max]. */
static size_t shifted(size_t n, ssize_t by, size_t max)
{
	if (by < 0)
		return n < (size_t)-by ? 0 : n - (size_t)-by;
	return (size_t)by > max || n > max - (size_t)by ? max : n + (size_t)by;
}

static void keep_in_sight(struct window *w)
{
	if (w->first > last_first(w))
		w->first = last_first(w);
	if (w->cursor < w->first)
		w->first = w->cursor;
	else if (w->height && w->cursor >= w->first + w->height)
		w->first = w->cursor - w->height + 1;
}

void window_resize(struct window *w, size_t total, size_t height)
{
	w->total = total;
	w->height = height;
	if (w->cursor >= total)
		w->cursor = total ? total - 1 : 0;
	keep_in_sight(w);
}

void window_move_to(struct window *w, size_t place)
{
	w->cursor = place < w->total ? place : w->total ? w->total - 1 : 0;
	keep_in_sight(w);
}

void window_move(struct window *w, ssize_t rows)
{
	window_move_to(w, shifted(w->cursor, rows, w->total ? w->total - 1 : 0));
}

void window_pan(struct window *w, ssize_t rows)
{
	w->first = shifted(w->first, rows, last_first(w));
}

void window_fit(struct window *w, size_t total, size_t height)
{
	w->total = total;
	w->height = height;
	window_pan(w, 0);
}

void window_scroll(struct window *w, ssize_t rows)
{
	window_pan(w, rows);
	window_move(w, rows);
}
