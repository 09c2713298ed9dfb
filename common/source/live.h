/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live probes: the tracer thread, and the one place that knows the wire and translates it into
 * model/feed.h. The thread attaches, drains by a timer and detaches; it never reads the target's
 * memory. Calls are for one thread (the collector's) unless said otherwise.
 */
#ifndef GOROUTOP_SOURCE_LIVE_H
#define GOROUTOP_SOURCE_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "model/feed.h"
#include "source/target.h"

struct live;

struct live_options {
	const struct target *target; /* borrowed until live_close */
	uint64_t flap_reasons;	     /* as runtime_flap_reasons */
	uint32_t max_goroutines;     /* entries in the kernel's map */
	bool no_waker;		     /* who woke a goroutine is not asked */
	double max_overhead;	     /* percent, as governor_options.max_pct */
	bool drop;		     /* no privileges are left: off is off for good */
	/* Called from the tracer's thread after a flush, or when much is queued; must not block. */
	void (*wake)(void *ctx);
	void *ctx;
};

/* Loads, measures what a hit costs, attaches, starts the thread. Errors as tracer_open's. */
int live_open(struct live **ret, const struct live_options *options, struct err *err);

typedef VEC(struct feed_transition) feed_transitions;

/* Probes were off from then on, until then (0: they still are). */
struct live_gap {
	size_t at; /* so many transitions of the batch come before it */
	uint64_t from, to;
};
typedef VEC(struct live_gap) live_gaps;

/*
 * Exchanges *batch and *gaps (cleared) for what has been queued. Returns the time up to which
 * everything that the kernel had committed is in it or was taken before.
 */
uint64_t live_take(struct live *l, feed_transitions *batch, live_gaps *gaps);

/* Asks the thread to drain now rather than at its next turn; it wakes when done. */
void live_flush(struct live *l);

/* The kernel's account of one goroutine: 0, -ENOENT, -EAGAIN (torn). */
int live_account(struct live *l, uint64_t goid, struct feed_account *ret);

/*
 * Gives the accounts of all goroutines to sink->account. 1: of all that have had a transition since
 * attach and live; 0: perhaps not; or -errno.
 */
int live_accounts(struct live *l, const struct feed_sink *sink);

struct live_counts {
	uint64_t transitions; /* hits of the target */
	uint64_t bypassed;    /* changes past casgstatus that a later transition gave away */
	uint64_t loss[LOSS_COUNT];
};
void live_counts(struct live *l, struct live_counts *ret);
int live_latency(struct live *l, struct feed_latency *ret);
/* Tells the sink what became of the goroutines of each creation site; 0 or -errno. */
int live_sites(struct live *l, const struct feed_sink *sink, uint64_t now);

const char *live_method(const struct live *l); /* as tracer_method */
struct live_cost {
	uint64_t attached; /* ns that probes have been on in all */
	double spent;	   /* ns of the target's time that they have taken in all */
	bool off;	   /* they are off just now */
	unsigned changes;  /* times that they went off */
	bool given_up;	   /* for good */
};
void live_cost(struct live *l, uint64_t now, struct live_cost *ret);

/*
 * Whether the kernel's table should be rid of goroutines that ended while probes were off; then
 * live_living says who lives: goids in ascending order, taken over, as of `since`.
 */
bool live_wants_living(struct live *l);
void live_living(struct live *l, uint64_t *goids, size_t n, uint64_t since);

/* Takes the probes off for good: they tell nothing. */
void live_give_up(struct live *l);

double live_ns_per_hit(const struct live *l);	 /* 0: could not be measured */
uint64_t live_attached_at(const struct live *l); /* CLOCK_MONOTONIC, after the last site was on */

/* Hits stop at once; the rest (some 100 ms) is done by the thread, which then frees everything.
 * `closed` is called on it at the very end. */
void live_close(struct live *l, void (*closed)(void *ctx), void *ctx);

#endif
