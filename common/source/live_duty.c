// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes for part of the time: what the governor decides is done here, on the tracer's thread, and
 * told to the collector as gaps. Also what follows from gaps for the kernel's table: goroutines end
 * in them unseen, and their entries would stay.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/privilege.h"
#include "source/live_internal.h"

static const uint64_t cpu_every = 100 * NSEC_PER_MSEC;
/* The collector looks once a refresh. Without it, who has not moved for so long is let go. */
static const uint64_t living_patience = 3 * NSEC_PER_SEC, kept_unseen = 60 * NSEC_PER_SEC;

/* ---- what the governor is told ---------------------------------------------------------------- */

static uint64_t target_cpu(const struct live *l)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(l->pid, &clock) || clock_gettime(clock, &ts))
		return 0;
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static struct governor_seen see(struct live *l)
{
	struct governor_seen seen = {.now = clock_mono()};
	struct tracer_counts counts;

	tracer_counts(l->tracer, &counts);
	if (!l->cpu_at || seen.now - l->cpu_at >= cpu_every) {
		l->cpu = target_cpu(l);
		l->cpu_at = seen.now;
	}
	seen.hits = counts.kernel.hits;
	seen.cpu = l->cpu;
	return seen;
}

void duty_begin(struct live *l, const struct live_options *o)
{
	const struct governor_options go = {.max_pct = o->max_overhead,
					    .ns_per_hit = l->ns_per_hit,
					    .once = o->drop};
	struct governor_seen seen = see(l);

	l->drop = o->drop;
	governor_init(&l->governor, &go, &seen);
	l->on_since = l->attached_at;
}

void duty_free(struct live *l)
{
	free(l->living);
	free((void *)l->let_live.goids);
}

uint64_t duty_due(const struct live *l)
{
	return governor_due(&l->governor);
}

/* ---- off and on ------------------------------------------------------------------------------- */

static void push_gap(struct live *l, uint64_t from, uint64_t to)
{
	const struct live_gap gap = {.at = l->queue.n, .from = from, .to = to};

	if (!vec_push(&l->gaps, gap))
		log_add(LOG_ERROR, "out of memory: a time without probes is not told");
}

static void publish(struct live *l, bool off)
{
	l->cost.spent = l->governor.spent;
	l->cost.off = off;
	l->cost.given_up = l->governor.gone;
}

static void go_off(struct live *l)
{
	uint64_t began = clock_mono();
	struct governor_seen seen;

	l->off_from = tracer_stop(l->tracer);
	live_drain(l);
	pthread_mutex_lock(&l->lock);
	push_gap(l, l->off_from, 0);
	l->dry = true;
	l->cost.attached += l->off_from - l->on_since;
	l->cost.off = true;
	l->cost.changes++;
	l->on_since = 0;
	pthread_mutex_unlock(&l->lock);
	tracer_detach(l->tracer);
	seen = see(l);
	governor_is_off(&l->governor, began, &seen);
	pthread_mutex_lock(&l->lock);
	publish(l, true);
	pthread_mutex_unlock(&l->lock);
	l->stale = true;
}

static void set_dry(struct live *l, bool dry)
{
	pthread_mutex_lock(&l->lock);
	l->drained = clock_mono();
	l->dry = dry;
	pthread_mutex_unlock(&l->lock);
}

static void failed(struct live *l, const struct err *err)
{
	governor_failed(&l->governor, clock_mono());
	l->governor.gone = err->status == EXIT_TARGET;
	set_dry(l, true);
	if (!l->governor.gone)
		log_add(LOG_WARNING, "the probes can't be put on again: %s", err->text);
}

static void go_on(struct live *l)
{
	uint64_t began = clock_mono(), from;
	struct governor_seen seen;
	struct err err;
	int r;

	set_dry(l, false);
	privilege_raise();
	r = tracer_attach(l->tracer, &err);
	privilege_lower();
	if (r) {
		failed(l, &err);
		return;
	}
	from = tracer_counts_from(l->tracer);
	seen = see(l);
	governor_is_on(&l->governor, began, &seen);
	pthread_mutex_lock(&l->lock);
	push_gap(l, l->off_from, from);
	l->on_since = from;
	publish(l, false);
	pthread_mutex_unlock(&l->lock);
}

/* What has been spent is told; returns whether the probes are to go for good. */
static bool tell(struct live *l)
{
	bool give_up;

	pthread_mutex_lock(&l->lock);
	give_up = l->give_up && !l->governor.gone;
	l->give_up = false;
	publish(l, !l->governor.on);
	pthread_mutex_unlock(&l->lock);
	return give_up;
}

void duty_turn(struct live *l)
{
	struct governor_seen seen = see(l);
	enum governor_wish wish = governor_turn(&l->governor, &seen);

	if (tell(l)) {
		l->governor.options.once = l->governor.gone = true;
		wish = l->governor.on ? GOVERNOR_DETACH : GOVERNOR_STAY;
	}
	if (wish == GOVERNOR_DETACH)
		go_off(l);
	else if (wish == GOVERNOR_ATTACH)
		go_on(l);
}

/* ---- room ------------------------------------------------------------------------------------- */

/* Takes what live_living brought. False: it is still to come. */
static bool take_living(struct live *l)
{
	uint64_t now = clock_mono();
	bool here;

	if (!l->asked_living)
		l->asked_living = now;
	pthread_mutex_lock(&l->lock);
	here = l->living;
	l->wants_living = !here;
	if (here) {
		free((void *)l->let_live.goids);
		l->let_live = (struct tracer_living){true, l->living, l->n_living, l->living_since};
		l->living = NULL;
	}
	pthread_mutex_unlock(&l->lock);
	if (!here && now - l->asked_living < living_patience)
		return false;
	if (!here) {
		free((void *)l->let_live.goids);
		l->let_live =
			(struct tracer_living){.since = now > kept_unseen ? now - kept_unseen : 0};
	}
	l->asked_living = 0;
	return true;
}

/* At 80 % of the kernel's table a larger one takes over, or those who are gone are left behind. */
void duty_room(struct live *l)
{
	int r;

	if (!tracer_wants_room(l->tracer))
		return;
	if (!tracer_moving(l->tracer)) {
		if (l->stale && !take_living(l))
			return;
		tracer_let_live(l->tracer, l->stale ? &l->let_live : NULL);
		l->stale = !l->governor.on;
	}
	privilege_raise();
	r = tracer_make_room(l->tracer);
	privilege_lower();
	if (r)
		log_add(LOG_WARNING,
			"the kernel's table of %u goroutines can't grow: %s: choose more with "
			"--max-goroutines",
			tracer_room(l->tracer), strerror(-r));
}

/* ---- the collector's side --------------------------------------------------------------------- */

bool live_wants_living(struct live *l)
{
	bool wants;

	pthread_mutex_lock(&l->lock);
	wants = l->wants_living;
	pthread_mutex_unlock(&l->lock);
	return wants;
}

void live_living(struct live *l, uint64_t *goids, size_t n, uint64_t since)
{
	uint64_t *old;

	pthread_mutex_lock(&l->lock);
	old = l->living;
	l->living = goids;
	l->n_living = n;
	l->living_since = since;
	l->wants_living = false;
	pthread_mutex_unlock(&l->lock);
	free(old);
}

void live_cost(struct live *l, uint64_t now, struct live_cost *ret)
{
	pthread_mutex_lock(&l->lock);
	*ret = l->cost;
	if (l->on_since && now > l->on_since)
		ret->attached += now - l->on_since;
	pthread_mutex_unlock(&l->lock);
}

void live_give_up(struct live *l)
{
	pthread_mutex_lock(&l->lock);
	l->give_up = true;
	pthread_cond_signal(&l->wanted);
	pthread_mutex_unlock(&l->lock);
}
