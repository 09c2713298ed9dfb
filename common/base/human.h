/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as people read them. Every function writes a terminated text and returns dst. */
#ifndef GOROUTOP_BASE_HUMAN_H
#define GOROUTOP_BASE_HUMAN_H

#include <stddef.h>
#include <stdint.h>

/* Enough for every text made here. */
#define HUMAN_MAX 24

/* At most two units and six characters: 14µs, 830ms, 12.4s, 41m05s, 3h12m, 12d04h, 520d. */
char *human_age(char *dst, size_t size, uint64_t ns);

/* 1284 → "1,284" */
char *human_count(char *dst, size_t size, uint64_t n);

/* At most five characters: 0, 12, 950, 4.8k, 48.2k, 482k, 1.2M, … */
char *human_rate(char *dst, size_t size, double per_second);

/* "3.1%", "48%", "0.0%" */
char *human_percent(char *dst, size_t size, double percent);

#endif
