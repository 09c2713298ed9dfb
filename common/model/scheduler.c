// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/vec.h"
#include "model/alarm.h"
#include "model/scheduler.h"
#include "model/table.h"

/* A look of our own: the facts' arrays are copies. */
struct look {
	struct scheduler_facts facts;
	VEC(struct scheduler_p) ps;
	VEC(struct scheduler_m) ms;
};

/* Since when a P has had the same goroutine without a switch, by looks. */
struct hold {
	uint64_t goid, since;
	uint64_t pc; /* where its thread executed when it was sampled last; 0: never */
	uint32_t tick;
};

struct scheduler {
	struct look now, before;
	bool has_now, has_before;
	VEC(struct hold) holds; /* by id of the P */
	uint64_t asked;		/* since when all Ps are asked for, 0: they are not */
	struct alarms alarms;
	VEC(struct scheduler_row) rows; /* of the last picture */
	VEC(struct scheduler_thread) off, busy;
};

const char *scheduler_p_status_name(uint8_t status)
{
	static const char *const names[P_STATUSES] = {"idle", "running", "syscall", "gcstop",
						      "dead"};

	return status < P_STATUSES ? names[status] : "unknown";
}

const char *scheduler_gc_phase_name(uint8_t phase)
{
	static const char *const names[GC_PHASES] = {"off", "mark", "mark termination"};

	return phase < GC_PHASES ? names[phase] : "unknown";
}

struct scheduler *scheduler_new(void)
{
	return calloc(1, sizeof(struct scheduler));
}

void scheduler_free(struct scheduler *s)
{
	if (!s)
		return;
	vec_free(&s->now.ps);
	vec_free(&s->now.ms);
	vec_free(&s->before.ps);
	vec_free(&s->before.ms);
	vec_free(&s->holds);
	vec_free(&s->rows);
	vec_free(&s->off);
	vec_free(&s->busy);
	free(s);
}

/* ---- a look ------------------------------------------------------------------------------------ */

static bool keep(struct look *l, const struct scheduler_facts *f)
{
	l->ps.n = l->ms.n = 0;
	if (!vec_append(&l->ps, f->ps, f->n_ps) || !vec_append(&l->ms, f->ms, f->n_ms))
		return false;
	l->facts = *f;
	l->facts.ps = l->ps.v;
	l->facts.ms = l->ms.v;
	return true;
}

static const struct scheduler_m *m_by_id(const struct scheduler_facts *f, int64_t id)
{
	for (size_t i = 0; id >= 0 && i < f->n_ms; i++)
		if (f->ms[i].id == id)
			return &f->ms[i];
	return NULL;
}

static void follow_holds(struct scheduler *s)
{
	const struct scheduler_facts *f = &s->now.facts;

	if (!vec_reserve(&s->holds, f->n_ps)) {
		s->holds.n = 0;
		return;
	}
	for (size_t i = s->holds.n; i < f->n_ps; i++)
		s->holds.v[i] = (struct hold){0};
	s->holds.n = f->n_ps;
	for (size_t i = 0; i < f->n_ps; i++) {
		const struct scheduler_p *p = &f->ps[i];
		const struct scheduler_m *on = m_by_id(f, p->m);
		struct hold *h = &s->holds.v[i];

		if (h->goid != p->goid || h->tick != p->tick)
			*h = (struct hold){.goid = p->goid, .since = f->time, .tick = p->tick};
		if (on && on->pc)
			h->pc = on->pc;
	}
}

static const struct scheduler_m *asker_of(const struct scheduler_facts *f)
{
	for (size_t i = 0; i < f->n_ms; i++)
		if (f->ms[i].asks)
			return &f->ms[i];
	return NULL;
}

/* What all Ps are asked for; NULL: nothing. */
static const char *asked_for(const struct scheduler_facts *f)
{
	const struct scheduler_m *asker = asker_of(f);

	if (f->knows & SCHEDULER_KNOWS_STOP && f->stopping)
		return f->stop_wait > 0 ? "stopping the world" : "the world has been stopped";
	return asker ? asker->asks : NULL;
}

/* Whether a P keeps all others waiting: it runs, and not whoever asked. */
static bool holds_up(const struct scheduler_facts *f, const struct scheduler_p *p)
{
	const struct scheduler_m *asker = asker_of(f);

	return p->status == P_RUNNING && p->goid && !(asker && asker->goid == p->goid);
}

/*
 * Whether what was asked for at the look before is still the same: then somebody who held it up has
 * not been switched since, or, where all stand still, nobody has run at all.
 */
static bool still_asked(const struct scheduler *s)
{
	const struct scheduler_facts *f = &s->now.facts, *b = &s->before.facts;
	bool moved = f->n_ps != b->n_ps;

	if (!s->has_before || !s->asked || !asked_for(b) || moved || !f->n_ps)
		return false;
	for (size_t i = 0; i < f->n_ps; i++) {
		bool same = f->ps[i].tick == b->ps[i].tick && f->ps[i].goid == b->ps[i].goid;

		if (same && holds_up(f, &f->ps[i]) && holds_up(b, &b->ps[i]))
			return true;
		moved = moved || !same;
	}
	return !moved && f->stopping && b->stopping;
}

static void follow_asked(struct scheduler *s)
{
	const struct scheduler_facts *f = &s->now.facts;

	if (!asked_for(f))
		s->asked = 0;
	else if (!still_asked(s))
		s->asked = f->time > f->pending ? f->time - f->pending : f->time;
}

/* ---- goroutines -------------------------------------------------------------------------------- */

static const struct name *name_at(struct model *m, uint64_t pc)
{
	const struct name *n = pc ? names_pc(m->options.names, NAME_PC, pc) : NULL;

	return n && n->function ? n : NULL;
}

static const struct hold *hold_of(const struct scheduler *s, int32_t p, uint64_t goid)
{
	const struct hold *h = p >= 0 && (size_t)p < s->holds.n ? &s->holds.v[p] : NULL;

	return h && goid && h->goid == goid ? h : NULL;
}

/* The line: of its thread just now, else of the last sample of this very run, else of its stack. */
static void place(const struct scheduler *s, struct model *m, const struct scheduler_m *on,
		  const struct row *row, struct scheduler_goroutine *ret)
{
	const struct hold *h = on ? hold_of(s, on->p, ret->goid) : NULL;
	const struct name *now = name_at(m, on ? on->pc : 0), *at = now;

	if (!at && h)
		at = name_at(m, h->pc);
	ret->about = at && !now;
	if (at) {
		ret->where = *at;
	} else if (row && row->where->function) {
		ret->where = *row->where;
		ret->about = row->flags & ROW_STACK_ABOUT;
	} else if (row) {
		ret->where = *row->start;
		ret->start = true;
	}
}

static void describe(const struct scheduler *s, struct model *m, uint64_t goid,
		     const struct scheduler_m *on, struct scheduler_goroutine *ret)
{
	const struct row *row = goid ? model_row(m, goid) : NULL;

	*ret = (struct scheduler_goroutine){.goid = goid, .state = FEED_NO_STATE};
	if (row) {
		ret->state = row->state;
		ret->since = row->since;
		ret->bound = row->bound;
	}
	if (goid)
		place(s, m, on, row, ret);
}

/* A row without an exact time is bounded by how long the P has not switched. */
static void bound_by_hold(const struct scheduler *s, int32_t p, struct scheduler_goroutine *g)
{
	const struct hold *h = hold_of(s, p, g->goid);

	if (!h || g->bound == AGE_EXACT || (g->bound != AGE_UNKNOWN && g->since <= h->since))
		return;
	g->since = h->since;
	g->bound = AGE_MIN;
}

/* ---- alarms ------------------------------------------------------------------------------------ */

static void put_where(const struct scheduler *s, struct model *m, const struct scheduler_p *p,
		      struct alarm_who *ret)
{
	struct scheduler_goroutine g;

	describe(s, m, p->goid, m_by_id(&s->now.facts, p->m), &g);
	ret->goid = p->goid;
	ret->where[0] = '\0';
	if (g.where.function && g.where.line && !g.start)
		text_print(ret->where, sizeof(ret->where), "%s%s:%d",
			   g.about ? "last seen at " : "", short_function(g.where.function),
			   g.where.line);
	else if (g.where.function)
		text_print(ret->where, sizeof(ret->where), "%s%s", g.start ? "started as " : "",
			   short_function(g.where.function));
}

static void judge(struct scheduler *s, struct model *m)
{
	enum { HOLDERS = 16 };
	const struct scheduler_facts *f = &s->now.facts;
	struct alarm_who holders[HOLDERS];
	struct alarm_facts facts = {
		.now = f,
		.before = s->has_before ? &s->before.facts : NULL,
		.holders = holders,
		.what = asked_for(f),
		.pending = s->asked ? f->time - s->asked : 0,
	};

	for (size_t i = 0; facts.what && i < f->n_ps && facts.n_holders < HOLDERS; i++)
		if (holds_up(f, &f->ps[i]) && s->holds.n > i &&
		    (s->holds.v[i].since < f->time || !s->has_before || f->pending))
			put_where(s, m, &f->ps[i], &holders[facts.n_holders++]);
	alarms_judge(&facts, &s->alarms);
}

void scheduler_take(struct scheduler *s, struct model *m, const struct scheduler_facts *f)
{
	struct look was = s->before;

	s->before = s->now;
	s->has_before = s->has_now;
	s->now = was;
	s->has_now = keep(&s->now, f);
	s->alarms.n = 0;
	if (!s->has_now)
		return;
	follow_holds(s);
	follow_asked(s);
	judge(s, m);
}

const struct alarms *scheduler_alarms(const struct scheduler *s)
{
	return &s->alarms;
}

/* ---- the picture ------------------------------------------------------------------------------- */

static void take_percentiles(struct percentiles *ret, const struct histogram *h)
{
	*ret = (struct percentiles){.count = histogram_count(h)};
	histogram_percentile(h, 50, &ret->p50);
	histogram_percentile(h, 90, &ret->p90);
	histogram_percentile(h, 99, &ret->p99);
	ret->most_bound = histogram_percentile(h, 100, &ret->most);
}

/* Interpolated in a bucket, they must not come out above the longest one there was. */
static void bound_percentiles(struct percentiles *p, uint64_t most)
{
	p->p50 = p->p50 < most ? p->p50 : most;
	p->p90 = p->p90 < most ? p->p90 : most;
	p->p99 = p->p99 < most ? p->p99 : most;
}

static void make_spread(struct spread *ret, const struct model *m, const struct histogram *total,
			const struct histogram *interval)
{
	ret->known = m->options.probes;
	ret->has_interval = m->interval > 0;
	ret->total = *total;
	ret->interval = *interval;
	take_percentiles(&ret->all, total);
	take_percentiles(&ret->last, interval);
}

static void make_rows(struct scheduler *s, struct model *m)
{
	const struct scheduler_facts *f = &s->now.facts;

	s->rows.n = 0;
	for (size_t i = 0; i < f->n_ps; i++) {
		const struct scheduler_p *p = &f->ps[i];
		const struct scheduler_m *on = m_by_id(f, p->m);
		struct scheduler_row row = {
			.id = p->id,
			.status = p->status,
			.queue = p->queue,
			.next = p->next,
			.m = p->m,
			.tid = p->tid,
			.thread_state = on ? on->thread_state : 0,
		};

		describe(s, m, p->goid, on, &row.running);
		bound_by_hold(s, p->id, &row.running);
		if (!vec_push(&s->rows, row))
			return;
	}
}

/* Whether its goroutine is to execute Go code now, by the P as well. */
static bool executes(const struct scheduler *s, const struct scheduler_thread *t)
{
	const struct scheduler_facts *f = &s->now.facts;

	return t->running.state == GS_RUNNING && t->p >= 0 && (size_t)t->p < f->n_ps &&
	       f->ps[t->p].status == P_RUNNING;
}

/* Asleep while its goroutine says running; or in a state that nobody is in on purpose. */
static bool is_off_cpu(const struct scheduler *s, const struct scheduler_thread *t)
{
	if (!t->thread_state || t->thread_state == 'R')
		return false;
	return executes(s, t) || t->thread_state != 'S';
}

static bool is_busy(const struct scheduler *s, const struct scheduler_thread *t)
{
	uint64_t now = s->now.facts.time;

	return executes(s, t) && t->running.bound != AGE_UNKNOWN && now > t->running.since &&
	       now - t->running.since > SCHEDULER_BUSY;
}

static void make_threads(struct scheduler *s, struct model *m)
{
	const struct scheduler_facts *f = &s->now.facts;

	s->off.n = s->busy.n = 0;
	for (size_t i = 0; i < f->n_ms; i++) {
		const struct scheduler_m *on = &f->ms[i];
		struct scheduler_thread t = {
			.m = on->id,
			.tid = on->tid,
			.p = on->p,
			.thread_state = on->thread_state,
			.in_c = on->in_c,
		};

		if (!on->goid)
			continue;
		describe(s, m, on->goid, on, &t.running);
		bound_by_hold(s, on->p, &t.running);
		if (is_off_cpu(s, &t) && !vec_push(&s->off, t))
			return;
		if (is_busy(s, &t) && !vec_push(&s->busy, t))
			return;
	}
}

static int longest_first(const void *a, const void *b)
{
	const struct scheduler_thread *x = a, *y = b;

	if (x->running.since != y->running.since)
		return x->running.since < y->running.since ? -1 : 1;
	return (x->running.goid > y->running.goid) - (x->running.goid < y->running.goid);
}

bool scheduler_show(struct scheduler *s, struct model *m, struct scheduler_picture *ret)
{
	const struct scheduler_facts *f = &s->now.facts;

	if (!s->has_now)
		return false;
	make_rows(s, m);
	make_threads(s, m);
	if (s->busy.n)
		qsort(s->busy.v, s->busy.n, sizeof(*s->busy.v), longest_first);
	*ret = (struct scheduler_picture){
		.time = f->time,
		.knows = f->knows,
		.idle_ps = f->idle_ps,
		.idle_ms = f->idle_ms,
		.spinning_ms = f->spinning_ms,
		.queue = f->queue,
		.stop_wait = f->stop_wait,
		.n_ms = f->n_ms,
		.stopping = f->stopping,
		.gc_phase = f->gc_phase,
		.quota = f->quota.known ? f->quota.cpus : 0,
		.ps = s->rows.v,
		.n_ps = s->rows.n,
		.knows_threads = f->knows_threads,
		.off = s->off.v,
		.n_off = s->off.n,
		.busy = s->busy.v,
		.n_busy = s->busy.n,
	};
	make_spread(&ret->latency, m, &m->latency, &m->latency_interval);
	/* Of all latencies the longest is known, if a row told it. */
	if (m->max_latency > ret->latency.all.most / 2) {
		ret->latency.all.most = m->max_latency;
		ret->latency.all.most_bound = false;
		bound_percentiles(&ret->latency.all, m->max_latency);
		bound_percentiles(&ret->latency.last, m->max_latency);
	}
	make_spread(&ret->run, m, &m->run, &m->run_interval);
	return true;
}

/* ---- a copy ------------------------------------------------------------------------------------ */

struct scheduler_picture *scheduler_picture_copy(const struct scheduler_picture *p)
{
	size_t rows = p->n_ps * sizeof(*p->ps), off = p->n_off * sizeof(*p->off),
	       busy = p->n_busy * sizeof(*p->busy);
	struct scheduler_picture *copy = malloc(sizeof(*p) + rows + off + busy);
	char *at = (char *)(copy + 1);

	if (!copy)
		return NULL;
	*copy = *p;
	copy->ps = p->n_ps ? memcpy(at, p->ps, rows) : NULL;
	copy->off = p->n_off ? memcpy(at + rows, p->off, off) : NULL;
	copy->busy = p->n_busy ? memcpy(at + rows + off, p->busy, busy) : NULL;
	return copy;
}
