/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorting many 64-bit keys: a million addresses take some 20 ms, where qsort takes 100. */
#ifndef GOROUTOP_BASE_RADIX_H
#define GOROUTOP_BASE_RADIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sorts v[0..n) ascending; false for lack of memory (v is unchanged then). */
bool radix_sort(uint64_t *v, size_t n);

#endif
