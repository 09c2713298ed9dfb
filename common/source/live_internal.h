/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of live probes share. With live_wire.c, the only ones that know the wire. */
#ifndef GOROUTOP_SOURCE_LIVE_INTERNAL_H
#define GOROUTOP_SOURCE_LIVE_INTERNAL_H

#include <pthread.h>

#include "bpf/tracer.h"
#include "source/live.h"

struct live {
	struct tracer *tracer;
	const struct target *target;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted; /* flush or stop, for the tracer's thread */
	bool flush, stop;
	feed_transitions queue; /* under the lock */
	uint64_t drained;	/* under the lock */
	feed_transitions fresh; /* the tracer's thread alone */
	uint64_t attached_at;
	double ns_per_hit;
	void (*wake)(void *ctx);
	void *ctx;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

/* ---- translation: live_wire.c ------------------------------------------------------------------ */

/* What the tracer is to be opened with: 0, -errno with *err. to->sites is allocated. */
int wire_options(const struct live_options *o, struct tracer_options *to, struct err *err);

struct feed_transition wire_transition(const struct gt_record *r);
struct feed_account wire_account(uint64_t goid, const struct gt_entry *e);

#endif
