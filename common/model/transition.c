// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an event does (DESIGN.md laws 1 and 7).
 *
 * Whose event it is. The goid says it, unless it is known to be an older life's (births of Go ≤ 1.23
 * pass casgstatus before the goid is written) or could not be read: then the g address does. A g
 * holds one goroutine at a time, so a goroutine that is met on a g ends the one that was on it. An
 * event that is older than the end of its goroutine, or than what took over its g, is of the past.
 *
 * What it changes. State, since when, and on which thread; unless it is older than what the state
 * was last set by: then it counts, and changes nothing else. `sequence` numbers the transitions of
 * one goroutine: one that is not higher was counted by an account already, one that jumps tells that
 * records were lost: the time since the last one is unknown, and the kernel's account wanted.
 *
 * Where the time went. Into the state that the row was in, provided that the event leaves that one.
 */
#include "model/table.h"

struct step {
	const struct feed_transition *t;
	uint8_t old_folded, new_folded;
	bool flap;   /* into a flap */
	bool missed; /* something came between that nobody saw */
	bool late;   /* older than what set the state */
};

/* ---- birth and death -------------------------------------------------------------------------- */

static void end_at(struct model *m, struct entry *e, uint64_t time)
{
	table_end(m, e, (struct grave){.time = time, .by_event = true});
}

/* A look saw it before the event of its birth was read: it was born when the event says. */
static void set_birth(struct model *m, struct entry *e, uint64_t time)
{
	share_touch(m, e);
	e->first = e->counted = time;
	for (int i = 0; i < TIME_KINDS; i++)
		e->times[i] = 0;
	share_rebase(m, e);
	if (!(e->flags & ENTRY_COUNTED))
		table_is_new(m, e);
}

/* Whether the last look made it of what it saw after `time`, or not long before. */
static bool seen_since(const struct model *m, const struct entry *e, uint64_t time)
{
	if (e->flags & ENTRY_MOVED)
		return false;
	return e->first > time || (e->first == m->look_t0 && time <= m->look_t1);
}

/* The end of one who had no row: after the first full look it must have come unseen, too. */
static void end_unseen(struct model *m, const struct feed_transition *t)
{
	struct newborn n;
	struct grave grave;

	if (table_grave(m, t->goid, &grave))
		return;
	m->n_ended++;
	if (newborn_take(m, t->g, &n) || t->flags & FEED_BIRTH || m->looks)
		m->created++;
	table_bury(m, t->goid, (struct grave){.time = t->time, .by_event = true});
}

/* Who really waits is made runnable first: 4→2 ends a flap, as a rule. */
static bool ends_flap(const struct feed_transition *t)
{
	return t->old_state == GS_WAITING && t->new_state == GS_RUNNING;
}

/* A row for one that was never heard of, in the state that the event leaves. */
static struct entry *make_entry(struct model *m, const struct feed_transition *t)
{
	bool birth = t->flags & FEED_BIRTH || !state_is_alive(t->old_state);
	struct newborn n = {.time = t->time, .state = t->old_state};
	struct entry *e = table_add(m, t->goid, t->g);
	bool flap = ends_flap(t);
	struct grave grave;

	if (!e)
		return NULL;
	if (newborn_take(m, t->g, &n)) {
		birth = true;
		flap = false;
	}
	if (n.time > t->time)
		n.time = t->time;
	e->first = e->counted = e->since = n.time;
	e->bound = n.time < t->time ? AGE_EXACT : AGE_MIN;
	e->transitions = t->sequence ? t->sequence - 1 : 0;
	gap_passed(m, e, n.time);
	table_set_state(m, e, state_is_alive(n.state) ? n.state : t->new_state, flap);
	share_touch(m, e);
	if (!birth && table_grave(m, t->goid, &grave) && !grave.by_event)
		e->flags |= ENTRY_RAISED;
	else if (birth || m->looks)
		table_is_new(m, e);
	if (!birth && t->sequence > 1)
		want_account(m, e);
	want_look(m, e, false);
	return e;
}

static void be_born(struct model *m, const struct feed_transition *t);

/* ---- whose event it is ------------------------------------------------------------------------ */

static struct entry *find_by_g(struct model *m, const struct feed_transition *t)
{
	struct entry *e = table_by_g(m, t->g);

	if (t->old_state == GS_DEAD && t->new_state != GS_SYSCALL) {
		be_born(m, t);
		e = NULL;
	} else if (e) {
		want_look(m, e, true);
	}
	if (!e)
		want_look_at(m, t->g);
	return e;
}

/*
 * Makes room on its g: who was there has ended. False: that one is newer than the event. So is one
 * that a look saw while the event happened: were it older, its own events would have come before.
 */
static bool take_g(struct model *m, const struct feed_transition *t)
{
	struct entry *other = t->g ? table_by_g(m, t->g) : NULL;

	if (!other || other->goid == t->goid)
		return true;
	if (other->last > t->time || seen_since(m, other, t->time))
		return false;
	end_at(m, other, t->time);
	return true;
}

/* Of one that was gone before it was heard of at all: it counts, no more. */
static void count_past(struct model *m, const struct feed_transition *t)
{
	struct grave grave;

	if (table_by_goid(m, t->goid) || table_grave(m, t->goid, &grave))
		return;
	if (t->flags & FEED_BIRTH) {
		m->created++;
	} else if (!state_is_alive(t->new_state)) {
		m->n_ended++;
		table_bury(m, t->goid, (struct grave){.time = t->time, .by_event = true});
	}
}

static struct entry *find_entry(struct model *m, const struct feed_transition *t)
{
	struct grave grave;
	struct entry *e;

	if (!t->goid || t->flags & FEED_UNREAD)
		return find_by_g(m, t);
	if (!take_g(m, t)) {
		count_past(m, t);
		return NULL;
	}
	e = table_by_goid(m, t->goid);
	if (e) {
		if (t->g && e->g != t->g)
			table_set_g(m, e, t->g);
		return e;
	}
	if (table_grave(m, t->goid, &grave) && grave.time >= t->time)
		return NULL;
	if (!state_is_alive(t->new_state)) {
		end_unseen(m, t);
		return NULL;
	}
	return make_entry(m, t);
}

/* ---- what it changes -------------------------------------------------------------------------- */

static struct step make_step(const struct model *m, const struct entry *e,
			     const struct feed_transition *t)
{
	struct step s = {.t = t, .flap = t->flags & FEED_FLAP && t->new_state == GS_WAITING};
	struct gap gap;

	s.new_folded = state_fold(t->new_state, s.flap);
	s.late = t->time < e->last;
	s.missed = t->flags & FEED_MISSED || t->old_state == FEED_NO_STATE ||
		   (t->sequence && (int32_t)(t->sequence - e->transitions) > 1) ||
		   gap_before(m, e, t->time, &gap);
	/* The row knows whether it really waits, if it has heard everything. */
	s.old_folded = state_fold(t->old_state, e->raw == GS_WAITING && !s.missed
							? (e->flags & ENTRY_FLAP) != 0
							: ends_flap(t));
	return s;
}

static void count_latency(struct model *m, struct entry *e, uint64_t latency)
{
	if (latency > e->max_latency)
		e->max_latency = latency;
	if (latency > m->max_latency)
		m->max_latency = latency;
	if (e->goid == m->detail.goid)
		histogram_add(&m->detail.latency, latency);
	if (!m->told_latency)
		histogram_add(&m->latency, latency);
}

/* Counters, and the time since the last word. */
static void count_step(struct model *m, struct entry *e, const struct step *s)
{
	const struct feed_transition *t = s->t;
	int32_t ahead = t->sequence ? (int32_t)(t->sequence - e->transitions) : 1;
	bool scheduled = s->old_folded == GS_RUNNABLE && s->new_folded == GS_RUNNING;
	struct gap gap;

	if (ahead > 1)
		want_account(m, e);
	if (ahead > 0 && t->sequence)
		e->transitions = t->sequence;
	else if (!(t->flags & FEED_UNREAD))
		e->transitions++;
	e->switches += scheduled;
	if (s->late)
		return;
	if (!(e->flags & (ENTRY_MOVED | ENTRY_OVERRIDDEN)))
		e->before = s->missed ? TIME_UNKNOWN : time_kind(m, e->state);
	if (scheduled && !s->missed && e->state == GS_RUNNABLE && e->bound == AGE_EXACT &&
	    t->time > e->since)
		count_latency(m, e, t->time - e->since);
	if (s->old_folded == GS_RUNNING && s->new_folded != GS_RUNNING && !s->missed &&
	    e->state == GS_RUNNING && e->bound == AGE_EXACT && t->time > e->since &&
	    !m->told_latency)
		histogram_add(&m->run, t->time - e->since);
	if (gap_before(m, e, t->time, &gap) && ahead == 1)
		times_settle(m, e, t->time);
	else if (s->missed || time_kind(m, s->old_folded) != time_kind(m, e->state))
		times_unknown(m, e, t->time);
	else
		times_settle(m, e, t->time);
}

static void set_thread(struct entry *e, const struct step *s)
{
	bool on_thread = s->new_folded == GS_RUNNING || s->new_folded == GS_SYSCALL;

	e->tid = on_thread ? s->t->tid : 0;
	e->flags &= ~(uint32_t)(ROW_KNOWS_THREAD | ROW_KNOWS_PROCESSOR);
	if (!on_thread || e->tid)
		e->flags |= ROW_KNOWS_THREAD;
	e->processor = -1;
	if (!on_thread)
		e->flags |= ROW_KNOWS_PROCESSOR;
}

/* What it waits for, and who woke it. */
static void set_reason(struct entry *e, const struct step *s)
{
	const struct feed_transition *t = s->t;

	/* Who is found to be leaked waits for the same as before. */
	if (s->missed || t->old_state != GS_WAITING || t->new_state != GS_LEAKED)
		e->flags &= ~(uint32_t)ROW_KNOWS_REASON;
	if (t->new_state == GS_WAITING) {
		e->reason = t->reason;
		e->flags |= ROW_KNOWS_REASON;
	}
	if (t->old_state != GS_WAITING || t->new_state != GS_RUNNABLE)
		return;
	e->waker = t->waker;
	e->flags = t->waker ? e->flags | ROW_KNOWS_WAKER : e->flags & ~(uint32_t)ROW_KNOWS_WAKER;
}

static void set_age(struct entry *e, const struct step *s)
{
	if (s->old_folded != s->new_folded) {
		e->since = s->t->time;
		e->bound = AGE_EXACT;
	} else if (e->state != s->new_folded || s->missed) {
		/* It was in this state before; for how long, nobody saw. */
		e->since = s->t->time;
		e->bound = AGE_MIN;
	}
}

static void apply(struct model *m, struct entry *e, const struct feed_transition *t)
{
	struct step s = make_step(m, e, t);

	share_touch(m, e);
	count_step(m, e, &s);
	e->flags &= ~(uint32_t)(ENTRY_DOUBTED | ENTRY_KNOWS_SEQ);
	e->flags |= ENTRY_MOVED;
	if (s.late)
		return;
	if (!state_is_alive(t->new_state)) {
		end_at(m, e, t->time);
		return;
	}
	gap_passed(m, e, t->time);
	if (m->waits.locks && t->old_state == GS_WAITING && t->new_state == GS_RUNNABLE)
		waits_woken(m, e, t->time, t->waker);
	set_age(e, &s);
	set_thread(e, &s);
	set_reason(e, &s);
	e->previous = t->old_state;
	e->flags &= ~(uint32_t)ENTRY_OVERRIDDEN;
	e->last = t->time;
	table_set_state(m, e, t->new_state, s.flap);
}

/* 6→1 and 6→4 of Go ≤ 1.23: the goid will be known later, the time of birth is known now. */
static void be_born(struct model *m, const struct feed_transition *t)
{
	const struct newborn n = {
		.g = t->g,
		.time = t->time,
		.stale_goid = t->goid,
		.tid = t->tid,
		.state = t->new_state,
	};
	struct entry *e = table_by_g(m, t->g);

	/* Into no life is no birth: nonsense. */
	if (!t->g || !state_is_alive(t->new_state))
		return;
	if (e && e->goid != t->goid && seen_since(m, e, t->time)) {
		set_birth(m, e, t->time);
		apply(m, e, t);
		e->transitions = 0; /* the kernel's entry begins behind it */
		return;
	}
	if (e && (e->goid == t->goid || e->last <= t->time))
		end_at(m, e, t->time);
	newborn_put(m, &n);
}

void model_transition(struct model *m, const struct feed_transition *t)
{
	struct entry *e;

	m->transitions++;
	table_touch_time(m, t->time);
	/* A g that has been allocated is nobody yet, nor has it a goid. */
	if (t->old_state == GS_IDLE)
		return;
	if (t->flags & FEED_STALE_ID) {
		be_born(m, t);
		return;
	}
	e = find_entry(m, t);
	if (!e)
		return;
	/* What is not newer than an account is in it. */
	if (t->sequence && (int32_t)(t->sequence - e->transitions) <= 0 && t->time <= e->last)
		return;
	if (!state_is_alive(t->old_state) && t->old_state != FEED_NO_STATE &&
	    seen_since(m, e, t->time))
		set_birth(m, e, t->time);
	apply(m, e, t);
}
