// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own account of one goroutine: exact where the stream lost something. Its totals go
 * from the first transition seen since attach (`first`) to the last one that changed the folded
 * state (`since`). A row that was there before has, besides, the time until that first transition,
 * all of it in one state: `before` remembers which, once that state is over.
 */
#include "model/table.h"

static void set_times(struct model *m, struct entry *e, const struct feed_account *a)
{
	uint64_t before = a->first > e->first ? a->first - e->first : 0;

	if (!(e->flags & (ENTRY_MOVED | ENTRY_OVERRIDDEN)))
		e->before = time_kind(m, e->state);
	if (a->first < e->first)
		e->first = a->first;
	e->times[TIME_RUNNING] = a->running;
	e->times[TIME_RUNNABLE] = a->runnable;
	e->times[TIME_WAITING] = a->waiting;
	e->times[TIME_SYSCALL] = a->syscall;
	e->times[TIME_UNKNOWN] = a->unknown;
	if (!m->options.syscall_times) {
		e->times[TIME_RUNNING] += a->syscall;
		e->times[TIME_SYSCALL] = 0;
	}
	e->times[e->before] += before;
	e->counted = e->first;
	for (int i = 0; i < TIME_KINDS; i++)
		e->counted += e->times[i];
}

static void set_state(struct model *m, struct entry *e, const struct feed_account *a)
{
	bool flap = a->raw == GS_WAITING && a->folded == GS_RUNNING;
	bool on_thread = a->folded == GS_RUNNING || a->folded == GS_SYSCALL;

	e->since = a->since;
	e->bound = a->flags & FEED_SINCE_MIN ? AGE_MIN : AGE_EXACT;
	e->last = a->last;
	e->previous = FEED_NO_STATE;
	e->flags &= ~(uint32_t)(ENTRY_DOUBTED | ENTRY_KNOWS_SEQ | ROW_KNOWS_REASON |
				ROW_KNOWS_THREAD | ROW_KNOWS_PROCESSOR);
	e->flags |= ENTRY_OVERRIDDEN;
	e->tid = on_thread ? a->tid : 0;
	e->processor = -1;
	if (!on_thread || a->tid)
		e->flags |= ROW_KNOWS_THREAD;
	if (!on_thread)
		e->flags |= ROW_KNOWS_PROCESSOR;
	e->reason = a->reason;
	/* 0: it waited before the kernel heard of it. */
	if (a->raw == GS_WAITING || (a->raw == GS_LEAKED && a->reason))
		e->flags |= ROW_KNOWS_REASON;
	table_set_state(m, e, a->raw, flap);
}

static struct entry *find_entry(struct model *m, const struct feed_account *a)
{
	struct entry *e = table_by_goid(m, a->goid), *other = table_by_g(m, a->g);
	struct grave grave;

	if (e || table_grave(m, a->goid, &grave))
		return e;
	if (other && (other->last >= a->last || other->first >= a->last))
		return NULL;
	if (other)
		table_end(m, other, (struct grave){.time = a->first});
	e = table_add(m, a->goid, a->g);
	if (!e)
		return NULL;
	e->first = e->counted = a->first;
	gap_passed(m, e, a->last);
	table_set_state(m, e, a->raw, false);
	share_touch(m, e);
	if (m->looks || a->flags & FEED_BIRTH)
		table_is_new(m, e);
	want_look(m, e, false);
	return e;
}

void model_account(struct model *m, const struct feed_account *a)
{
	struct entry *e;
	bool before_gap;
	int32_t ahead;

	table_touch_time(m, a->last);
	if (!a->goid || !a->transitions || !state_is_alive(a->raw))
		return;
	e = find_entry(m, a);
	if (!e)
		return;
	e->flags &= ~(uint32_t)ENTRY_WANTS_ACCOUNT;
	e->flags |= ENTRY_ACCOUNTED;
	/* The stream is further. */
	ahead = (int32_t)(a->transitions - e->transitions);
	if (ahead < 0)
		return;
	share_touch(m, e);
	set_times(m, e, a);
	e->transitions = a->transitions;
	e->switches = a->switches;
	if (a->max_latency > e->max_latency)
		e->max_latency = a->max_latency;
	if (a->max_latency > m->max_latency)
		m->max_latency = a->max_latency;
	e->waker = a->waker;
	if (a->waker)
		e->flags |= ROW_KNOWS_WAKER;
	before_gap = gap_since(m, a->last);
	/*
	 * What memory said after the kernel's last word stays as it is; but if it said the same, and
	 * there was no gap between, the kernel knows since when.
	 */
	if (a->last < e->last && (before_gap || a->raw != e->raw || a->folded != e->state))
		times_unknown(m, e, e->last);
	else if (ahead || !(e->flags & ENTRY_MOVED) || (e->bound != AGE_EXACT && !before_gap))
		set_state(m, e, a);
	share_rebase(m, e);
	e->flags |= ENTRY_MOVED;
	gap_passed(m, e, a->last);
}

/*
 * Who has had events has an entry in the kernel until it ends: whose entry is gone has ended, though
 * the record of that was lost. Not if probes have been off: entries may have been let go meanwhile.
 */
void model_accounted(struct model *m, uint64_t since)
{
	for (size_t i = m->live.n; i-- > 0;) {
		struct entry *e = &m->live.v[i];
		bool accounted = e->flags & ENTRY_ACCOUNTED;

		e->flags &= ~(uint32_t)ENTRY_ACCOUNTED;
		if (!accounted && e->flags & ENTRY_MOVED && e->last < since && !m->n_gaps)
			table_end(m, e, (struct grave){.time = since});
	}
}
