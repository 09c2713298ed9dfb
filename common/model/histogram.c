// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/histogram.h"

static unsigned bucket_of(uint64_t value)
{
	return value ? 63 - (unsigned)__builtin_clzll(value) : 0;
}

void histogram_add(struct histogram *h, uint64_t value)
{
	h->bucket[bucket_of(value)]++;
}

uint64_t histogram_count(const struct histogram *h)
{
	uint64_t n = 0;

	for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++)
		n += h->bucket[b];
	return n;
}

void histogram_diff(struct histogram *ret, const struct histogram *a, const struct histogram *b)
{
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
		ret->bucket[i] = a->bucket[i] > b->bucket[i] ? a->bucket[i] - b->bucket[i] : 0;
}

/* The value at `part` (0 … 1) of the way through bucket b. */
static uint64_t inside(unsigned b, double part)
{
	double low = b ? (double)(1ull << b) : 0;
	double high = (double)(1ull << b) * 2;
	double value = low + (high - low) * part;

	/* Never the first value of the next bucket: nobody had it. */
	if (value >= high)
		return b == HISTOGRAM_BUCKETS - 1 ? UINT64_MAX : (1ull << (b + 1)) - 1;
	return (uint64_t)value;
}

bool histogram_percentile(const struct histogram *h, double percent, uint64_t *ret)
{
	double count = (double)histogram_count(h), want, seen = 0;
	unsigned last = 0;

	if (count == 0)
		return false;
	percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
	want = count * percent / 100;
	for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++) {
		double n = (double)h->bucket[b];

		if (!h->bucket[b])
			continue;
		last = b;
		if (seen + n >= want) {
			*ret = inside(b, (want - seen) / n);
			return true;
		}
		seen += n;
	}
	*ret = inside(last, 1);
	return true;
}
