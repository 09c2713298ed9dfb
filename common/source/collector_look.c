// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom a refresh looks at. Everybody, while that costs less than a hundredth of a CPU; beyond, all of
 * them as often as that allows, and in between those on the screen. What probes tell needs no look.
 */
#include "base/clock.h"
#include "base/log.h"
#include "source/collector_internal.h"

enum {
	SHARE = 100,  /* CPU time that looks at everybody may take: one part of so many */
	PART = 16384, /* goroutines whose facts the model takes in one go: a key may be pressed */
};

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

/* ---- what a look told ------------------------------------------------------------------------- */

static struct feed_fact translate_fact(const struct g_facts *f)
{
	return (struct feed_fact){
		.goid = f->goid,
		.g = f->g,
		.startpc = f->startpc,
		/* No go statement made the first goroutine; Go's tracebacks leave it out as well. */
		.gopc = f->goid == 1 ? 0 : f->gopc,
		.parent = f->parent,
		.labels = f->labels,
		.tid = f->tid,
		.locked_tid = f->locked_tid,
		.processor = f->p,
		.status = f->status,
		.reason = f->reason,
		.tracking_seq = f->tracking_seq,
		.flap = f->flap,
		.extra_m = f->extra_m,
	};
}

/*
 * Half of the first look is no table. Nor is half of a later one where nobody else tells who came and
 * went: those would be there twice. And a key that could not wait is only pressed on a screen.
 */
bool collector_may_part(const struct collector *c)
{
	return c->given_all && c->probing && !c->cost.off && !c->session->on_picture;
}

/* The model's table has all of it: what it took to hold it is not kept for a look far away. */
static void taken(struct collector *c)
{
	if (c->answer.job != READER_ALL)
		return;
	c->given_all = true;
	if (c->all_due > c->answer.batch->t0 + c->delay)
		reader_forget_look(c->reader);
}

bool collector_give_look(struct collector *c)
{
	const struct g_batch *b = c->answer.batch;
	size_t left = b->facts.n - c->given;
	struct feed_look look = {
		.t0 = b->t0,
		.t1 = b->t1,
		.complete = b->complete,
		.unreadable = b->unreadable,
		.n = left < PART ? left : PART,
		.continues = c->given > 0,
	};

	look.left = left - look.n;
	c->part.n = 0;
	if (!vec_reserve(&c->part, look.n)) {
		log_add(LOG_ERROR, "out of memory: a look at the memory was dropped");
		return true;
	}
	for (; c->part.n < look.n; c->part.n++)
		c->part.v[c->part.n] = translate_fact(&b->facts.v[c->given + c->part.n]);
	look.facts = c->part.v;
	c->given += look.n;
	c->sink.look(c->sink.ctx, &look);
	collector_looking(c, &look);
	if (look.left)
		return false;
	collector_looked(c, b);
	taken(c);
	return true;
}

/* ---- who is on the screen --------------------------------------------------------------------- */

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
