/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for machines: always with a point, whatever the locale of the program that calls us. */
#ifndef GOROUTOP_FORMAT_DECIMAL_H
#define GOROUTOP_FORMAT_DECIMAL_H

enum { DECIMAL_MAX = 32 };

/*
 * Writes v with up to 3 places, rounded, at most 9e18 in size (what is more is cut to that);
 * returns dst. v must be a number (not a NaN).
 */
char *decimal(char dst[DECIMAL_MAX], double v, unsigned places);

#endif
