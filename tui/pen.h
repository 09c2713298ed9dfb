/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing on the screen: a pen moves along a line and never writes beyond its end. */
#ifndef GOROUTOP_TUI_PEN_H
#define GOROUTOP_TUI_PEN_H

#include <stdbool.h>

#include "model/column.h"
#include "tui/fit.h"
#include "tui/theme.h"

struct area {
	int y, x, height, width;
};

struct pen {
	int y, x, end; /* the next column to write to; the first one that is not ours */
	enum row_style style;
};

/* A pen for the line `line` of an area; it can write nothing when the area has no such line. */
struct pen pen_line(const struct area *a, int line);

int pen_room(const struct pen *p);

/* Writes text, cut at the end with a mark where it does not fit. */
void pen_put(struct pen *p, enum role role, const char *text);
void pen_printf(struct pen *p, enum role role, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes text into exactly `width` columns. */
void pen_cell(struct pen *p, enum role role, const char *text, int width, enum column_align align,
	      enum fit_cut cut);

/* Writes one sign n times. */
void pen_repeat(struct pen *p, enum role role, const char *sign, int n);

void pen_skip(struct pen *p, int n);	      /* without writing */
void pen_fill(struct pen *p, enum role role); /* blanks to the end */

/* Fills a whole line first, so that what is written later stands on its ground. */
void pen_ground(const struct pen *p, enum role role);

/* Puts text at the right end of what is left and shortens the line by it and a gap. */
void pen_put_right(struct pen *p, enum role role, const char *text);

#endif
