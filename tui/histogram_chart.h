/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arithmetic of a log2 histogram drawn as columns. Pure. */
#ifndef GOROUTOP_TUI_HISTOGRAM_CHART_H
#define GOROUTOP_TUI_HISTOGRAM_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/histogram.h"

/* Which buckets are drawn, from the first to the last one, both included. */
struct histogram_range {
	unsigned first, last;
};

/*
 * The buckets of both that hold anything, at most `most` of them: what lies beyond is in the first,
 * or the last, of those drawn. A range that is `least` wide stays so, to stand still while it fills.
 */
struct histogram_range histogram_range(const struct histogram *a, const struct histogram *b,
				       unsigned least, unsigned most);

/*
 * Heights of the range's columns in eighths of a cell, the largest count is rows × 8; who has any
 * has one eighth at least.
 */
void histogram_levels(const struct histogram *h, const struct histogram_range *r, int rows,
		      int *ret);

/* "1µs", "16ms", "2s": where a bucket begins, in powers of two of ns, µs, ms, s. */
void histogram_label(char *dst, size_t size, unsigned bucket);

#endif
