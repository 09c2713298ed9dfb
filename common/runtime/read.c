// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading many goroutines at once. g structs lie close together (19 of them in an 8 KiB span, 95 %
 * one right behind the other), so neighbours are read in one piece, from the first wanted byte of
 * the first to the last of the last, through a window small enough to stay in the cache, and the
 * fields are picked out at once. One read a goroutine takes four to six times as long. A read begins
 * where a page does: the kernel goes through it in steps of a page (mem_rw, fs/proc/base.c), and a
 * step that lies across two pages costs it nearly as much as two.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/cleanup.h"
#include "base/radix.h"
#include "runtime/internal.h"

enum {
	PAGE = 4096, /* where they are larger, this still divides them */
	/* Reading this much that is not wanted costs less than another read. */
	GAP = 4 << 10,
	/* Of more goroutines than these, so many stretches of so many neighbours are a sample. */
	SAMPLE_RUNS = 32,
	SAMPLE_RUN = 1024,
};

/* Reading addresses from the array v[0..n), ascending, into a batch. */
struct pass {
	struct runtime *rt;
	struct g_batch *batch;
	const uint64_t *v;
	size_t n;
};

static uint64_t g_u64(const struct runtime *rt, const uint8_t *hot, enum layout_field f)
{
	return off(rt, f) < 0 ? 0 : le64(hot + off(rt, f) - rt->hot_from);
}

static uint8_t g_u8(const struct runtime *rt, const uint8_t *hot, enum layout_field f)
{
	return off(rt, f) < 0 ? 0 : hot[off(rt, f) - rt->hot_from];
}

static void add_machine(struct runtime *rt, struct g_facts *f, uint64_t lockedm)
{
	const struct machine *m = machine_get(rt, f->m);

	if (m) {
		f->tid = m->tid;
		f->p = m->p;
	}
	m = machine_get(rt, lockedm);
	if (m)
		f->locked_tid = m->tid;
}

/*
 * A goroutine that only says that it waits, for the collector's or the tracer's sake, while it still
 * occupies its thread. From Go 1.20 its wait reason tells; before, those reasons came late or not at
 * all, and what tells is that g.m is still set (park_m drops it).
 */
static bool is_flap(const struct runtime *rt, const struct g_facts *f)
{
	if (f->status != GS_WAITING)
		return false;
	if (rt->flap_reasons)
		return f->reason < 64 && rt->flap_reasons >> f->reason & 1;
	return f->m != 0;
}

static void add_fact(struct pass *p, uint64_t g, const uint8_t *hot)
{
	struct runtime *rt = p->rt;
	uint32_t status = le32(hot + off(rt, LF_G_ATOMICSTATUS) - rt->hot_from);
	struct g_facts f = {.g = g, .status = GS_BASE(status), .p = -1};

	if (!valid_status(f.status)) {
		p->batch->unreadable++;
		return;
	}
	f.goid = g_u64(rt, hot, LF_G_GOID);
	if (f.status == GS_IDLE || f.status == GS_DEAD || !f.goid)
		return;
	f.reason = g_u8(rt, hot, LF_G_WAITREASON);
	f.tracking_seq = g_u8(rt, hot, LF_G_TRACKINGSEQ);
	f.m = g_u64(rt, hot, LF_G_M);
	f.startpc = g_u64(rt, hot, LF_G_STARTPC);
	f.gopc = g_u64(rt, hot, LF_G_GOPC);
	f.parent = g_u64(rt, hot, LF_G_PARENTGOID);
	f.labels = g_u64(rt, hot, LF_G_LABELS);
	f.flap = is_flap(rt, &f);
	/* oneNewExtraM makes a g that no go statement made: it has neither pc. */
	f.extra_m = !f.startpc && !f.gopc;
	add_machine(rt, &f, g_u64(rt, hot, LF_G_LOCKEDM));
	if (!vec_push(&p->batch->facts, f))
		p->batch->unreadable++;
}

/* One after the other, where a piece could not be read as a whole. */
static int read_singly(struct pass *p, size_t from, size_t to)
{
	size_t n = p->rt->hot_to - p->rt->hot_from;

	for (size_t i = from; i < to; i++) {
		int r = memory_read_all(p->rt->mem, p->v[i] + p->rt->hot_from, p->rt->window, n);

		if (r == -ESRCH)
			return r;
		if (r)
			p->batch->unreadable++;
		else
			add_fact(p, p->v[i], p->rt->window);
	}
	return 0;
}

/* The end of the piece that begins with v[i]: neighbours that fit into the window. */
static size_t piece_end(const struct pass *p, size_t i)
{
	uint64_t first = p->v[i];
	size_t j = i + 1, hot = p->rt->hot_to - p->rt->hot_from;

	while (j < p->n && p->v[j] - p->v[j - 1] <= GAP && p->v[j] - first + hot <= G_WINDOW - PAGE)
		j++;
	return j;
}

static int read_pieces(struct pass *p)
{
	const struct runtime *rt = p->rt;
	size_t hot = rt->hot_to - rt->hot_from;

	for (size_t i = 0, end; i < p->n; i = end) {
		uint64_t first = p->v[i] + rt->hot_from, from = first & ~(uint64_t)(PAGE - 1);
		size_t skip = first - from, whole = i;
		ssize_t got;

		end = piece_end(p, i);
		got = memory_read(rt->mem, from, rt->window, skip + p->v[end - 1] - p->v[i] + hot);
		if (got == -ESRCH)
			return -ESRCH;
		got -= (ssize_t)skip;
		while (got > 0 && whole < end && p->v[whole] - p->v[i] + hot <= (size_t)got) {
			add_fact(p, p->v[whole], rt->window + skip + (p->v[whole] - p->v[i]));
			whole++;
		}
		if (whole < end) {
			int r = read_singly(p, whole, end);

			if (r)
				return r;
		}
	}
	return 0;
}

static void batch_begin(struct runtime *rt, struct g_batch *batch)
{
	batch->facts.n = 0;
	batch->unreadable = 0;
	batch->complete = false;
	machines_forget(&rt->machines);
	batch->t0 = clock_mono();
}

int runtime_read_all(struct runtime *rt, struct g_batch *batch)
{
	struct pass p = {.rt = rt, .batch = batch};
	int r;

	batch_begin(rt, batch);
	r = g_list_update(rt);
	if (r)
		return r;
	p.v = rt->list.sorted.v;
	p.n = rt->list.sorted.n;
	r = read_pieces(&p);
	batch->t1 = clock_mono();
	batch->total = p.n;
	batch->complete = !r;
	return r;
}

/*
 * A wrong offset is as wrong in a part of them, and reading and comparing a million takes a third of
 * the time until the first picture.
 */
int g_read_sample(struct runtime *rt, struct g_batch *batch)
{
	struct pass p = {.rt = rt, .batch = batch, .n = SAMPLE_RUN};
	size_t n;
	int r;

	batch_begin(rt, batch);
	r = g_list_update(rt);
	n = rt->list.sorted.n;
	if (!r && n <= (size_t)SAMPLE_RUNS * SAMPLE_RUN)
		return runtime_read_all(rt, batch);
	for (size_t i = 0; !r && i < SAMPLE_RUNS; i++) {
		p.v = rt->list.sorted.v + i * (n - SAMPLE_RUN) / (SAMPLE_RUNS - 1);
		r = read_pieces(&p);
	}
	batch->t1 = clock_mono();
	batch->total = (size_t)SAMPLE_RUNS * SAMPLE_RUN;
	return r;
}

int runtime_read_some(struct runtime *rt, const uint64_t *addrs, size_t n, struct g_batch *batch)
{
	_cleanup_free_ uint64_t *v = malloc(n * sizeof(*v) + 1);
	struct pass p = {.rt = rt, .batch = batch, .v = v};
	int r;

	batch_begin(rt, batch);
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (plausible_pointer(addrs[i]))
			v[p.n++] = addrs[i];
	if (!radix_sort(v, p.n))
		return -ENOMEM;
	r = read_pieces(&p);
	batch->t1 = clock_mono();
	batch->total = p.n;
	return r;
}

void g_batch_free(struct g_batch *batch)
{
	vec_free(&batch->facts);
}
