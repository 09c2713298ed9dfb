/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log2 histograms: bucket b counts values of [2^b, 2^(b+1)); 0 is in bucket 0. */
#ifndef GOROUTOP_MODEL_HISTOGRAM_H
#define GOROUTOP_MODEL_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 64 };

struct histogram {
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);
uint64_t histogram_count(const struct histogram *h);
/* a − b, bucket by bucket, never below 0. */
void histogram_diff(struct histogram *ret, const struct histogram *a, const struct histogram *b);
/* The value below which `percent` of the counts lie, interpolated inside its bucket; false: empty. */
bool histogram_percentile(const struct histogram *h, double percent, uint64_t *ret);

#endif
