// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdio.h>

#include "base/human.h"
#include "tui/histogram_chart.h"

struct histogram_range histogram_range(const struct histogram *a, const struct histogram *b,
				       unsigned least, unsigned most)
{
	struct histogram_range r = {HISTOGRAM_BUCKETS, 0};
	unsigned n;

	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (!a->bucket[i] && !b->bucket[i])
			continue;
		if (r.first == HISTOGRAM_BUCKETS)
			r.first = i;
		r.last = i;
	}
	if (r.first == HISTOGRAM_BUCKETS)
		r.first = r.last = 10; /* 1 µs: nothing is there yet */
	n = r.last - r.first + 1;
	/* The long ones matter: the short ones are drawn together. */
	if (n > most)
		r.first = r.last + 1 - most;
	for (; n < least && n < most; n++) {
		if (r.last + 1 < HISTOGRAM_BUCKETS && (n & 1 || !r.first))
			r.last++;
		else if (r.first)
			r.first--;
	}
	return r;
}

static uint64_t count_of(const struct histogram *h, const struct histogram_range *r, unsigned i)
{
	uint64_t n = h->bucket[i];

	for (unsigned k = 0; i == r->first && k < i; k++)
		n += h->bucket[k];
	for (unsigned k = i + 1; i == r->last && k < HISTOGRAM_BUCKETS; k++)
		n += h->bucket[k];
	return n;
}

void histogram_levels(const struct histogram *h, const struct histogram_range *r, int rows,
		      int *ret)
{
	uint64_t most = 0;

	for (unsigned i = r->first; i <= r->last; i++)
		if (count_of(h, r, i) > most)
			most = count_of(h, r, i);
	for (unsigned i = r->first; i <= r->last; i++) {
		uint64_t n = count_of(h, r, i);
		int level = most ? (int)lround((double)n / (double)most * rows * 8) : 0;

		ret[i - r->first] = n && !level ? 1 : level;
	}
}

void histogram_label(char *dst, size_t size, unsigned bucket)
{
	static const char *const units[] = {"ns", "µs", "ms", "s"};
	unsigned unit = bucket / 10 > 3 ? 3 : bucket / 10;

	/* 2¹⁰ ns is 1.02 µs: near enough for an axis. */
	snprintf(dst, size, "%llu%s", 1ull << (bucket - 10 * unit), units[unit]);
}
