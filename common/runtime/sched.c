// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All of it changes while it is read, and no two words are of the same moment: each is checked by
 * itself, and what several say of one thing (p.m and m.p) may differ for an instant.
 */
#include <errno.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/cleanup.h"
#include "runtime/internal.h"
#include "runtime/sched.h"

enum {
	PS_MAX = 1 << 14,      /* GOMAXPROCS has no bound of its own; machines have */
	MS_MAX = 1 << 15,      /* debug.SetMaxThreads allows 10,000 unless told otherwise */
	STRUCT_MAX = 16 << 10, /* of a p, an m or sched: p with its queue has some 11 KiB */
	RUNQ_LEN = 256,	       /* of p.runq: src/runtime/runtime2.go, Go 1.1 to 1.27 */
};

/* Some bytes of one struct: [from, to) of it. */
struct view {
	const struct runtime *rt;
	int32_t from, to;
	uint8_t bytes[STRUCT_MAX];
};

/* The least range that holds these fields, of up to 8 bytes each; false when none is known. */
static bool view_of(struct view *v, const struct runtime *rt, const enum layout_field *f, size_t n)
{
	v->rt = rt;
	v->from = STRUCT_MAX;
	v->to = 0;
	for (size_t i = 0; i < n; i++) {
		int32_t at = off(rt, f[i]);

		if (at < 0 || at > STRUCT_MAX - 8)
			continue;
		if (at < v->from)
			v->from = at;
		if (at + 8 > v->to)
			v->to = at + 8;
	}
	return v->to > 0;
}

static int view_read(struct view *v, uint64_t addr)
{
	return memory_read_all(v->rt->mem, addr + v->from, v->bytes, v->to - v->from);
}

static bool has(const struct view *v, enum layout_field f)
{
	int32_t at = off(v->rt, f);

	return at >= v->from && at + 8 <= v->to;
}

/* 0 where the release has no such field. */
static uint64_t u64(const struct view *v, enum layout_field f)
{
	return has(v, f) ? le64(v->bytes + off(v->rt, f) - v->from) : 0;
}

static uint32_t u32(const struct view *v, enum layout_field f)
{
	return (uint32_t)u64(v, f);
}

static bool flag(const struct view *v, enum layout_field f)
{
	return (uint8_t)u64(v, f) == 1;
}

static uint64_t goid_of(struct runtime *rt, uint64_t g)
{
	uint64_t goid;

	if (!plausible_pointer(g) ||
	    memory_read_all(rt->mem, g + off(rt, LF_G_GOID), &goid, sizeof(goid)) || goid >> 56)
		return 0;
	return goid;
}

/* ---- Ps --------------------------------------------------------------------------------------- */

/* Head and tail count up and wrap; thieves move the head between two reads of ours. */
static int32_t queue_length(const struct view *v)
{
	uint32_t n = u32(v, LF_P_RUNQTAIL) - u32(v, LF_P_RUNQHEAD);

	if (!has(v, LF_P_RUNQHEAD) || !has(v, LF_P_RUNQTAIL) || n > RUNQ_LEN)
		return -1;
	return (int32_t)n;
}

static bool read_p(struct runtime *rt, struct view *v, uint64_t addr, int32_t id,
		   struct sched_p *ret)
{
	if (!plausible_pointer(addr) || view_read(v, addr))
		return false;
	*ret = (struct sched_p){
		.addr = addr,
		.id = id,
		.status = u32(v, LF_P_STATUS),
		.m = u64(v, LF_P_M),
		.tick = u32(v, LF_P_SCHEDTICK),
		.queue = queue_length(v),
		.next_g = u64(v, LF_P_RUNNEXT),
	};
	ret->next_goid = goid_of(rt, ret->next_g);
	if (!ret->next_goid)
		ret->next_g = 0;
	if (!plausible_pointer(ret->m))
		ret->m = 0;
	return u32(v, LF_P_ID) == (uint32_t)id && ret->status < SCHED_P_STATUSES;
}

/* allp[0..GOMAXPROCS): procresize cuts the slice to that (Go 1.11 to 1.27). */
static bool read_ps(struct runtime *rt, struct sched_facts *f)
{
	static const enum layout_field wanted[] = {LF_P_ID,	   LF_P_STATUS,	  LF_P_M,
						   LF_P_SCHEDTICK, LF_P_RUNQHEAD, LF_P_RUNQTAIL,
						   LF_P_RUNNEXT};
	_cleanup_free_ struct view *v = malloc(sizeof(*v));
	_cleanup_free_ uint64_t *all = NULL;
	uint64_t slice[3], place = rt->globals[GG_ALLP].addr;
	struct sched_p p;

	if (!v || !place || off(rt, LF_P_ID) < 0 || off(rt, LF_P_STATUS) < 0 ||
	    memory_read_all(rt->mem, place + rt->bias, slice, sizeof(slice)))
		return false;
	if (!slice[1] || slice[1] > slice[2] || slice[1] > PS_MAX || !plausible_pointer(slice[0]))
		return false;
	all = malloc(slice[1] * sizeof(*all));
	if (!all || memory_read_all(rt->mem, slice[0], all, slice[1] * sizeof(*all)) ||
	    !view_of(v, rt, wanted, ARRAY_SIZE(wanted)))
		return false;
	for (size_t i = 0; i < slice[1]; i++) {
		if (!read_p(rt, v, all[i], (int32_t)i, &p) || !vec_push(&f->ps, p))
			return false;
	}
	return true;
}

/* ---- Ms --------------------------------------------------------------------------------------- */

/* Its current goroutine, and whether that one only waits in name (reasons tell from Go 1.20 on). */
static void add_curg(struct runtime *rt, struct view *g, struct sched_m *m)
{
	uint64_t addr = m->curg;

	m->curg = 0;
	if (!plausible_pointer(addr) || view_read(g, addr))
		return;
	m->goid = u64(g, LF_G_GOID);
	if (!m->goid || m->goid >> 56) {
		m->goid = 0;
		return;
	}
	m->curg = addr;
	m->reason = (uint8_t)u64(g, LF_G_WAITREASON);
	m->flap = GS_BASE(u32(g, LF_G_ATOMICSTATUS)) == GS_WAITING && m->reason < 64 &&
		  rt->flap_reasons >> m->reason & 1;
}

static struct sched_m m_of(struct runtime *rt, const struct view *v, struct view *g, uint64_t addr)
{
	struct sched_m m = {
		.addr = addr,
		.id = has(v, LF_M_ID) ? (int64_t)u64(v, LF_M_ID) : -1,
		.tid = machine_tid(rt, u64(v, LF_M_PROCID)),
		.curg = u64(v, LF_M_CURG),
		.p = u64(v, LF_M_P),
		.spinning = flag(v, LF_M_SPINNING),
		.blocked = flag(v, LF_M_BLOCKED),
		.in_c = flag(v, LF_M_INCGO),
	};

	add_curg(rt, g, &m);
	if (!plausible_pointer(m.p))
		m.p = 0;
	return m;
}

/* Every m has a g0, whose m it is for good. */
static bool is_m(struct runtime *rt, const struct view *v, uint64_t addr)
{
	uint64_t g0 = u64(v, LF_M_G0), m;

	return plausible_pointer(g0) &&
	       !memory_read_all(rt->mem, g0 + off(rt, LF_G_M), &m, sizeof(m)) && m == addr;
}

/* What is read of an m, and of the goroutine that it runs. */
struct m_views {
	struct view m, g;
};

static struct m_views *m_views_of(const struct runtime *rt)
{
	static const enum layout_field of_m[] = {LF_M_G0,      LF_M_PROCID, LF_M_CURG,
						 LF_M_P,       LF_M_ID,	    LF_M_SPINNING,
						 LF_M_BLOCKED, LF_M_INCGO,  LF_M_ALLLINK};
	static const enum layout_field of_g[] = {LF_G_ATOMICSTATUS, LF_G_GOID, LF_G_WAITREASON};
	struct m_views *v = malloc(sizeof(*v));

	if (v && off(rt, LF_M_G0) >= 0 && view_of(&v->m, rt, of_m, ARRAY_SIZE(of_m)) &&
	    view_of(&v->g, rt, of_g, ARRAY_SIZE(of_g)))
		return v;
	free(v);
	return NULL;
}

static bool read_m(struct runtime *rt, struct m_views *v, uint64_t at, struct sched_facts *f)
{
	return plausible_pointer(at) && f->ms.n < MS_MAX && !view_read(&v->m, at) &&
	       is_m(rt, &v->m, at) && vec_push(&f->ms, m_of(rt, &v->m, &v->g, at));
}

/* From allm along alllink; new ones come in at the head, so no end of a list is missed. */
static bool read_all_ms(struct runtime *rt, struct sched_facts *f)
{
	_cleanup_free_ struct m_views *v = m_views_of(rt);
	uint64_t place = rt->globals[GG_ALLM].addr, at;

	if (!v || !place || off(rt, LF_M_ALLLINK) < 0 ||
	    memory_read_all(rt->mem, place + rt->bias, &at, sizeof(at)))
		return false;
	for (; at; at = u64(&v->m, LF_M_ALLLINK))
		if (!read_m(rt, v, at, f))
			return false;
	return f->ms.n > 0;
}

static void read_held_ms(struct runtime *rt, struct sched_facts *f)
{
	_cleanup_free_ struct m_views *v = m_views_of(rt);

	for (size_t i = 0; v && i < f->ps.n; i++)
		if (f->ps.v[i].m)
			read_m(rt, v, f->ps.v[i].m, f);
}

static void read_ms(struct runtime *rt, enum sched_ms which, struct sched_facts *f)
{
	if (which == SCHED_HELD_MS)
		read_held_ms(rt, f);
	else if (read_all_ms(rt, f))
		f->knows |= SCHED_KNOWS_MS;
	else
		f->ms.n = 0;
}

/* ---- sched and the collector ------------------------------------------------------------------ */

static bool in_range(int32_t n, size_t max)
{
	return n >= 0 && (size_t)n <= max;
}

static void take_counts(struct sched_facts *f, const struct view *v)
{
	f->idle_ps = (int32_t)u32(v, LF_SCHED_NPIDLE);
	f->idle_ms = (int32_t)u32(v, LF_SCHED_NMIDLE);
	f->spinning_ms = (int32_t)u32(v, LF_SCHED_NMSPINNING);
	if (has(v, LF_SCHED_NPIDLE) && has(v, LF_SCHED_NMIDLE) && has(v, LF_SCHED_NMSPINNING) &&
	    in_range(f->idle_ps, PS_MAX) && in_range(f->idle_ms, MS_MAX) &&
	    in_range(f->spinning_ms, MS_MAX))
		f->knows |= SCHED_KNOWS_COUNTS;
}

static void take_queue(struct sched_facts *f, const struct view *v)
{
	/* Go 1.25 moved the length into the queue. */
	bool own = has(v, LF_SCHED_RUNQ_SIZE);

	f->queue = (int32_t)u32(v, own ? LF_SCHED_RUNQ_SIZE : LF_SCHED_RUNQSIZE);
	if ((own || has(v, LF_SCHED_RUNQSIZE)) && in_range(f->queue, MAX_GOROUTINES))
		f->knows |= SCHED_KNOWS_QUEUE;
}

/* gcwaiting is a uint32 up to Go 1.19 and an atomic.Bool from 1.20 on: its first byte tells. */
static void take_stop(struct sched_facts *f, const struct view *v)
{
	uint8_t waiting = (uint8_t)u64(v, LF_SCHED_GCWAITING);

	f->stop_wait = (int32_t)u32(v, LF_SCHED_STOPWAIT);
	f->stopping = waiting == 1;
	if (has(v, LF_SCHED_GCWAITING) && has(v, LF_SCHED_STOPWAIT) && waiting <= 1 &&
	    in_range(f->stop_wait, PS_MAX))
		f->knows |= SCHED_KNOWS_STOP;
}

/* The address is only believed if the ids that were handed out agree with what lives. */
static bool is_sched(const struct view *v, const struct sched_facts *f)
{
	uint64_t made = u64(v, LF_SCHED_GOIDGEN), created = u64(v, LF_SCHED_MNEXT);

	if (!has(v, LF_SCHED_GOIDGEN) || !made || made >> 56)
		return false;
	/* Ids of goroutines come in blocks of 16; those of a g list are never above. */
	vec_foreach (m, &f->ms)
		if (m->goid > made)
			return false;
	return !has(v, LF_SCHED_MNEXT) || (created >= f->ms.n && created < 1ull << 40);
}

static void read_counts(struct runtime *rt, struct sched_facts *f)
{
	static const enum layout_field wanted[] = {LF_SCHED_GOIDGEN,	LF_SCHED_MNEXT,
						   LF_SCHED_NPIDLE,	LF_SCHED_NMIDLE,
						   LF_SCHED_NMSPINNING, LF_SCHED_RUNQSIZE,
						   LF_SCHED_RUNQ_SIZE,	LF_SCHED_GCWAITING,
						   LF_SCHED_STOPWAIT};
	_cleanup_free_ struct view *v = malloc(sizeof(*v));
	uint64_t place = rt->globals[GG_SCHED].addr;

	if (!v || !place || !view_of(v, rt, wanted, ARRAY_SIZE(wanted)) ||
	    view_read(v, place + rt->bias) || !is_sched(v, f))
		return;
	take_counts(f, v);
	take_queue(f, v);
	take_stop(f, v);
}

static void read_gc_phase(struct runtime *rt, struct sched_facts *f)
{
	uint64_t place = rt->globals[GG_GCPHASE].addr;

	if (place && !memory_read_all(rt->mem, place + rt->bias, &f->gc_phase, 4) &&
	    f->gc_phase < SCHED_GC_PHASES)
		f->knows |= SCHED_KNOWS_GC_PHASE;
}

int runtime_read_sched(struct runtime *rt, enum sched_ms ms, struct sched_facts *ret)
{
	uint64_t word;

	ret->ps.n = ret->ms.n = 0;
	ret->knows = 0;
	ret->t0 = clock_mono();
	if (read_ps(rt, ret))
		ret->knows |= SCHED_KNOWS_PS;
	else
		ret->ps.n = 0;
	read_ms(rt, ms, ret);
	read_counts(rt, ret);
	read_gc_phase(rt, ret);
	ret->t1 = clock_mono();
	/* Whatever failed for want of the process failed at the end too. */
	return memory_read_all(rt->mem, rt->allgs, &word, sizeof(word)) == -ESRCH ? -ESRCH : 0;
}

void sched_facts_free(struct sched_facts *f)
{
	vec_free(&f->ps);
	vec_free(&f->ms);
}

const struct sched_p *sched_p_of(const struct sched_facts *f, const struct sched_m *m)
{
	vec_foreach (p, &f->ps)
		if (m->p == p->addr)
			return p;
	return NULL;
}

const struct sched_m *sched_m_of(const struct sched_facts *f, const struct sched_p *p)
{
	vec_foreach (m, &f->ms)
		if (p->m == m->addr)
			return m;
	return NULL;
}
