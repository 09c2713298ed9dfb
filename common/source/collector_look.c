// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom a refresh looks at. Everybody, while that costs less than a hundredth of a CPU; beyond, all of
 * them as often as that allows, and in between those on the screen. What probes tell needs no look.
 */
#include "base/clock.h"
#include "source/collector_internal.h"

/* CPU time that looks at everybody may take: one part of so many. */
enum { SHARE = 100 };

void collector_want_look(struct collector *c, enum reader_job job, const uint64_t *addrs, size_t n)
{
	if (!c->reader || !c->runtime_open)
		return;
	c->look_addrs.n = 0;
	if (n && !vec_append(&c->look_addrs, addrs, n))
		return;
	c->look_job = job;
	c->look = LOOK_WANTED;
	collector_turn(c, clock_mono());
}

/* Whether probes have told every change since the last look at everybody. */
static bool probes_stand_in(const struct collector *c)
{
	return c->live && c->probing && !c->cost.off && c->attached_pct >= 100 && !c->lost;
}

void collector_want_refresh(struct collector *c, uint64_t now)
{
	/* An output shows every row, and nobody looks at it in between. */
	bool all = c->session->on_picture || !c->first_done || !probes_stand_in(c) ||
		   now + c->delay / 2 >= c->all_due;

	if (all)
		collector_want_look(c, READER_ALL, NULL, 0);
	else if (c->shown.n)
		collector_want_look(c, READER_SOME, c->shown.v, c->shown.n);
	else
		collector_begin_round(c); /* no rows on the screen: the tasks go first */
}

void collector_look_cost(struct collector *c)
{
	if (c->answer.job == READER_ALL)
		c->all_due = c->answer.batch->t0 + c->answer.cpu_ns * SHARE;
}

void collector_look_taken(struct collector *c)
{
	if (c->answer.job == READER_ALL && c->all_due > c->answer.batch->t0 + c->delay)
		reader_forget_look(c->reader);
}

void collector_remember_shown(struct collector *c, const struct picture *p)
{
	if (c->session->on_picture)
		return;
	c->shown.n = 0;
	if (p->selected && p->selected->row->g)
		vec_push(&c->shown, p->selected->row->g);
	for (size_t i = 0; i < p->n; i++)
		if (p->rows[i].row->g)
			vec_push(&c->shown, p->rows[i].row->g);
}
