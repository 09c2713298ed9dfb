// SPDX-License-Identifier: GPL-2.0-or-later
/* What the probes tell, when they were off, what they cost, and whether they tell anything at all. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/radix.h"
#include "source/collector_internal.h"

/* Attached but no hit for so long, although the memory changes: the wrong place, or inode. */
static const uint64_t deaf_after = 2 * NSEC_PER_SEC;
enum { DEAF_CHANGES = 2 }; /* looks that differ from the one before */

/* ---- the stream ------------------------------------------------------------------------------- */

static void feed(const struct feed_sink *sink, const struct feed_transition *t, size_t n)
{
	if (n)
		sink->transitions(sink->ctx, t, n);
}

static void feed_gap(const struct feed_sink *sink, const struct live_gap *gap)
{
	if (sink->gap)
		sink->gap(sink->ctx, gap->from, gap->to);
}

/* Transitions and gaps in the order in which they came. */
static void feed_batch(const struct collector *c, const struct feed_sink *sink)
{
	const feed_transitions *b = &c->batch;
	size_t done = 0;

	for (size_t i = 0; i < c->gaps.n; i++) {
		const struct live_gap *gap = &c->gaps.v[i];
		size_t at = gap->at < b->n ? gap->at : b->n;

		feed(sink, b->v + done, at - done);
		feed_gap(sink, gap);
		done = at;
	}
	feed(sink, b->v + done, b->n - done);
}

void collector_take_events(struct collector *c)
{
	if (!c->live) {
		c->drained = UINT64_MAX;
		return;
	}
	c->drained = live_take(c->live, &c->batch, &c->gaps);
	if (!c->batch.n && !c->gaps.n)
		return;
	feed_batch(c, &c->sink);
	if (c->session->events)
		feed_batch(c, c->session->events);
}

/* ---- off for good ----------------------------------------------------------------------------- */

static void give_up(struct collector *c, const char *why)
{
	c->probing = false;
	snprintf(c->why, sizeof(c->why), "%s", why);
	log_add(LOG_WARNING, "%s", c->why);
}

static void check_cost(struct collector *c, const struct live_cost *cost)
{
	char why[sizeof(c->why)];

	/* Without --drop it is a target that has just ended, which its life will tell. */
	if (!c->probing || !cost->given_up || c->life != PROCESS_ALIVE || !c->session->drop)
		return;
	snprintf(why, sizeof(why),
		 "probes took more than %g%% of CPU time and are off for good: without privileges "
		 "(--drop) they can't be put on again",
		 c->session->max_overhead);
	give_up(c, why);
}

void collector_cost(struct collector *c, uint64_t now)
{
	struct live_cost cost;
	double passed = (double)(now - c->refreshed_at);

	if (!c->live)
		return;
	live_cost(c->live, now, &cost);
	if (now > c->refreshed_at) {
		double attached = 100 * (double)(cost.attached - c->cost.attached) / passed;

		c->attached_pct = attached > 100 ? 100 : attached;
		c->overhead_pct = 100 * (cost.spent - c->cost.spent) / passed;
	}
	c->cost = cost;
	check_cost(c, &cost);
}

/* ---- deaf ------------------------------------------------------------------------------------- */

/*
 * A number that changes when a goroutine comes, goes or has stopped running: casgstatus counts that
 * in trackingSeq. Not by states: some change without casgstatus (go-runtime.md §3).
 */
static uint64_t sum_of(const struct feed_look *look)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < look->n; i++) {
		uint64_t x = look->facts[i].goid << 8 | look->facts[i].tracking_seq;

		x *= 0x9e3779b97f4a7c15;
		sum += x ^ x >> 29;
	}
	return sum;
}

static void hear_nothing(struct collector *c)
{
	if (!c->probing)
		return;
	live_give_up(c->live);
	give_up(c, "memory only: goroutines change, and the probes have seen none of it for 2 "
		   "seconds: please report this with the output of --doctor");
}

void collector_looking(struct collector *c, const struct feed_look *part)
{
	if (!part->continues)
		c->watch.next_sum = 0;
	c->watch.next_sum += sum_of(part);
}

static void check_ears(struct collector *c, const struct g_batch *look)
{
	struct probe_watch *w = &c->watch;
	struct live_counts counts;
	struct live_cost cost;
	bool heard;

	live_counts(c->live, &counts);
	live_cost(c->live, look->t1, &cost);
	/* What was off in between could not hear. */
	heard = counts.transitions != w->hits || cost.off || cost.changes != w->changes ||
		!w->quiet_since;
	if (heard) {
		w->quiet_since = look->t1;
		w->moved = 0;
	} else if (w->next_sum != w->sum && ++w->moved >= DEAF_CHANGES &&
		   look->t1 - w->quiet_since >= deaf_after) {
		hear_nothing(c);
	}
	w->hits = counts.transitions;
	w->changes = cost.changes;
	w->sum = w->next_sum;
}

/* ---- who lives -------------------------------------------------------------------------------- */

static void tell_living(struct collector *c, const struct g_batch *look)
{
	uint64_t *goids;

	if (look->unreadable || !live_wants_living(c->live))
		return;
	goids = malloc(look->facts.n * sizeof(*goids) + 1);
	if (!goids)
		return;
	for (size_t i = 0; i < look->facts.n; i++)
		goids[i] = look->facts.v[i].goid;
	if (!radix_sort(goids, look->facts.n)) {
		free(goids);
		return;
	}
	live_living(c->live, goids, look->facts.n, look->t0);
}

void collector_looked(struct collector *c, const struct g_batch *look)
{
	if (!c->live || !look->complete)
		return;
	tell_living(c, look);
	if (c->probing)
		check_ears(c, look);
}
