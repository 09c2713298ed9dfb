// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.h"
#include "source/governor.h"

/* An over-run is answered within a second: the window that shows it, and a turn. */
static const uint64_t window_length = 500 * NSEC_PER_MSEC;
/* INTERFACE.md: off for at least so long; on for at least so long, if the budget has it. */
static const uint64_t off_least = 250 * NSEC_PER_MSEC, on_least = 20 * NSEC_PER_MSEC;
/* As much as the account may hold, of the budget of this time: how long a burst may last. */
static const uint64_t account_time = 500 * NSEC_PER_MSEC;
/* Fine for so long in one piece: then they are on for good again. */
static const uint64_t calm = 2 * NSEC_PER_SEC;
static const double calm_share = 0.8; /* hysteresis: of the budget */

static const uint64_t turn_least = 2 * NSEC_PER_MSEC, turn_most = 100 * NSEC_PER_MSEC;
static const uint64_t cpu_window = 200 * NSEC_PER_MSEC;

static const double cost_guess = 60e6; /* ns, until it has been seen: what both took here */

static bool bounded(const struct governor *g)
{
	return g->options.max_pct > 0 && g->options.ns_per_hit > 0;
}

void governor_init(struct governor *g, const struct governor_options *o,
		   const struct governor_seen *seen)
{
	*g = (struct governor){
		.options = *o,
		.on = true,
		.full = true,
		.budget = o->max_pct / 100,
		.on_cost = cost_guess / 2,
		.off_cost = cost_guess,
		.since = seen->now,
		.last = *seen,
		.window = *seen,
		.cpu = *seen,
	};
	g->account = g->budget * (double)account_time;
}

/* The share is of what the target uses, but never of less than one CPU (INTERFACE.md). */
static void set_budget(struct governor *g, const struct governor_seen *seen)
{
	uint64_t passed = seen->now - g->cpu.now;
	double cpus = 1;

	if (passed < cpu_window)
		return;
	if (seen->cpu > g->cpu.cpu && g->cpu.cpu)
		cpus = (double)(seen->cpu - g->cpu.cpu) / (double)passed;
	g->budget = g->options.max_pct / 100 * (cpus > 1 ? cpus : 1);
	g->cpu = *seen;
}

/* What taking them off, or off and on, will cost: they are hit meanwhile as they are now. */
static double off_debt(const struct governor *g)
{
	return g->load * g->off_cost;
}

static double needed(const struct governor *g)
{
	double over = g->load > g->budget ? g->load - g->budget : 0;

	return off_debt(g) + g->load * g->on_cost + over * (double)on_least;
}

static void earn(struct governor *g, const struct governor_seen *seen)
{
	double most = g->budget * (double)account_time;

	/* Whose turn is dear saves for it. */
	if (most < needed(g))
		most = needed(g);
	g->account += g->budget * (double)(seen->now - g->last.now);
	if (g->account > most)
		g->account = most;
}

static void spend(struct governor *g, double ns)
{
	g->account -= ns;
	g->spent += ns;
}

static void set_load(struct governor *g, double hits_ns, uint64_t passed)
{
	/* Old news counts for half after 20 ms: a burst is seen at once, and forgotten soon. */
	double share = (double)passed / ((double)passed + 20e6);

	if (passed)
		g->load += share * (hits_ns / (double)passed - g->load);
}

static double window_load(const struct governor *g, const struct governor_seen *seen)
{
	return (double)(seen->hits - g->window.hits) * g->options.ns_per_hit /
	       (double)(seen->now - g->window.now);
}

/* In a window of half a second the budget is kept or it is not, whatever was saved before. */
static bool window_is_over(struct governor *g, const struct governor_seen *seen)
{
	bool over;

	if (seen->now - g->window.now < window_length)
		return false;
	over = window_load(g, seen) > g->budget;
	if (!g->full && seen->now - g->since >= calm)
		g->full = window_load(g, seen) < calm_share * g->budget;
	g->window = *seen;
	return over;
}

static enum governor_wish turn_on(struct governor *g, const struct governor_seen *seen)
{
	double ns = (double)(seen->hits - g->last.hits) * g->options.ns_per_hit;
	bool over;

	set_load(g, ns, seen->now - g->last.now);
	spend(g, ns);
	over = window_is_over(g, seen);
	if (g->load > g->budget && g->account <= off_debt(g))
		return GOVERNOR_DETACH;
	return over && g->full ? GOVERNOR_DETACH : GOVERNOR_STAY;
}

static enum governor_wish turn_off(const struct governor *g, const struct governor_seen *seen)
{
	if (g->gone || seen->now < g->since + off_least)
		return GOVERNOR_STAY;
	return g->account >= needed(g) ? GOVERNOR_ATTACH : GOVERNOR_STAY;
}

enum governor_wish governor_turn(struct governor *g, const struct governor_seen *seen)
{
	enum governor_wish wish;

	set_budget(g, seen);
	earn(g, seen);
	wish = g->on ? turn_on(g, seen) : turn_off(g, seen);
	g->last = *seen;
	return bounded(g) ? wish : GOVERNOR_STAY;
}

static uint64_t bound_turn(double ns)
{
	return ns < (double)turn_least	? turn_least
	       : ns > (double)turn_most ? turn_most
					: (uint64_t)ns;
}

uint64_t governor_due(const struct governor *g)
{
	uint64_t until = g->since + off_least;

	if (!bounded(g) || g->gone)
		return turn_most;
	/* Half of the way to where it would have to end, if it goes on like this. */
	if (g->on)
		return g->load <= g->budget
			       ? turn_most
			       : bound_turn((g->account - off_debt(g)) / (g->load - g->budget) / 2);
	if (until > g->last.now)
		return bound_turn((double)(until - g->last.now));
	return bound_turn((needed(g) - g->account) / g->budget);
}

/* A time that was long once may be short the next time: what was seen last counts for a half. */
static void learn(double *cost, double took)
{
	*cost = (*cost + took) / 2;
}

/* What was hit while they went on or off is not counted, but paid for by the target. */
static void pay_for_change(struct governor *g, double *cost, uint64_t began,
			   const struct governor_seen *seen)
{
	double took = (double)(seen->now - began);

	earn(g, seen);
	spend(g, g->load * took);
	learn(cost, took);
	g->since = seen->now;
	g->last = g->window = *seen;
}

void governor_is_on(struct governor *g, uint64_t began, const struct governor_seen *seen)
{
	g->on = true;
	pay_for_change(g, &g->on_cost, began, seen);
}

void governor_is_off(struct governor *g, uint64_t began, const struct governor_seen *seen)
{
	g->on = g->full = false;
	g->gone = g->options.once;
	pay_for_change(g, &g->off_cost, began, seen);
}

void governor_failed(struct governor *g, uint64_t now)
{
	g->since = now + NSEC_PER_SEC;
}
