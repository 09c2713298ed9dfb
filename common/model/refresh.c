// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a refresh interval: rates, shares, history; who was new is not, who ended is gone. */
#include <string.h>

#include "model/table.h"
#include "model/tree.h"

static double per_second(uint64_t now, uint64_t before, uint64_t interval)
{
	if (!interval)
		return -1;
	return (double)(now - before) * NSEC_PER_SEC / (double)interval;
}

static void close_rates(struct model *m)
{
	m->created_per_s = per_second(m->created, m->created_before, m->interval);
	m->ended_per_s = per_second(m->n_ended, m->ended_before_n, m->interval);
	m->transitions_per_s = per_second(m->transitions, m->transitions_before, m->interval);
	m->created_before = m->created;
	m->ended_before_n = m->n_ended;
	m->transitions_before = m->transitions;
	histogram_diff(&m->latency_interval, &m->latency, &m->latency_before);
	m->latency_before = m->latency;
	histogram_diff(&m->run_interval, &m->run, &m->run_before);
	m->run_before = m->run;
}

/* Those of the last interval have been shown as new; those of this one will be. */
static void close_fresh(struct model *m)
{
	__typeof__(m->fresh) shown = m->shown_fresh;

	vec_foreach (goid, &shown) {
		struct entry *e = table_by_goid(m, *goid);

		if (e && !(e->flags & ENTRY_FRESH))
			e->flags &= ~(uint32_t)ROW_NEW;
	}
	vec_foreach (goid, &m->fresh) {
		struct entry *e = table_by_goid(m, *goid);

		if (e)
			e->flags &= ~(uint32_t)ENTRY_FRESH;
	}
	if (m->fresh.n || shown.n)
		m->version++;
	m->shown_fresh = m->fresh;
	shown.n = 0;
	vec_slim(&shown, m->fresh.n);
	m->fresh = shown;
}

static void close_ended(struct model *m)
{
	__typeof__(m->ended) shown = m->ended_before;

	if (m->ended.n || m->ended_before.n)
		m->version++;
	m->ended_before = m->ended;
	shown.n = 0;
	vec_slim(&shown, m->ended.n);
	m->ended = shown;
	table_forget_graves(m);
}

static uint64_t count_all(const uint64_t count[CLASSES])
{
	uint64_t n = 0;

	for (int i = 0; i < CLASSES; i++)
		n += count[i];
	return n;
}

static void add_history(struct model *m)
{
	uint64_t users = count_all(m->count[false]);
	uint64_t all = users + count_all(m->count[true]);

	if (m->n_history == PICTURE_HISTORY) {
		m->n_history--;
		for (int i = 0; i < 2; i++)
			memmove(m->history[i], m->history[i] + 1,
				m->n_history * sizeof(m->history[i][0]));
	}
	m->history[false][m->n_history] = (uint32_t)users;
	m->history[true][m->n_history] = (uint32_t)all;
	m->n_history++;
}

/* Accounts that were asked for and did not come will not: those times stay unknown. */
static void close_accounts(struct model *m)
{
	vec_foreach (goid, &m->wants_accounts) {
		struct entry *e = table_by_goid(m, *goid);

		if (e)
			e->flags &= ~(uint32_t)ENTRY_WANTS_ACCOUNT;
	}
	m->wants_accounts.n = 0;
}

void model_refresh(struct model *m, uint64_t now)
{
	uint64_t before = m->interval;

	if (m->over && m->time <= m->refreshed)
		return;
	table_touch_time(m, now);
	now = m->time;
	m->interval = m->refreshes && now > m->refreshed ? now - m->refreshed : 0;
	close_rates(m);
	shares_close(m, now);
	m->refreshed = now;
	m->refreshes++;
	entry_keys_refresh(m, before);
	close_fresh(m);
	close_ended(m);
	close_accounts(m);
	wants_compact(m);
	add_history(m);
	groups_refresh(m);
	tree_refresh(m);
}
