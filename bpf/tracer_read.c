// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the kernel half's maps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tracer_internal.h"

enum { TRIES = 16, BATCH_LEAST = 256, BATCH_MOST = 1 << 20 };

/* ---- entries ---------------------------------------------------------------------------------- */

static bool is_whole(const struct gt_entry *e)
{
	return e->head == e->tail && e->check == gt_entry_sum(e);
}

/* A copy that is not whole is looked at again: writing one takes some 100 ns, if nobody preempts. */
int tracer_entry(struct tracer *t, uint64_t goid, struct gt_entry *ret)
{
	int fd = bpf_map__fd(t->skel->maps.goroutines);

	for (int i = 0; i < TRIES; i++) {
		struct gt_entry e;
		int r = bpf_map_lookup_elem(fd, &goid, &e);

		if (r)
			return r;
		if (is_whole(&e)) {
			if (!e.head)
				return -ENOENT; /* being made */
			*ret = e;
			return 0;
		}
		__atomic_add_fetch(&t->torn, 1, __ATOMIC_RELAXED);
	}
	return -EAGAIN;
}

/* ---- whole maps ------------------------------------------------------------------------------- */

static int batch_reserve(struct tracer *t, uint32_t n)
{
	uint64_t *keys;
	void *values;

	if (n <= t->batch.n)
		return 0;
	if (n > BATCH_MOST)
		return -ENOMEM;
	keys = realloc(t->batch.keys, n * sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	t->batch.keys = keys;
	values = realloc(t->batch.values, (size_t)n * GT_ENTRY_SIZE);
	if (!values)
		return -ENOMEM;
	t->batch.values = values;
	t->batch.n = n;
	return 0;
}

_Static_assert(sizeof(struct gt_site_sum) <= GT_ENTRY_SIZE, "a batch has room for either value");

/*
 * The next elements of a map into t->batch, about *n of them, as many as it then says; 1 while there
 * is more, 0 at the end, -errno. The kernel gives whole buckets: one that does not fit is asked for
 * again with more room.
 */
static int next_batch(struct tracer *t, int fd, struct tracer_cursor *cursor, uint32_t *n)
{
	for (uint32_t want = *n;; want *= 2) {
		uint32_t *from = cursor->begun ? &cursor->at : NULL, to = 0;
		int r = batch_reserve(t, want);

		if (r)
			return r;
		*n = want;
		r = bpf_map_lookup_batch(fd, from, &to, t->batch.keys, t->batch.values, n, NULL);
		if (r == -ENOSPC)
			continue;
		if (r && r != -ENOENT)
			return r;
		cursor->begun = true;
		cursor->at = to;
		return r ? 0 : 1;
	}
}

static uint32_t batch_size(size_t max)
{
	return max < BATCH_LEAST ? BATCH_LEAST : max > BATCH_MOST ? BATCH_MOST : (uint32_t)max;
}

int tracer_entries(struct tracer *t, struct tracer_cursor *cursor, size_t max, tracer_entry_fn fn,
		   void *ctx)
{
	uint32_t n = batch_size(max);
	int more = next_batch(t, bpf_map__fd(t->skel->maps.goroutines), cursor, &n);

	for (uint32_t i = 0; more >= 0 && i < n; i++) {
		struct gt_entry e;

		memcpy(&e, (char *)t->batch.values + (size_t)i * sizeof(e), sizeof(e));
		if (!is_whole(&e)) {
			__atomic_add_fetch(&t->torn, 1, __ATOMIC_RELAXED);
			if (tracer_entry(t, t->batch.keys[i], &e))
				continue;
		}
		if (e.head)
			fn(ctx, t->batch.keys[i], &e);
	}
	return more;
}

int tracer_site_sums(struct tracer *t, tracer_site_fn fn, void *ctx)
{
	struct tracer_cursor cursor = {0};
	int more;

	do {
		uint32_t n = BATCH_LEAST;

		more = next_batch(t, bpf_map__fd(t->skel->maps.site_sums), &cursor, &n);
		for (uint32_t i = 0; more >= 0 && i < n; i++) {
			struct gt_site_sum s;

			memcpy(&s, (char *)t->batch.values + (size_t)i * sizeof(s), sizeof(s));
			fn(ctx, t->batch.keys[i], &s);
		}
	} while (more > 0);
	return more;
}

/* ---- counters: mapped, so reading them is no system call --------------------------------------- */

static void copy_words(void *to, const void *from, size_t size)
{
	const uint64_t *src = from;
	uint64_t *dst = to;

	for (size_t i = 0; i < size / sizeof(*src); i++)
		dst[i] = __atomic_load_n(&src[i], __ATOMIC_RELAXED);
}

void tracer_counts(struct tracer *t, struct tracer_counts *ret)
{
	copy_words(&ret->kernel, &t->skel->bss->gt_counters, sizeof(ret->kernel));
	ret->torn = __atomic_load_n(&t->torn, __ATOMIC_RELAXED);
	ret->alien = __atomic_load_n(&t->alien, __ATOMIC_RELAXED);
}

int tracer_latency(struct tracer *t, struct gt_latency *ret)
{
	copy_words(ret, &t->skel->bss->gt_latency, sizeof(*ret));
	return 0;
}
