/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of live probes share. With live_wire.c, the only ones that know the wire. */
#ifndef GOROUTOP_SOURCE_LIVE_INTERNAL_H
#define GOROUTOP_SOURCE_LIVE_INTERNAL_H

#include <pthread.h>

#include "bpf/tracer.h"
#include "source/governor.h"
#include "source/live.h"

struct live {
	struct tracer *tracer;
	const struct target *target;
	pid_t pid; /* as system calls know it */
	pthread_t thread;
	uint64_t attached_at;
	double ns_per_hit;
	void (*wake)(void *ctx);
	void *ctx;
	void (*closed)(void *ctx);
	void *closed_ctx;

	pthread_mutex_t lock;
	pthread_cond_t wanted; /* flush or stop, for the tracer's thread */
	/* Under the lock: */
	bool flush, stop;
	bool give_up;
	feed_transitions queue;
	live_gaps gaps;
	uint64_t drained;
	bool dry; /* probes are off, and what they had told is in the queue */
	struct live_cost cost;
	uint64_t on_since; /* 0: off */
	bool wants_living;
	uint64_t *living; /* what live_living brought; NULL: nothing new */
	size_t n_living;
	uint64_t living_since;

	/* The tracer's thread alone: */
	feed_transitions fresh;
	bool drop;
	struct governor governor;
	uint64_t cpu, cpu_at; /* the target's CPU time, and when that was asked */
	uint64_t off_from;    /* since when they are off */
	bool stale;	      /* entries may be of goroutines that ended while they were off */
	uint64_t asked_living;
	struct tracer_living let_live;
};

/* ---- the thread: live.c ----------------------------------------------------------------------- */

/* Takes what the ring buffer holds, in slices; returns how many there were. */
size_t live_drain(struct live *l);

/* ---- for part of the time: live_duty.c --------------------------------------------------------- */

/* Before the thread starts; then in it, at each turn. The next must not be later than duty_due. */
void duty_begin(struct live *l, const struct live_options *o);
void duty_turn(struct live *l);
uint64_t duty_due(const struct live *l);

/* Room in the kernel's table, for those who live. */
void duty_room(struct live *l);
void duty_free(struct live *l);

/* ---- translation: live_wire.c ------------------------------------------------------------------ */

/* What the tracer is to be opened with: 0, -errno with *err. to->sites is allocated. */
int wire_options(const struct live_options *o, struct tracer_options *to, struct err *err);

struct feed_transition wire_transition(const struct gt_record *r);
struct feed_account wire_account(uint64_t goid, const struct gt_entry *e);

#endif
