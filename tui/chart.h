/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arithmetic of bars and graphs. Pure. */
#ifndef GOROUTOP_TUI_CHART_H
#define GOROUTOP_TUI_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Splits `width` columns by the square roots of n counts, so that two that run are still seen
 * beside a thousand that wait: who has any gets at least one (the first ones, if there are too few
 * columns), together they are exactly `width`, or 0 when all counts are 0.
 */
void chart_shares(const uint64_t *counts, size_t n, int width, int *ret);

/* Splits `width` columns in proportion; what is left over to the last ones stays empty. */
void chart_parts(const double *parts, size_t n, double whole, int width, int *ret);

/* From where to where a graph of counts goes: never so narrow that a small wobble fills it. */
struct chart_scale {
	double low, high;
};
struct chart_scale chart_scale(const uint32_t *values, size_t n);

/* The height of a value in eighths of a cell, 1 … 8 × rows. */
int chart_level(const struct chart_scale *s, uint32_t value, int rows);

/* The sign of one cell that is filled by 0 … 8 eighths. */
const char *chart_sign(int eighths, bool ascii);

#endif
