// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "model/select.h"
#include "model/tree.h"

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * The longest latency that a row tells of; but never shorter than the histogram knows that there was
 * one: goroutines whose records were lost are in it all the same.
 */
static uint64_t latency_max(const struct model *m)
{
	unsigned top = HISTOGRAM_BUCKETS;

	while (top && !m->latency.bucket[top - 1])
		top--;
	return max_u64(m->max_latency, top > 1 ? 1ull << (top - 1) : 0);
}

/* Interpolated in a bucket, it must not come out above the longest one there was. */
static uint64_t percentile(const struct histogram *h, double percent, uint64_t max)
{
	uint64_t p = 0;

	histogram_percentile(h, percent, &p);
	return p < max ? p : max;
}

static struct latency_summary latency_summary(const struct model *m)
{
	const struct histogram *h = &m->latency_interval;
	struct latency_summary s = {
		.total = histogram_count(&m->latency),
		.count = histogram_count(h),
		.max = latency_max(m),
		.interval = m->interval && m->options.probes,
	};

	s.p50 = percentile(h, 50, s.max);
	s.p90 = percentile(h, 90, s.max);
	s.p99 = percentile(h, 99, s.max);
	return s;
}

static void add_counts(struct summary *s, const uint64_t count[CLASSES])
{
	s->running += count[CLASS_RUNNING];
	s->runnable += count[CLASS_RUNNABLE];
	s->waiting += count[CLASS_WAITING];
	s->syscall += count[CLASS_SYSCALL];
	s->other += count[CLASS_OTHER];
}

static struct summary summary(const struct model *m, bool system)
{
	struct summary s = {
		.created = m->created,
		.ended = m->n_ended,
		.created_per_s = m->created_per_s,
		.ended_per_s = m->ended_per_s,
		.latency = latency_summary(m),
	};

	add_counts(&s, m->count[false]);
	if (system)
		add_counts(&s, m->count[true]);
	for (int i = 0; i < CLASSES; i++)
		s.system += m->count[true][i];
	s.goroutines = s.running + s.runnable + s.waiting + s.syscall + s.other;
	return s;
}

static void fill_source(const struct model *m, struct source_facts *s)
{
	s->transitions = m->transitions;
	s->transitions_per_s = m->transitions_per_s;
	s->lost = m->loss[LOSS_RING];
	s->map_full = m->loss[LOSS_MAP_FULL];
	s->unread = m->loss[LOSS_UNREAD];
	s->missed = m->loss[LOSS_MISSED];
	s->torn = m->loss[LOSS_TORN];
	s->corrected = m->corrected;
	s->bypassed = m->bypassed;
}

static void fill_header(const struct model *m, const struct request *request, struct picture *p)
{
	*p = (struct picture){
		.time = m->time,
		.elapsed = m->time > m->options.attached ? m->time - m->options.attached : 0,
		.has_interval = m->interval,
		.summary = summary(m, request->system),
		.context =
			{
				.names = m->options.names,
				.now = m->time,
				.interval = m->interval,
				.syscall_times = m->options.syscall_times,
				.ascii = request->ascii,
				.waits = m->waits.read ? &m->waits.picture : NULL,
			},
		.n_history = m->n_history,
		.waits = m->waits.read ? &m->waits.picture : NULL,
	};
	if (p->summary.latency.interval && p->summary.latency.count)
		p->context.late = p->summary.latency.p99;
	memcpy(p->history, m->history[request->system], sizeof(p->history));
	fill_source(m, &p->source);
}

int model_picture(struct model *m, const struct request *request, struct picture *ret)
{
	struct selection s;
	size_t n;
	int r;

	fill_header(m, request, ret);
	r = select_rows(m, request, &ret->context, &s);
	if (!r)
		r = search_rows(m, request, &ret->context, &ret->found);
	if (!r)
		r = groups_picture(m, request, &ret->context, &ret->groups);
	if (!r)
		r = blocked_picture(m, request, &ret->context, &ret->blocked);
	if (r)
		return r;
	n = m->rows.n;
	m->picture_rows.n = 0;
	vec_slim(&m->picture_rows, n + 1);
	if (!vec_reserve(&m->picture_rows, n + 1))
		return -ENOMEM;
	/* The selected one stands behind the window's; select_rows left room for it. */
	m->rows.v[n] = s.selected;
	for (size_t i = 0; i <= n; i++)
		m->picture_rows.v[i] = (struct picture_row){.row = &m->rows.v[i]};
	for (size_t i = 0; request->tree && i < n; i++)
		m->picture_rows.v[i].tree = m->tree->window.v[i];
	ret->matching = ret->groups ? ret->groups->goroutines : s.matching;
	ret->first = s.first;
	ret->n = n;
	ret->rows = m->picture_rows.v;
	ret->selected_at = s.selected_at;
	ret->selected = s.has_selected ? &m->picture_rows.v[n] : NULL;
	detail_picture(m, request, &ret->detail);
	return stacks_picture(m, request, ret, &ret->stacks);
}
