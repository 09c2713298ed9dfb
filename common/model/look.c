// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a look at memory does: the merge rule of DESIGN.md law 1.
 *
 * A look carries its bracket [t0, t1], and the stream has been drained up to t0 before it is given.
 * For each goroutine in it, in this order:
 *
 *  1. An event (or an earlier correction) at or after t0 is newer: it wins.
 *  2. The same state: agreed.
 *  3. The state before the last event, not long after that event: the runtime has not come to its
 *     compare-and-swap yet. The event wins, and the goroutine is wanted again.
 *  4. Nobody was watching (a gap, records lost, no probes at all): memory wins at once.
 *  5. A change that passes casgstatus by (go-runtime.md §3): memory wins, counted as `bypassed`.
 *  6. Else the look is doubted, once: wanted again. If the next one disagrees too, and no event came
 *     between, memory wins, counted as `corrected`.
 *
 * Wherever memory wins the age is `about`: it begins with the look that saw the state.
 *
 * trackingSeq (incremented at every stop of running) that has changed while no event came proves
 * that the goroutine ran: its age begins again, as `about`. That it is the same proves nothing:
 * where samples are all there is, ages are `about` from the start. With probes, who was there when
 * watching began is `min`: it has not moved since, or there would have been an event. Who appears in
 * a later look has come between two looks, its birth unseen: `about` too, because its age has a
 * bound on either side, and neither is the truth.
 *
 * Absence, in a complete look in which all could be read, ends a goroutine, unless something was
 * told of it at or after t0, or its birth is so young that memory may lag.
 */
#include <string.h>

#include "model/table.h"
#include "model/tree.h"

enum { AHEAD = 8 }; /* facts for which the indices are brought into the cache */

/* What an observation of one goroutine in one look is made from. */
struct sight {
	const struct feed_look *look;
	const struct feed_fact *f;
	uint8_t folded;
};

/* ---- one goroutine's facts -------------------------------------------------------------------- */

static void set_pc(struct model *m, struct entry *e, uint32_t *id, enum name_kind kind, uint64_t pc)
{
	if (m->pcs.v[*id].pc == pc)
		return;
	*id = table_pc(m, kind, pc);
	table_touch(m, e);
	m->version++;
}

/* What does not change in a life, or is nobody else's to tell. */
static void take_facts(struct model *m, struct entry *e, const struct feed_fact *f)
{
	if (e->parent != f->parent || e->labels != f->labels || e->locked_tid != f->locked_tid ||
	    !(e->flags & ROW_KNOWS_MEMORY)) {
		table_touch(m, e);
		m->version++;
	}
	set_pc(m, e, &e->created, NAME_RETURN, f->gopc);
	table_set_start(m, e, f->startpc, f->extra_m);
	if (e->parent != f->parent)
		tree_touch(m, (size_t)(e - m->live.v));
	e->parent = f->parent;
	m->knows_parents |= f->parent != 0;
	if (e->labels != f->labels) {
		e->labels = f->labels;
		labels_changed(m, e);
	}
	e->locked_tid = f->locked_tid;
	e->flags |= ROW_KNOWS_MEMORY;
}

static void set_known(struct entry *e, uint32_t flag, bool known)
{
	e->flags = known ? e->flags | flag : e->flags & ~flag;
}

/* Where it is and what it waits for, of one whose state is the one that memory shows. */
static void take_place(struct model *m, struct entry *e, const struct sight *s)
{
	const struct feed_fact *f = s->f;
	bool on_thread = s->folded == GS_RUNNING || s->folded == GS_SYSCALL;
	uint32_t flags = e->flags, tid = e->tid;
	int16_t processor = e->processor;

	e->tid = on_thread ? f->tid : 0;
	e->processor = on_thread && f->processor >= 0 && f->processor <= INT16_MAX
			       ? (int16_t)f->processor
			       : -1;
	set_known(e, ROW_KNOWS_THREAD, !on_thread || f->tid);
	set_known(e, ROW_KNOWS_PROCESSOR, !on_thread || e->processor >= 0);
	set_known(e, ROW_KNOWS_REASON, f->status == GS_WAITING || f->status == GS_LEAKED);
	if (e->flags != flags || e->tid != tid || e->processor != processor ||
	    (e->reason != f->reason && e->flags & ROW_KNOWS_REASON)) {
		table_touch(m, e);
		m->version++;
	}
	e->reason = f->reason;
	e->tracking_seq = f->tracking_seq;
	e->flags |= ENTRY_KNOWS_SEQ;
}

/* ---- one goroutine's state -------------------------------------------------------------------- */

static void restart_age(struct model *m, struct entry *e, const struct sight *s)
{
	table_touch(m, e);
	e->since = s->look->t0;
	e->bound = AGE_ABOUT;
}

static bool has_run(const struct entry *e, const struct feed_fact *f)
{
	return e->flags & ENTRY_KNOWS_SEQ && e->tracking_seq != f->tracking_seq;
}

/* Whether nobody can have told of its changes: no probes, or not all the time. */
static bool unwatched(const struct model *m, const struct entry *e, const struct sight *s)
{
	struct gap gap;

	return !m->options.probes || gap_before(m, e, s->look->t1, &gap);
}

/* Records were lost after the last one of its that came: perhaps these were its own. */
static bool is_suspect(const struct model *m, const struct entry *e, const struct sight *s)
{
	return m->suspect_since && e->last <= m->suspect_since && s->look->t0 >= m->suspect_since &&
	       s->look->t0 - e->last >= MERGE_LAG;
}

static void agree(struct model *m, struct entry *e, const struct sight *s)
{
	bool gap = unwatched(m, e, s);

	e->flags &= ~(uint32_t)ENTRY_DOUBTED;
	if (gap && e->bound != AGE_ABOUT) {
		e->bound = AGE_ABOUT;
		m->version++;
	}
	if (has_run(e, s->f)) {
		restart_age(m, e, s);
		e->flags |= e->flags & ROW_STACK_READ ? ROW_STACK_OLD : 0;
		m->version++;
	}
	if (gap && m->options.probes) {
		share_touch(m, e);
		times_settle(m, e, s->look->t0);
		gap_passed(m, e, s->look->t0);
		e->last = s->look->t0;
	}
	take_place(m, e, s);
}

/* Until then it ran, or was in system calls that nobody sees: that counts as running. */
static bool enters_syscall(const struct model *m, const struct entry *e, const struct sight *s)
{
	return !m->options.syscall_times && e->state == GS_RUNNING && s->folded == GS_SYSCALL;
}

/* Memory wins. */
static void override(struct model *m, struct entry *e, const struct sight *s)
{
	uint64_t t0 = s->look->t0;
	struct gap gap;

	share_touch(m, e);
	if (!(e->flags & (ENTRY_MOVED | ENTRY_OVERRIDDEN)))
		e->before = time_kind(m, e->state);
	if (gap_before(m, e, t0, &gap) || enters_syscall(m, e, s))
		times_settle(m, e, t0);
	else if (time_kind(m, s->folded) != time_kind(m, e->state))
		times_unknown(m, e, t0);
	/* Another state that looks the same: an event was missed, unless nobody listened. */
	if (s->folded != e->state || has_run(e, s->f) || !unwatched(m, e, s))
		restart_age(m, e, s);
	e->bound = AGE_ABOUT;
	gap_passed(m, e, t0);
	e->flags &= ~(uint32_t)ENTRY_DOUBTED;
	e->flags |= ENTRY_OVERRIDDEN;
	e->previous = FEED_NO_STATE;
	if (m->options.probes && t0 > e->last)
		e->last = t0;
	table_set_state(m, e, s->f->status, s->f->flap);
	take_place(m, e, s);
}

static bool is_same(const struct entry *e, const struct sight *s)
{
	return e->raw == s->f->status && e->state == s->folded;
}

/*
 * Whether memory shows what the last event left. A goroutine that parks keeps its m for a moment
 * longer than its state, which looks like a flap: folded, that is the state before as well.
 */
static bool is_previous(const struct entry *e, const struct sight *s)
{
	if (e->flags & ENTRY_OVERRIDDEN || !(e->flags & ENTRY_MOVED))
		return false;
	return s->f->status == e->previous ||
	       (s->f->status == e->raw && s->folded == state_fold(e->previous, false));
}

static void merge_state(struct model *m, struct entry *e, const struct sight *s)
{
	if (m->options.probes && e->last >= s->look->t0)
		return;
	if (is_same(e, s)) {
		agree(m, e, s);
	} else if (is_previous(e, s) && s->look->t0 - e->last < MERGE_LAG) {
		want_look(m, e, true);
	} else if (unwatched(m, e, s)) {
		override(m, e, s);
	} else if (passes_by(m, e, s->f)) {
		m->bypassed++;
		override(m, e, s);
	} else if (e->flags & ENTRY_DOUBTED || is_suspect(m, e, s)) {
		m->corrected++;
		override(m, e, s);
	} else {
		e->flags |= ENTRY_DOUBTED;
		want_look(m, e, true);
	}
}

/* ---- who is there ----------------------------------------------------------------------------- */

/* One that nobody has told of. */
static struct entry *make_entry(struct model *m, const struct sight *s)
{
	const struct feed_fact *f = s->f;
	struct entry *e = table_add(m, f->goid, f->g);
	struct grave grave;
	struct gap gap;

	if (!e)
		return NULL;
	e->first = e->counted = e->since = s->look->t0;
	gap_passed(m, e, e->first);
	e->bound = AGE_ABOUT;
	if (m->options.probes && !m->looks && !gap_before(m, e, s->look->t1, &gap))
		e->bound = AGE_MIN;
	table_set_state(m, e, f->status, f->flap);
	share_touch(m, e);
	if (m->options.probes && table_grave(m, f->goid, &grave))
		e->flags |= ENTRY_RAISED;
	else if (m->looks)
		table_is_new(m, e);
	take_place(m, e, s);
	return e;
}

/* One whose birth was told of, but not its goid; the look tells that, and is merged as any other. */
static struct entry *make_newborn(struct model *m, const struct sight *s)
{
	struct entry *e = table_add(m, s->f->goid, s->f->g);
	struct newborn n;

	if (!e || !newborn_take(m, s->f->g, &n))
		return NULL;
	e->first = e->counted = e->since = e->last = n.time;
	gap_passed(m, e, n.time);
	e->bound = AGE_EXACT;
	e->previous = GS_DEAD;
	e->flags |= ENTRY_MOVED;
	table_set_state(m, e, n.state, false);
	share_touch(m, e);
	table_is_new(m, e);
	merge_state(m, e, s);
	return e;
}

/* Who is on a g of which memory tells another goid. False: that one is newer than the look. */
static bool take_g(struct model *m, const struct sight *s)
{
	struct entry *other = s->f->g ? table_by_g(m, s->f->g) : NULL;

	if (!other || other->goid == s->f->goid)
		return true;
	/* Two goids on one g in one look: it is being written, or lies. The first one stays. */
	if (m->seen.v[other - m->live.v] || other->last >= s->look->t0)
		return false;
	if (!unwatched(m, other, s) && !is_suspect(m, other, s))
		m->corrected++;
	table_end(m, other, (struct grave){.time = s->look->t0});
	return true;
}

/*
 * A g whose birth came under its last goid (Go ≤ 1.23) shows that goid until the new one is written;
 * and what was seen before the birth is the life before.
 */
static bool is_before_birth(const struct model *m, const struct sight *s)
{
	const struct newborn *n = newborn_get(m, s->f->g);

	if (!n)
		return false;
	if (n->stale_goid)
		return n->stale_goid == s->f->goid || n->time > s->look->t1;
	return n->time + MERGE_LAG > s->look->t0;
}

/*
 * Memory lags behind the event of an end; a look that is newer than a look is right. Of one that took
 * so long that graves are forgotten since nobody can tell, unless it is the first.
 */
static bool is_dead(const struct model *m, const struct sight *s)
{
	struct grave grave;

	if (table_grave(m, s->f->goid, &grave))
		return grave.by_event || grave.time >= s->look->t0;
	return m->options.probes && m->looks && table_forgets(m, s->look->t0);
}

/*
 * By goid. Looks come in the order of allgs, which is that in which their goroutines were first put
 * into the table: so the one behind the last one found is mostly the next.
 */
static struct entry *find(struct model *m, uint64_t goid)
{
	struct entry *e;

	if (m->cursor < m->live.n && m->live.v[m->cursor].goid == goid)
		e = &m->live.v[m->cursor];
	else
		e = table_by_goid(m, goid);
	if (e)
		m->cursor = (size_t)(e - m->live.v) + 1;
	return e;
}

/* The goroutine that a fact is about; NULL: the fact is about the past. */
static struct entry *identify(struct model *m, struct entry *e, const struct sight *s)
{
	uint64_t g = s->f->g;

	if (m->newborns.n && is_before_birth(m, s))
		return NULL;
	if (!e || e->g != g) {
		size_t n = m->live.n;

		if (!take_g(m, s))
			return NULL;
		if (e && m->live.n != n)
			e = table_by_goid(m, s->f->goid); /* it may have been moved */
	}
	if (!e && newborn_get(m, g))
		return make_newborn(m, s);
	if (!e)
		return is_dead(m, s) ? NULL : make_entry(m, s);
	if (m->seen.v[e - m->live.v] || (e->g && e->g != g && e->last >= s->look->t0))
		return NULL;
	if (g && e->g != g)
		table_set_g(m, e, g);
	merge_state(m, e, s);
	return e;
}

static void take_fact(struct model *m, const struct feed_look *look, const struct feed_fact *f)
{
	const struct sight s = {
		.look = look,
		.f = f,
		.folded = state_fold(f->status, f->flap),
	};
	uint32_t wanted;
	struct entry *e;

	if (!f->goid || !state_is_alive(f->status))
		return;
	e = find(m, f->goid);
	wanted = e ? e->flags & ENTRY_WANTED : 0;
	if (e)
		e->flags &= ~(uint32_t)ENTRY_URGENT;
	e = identify(m, e, &s);
	if (!e) {
		want_look_at(m, f->g);
		return;
	}
	m->seen.v[e - m->live.v] = true;
	take_facts(m, e, f);
	/* Answered, unless it is in doubt anew. */
	if (wanted && !(e->flags & ENTRY_URGENT))
		e->flags &= ~(uint32_t)ENTRY_WANTED;
}

/* Whether one that a complete look did not see has ended. */
static bool has_ended(struct model *m, struct entry *e, const struct feed_look *look)
{
	const struct sight s = {.look = look};
	bool newborn = e->flags & ENTRY_MOVED && !(e->flags & ENTRY_OVERRIDDEN) &&
		       !state_is_alive(e->previous);

	if (e->last >= look->t0 || e->first >= look->t0)
		return false;
	if (!newborn || !m->options.probes || is_suspect(m, e, &s))
		return true;
	/* The state before its birth is "dead": as with other states, that is for a second look … */
	want_look(m, e, true);
	if (look->t0 - e->last < MERGE_LAG)
		return false;
	/* … unless nobody has told of its end. */
	if (e->flags & ENTRY_DOUBTED || unwatched(m, e, &s))
		return true;
	e->flags |= ENTRY_DOUBTED;
	return false;
}

static void end_absent(struct model *m, const struct feed_look *look)
{
	const struct sight s = {.look = look};

	/* Backwards: who ends gives its place to the last one, which has been looked at. */
	for (size_t i = m->live.n; i-- > 0;) {
		struct entry *e = &m->live.v[i];

		if (m->seen.v[i] || !has_ended(m, e, look))
			continue;
		if (!unwatched(m, e, &s) && !is_suspect(m, e, &s))
			m->corrected++;
		table_end(m, e, (struct grave){.time = look->t0});
	}
}

/* Of a look that the table does not follow, the places in memory would be waited for one by one. */
static void prefetch(const struct model *m, const struct feed_look *look, size_t i)
{
	if (i >= look->n || m->cursor)
		return;
	index_prefetch(&m->by_goid, look->facts[i].goid);
	index_prefetch(&m->by_g, look->facts[i].g);
}

static void begin(struct model *m, const struct feed_look *look)
{
	table_touch_time(m, look->t1);
	m->look_t0 = look->t0;
	m->look_t1 = look->t1;
	if (m->seen.n)
		memset(m->seen.v, false, m->seen.n);
	m->strays.n = 0;
	m->cursor = 0;
	if (look->complete)
		table_reserve(m, look->n + look->left);
}

static void end(struct model *m, const struct feed_look *look)
{
	if (look->complete) {
		if (!look->unreadable)
			end_absent(m, look);
		if (!m->looks++)
			groups_first_look(m);
		if (look->t0 >= m->suspect_since)
			m->suspect_since = 0;
	}
	wants_compact(m);
}

void model_look(struct model *m, const struct feed_look *look)
{
	if (!look->continues)
		begin(m, look);
	for (size_t i = 0; i < look->n; i++) {
		prefetch(m, look, i + AHEAD);
		take_fact(m, look, &look->facts[i]);
	}
	if (!look->left)
		end(m, look);
}
