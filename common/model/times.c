// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where the time of a goroutine went.
 *
 * `times` is counted up to `counted`, which is the last moment at which something was told of it;
 * from then on it has been in its state, so the time since belongs to that state, and nobody needs
 * to touch a goroutine that waits: times_at adds it when somebody looks (DESIGN.md law 11).
 * So running + runnable + waiting + syscall + unknown = counted − first, always.
 *
 * Gaps (no probe was attached) are kept in a list of the model, and each entry knows how many it
 * has come through. What a gap hides is unknown: from its beginning until something is told of the
 * goroutine again. That, too, costs nothing for the others.
 *
 * Shares of the last refresh interval work by difference. An entry that is touched for the first
 * time in an interval gets a struct share with its times at the interval's beginning; at the end of
 * the interval the difference is taken, for those alone. One without a share was in one state all
 * the time, and its share follows from that. A share that was not touched for an interval goes.
 */
#include <string.h>

#include "model/table.h"

enum time_kind time_kind(const struct model *m, uint8_t state)
{
	switch (state) {
	case GS_RUNNING:
		return TIME_RUNNING;
	case GS_RUNNABLE:
		return TIME_RUNNABLE;
	case GS_SYSCALL:
		/*
		 * Where system calls are not told apart from running, those that memory sees at least
		 * are not taken for running: how long they take nobody knows.
		 */
		return m->options.syscall_times ? TIME_SYSCALL : TIME_UNKNOWN;
	case GS_WAITING:
	case GS_LEAKED:
	case GS_PREEMPTED: /* "like _Gwaiting", runtime2.go */
		return TIME_WAITING;
	default:
		return TIME_UNKNOWN;
	}
}

/* ---- gaps ------------------------------------------------------------------------------------- */

static struct gap *gap_of(struct model *m, uint32_t i)
{
	return &m->gaps[i % GAPS_KEPT];
}

static bool gap_is_open(const struct model *m)
{
	return m->n_gaps && !m->gaps[(m->n_gaps - 1) % GAPS_KEPT].to;
}

bool gap_since(const struct model *m, uint64_t t)
{
	return gap_is_open(m) || (m->n_gaps && m->gaps[(m->n_gaps - 1) % GAPS_KEPT].to > t);
}

void gap_begin(struct model *m, uint64_t from)
{
	if (gap_is_open(m))
		return;
	*gap_of(m, m->n_gaps++) = (struct gap){.from = from};
	/* A g may have changed its goroutine meanwhile. */
	newborn_forget(m);
	entry_keys_gap(m);
	m->version++;
}

void gap_end(struct model *m, uint64_t from, uint64_t to)
{
	gap_begin(m, from);
	gap_of(m, m->n_gaps - 1)->to = to;
	newborn_forget(m);
	entry_keys_gap(m);
	m->version++;
}

bool gap_first(const struct model *m, const struct entry *e, uint64_t t, struct gap *ret)
{
	uint32_t i = e->gaps;

	if (m->n_gaps - i > GAPS_KEPT) {
		/* It is forgotten when that one began: nothing is known since the last word. */
		*ret = (struct gap){.from = e->counted, .to = m->gaps[m->n_gaps % GAPS_KEPT].from};
		return true;
	}
	*ret = m->gaps[i % GAPS_KEPT];
	return ret->from < t;
}

void gap_passed(struct model *m, struct entry *e, uint64_t t)
{
	uint32_t i = m->n_gaps, kept = i > GAPS_KEPT ? i - GAPS_KEPT : 0;

	/* From the newest on: mostly there is none, or that one. */
	for (; i > kept && i > e->gaps; i--) {
		const struct gap *g = gap_of(m, i - 1);

		if (g->to && g->to <= t)
			break;
	}
	if (i > e->gaps)
		e->gaps = i;
}

/* ---- times ------------------------------------------------------------------------------------ */

void times_at(const struct model *m, const struct entry *e, uint64_t t, uint64_t ret[TIME_KINDS])
{
	enum time_kind kind = time_kind(m, e->state);
	struct gap gap;

	memcpy(ret, e->times, sizeof(e->times));
	if (t <= e->counted)
		return;
	if (gap_before(m, e, t, &gap)) {
		uint64_t from = gap.from > e->counted ? gap.from : e->counted;

		ret[kind] += from - e->counted;
		ret[TIME_UNKNOWN] += t - from;
	} else {
		ret[kind] += t - e->counted;
	}
}

void times_settle(struct model *m, struct entry *e, uint64_t t)
{
	uint64_t times[TIME_KINDS];

	struct gap gap;

	if (e->goid == m->detail.goid)
		detail_until(m, e, t, gap_before(m, e, t, &gap));
	if (t <= e->counted)
		return;
	times_at(m, e, t, times);
	memcpy(e->times, times, sizeof(times));
	e->counted = t;
}

/* ---- shares ----------------------------------------------------------------------------------- */

static void difference(uint64_t ret[TIME_KINDS], const uint64_t a[TIME_KINDS],
		       const uint64_t b[TIME_KINDS])
{
	for (int i = 0; i < TIME_KINDS; i++)
		ret[i] = a[i] > b[i] ? a[i] - b[i] : 0;
}

bool stood_still(const struct model *m, const struct entry *e)
{
	struct gap gap;

	return !e->share && e->counted <= m->refreshed - m->interval &&
	       !gap_before(m, e, m->refreshed, &gap);
}

void still_interval(const struct model *m, const struct entry *e, uint64_t ret[TIME_KINDS])
{
	uint64_t begin = m->refreshed - m->interval, at_end[TIME_KINDS], at_begin[TIME_KINDS];

	if (stood_still(m, e)) {
		memset(ret, 0, sizeof(at_end));
		ret[time_kind(m, e->state)] = m->interval;
		return;
	}
	times_at(m, e, m->refreshed, at_end);
	times_at(m, e, begin, at_begin);
	difference(ret, at_end, at_begin);
}

/* Of one that was in one state all through the last interval and since. */
static void still_share(const struct model *m, const struct entry *e, struct share *ret)
{
	*ret = (struct share){
		.row = (uint32_t)(e - m->live.v),
		.switches_at = e->switches,
	};
	times_at(m, e, m->refreshed, ret->at);
	still_interval(m, e, ret->interval);
}

void share_of(const struct model *m, const struct entry *e, struct share *ret)
{
	if (e->share)
		*ret = m->shares.v[e->share];
	else
		still_share(m, e, ret);
}

void share_touch(struct model *m, struct entry *e)
{
	struct share s;

	m->version++;
	table_touch(m, e);
	if (!m->options.probes || !m->refreshes)
		return;
	if (!e->share) {
		still_share(m, e, &s);
		if (!m->shares.n && !vec_push(&m->shares, (struct share){0}))
			return;
		if (!vec_push(&m->shares, s))
			return;
		e->share = (uint32_t)m->shares.n - 1;
	}
	m->shares.v[e->share].touched = true;
}

void share_drop(struct model *m, struct entry *e)
{
	if (e->share)
		m->shares.v[e->share].row = INDEX_NONE;
	e->share = 0;
}

void share_close(const struct model *m, const struct entry *e, uint64_t now, struct share *s)
{
	uint64_t times[TIME_KINDS];

	times_at(m, e, now, times);
	difference(s->interval, times, s->at);
	memcpy(s->at, times, sizeof(times));
	s->switches = e->switches - s->switches_at;
	s->switches_at = e->switches;
}

/*
 * Of the time up to the interval's beginning it is known how much it was; what an account changed
 * in it is, as far as it goes, of the interval, and the rest of the time before.
 */
static void rebase_at(uint64_t at[TIME_KINDS], const uint64_t times[TIME_KINDS], uint64_t before)
{
	uint64_t sum = 0;

	for (int i = 0; i < TIME_KINDS; i++) {
		at[i] = at[i] < times[i] ? at[i] : times[i];
		if (at[i] > before - sum)
			at[i] = before - sum;
		sum += at[i];
	}
	for (int i = 0; i < TIME_KINDS && sum < before; i++) {
		uint64_t room = times[i] - at[i];
		uint64_t more = room < before - sum ? room : before - sum;

		at[i] += more;
		sum += more;
	}
}

void share_rebase(struct model *m, const struct entry *e)
{
	struct share *s;

	if (!e->share)
		return;
	s = &m->shares.v[e->share];
	if (e->counted <= m->refreshed)
		times_at(m, e, m->refreshed, s->at);
	else
		rebase_at(s->at, e->times, m->refreshed > e->first ? m->refreshed - e->first : 0);
}

void times_unknown(struct model *m, struct entry *e, uint64_t t)
{
	bool rewrites = e->counted < m->refreshed;

	detail_until(m, e, t, true);
	if (t <= e->counted)
		return;
	e->times[TIME_UNKNOWN] += t - e->counted;
	e->counted = t;
	/* What was taken for time in its state at the last refresh was not. */
	if (rewrites)
		share_rebase(m, e);
}

void shares_close(struct model *m, uint64_t now)
{
	size_t kept = 1;

	for (size_t i = 1; i < m->shares.n; i++) {
		struct share *s = &m->shares.v[i];
		struct entry *e;

		if (s->row == INDEX_NONE)
			continue;
		e = &m->live.v[s->row];
		e->share = 0;
		key_stale(m, s->row);
		if (!s->touched)
			continue;
		share_close(m, e, now, s);
		s->touched = false;
		e->share = (uint32_t)kept;
		m->shares.v[kept++] = *s;
	}
	if (m->shares.n > kept)
		m->version++;
	if (m->shares.n)
		m->shares.n = kept;
	if (m->shares.cap > 1024 && m->shares.n == 1)
		vec_free(&m->shares);
}
