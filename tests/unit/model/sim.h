/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Go runtime in miniature with a probe on its casgstatus: goroutines that are born, move and end
 * at random, the memory that shows it (late by up to 13 ms), the kernel half's records and entries,
 * and the truth about it all. Include it after harness.h.
 */
#ifndef TESTS_UNIT_MODEL_SIM_H
#define TESTS_UNIT_MODEL_SIM_H

#include "base/hash.h"
#include "base/vec.h"

enum { SIM_G = 60, SIM_HISTORY = 256, SIM_KINDS = 5 };

struct sim_options {
	bool late_goid; /* Go ≤ 1.23: at birth the goid is still the last one's */
	bool park_lag;	/* Go ≤ 1.19: who has parked holds its m a moment longer */
	bool unseen;	/* syscalls, preemption and coroutines pass casgstatus by */
	int lose;	/* percent of records that begin a stretch that is lost */
	int unread;	/* percent of hits whose goid could not be read */
	uint64_t lag;	/* at most */
};

/* What memory shows from some time on. */
struct sim_memory {
	uint64_t time, goid;
	uint8_t status, reason, seq;
	bool flap;
};

struct sim_g {
	uint64_t addr, goid, born;
	uint64_t since;		   /* of the folded state */
	uint64_t ready;		   /* nothing can happen to it before */
	uint64_t times[SIM_KINDS]; /* by enum gstatus, 0: none of the others; up to `since` */
	uint8_t raw, reason, seq;
	bool flap;
	struct sim_memory history[SIM_HISTORY]; /* a ring */
	size_t n_history;
};

/* As bpf/goroutine.bpf.c keeps it. */
struct sim_entry {
	uint64_t goid;
	struct feed_account a;
	bool since_min;
};

struct sim {
	struct sim_options options;
	uint64_t now, last_goid;
	struct sim_g g[SIM_G];
	VEC(struct sim_entry) entries;
	struct hash entry_of, born_at; /* goid → place; g → place in births */
	VEC(struct feed_account) births;
	VEC(struct feed_transition) stream; /* records that were not lost, in order */
	uint64_t lost, told_lost;
	int losing; /* so many records more are lost */
	bool off;   /* no probe is attached */
	uint64_t epoch;
	uint64_t created, ended;
};

static inline int sim_percent(int percent)
{
	return rand() % 100 < percent;
}

static inline uint8_t sim_folded(const struct sim_g *g)
{
	return g->raw == GS_COPYSTACK || (g->raw == GS_WAITING && g->flap) ? GS_RUNNING : g->raw;
}

static inline bool sim_alive(const struct sim_g *g)
{
	return g->raw != GS_DEAD && g->raw != GS_IDLE;
}

/* ---- memory ----------------------------------------------------------------------------------- */

static inline void sim_show(struct sim_g *g, uint64_t time, uint64_t goid, bool flap)
{
	g->history[g->n_history++ % SIM_HISTORY] = (struct sim_memory){
		.time = time,
		.goid = goid,
		.status = g->raw,
		.reason = g->reason,
		.seq = g->seq,
		.flap = flap,
	};
}

static inline const struct sim_memory *sim_read(const struct sim_g *g, uint64_t time)
{
	size_t oldest = g->n_history > SIM_HISTORY ? g->n_history - SIM_HISTORY : 0;

	for (size_t i = g->n_history; i > oldest; i--)
		if (g->history[(i - 1) % SIM_HISTORY].time <= time)
			return &g->history[(i - 1) % SIM_HISTORY];
	return NULL;
}

/* What is read of g at some moment in the bracket; false: there is no goroutine. */
static inline bool sim_fact(const struct sim_g *g, uint64_t t0, uint64_t t1, struct feed_fact *ret)
{
	const struct sim_memory *m = sim_read(g, t0 + (uint64_t)rand() % (t1 - t0 + 1));

	if (!m || m->status == GS_DEAD || m->status == GS_IDLE)
		return false;
	*ret = (struct feed_fact){
		.goid = m->goid,
		.g = g->addr,
		.startpc = PC_WORKER,
		.gopc = PC_SITE,
		.processor = -1,
		.status = m->status,
		.reason = m->reason,
		.tracking_seq = m->seq,
		.flap = m->flap,
	};
	return true;
}

/* ---- the kernel half -------------------------------------------------------------------------- */

static inline uint64_t *sim_total(struct feed_account *a, uint8_t folded)
{
	switch (folded) {
	case GS_RUNNING:
		return &a->running;
	case GS_RUNNABLE:
		return &a->runnable;
	case GS_WAITING:
		return &a->waiting;
	case GS_SYSCALL:
		return &a->syscall;
	default:
		return &a->unknown;
	}
}

static inline struct sim_entry *sim_entry(struct sim *s, uint64_t goid)
{
	uint32_t at = hash_get(&s->entry_of, goid);

	return at == HASH_NONE ? NULL : &s->entries.v[at];
}

static inline uint8_t sim_folded_before(const struct feed_transition *t)
{
	if (t->old_state == GS_COPYSTACK ||
	    (t->old_state == GS_WAITING && t->new_state == GS_RUNNING))
		return GS_RUNNING;
	return t->old_state;
}

static inline struct sim_entry *sim_entry_make(struct sim *s, const struct feed_transition *t)
{
	struct sim_entry e = {.goid = t->goid, .since_min = !(t->flags & FEED_BIRTH)};
	uint32_t birth = hash_get(&s->born_at, t->g);

	e.a = (struct feed_account){.goid = t->goid,
				    .g = t->g,
				    .first = t->time,
				    .since = t->time,
				    .last = t->time,
				    .raw = t->old_state,
				    .folded = sim_folded_before(t)};
	if (birth != HASH_NONE) {
		const struct feed_account *b = &s->births.v[birth];

		if (b->first >= s->epoch) {
			e.a.first = e.a.since = e.a.last = b->first;
			e.a.raw = e.a.folded = b->raw;
			e.since_min = false;
		}
		hash_del(&s->born_at, t->g);
	}
	assert_true(vec_push(&s->entries, e));
	assert_true(hash_put(&s->entry_of, t->goid, (uint32_t)s->entries.n - 1));
	return &s->entries.v[s->entries.n - 1];
}

static inline void sim_entry_update(struct sim *s, struct sim_entry *e, struct feed_transition *t)
{
	uint8_t to =
		t->new_state == GS_COPYSTACK || t->flags & FEED_FLAP ? GS_RUNNING : t->new_state;
	struct feed_account *a = &e->a;

	if (a->raw != t->old_state || a->last < s->epoch) {
		a->unknown += t->time - a->since;
		a->since = t->time;
		a->folded = sim_folded_before(t);
		e->since_min = true;
		t->flags |= FEED_MISSED;
	}
	if (to != a->folded) {
		*sim_total(a, a->folded) += t->time - a->since;
		a->since = t->time;
		a->folded = to;
		e->since_min = false;
	}
	a->raw = t->new_state;
	a->last = t->time;
	if (t->new_state == GS_WAITING)
		a->reason = t->reason;
	a->switches += t->old_state == GS_RUNNABLE && t->new_state == GS_RUNNING;
	t->sequence = ++a->transitions;
	a->flags = e->since_min ? FEED_SINCE_MIN : 0;
}

static inline void sim_hit(struct sim *s, struct feed_transition t)
{
	struct sim_entry *e;

	if (s->off)
		return;
	if (t.flags & FEED_STALE_ID) {
		struct feed_account b = {.first = t.time, .raw = t.new_state};

		assert_true(vec_push(&s->births, b));
		assert_true(hash_put(&s->born_at, t.g, (uint32_t)s->births.n - 1));
	} else if (sim_percent(s->options.unread)) {
		t.goid = 0;
		t.flags |= FEED_UNREAD;
	}
	if (t.goid) {
		e = sim_entry(s, t.goid);
		if (!e && t.new_state != GS_DEAD)
			e = sim_entry_make(s, &t);
		if (e)
			sim_entry_update(s, e, &t);
		if (t.new_state == GS_DEAD)
			hash_del(&s->entry_of, t.goid);
	}
	if (!s->losing && sim_percent(s->options.lose))
		s->losing = 1 + rand() % 20;
	if (s->losing) {
		s->losing--;
		s->lost++;
		return;
	}
	assert_true(vec_push(&s->stream, t));
}

/* ---- the runtime ------------------------------------------------------------------------------ */

static inline uint64_t sim_lag(const struct sim *s)
{
	return s->options.lag && sim_percent(20) ? (uint64_t)rand() % s->options.lag : 0;
}

static inline void sim_set(struct sim *s, struct sim_g *g, uint8_t new, uint8_t reason, bool flap)
{
	uint8_t before = sim_folded(g);

	g->seq += g->raw == GS_RUNNING;
	g->raw = new;
	g->reason = reason;
	g->flap = flap;
	if (sim_folded(g) == before)
		return;
	g->times[before <= GS_WAITING ? before : 0] += s->now - g->since;
	g->since = s->now;
}

/* casgstatus: the probe, and after a while the change. */
static inline void sim_cas(struct sim *s, struct sim_g *g, uint8_t new, uint8_t reason, bool flap)
{
	struct feed_transition t = {
		.time = s->now,
		.goid = g->goid,
		.g = g->addr,
		.tid = 7,
		.old_state = g->raw,
		.new_state = new,
		.reason = new == GS_WAITING ? reason : 0,
		.flags = flap ? FEED_FLAP : 0,
	};
	uint64_t changed = s->now + sim_lag(s);
	bool parks = s->options.park_lag && new == GS_WAITING && !flap;

	sim_hit(s, t);
	sim_set(s, g, new, reason, flap);
	sim_show(g, changed, g->goid, flap || parks);
	g->ready = changed + 1;
	if (parks) {
		sim_show(g, changed + 10000, g->goid, false);
		g->ready = changed + 10001;
	}
}

/* Passes casgstatus by. */
static inline void sim_unseen(struct sim *s, struct sim_g *g, uint8_t new, uint8_t reason)
{
	sim_set(s, g, new, reason, false);
	sim_show(g, s->now, g->goid, false);
	g->ready = s->now + 1;
}

static inline void sim_birth(struct sim *s, struct sim_g *g)
{
	uint64_t old = g->goid, changed = s->now + sim_lag(s);
	struct feed_transition t = {
		.time = s->now,
		.g = g->addr,
		.tid = 7,
		.old_state = GS_DEAD,
		.new_state = GS_RUNNABLE,
		.flags = FEED_BIRTH,
	};

	s->created++;
	g->goid = ++s->last_goid;
	if (s->options.late_goid)
		t.flags |= FEED_STALE_ID;
	else
		t.goid = g->goid;
	sim_hit(s, t);
	memset(g->times, 0, sizeof(g->times));
	g->born = g->since = s->now;
	g->raw = GS_RUNNABLE;
	g->reason = 0;
	g->flap = false;
	g->ready = changed + 1;
	if (s->options.late_goid) {
		sim_show(g, changed, old, false);
		changed += 1 + (uint64_t)rand() % 1000;
		g->ready = changed + 1;
	}
	sim_show(g, changed, g->goid, false);
}

static inline void sim_run_on(struct sim *s, struct sim_g *g)
{
	int what = rand() % 100;

	if (what < 30)
		sim_cas(s, g, GS_WAITING, R_RECEIVE, false);
	else if (what < 45)
		sim_cas(s, g, GS_RUNNABLE, 0, false);
	else if (what < 55)
		sim_cas(s, g, GS_COPYSTACK, 0, false);
	else if (what < 65)
		sim_cas(s, g, GS_WAITING, R_STW, true);
	else if (what < 80 && !s->options.unseen)
		sim_cas(s, g, GS_SYSCALL, 0, false);
	else if (what < 75)
		sim_unseen(s, g, GS_SYSCALL, 0);
	else if (what < 80)
		sim_unseen(s, g, GS_WAITING, R_COROUTINE);
	else if (what < 83 && s->options.unseen)
		sim_unseen(s, g, GS_PREEMPTED, 0);
	else if (what < 93)
		sim_cas(s, g, GS_WAITING, R_SELECT, false);
	else {
		sim_cas(s, g, GS_DEAD, 0, false);
		s->ended++;
	}
}

static inline void sim_step_g(struct sim *s, struct sim_g *g)
{
	switch (g->raw) {
	case GS_DEAD:
		sim_birth(s, g);
		break;
	case GS_RUNNABLE:
		sim_cas(s, g, GS_RUNNING, 0, false);
		break;
	case GS_RUNNING:
		sim_run_on(s, g);
		break;
	case GS_SYSCALL:
		if (s->options.unseen)
			sim_unseen(s, g, GS_RUNNING, 0);
		else
			sim_cas(s, g, rand() % 2 ? GS_RUNNING : GS_RUNNABLE, 0, false);
		break;
	case GS_WAITING:
		if (g->reason == R_COROUTINE)
			sim_unseen(s, g, GS_RUNNING, 0);
		else
			sim_cas(s, g, g->flap ? GS_RUNNING : GS_RUNNABLE, 0, false);
		break;
	case GS_PREEMPTED:
		sim_unseen(s, g, GS_WAITING, R_PREEMPTED);
		break;
	default:
		sim_cas(s, g, GS_RUNNING, 0, false);
	}
}

/* Lets the runtime run until `time`, some 0.2 ms between two steps. */
static inline void sim_run(struct sim *s, uint64_t time)
{
	while (s->now < time) {
		struct sim_g *g = &s->g[rand() % SIM_G];

		s->now += 1 + (uint64_t)rand() % 400000;
		if (s->now < time && s->now >= g->ready)
			sim_step_g(s, g);
	}
	s->now = time;
}

/* Half of the g hold goroutines that stand still; the others are dead. */
static inline void sim_init(struct sim *s, const struct sim_options *options, uint64_t now)
{
	static const uint8_t states[] = {GS_RUNNABLE, GS_RUNNING, GS_SYSCALL, GS_WAITING};

	*s = (struct sim){.options = *options, .now = now, .last_goid = 1000};
	for (size_t i = 0; i < SIM_G; i++) {
		struct sim_g *g = &s->g[i];

		g->addr = 0xc000000000 + i * 0x200;
		g->goid = i + 1;
		g->raw = i % 2 ? GS_DEAD : states[rand() % 4];
		g->reason = g->raw == GS_WAITING ? R_RECEIVE : 0;
		g->born = g->since = now;
		sim_show(g, 0, g->goid, false);
	}
}

static inline void sim_free(struct sim *s)
{
	vec_free(&s->entries);
	vec_free(&s->births);
	vec_free(&s->stream);
	hash_free(&s->entry_of);
	hash_free(&s->born_at);
}

#endif
