// SPDX-License-Identifier: GPL-2.0-or-later
/* What groups come to at the end of a refresh interval: rates, CPU time, samples; see group_leak.c. */
#include "model/group.h"
#include "model/group_leak.h"

/* ---- CPU time --------------------------------------------------------------------------------- */

/* The time of those that run now is not all counted yet. */
static void add_running(const struct model *m, struct grouping *g, uint64_t *sums)
{
	uint64_t left = m->count[false][CLASS_RUNNING] + m->count[true][CLASS_RUNNING];

	for (size_t i = 0; left && i < g->member.n; i++) {
		const struct entry *e = &m->live.v[i];
		uint64_t times[TIME_KINDS];
		enum state_class class;
		uint32_t group;
		bool system;

		if (!grouping_member(g, i, &group, &class, &system) || class != CLASS_RUNNING)
			continue;
		left--;
		times_at(m, e, m->time, times);
		sums[group] += times[TIME_RUNNING] - e->times[TIME_RUNNING];
	}
}

/* Time that the living and the ended of each group have run: into group.cpu. */
static void sum_cpu(struct model *m, struct grouping *g)
{
	VEC(uint64_t) sums = {0};

	if (!m->options.probes || !vec_reserve(&sums, g->groups.n))
		return;
	for (size_t i = 0; i < g->groups.n; i++)
		sums.v[i] = g->groups.v[i].ran + g->groups.v[i].gone.times[TIME_RUNNING];
	add_running(m, g, sums.v);
	for (size_t i = 0; i < g->groups.n; i++) {
		struct group *group = &g->groups.v[i];

		/*
		 * The kernel's sums and the stream are read one after the other, so one that ends
		 * between may be in both for a moment: the time never falls, and waits for that.
		 */
		uint64_t more = sums.v[i] > group->cpu ? sums.v[i] - group->cpu : 0;

		group->cpu_pct = m->interval ? 100.0 * (double)more / (double)m->interval : -1;
		group->cpu += more;
	}
	vec_free(&sums);
}

/* ---- rates ------------------------------------------------------------------------------------ */

static double rate(uint64_t now, uint64_t before, uint64_t interval)
{
	if (!interval)
		return -1;
	return now > before ? (double)(now - before) * NSEC_PER_SEC / (double)interval : 0;
}

static void close_rates(struct model *m, struct grouping *g)
{
	bool told = g->by.kind == GROUP_SITE && m->groups->told_sums;

	vec_foreach (group, &g->groups) {
		uint64_t created = told ? group->gone.created : group->created;
		uint64_t ended = told ? group->gone.ended : group->ended;

		group->created_per_s = rate(created, group->created_at, m->interval);
		group->ended_per_s = rate(ended, group->ended_at, m->interval);
		group->created_at = created;
		group->ended_at = ended;
	}
}

/* ---- samples ---------------------------------------------------------------------------------- */

enum { SAMPLE_MS = 2000 }; /* so that those kept reach over a minute */

static void take_sample(struct model *m, struct grouping *g)
{
	size_t last = (g->n_samples - 1) % GROUP_HISTORY, at = g->n_samples % GROUP_HISTORY;

	/* A little early is in time: refreshes do not come to the millisecond. */
	if (g->n_samples && m->time - g->sampled[last] < SAMPLE_MS * NSEC_PER_MSEC * 9 / 10)
		return;
	vec_foreach (group, &g->groups) {
		group->sample[false][at] = (uint32_t)group_count(group, false);
		group->sample[true][at] = (uint32_t)group_count(group, true);
	}
	g->sampled[at] = m->time;
	g->n_samples++;
}

static void close_interval(struct model *m, struct grouping *g)
{
	if (g->by.kind == GROUP_SITE)
		sum_cpu(m, g);
	close_rates(m, g);
	/* Before the first look most of them have not been seen yet. */
	if (m->options.memory && !m->looks)
		return;
	take_sample(m, g);
	if (g->by.kind == GROUP_SITE)
		grouping_find_leaks(m, g);
}

void groups_refresh(struct model *m)
{
	struct groups *all = m->groups;

	if (!all)
		return;
	groups_update(m);
	for (int i = 0; i < (all->asked ? 2 : 1); i++)
		close_interval(m, &all->by[i]);
	/* What became of those who ended is told by site: there the empty ones stay. */
	if (all->asked)
		grouping_tidy(m, &all->by[1]);
}

/* ---- what became of the goroutines of a site: the source's word ------------------------------- */

void groups_sites(struct model *m, const struct feed_site *sites, size_t n)
{
	struct groups *all = m->groups;

	if (!all)
		return;
	all->told_sums = true;
	for (size_t i = 0; i < n; i++) {
		const struct feed_site *s = &sites[i];
		uint32_t at = group_of_key(m, &all->by[0], table_pc(m, NAME_RETURN, s->gopc));

		/* Those without a group of their own have no place for it. */
		if (at == GROUP_REST || at == GROUP_UNKNOWN)
			continue;
		all->by[0].groups.v[at].gone = (struct group_gone){
			.created = s->created,
			.ended = s->ended,
			.switches = s->switches,
			.max_latency = s->max_latency,
			.times = {[TIME_RUNNING] =
					  s->running + (m->options.syscall_times ? 0 : s->syscall),
				  [TIME_RUNNABLE] = s->runnable,
				  [TIME_WAITING] = s->waiting,
				  [TIME_SYSCALL] = m->options.syscall_times ? s->syscall : 0,
				  [TIME_UNKNOWN] = s->unknown},
		};
	}
}
