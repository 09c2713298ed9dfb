// SPDX-License-Identifier: GPL-2.0-or-later
/* A goroutine as a row: the times counted up to now, ids turned into texts. */
#include "model/entry_key.h"
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
	*r = (struct row){
		.goid = e->goid,
		.g = e->g,
		.since = e->since,
		.first = e->first,
		.stack = e->stack,
		.parent = e->parent,
		.waker = e->waker,
		.labels = e->labels,
		.label_set = labels_of(m, e),
		.start = m->pcs.v[e->start].name,
		.created = m->pcs.v[e->created].name,
		.where = m->pcs.v[e->where].name,
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
		.reason = e->reason,
		.bound = e->bound,
	};
}

static void show_share(const struct share *s, struct row *r)
{
	r->interval = row_times(s->interval);
	r->interval_switches = s->switches;
}

static void show_interval(const struct model *m, const struct entry *e, struct row *r)
{
	struct share still = {0};

	if (!m->options.probes || !m->interval)
		return;
	if (!e->share)
		still_interval(m, e, still.interval);
	show_share(e->share ? &m->shares.v[e->share] : &still, r);
}

static void show_times(const struct model *m, const struct entry *e, struct row *r)
{
	uint64_t times[TIME_KINDS];

	if (!m->options.probes)
		return;
	times_at(m, e, m->time, times);
	r->times = row_times(times);
	r->counted = m->time > e->counted ? m->time : e->counted;
	show_interval(m, e, r);
}

/* In a gap nobody sees whether it still is where it was. */
static void loosen_age(const struct model *m, const struct entry *e, struct row *r)
{
	struct gap gap;

	if (r->bound != AGE_UNKNOWN && gap_before(m, e, m->time, &gap))
		r->bound = AGE_ABOUT;
}

void show_row(const struct model *m, const struct entry *e, struct row *ret)
{
	show_facts(m, e, ret);
	loosen_age(m, e, ret);
	show_times(m, e, ret);
}

void show_parts(const struct model *m, const struct entry *e, unsigned parts, struct row *ret)
{
	if (parts & PART_ALL) {
		show_row(m, e, ret);
		return;
	}
	ret->goid = e->goid;
	ret->since = e->since;
	ret->parent = e->parent;
	ret->waker = e->waker;
	ret->max_latency = e->max_latency;
	ret->transitions = e->transitions;
	ret->switches = e->switches;
	ret->tid = e->tid;
	ret->processor = e->processor;
	ret->flags = e->flags & 0xffff;
	ret->state = e->state;
	ret->reason = e->reason;
	ret->bound = e->bound;
	loosen_age(m, e, ret);
	if (parts & PART_NAMES) {
		ret->start = m->pcs.v[e->start].name;
		ret->created = m->pcs.v[e->created].name;
		ret->where = m->pcs.v[e->where].name;
	}
	if (parts & PART_REASON)
		ret->reason_text = reason_text(m, e);
	if (parts & PART_LABELS) {
		ret->labels = e->labels;
		ret->label_set = labels_of(m, e);
	}
	if (parts & PART_SHARE)
		show_interval(m, e, ret);
}

void show_ended(const struct model *m, const struct ended *e, struct row *ret)
{
	show_facts(m, &e->entry, ret);
	ret->times = row_times(e->entry.times);
	ret->counted = e->entry.counted;
	show_share(&e->share, ret);
}
