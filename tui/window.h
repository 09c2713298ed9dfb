/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of which a part is seen, with a cursor in it. Pure. */
#ifndef GOROUTOP_TUI_WINDOW_H
#define GOROUTOP_TUI_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct window {
	size_t total;  /* rows there are */
	size_t height; /* rows that can be seen */
	size_t first;  /* the first one seen */
	size_t cursor; /* < total, or 0 */
};

/* New sizes: the cursor keeps its place as far as there is one, and stays in sight. */
void window_resize(struct window *w, size_t total, size_t height);

/* Moves the cursor, and the window as little as needed. */
void window_move(struct window *w, ssize_t rows);
void window_move_to(struct window *w, size_t place);

/* Moves window and cursor together, as a wheel does; at an end the cursor alone goes on. */
void window_scroll(struct window *w, ssize_t rows);

/* For lists without a cursor: new sizes; and moves what is seen. */
void window_fit(struct window *w, size_t total, size_t height);
void window_pan(struct window *w, ssize_t rows);

#endif
