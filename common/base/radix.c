// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/radix.h"

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = (64 + DIGIT_BITS - 1) / DIGIT_BITS };

static size_t digit_of(uint64_t key, int pass)
{
	return key >> (pass * DIGIT_BITS) & (DIGITS - 1);
}

/* One stable pass by one digit; false when all keys share it and nothing had to be done. */
static bool radix_pass(uint64_t *to, const uint64_t *from, size_t n, int pass)
{
	size_t start[DIGITS] = {0}, sum = 0;

	for (size_t i = 0; i < n; i++)
		start[digit_of(from[i], pass)]++;
	if (start[digit_of(from[0], pass)] == n)
		return false;
	for (size_t d = 0; d < DIGITS; d++) {
		size_t count = start[d];

		start[d] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[start[digit_of(from[i], pass)]++] = from[i];
	return true;
}

bool radix_sort(uint64_t *v, size_t n)
{
	uint64_t *spare, *from = v, *to;

	if (n < 2)
		return true;
	spare = malloc(n * sizeof(*spare));
	if (!spare)
		return false;
	to = spare;
	for (int pass = 0; pass < PASSES; pass++) {
		if (radix_pass(to, from, n, pass)) {
			uint64_t *swap = from;

			from = to;
			to = swap;
		}
	}
	if (from != v)
		memcpy(v, from, n * sizeof(*v));
	free(spare);
	return true;
}
