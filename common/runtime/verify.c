// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether each global is what it was taken for, in the live process: what --doctor tells. */
#include <stdio.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "runtime/internal.h"
#include "runtime/sched.h"

typedef int verify_fn(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size);

static bool word_at(struct runtime *rt, enum go_global g, uint64_t *ret)
{
	return !memory_read_all(rt->mem, rt->globals[g].addr + rt->bias, ret, sizeof(*ret));
}

/* runtime_open has checked what hangs from it, or there would be no runtime. */
static int verify_allgs(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size)
{
	(void)f;
	snprintf(dst, size, "%zu entries, each a goroutine", runtime_count(rt));
	return 1;
}

/* The list only grows: a length between two looks at the slice's own is the same length. */
static int verify_allglen(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size)
{
	uint64_t before, n, after;

	(void)f;
	if (memory_read_all(rt->mem, rt->allgs + 8, &before, sizeof(before)) ||
	    !word_at(rt, GG_ALLGLEN, &n) ||
	    memory_read_all(rt->mem, rt->allgs + 8, &after, sizeof(after)))
		return -1;
	snprintf(dst, size, "%llu, the length of allgs is %llu", (unsigned long long)n,
		 (unsigned long long)after);
	return n >= before && n <= after ? 1 : -1;
}

static int verify_allgptr(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size)
{
	uint64_t slice, p;

	(void)f;
	if (!word_at(rt, GG_ALLGPTR, &p) ||
	    memory_read_all(rt->mem, rt->allgs, &slice, sizeof(slice)))
		return -1;
	snprintf(dst, size, "points where allgs does");
	return p == slice ? 1 : -1;
}

static int verify_allp(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size)
{
	(void)rt;
	snprintf(dst, size, "%zu Ps, numbered from 0, their states in range", f->ps.n);
	return f->knows & SCHED_KNOWS_PS ? 1 : -1;
}

static int verify_allm(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size)
{
	(void)rt;
	snprintf(dst, size, "%zu Ms, each with a g0 of its own", f->ms.n);
	return f->knows & SCHED_KNOWS_MS ? 1 : -1;
}

static int verify_sched(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size)
{
	(void)rt;
	snprintf(dst, size, "%d Ms and %d Ps idle, %d in the queue; ids agree with what lives",
		 f->idle_ms, f->idle_ps, f->queue);
	return f->knows & SCHED_KNOWS_COUNTS && f->knows & SCHED_KNOWS_QUEUE ? 1 : -1;
}

static int verify_gc_phase(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size)
{
	(void)rt;
	snprintf(dst, size, "%u, of 0 to 2", f->gc_phase);
	return f->knows & SCHED_KNOWS_GC_PHASE ? 1 : -1;
}

/* The third reason is "IO wait" in every release from 1.11 to 1.27; so is the first one empty. */
static int verify_reasons(struct runtime *rt, const struct sched_facts *f, char *dst, size_t size)
{
	uint64_t string[6];
	char text[8] = "";

	(void)f;
	if (memory_read_all(rt->mem, rt->globals[GG_WAIT_REASON_STRINGS].addr + rt->bias, string,
			    sizeof(string)) ||
	    string[1] || string[5] != 7 || memory_read_all(rt->mem, string[4], text, 7))
		return -1;
	snprintf(dst, size, "%u texts, number 2 is \"IO wait\"",
		 rt->globals[GG_WAIT_REASON_STRINGS].count);
	return memcmp(text, "IO wait", 7) ? -1 : 1;
}

int runtime_verify_global(struct runtime *rt, enum go_global g, char *dst, size_t size)
{
	static verify_fn *const verify[GG_COUNT] = {
		[GG_ALLGS] = verify_allgs,	[GG_ALLGLEN] = verify_allglen,
		[GG_ALLGPTR] = verify_allgptr,	[GG_ALLP] = verify_allp,
		[GG_SCHED] = verify_sched,	[GG_ALLM] = verify_allm,
		[GG_GCPHASE] = verify_gc_phase, [GG_WAIT_REASON_STRINGS] = verify_reasons,
	};
	_cleanup_(sched_facts_free) struct sched_facts f = {0};
	int r;

	if (size)
		dst[0] = '\0';
	if ((unsigned)g >= GG_COUNT || !verify[g] || !rt->globals[g].addr)
		return 0;
	if (runtime_read_sched(rt, SCHED_ALL_MS, &f))
		return 0;
	r = verify[g](rt, &f, dst, size);
	if (r < 0)
		snprintf(dst, size, "what is there is something else");
	return r;
}
