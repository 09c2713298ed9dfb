// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the kernel half's maps. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "tracer_internal.h"

enum { TRIES = 16, BATCH_LEAST = 256, BATCH_MOST = 1 << 20 };

/* ---- entries ---------------------------------------------------------------------------------- */

static bool is_whole(const struct gt_entry *e)
{
	return e->head == e->tail && e->check == gt_entry_sum(e);
}

/* A copy that is not whole is looked at again: writing one takes some 100 ns, if nobody preempts. */
static int look_up(int fd, uint64_t goid, uint64_t *torn, struct gt_entry *ret)
{
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
		__atomic_add_fetch(torn, 1, __ATOMIC_RELAXED);
	}
	return -EAGAIN;
}

/* An entry that is in neither table may have moved between our two looks, once. */
int tracer_entry(struct tracer *t, uint64_t goid, struct gt_entry *ret)
{
	static const int order[] = {GT_TABLE_NEW, GT_TABLE_OLD, GT_TABLE_NEW};
	struct tables *tables = &t->tables;
	int r = -ENOENT;

	pthread_mutex_lock(&tables->lock);
	for (size_t i = 0; r == -ENOENT && i < ARRAY_SIZE(order); i++) {
		if (i && tables->fd[GT_TABLE_OLD] < 0)
			break;
		r = look_up(tables->fd[order[i]], goid, &t->torn, ret);
	}
	pthread_mutex_unlock(&tables->lock);
	return r;
}

/* ---- whole maps ------------------------------------------------------------------------------- */

static int batch_reserve(struct batch *b, uint32_t n)
{
	uint64_t *keys;
	void *values;

	if (n <= b->n)
		return 0;
	if (n > BATCH_MOST)
		return -ENOMEM;
	keys = realloc(b->keys, n * sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	b->keys = keys;
	values = realloc(b->values, (size_t)n * GT_ENTRY_SIZE);
	if (!values)
		return -ENOMEM;
	b->values = values;
	b->n = n;
	return 0;
}

void batch_free(struct batch *b)
{
	free(b->keys);
	free(b->values);
	*b = (struct batch){0};
}

_Static_assert(sizeof(struct gt_site_sum) <= GT_ENTRY_SIZE, "a batch has room for either value");

/*
 * The next elements of a map into the batch, about *n of them, as many as it then says; 1 while there
 * is more, 0 at the end, -errno. The kernel gives whole buckets: one that does not fit is asked for
 * again with more room.
 */
static int next_batch(struct batch *b, int fd, struct tracer_cursor *cursor, uint32_t *n)
{
	for (uint32_t want = *n;; want *= 2) {
		uint32_t *from = cursor->begun ? &cursor->at : NULL, to = 0;
		int r = batch_reserve(b, want);

		if (r)
			return r;
		*n = want;
		r = bpf_map_lookup_batch(fd, from, &to, b->keys, b->values, n, NULL);
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

int read_entries(const struct entry_reader *r, struct batch *b, struct tracer_cursor *cursor,
		 size_t max)
{
	uint32_t n = batch_size(max);
	int more = next_batch(b, r->fd, cursor, &n);
	uint64_t torn = 0;

	for (uint32_t i = 0; more >= 0 && i < n; i++) {
		struct gt_entry e;

		memcpy(&e, (char *)b->values + (size_t)i * sizeof(e), sizeof(e));
		if (!is_whole(&e)) {
			torn++;
			if (look_up(r->fd, b->keys[i], &torn, &e))
				continue;
		}
		if (e.head)
			r->fn(r->ctx, b->keys[i], &e);
	}
	if (r->torn)
		__atomic_add_fetch(r->torn, torn, __ATOMIC_RELAXED);
	return more;
}

/* The old table first: what moves meanwhile is met again in the new one. */
int tracer_entries(struct tracer *t, struct tracer_cursor *cursor, size_t max, tracer_entry_fn fn,
		   void *ctx)
{
	struct entry_reader reader = {.fn = fn, .ctx = ctx, .torn = &t->torn};
	struct tables *tables = &t->tables;
	int more;

	pthread_mutex_lock(&tables->lock);
	if (!cursor->started || cursor->generation != tables->generation)
		*cursor = (struct tracer_cursor){
			.started = true,
			.generation = tables->generation,
			.old = tables->fd[GT_TABLE_OLD] >= 0,
		};
	reader.fd = tables->fd[cursor->old ? GT_TABLE_OLD : GT_TABLE_NEW];
	more = read_entries(&reader, &t->batch, cursor, max);
	if (!more && cursor->old) {
		cursor->begun = cursor->old = false;
		more = 1;
	}
	pthread_mutex_unlock(&tables->lock);
	return more;
}

int tracer_site_sums(struct tracer *t, tracer_site_fn fn, void *ctx)
{
	struct tracer_cursor cursor = {0};
	int more;

	do {
		uint32_t n = BATCH_LEAST;

		more = next_batch(&t->batch, bpf_map__fd(t->skel->maps.site_sums), &cursor, &n);
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
