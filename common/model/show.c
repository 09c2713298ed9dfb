// SPDX-License-Identifier: GPL-2.0-or-later
/* A goroutine as a row: the times counted up to now, ids turned into texts. */
#include "model/table.h"

static struct row_times row_times(const uint64_t t[TIME_KINDS])
{
	return (struct row_times){
		.running = t[TIME_RUNNING],
		.runnable = t[TIME_RUNNABLE],
		.waiting = t[TIME_WAITING],
		.syscall = t[TIME_SYSCALL],
		.unknown = t[TIME_UNKNOWN],
	};
}

static const char *reason_text(const struct model *m, const struct entry *e)
{
	if (!(e->flags & ROW_KNOWS_REASON) || !m->options.names)
		return NULL;
	return names_reason(m->options.names, e->reason);
}

/* All but the times. */
static void show_facts(const struct model *m, const struct entry *e, struct row *r)
{
	const struct model_pc *start = &m->pcs.v[e->start], *created = &m->pcs.v[e->created],
			      *where = &m->pcs.v[e->where];

	*r = (struct row){
		.goid = e->goid,
		.g = e->g,
		.since = e->since,
		.first = e->first,
		.startpc = start->pc,
		.gopc = created->pc,
		.wherepc = where->pc,
		.stack = e->stack,
		.parent = e->parent,
		.waker = e->waker,
		.labels = e->labels,
		.label_set = labels_of(m, e),
		.start = start->name,
		.created = created->name,
		.where = where->name,
		.reason_text = reason_text(m, e),
		.max_latency = e->max_latency,
		.transitions = e->transitions,
		.switches = e->switches,
		.tid = e->tid,
		.locked_tid = e->locked_tid,
		.processor = e->processor,
		.flags = e->flags & 0xffff,
		.state = e->state,
		.raw = e->raw,
		.previous = e->previous,
		.reason = e->reason,
		.bound = e->bound,
		.tracking_seq = e->tracking_seq,
	};
}

static void show_share(const struct share *s, struct row *r)
{
	r->interval = row_times(s->interval);
	r->interval_transitions = s->transitions;
	r->interval_switches = s->switches;
}

void show_row(const struct model *m, const struct entry *e, struct row *ret)
{
	uint64_t times[TIME_KINDS];
	struct share share;
	struct gap gap;

	show_facts(m, e, ret);
	/* In a gap nobody sees whether it still is where it was. */
	if (ret->bound != AGE_UNKNOWN && gap_before(m, e, m->time, &gap))
		ret->bound = AGE_ABOUT;
	if (!m->options.probes)
		return;
	times_at(m, e, m->time, times);
	ret->times = row_times(times);
	ret->counted = m->time > e->counted ? m->time : e->counted;
	if (m->interval) {
		share_of(m, e, &share);
		show_share(&share, ret);
	}
}

void show_ended(const struct model *m, const struct ended *e, struct row *ret)
{
	show_facts(m, &e->entry, ret);
	ret->times = row_times(e->entry.times);
	ret->counted = e->entry.counted;
	show_share(&e->share, ret);
}
