/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts made to fit a number of columns. Pure: libc and base only. */
#ifndef GOROUTOP_TUI_FIT_H
#define GOROUTOP_TUI_FIT_H

#include <stdbool.h>
#include <stddef.h>

enum fit_cut {
	FIT_CLIP,   /* what does not fit is left out, without a mark */
	FIT_END,    /* "chan recei…" */
	FIT_MIDDLE, /* "raft.(*no…run:331" */
};

/*
 * Copies src, of valid UTF-8, cut to at most `width` columns, always terminated; in `ascii` the
 * mark of a cut is ".." and the signs that this program draws with become ASCII ones of the same
 * width, anything else "?". Returns the columns that dst takes.
 */
int fit_text(char *dst, size_t size, const char *src, int width, enum fit_cut cut, bool ascii);

/*
 * For text over several lines: how many bytes of it go into a line of `width` columns, a whole word
 * at least where one fits; 0 only at its end.
 */
size_t fit_line(const char *text, int width);

#endif
