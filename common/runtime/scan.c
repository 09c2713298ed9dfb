// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding allgs without its address: among all words of the executable's writable memory, a slice
 * (pointer, length ≤ capacity) whose elements are g structs: valid states, distinct goids, starts at
 * functions' entries. Nothing else in a Go program looks so; work.stackRoots and other snapshots of
 * allgs do, but are prefixes of it: shorter ones, or as long and without room for more, allgs[:n:n]
 * (allGsSnapshot, src/runtime/proc.go).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "runtime/internal.h"

enum {
	CHUNK = 1 << 20,
	RANGES = 32,
	SAMPLE = 64, /* elements looked at */
	CANDIDATES_MAX =
		20000, /* slices looked into: a hostile process could fill its data with them */
};

/* More data than any executable has; what claims more is read up to here. */
static const uint64_t range_max = 1ull << 30;

struct candidate {
	uint64_t at, ptr, len, cap;
};

struct scan {
	struct runtime *rt;
	struct candidate best;
	bool ambiguous;
	size_t looked_into;
};

static bool is_entry(const struct runtime *rt, uint64_t startpc)
{
	struct go_func f;

	return go_func_at(rt->exe, startpc - rt->bias, &f) && f.entry == startpc - rt->bias;
}

enum g_look { NO_G, DEAD_G, LIVE_G };

static enum g_look look_at_g(struct runtime *rt, uint64_t g, uint64_t *goid)
{
	const uint8_t *hot = rt->window;
	uint64_t startpc, gopc;
	uint32_t status;

	if (!plausible_pointer(g) ||
	    memory_read_all(rt->mem, g + rt->hot_from, rt->window, rt->hot_to - rt->hot_from))
		return NO_G;
	status = GS_BASE(le32(hot + off(rt, LF_G_ATOMICSTATUS) - rt->hot_from));
	*goid = le64(hot + off(rt, LF_G_GOID) - rt->hot_from);
	startpc = le64(hot + off(rt, LF_G_STARTPC) - rt->hot_from);
	gopc = le64(hot + off(rt, LF_G_GOPC) - rt->hot_from);
	if (!valid_status(status) || *goid >> 56)
		return NO_G;
	if (status == GS_IDLE || status == GS_DEAD)
		return DEAD_G;
	if (!startpc && !gopc)
		return *goid ? DEAD_G
			     : NO_G; /* an extra M's: proves nothing, contradicts nothing */
	return *goid && is_entry(rt, startpc) ? LIVE_G : NO_G;
}

/* Whether the first elements are g structs, distinct ones, and one of them at least alive. */
static bool holds_goroutines(struct scan *s, uint64_t ptr, uint64_t len)
{
	uint64_t elements[SAMPLE], goids[SAMPLE], n = len < SAMPLE ? len : SAMPLE;
	bool live = false;

	if (memory_read_all(s->rt->mem, ptr, elements, n * sizeof(*elements)))
		return false;
	for (size_t i = 0; i < n; i++) {
		enum g_look look = look_at_g(s->rt, elements[i], &goids[i]);

		if (look == NO_G)
			return false;
		live |= look == LIVE_G;
		for (size_t j = 0; j < i; j++)
			if (elements[i] == elements[j] || (goids[i] && goids[i] == goids[j]))
				return false;
	}
	return live;
}

static bool same_beginning(const struct runtime *rt, uint64_t a, uint64_t b)
{
	uint64_t x, y;

	return a == b || (!memory_read_all(rt->mem, a, &x, sizeof(x)) &&
			  !memory_read_all(rt->mem, b, &y, sizeof(y)) && x == y);
}

static void consider(struct scan *s, const struct candidate *c)
{
	if (s->looked_into++ >= CANDIDATES_MAX || !holds_goroutines(s, c->ptr, c->len))
		return;
	if (s->best.at && !same_beginning(s->rt, c->ptr, s->best.ptr))
		s->ambiguous = true;
	if (c->len > s->best.len || (c->len == s->best.len && c->cap > s->best.cap))
		s->best = *c;
}

static void scan_chunk(struct scan *s, uint64_t addr, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 24 <= n; i += 8) {
		const struct candidate c = {addr + i, le64(p + i), le64(p + i + 8),
					    le64(p + i + 16)};

		if (plausible_pointer(c.ptr) && c.len && c.len <= c.cap && c.cap <= MAX_GOROUTINES)
			consider(s, &c);
	}
}

static void scan_range(struct scan *s, uint8_t *chunk, uint64_t start, uint64_t end)
{
	if (end - start > range_max)
		end = start + range_max;
	for (uint64_t at = (start + 7) & ~7ull; at < end; at += CHUNK - 16) {
		size_t want = end - at < CHUNK ? end - at : CHUNK;
		ssize_t got = memory_read(s->rt->mem, at, chunk, want);

		if (got > 0)
			scan_chunk(s, at, chunk, (size_t)got);
	}
}

int scan_allgs(struct runtime *rt, struct go_global_place *ret)
{
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK);
	struct go_range ranges[RANGES];
	struct scan s = {.rt = rt};
	size_t n = go_exe_writable(rt->exe, ranges, RANGES);

	if (!chunk)
		return -ENOMEM;
	for (size_t i = 0; i < n && i < RANGES; i++)
		scan_range(&s, chunk, ranges[i].start + rt->bias, ranges[i].end + rt->bias);
	if (!s.best.at)
		return -ENOENT;
	if (s.ambiguous)
		return -ENOTUNIQ;
	*ret = (struct go_global_place){.addr = s.best.at - rt->bias};
	snprintf(ret->how, sizeof(ret->how), "found by scanning the writable memory");
	return 0;
}
