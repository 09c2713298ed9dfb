// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "process/privilege.h"
#include "source/live_internal.h"

enum {
	/* Records that may wait for the collector. More stay in the ring buffer, and are lost there
	 * (counted) if the collector does not come back: it is paused, or hangs. */
	QUEUE_MAX = 2 << 20,
	DRAIN_SLICE = 16 << 10,
	BUSY_SLICE = 8 << 10, /* more than this in one turn: turns come faster */
};

static const uint64_t turn_min = 2 * NSEC_PER_MSEC, turn_max = 100 * NSEC_PER_MSEC;

/* ---- the tracer's thread ---------------------------------------------------------------------- */

static void take_record(void *ctx, const struct gt_record *r)
{
	struct live *l = ctx;

	if (!vec_push(&l->fresh, wire_transition(r)))
		log_add(LOG_ERROR, "out of memory: a transition was dropped");
}

size_t live_drain(struct live *l)
{
	uint64_t began = clock_mono();
	size_t all = 0;
	bool room = true;
	ssize_t n;

	do {
		n = tracer_drain(l->tracer, take_record, l, DRAIN_SLICE);
		all += n > 0 ? (size_t)n : 0;
		pthread_mutex_lock(&l->lock);
		if (l->fresh.n && !vec_append(&l->queue, l->fresh.v, l->fresh.n))
			log_add(LOG_ERROR, "out of memory: %zu transitions were dropped",
				l->fresh.n);
		room = l->queue.n < QUEUE_MAX;
		pthread_mutex_unlock(&l->lock);
		l->fresh.n = 0;
	} while (n == DRAIN_SLICE && room);

	pthread_mutex_lock(&l->lock);
	if (room)
		l->drained = began;
	pthread_mutex_unlock(&l->lock);
	return all;
}

enum turn_end { TURN_OVER, TURN_FLUSH, TURN_STOP };

/* Sleeps for a turn, or until a flush or the end is asked for. */
static enum turn_end wait_turn(struct live *l, uint64_t turn)
{
	uint64_t until = clock_mono() + turn;
	const struct timespec ts = {.tv_sec = until / NSEC_PER_SEC,
				    .tv_nsec = until % NSEC_PER_SEC};
	enum turn_end end = TURN_OVER;

	pthread_mutex_lock(&l->lock);
	while (!l->flush && !l->stop)
		if (pthread_cond_timedwait(&l->wanted, &l->lock, &ts))
			break;
	end = l->stop ? TURN_STOP : l->flush ? TURN_FLUSH : TURN_OVER;
	l->flush = false;
	pthread_mutex_unlock(&l->lock);
	return end;
}

static void live_free(struct live *l)
{
	tracer_close(l->tracer);
	vec_free(&l->queue);
	vec_free(&l->gaps);
	duty_free(l);
	vec_free(&l->fresh);
	pthread_cond_destroy(&l->wanted);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/*
 * A turn is as long as the stream allows: an idle target costs ten wake-ups a second, a storm is
 * drained before the ring buffer is full.
 */
static void *tracer_thread(void *arg)
{
	struct live *l = arg;
	uint64_t turn = turn_min;
	void (*closed)(void *);
	enum turn_end end;
	void *ctx;

	prctl(PR_SET_NAME, "tracer");
	if (l->drop)
		privilege_drop();
	while ((end = wait_turn(l, turn < duty_due(l) ? turn : duty_due(l))) != TURN_STOP) {
		size_t n = live_drain(l);

		duty_turn(l);
		duty_room(l);
		turn = n > BUSY_SLICE ? turn / 2 : turn * 2;
		turn = turn < turn_min ? turn_min : turn > turn_max ? turn_max : turn;
		if (end == TURN_FLUSH || n > BUSY_SLICE)
			l->wake(l->ctx);
	}
	tracer_detach(l->tracer);
	closed = l->closed;
	ctx = l->closed_ctx;
	live_free(l);
	if (closed)
		closed(ctx);
	return NULL;
}

/* ---- opening and closing ---------------------------------------------------------------------- */

static int open_tracer(struct live *l, const struct live_options *o, struct err *err)
{
	struct tracer_options to;
	struct err ignored;
	int r = wire_options(o, &to, err);

	if (r)
		return r;
	l->pid = to.pid;
	r = tracer_open(&l->tracer, &to, err);
	free((void *)to.sites);
	if (r)
		return r;
	if (tracer_calibrate(l->tracer, &l->ns_per_hit, &ignored))
		log_add(o->max_overhead > 0 ? LOG_WARNING : LOG_INFO,
			"the cost of a probe hit could not be measured%s: %s",
			o->max_overhead > 0 ? ", so that --max-overhead does not hold" : "",
			ignored.text);
	r = tracer_attach(l->tracer, err);
	l->attached_at = clock_mono();
	if (!r)
		duty_begin(l, o);
	return r;
}

static void init_lock(struct live *l)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wanted, &attr);
	pthread_condattr_destroy(&attr);
}

int live_open(struct live **ret, const struct live_options *options, struct err *err)
{
	struct live *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	init_lock(l);
	l->target = options->target;
	l->wake = options->wake;
	l->ctx = options->ctx;
	privilege_raise();
	r = open_tracer(l, options, err);
	privilege_lower();
	if (!r) {
		r = -pthread_create(&l->thread, NULL, tracer_thread, l);
		if (r)
			err_set(err, EXIT_FAILED, -r, "no thread could be started: %s",
				strerror(-r));
	}
	if (r) {
		live_free(l);
		return r;
	}
	pthread_detach(l->thread);
	*ret = l;
	return 0;
}

void live_close(struct live *l, void (*closed)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	l->closed = closed;
	l->closed_ctx = ctx;
	pthread_cond_signal(&l->wanted);
	pthread_mutex_unlock(&l->lock);
}

/* ---- the collector's side --------------------------------------------------------------------- */

uint64_t live_take(struct live *l, feed_transitions *batch, live_gaps *gaps)
{
	feed_transitions taken;
	live_gaps marks;
	uint64_t drained;

	batch->n = gaps->n = 0;
	pthread_mutex_lock(&l->lock);
	taken = l->queue;
	marks = l->gaps;
	l->queue = *batch;
	l->gaps = *gaps;
	drained = l->dry ? clock_mono() : l->drained;
	pthread_mutex_unlock(&l->lock);
	*batch = taken;
	*gaps = marks;
	return drained;
}

void live_flush(struct live *l)
{
	bool dry;

	pthread_mutex_lock(&l->lock);
	dry = l->dry;
	l->flush = !dry;
	pthread_cond_signal(&l->wanted);
	pthread_mutex_unlock(&l->lock);
	if (dry) /* the thread may be busy with taking them off, and has nothing to bring */
		l->wake(l->ctx);
}

int live_account(struct live *l, uint64_t goid, struct feed_account *ret)
{
	struct gt_entry e;
	int r = tracer_entry(l->tracer, goid, &e);

	if (!r)
		*ret = wire_account(goid, &e);
	return r;
}

static void give_account(void *ctx, uint64_t goid, const struct gt_entry *entry)
{
	const struct feed_sink *sink = ctx;
	struct feed_account a = wire_account(goid, entry);

	sink->account(sink->ctx, &a);
}

int live_accounts(struct live *l, const struct feed_sink *sink)
{
	enum { SLICE = 4096 };
	struct tracer_cursor cursor = {0};
	struct tracer_counts before, after;
	int r;

	tracer_counts(l->tracer, &before);
	do {
		r = tracer_entries(l->tracer, &cursor, SLICE, give_account, (void *)sink);
	} while (r > 0);
	tracer_counts(l->tracer, &after);
	/* Found half written, or never made. */
	return r ? r
		 : before.torn == after.torn && !after.kernel.map_full && !after.kernel.map_busy;
}

void live_counts(struct live *l, struct live_counts *ret)
{
	struct tracer_counts c;

	tracer_counts(l->tracer, &c);
	*ret = (struct live_counts){.transitions = c.kernel.hits, .bypassed = c.kernel.bypassed};
	ret->loss[LOSS_RING] = c.kernel.lost + c.alien;
	ret->loss[LOSS_MAP_FULL] = c.kernel.map_full + c.kernel.newborn_full + c.kernel.map_busy;
	ret->loss[LOSS_UNREAD] = c.kernel.unread;
	ret->loss[LOSS_MISSED] = c.kernel.missed;
	ret->loss[LOSS_TORN] = c.torn;
}

int live_latency(struct live *l, struct feed_latency *ret)
{
	struct gt_latency latency;
	int r = tracer_latency(l->tracer, &latency);

	if (r)
		return r;
	_Static_assert(sizeof(latency.bucket) == sizeof(ret->bucket), "log2 buckets of 64 bits");
	memcpy(ret->bucket, latency.bucket, sizeof(ret->bucket));
	memcpy(ret->run_bucket, latency.run_bucket, sizeof(ret->run_bucket));
	return 0;
}

const char *live_method(const struct live *l)
{
	return tracer_method(l->tracer);
}

double live_ns_per_hit(const struct live *l)
{
	return l->ns_per_hit;
}

uint64_t live_attached_at(const struct live *l)
{
	return l->attached_at;
}
