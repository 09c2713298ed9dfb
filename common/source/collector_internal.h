/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the collector share. */
#ifndef GOROUTOP_SOURCE_COLLECTOR_INTERNAL_H
#define GOROUTOP_SOURCE_COLLECTOR_INTERNAL_H

#include "model/model.h"
#include "source/collector.h"
#include "source/live.h"
#include "source/reader.h"
#include "source/target.h"

/* Where the look at the memory is that a refresh waits for. */
enum look_state {
	LOOK_NONE,
	LOOK_ASKED, /* the reader is at it */
	LOOK_HELD,  /* answered; the stream is not drained up to its end yet */
};

struct collector {
	const struct session_options *session;
	void (*wake)(void *ctx);
	void *ctx;

	struct target target;
	struct live *live;     /* NULL: no probes */
	struct reader *reader; /* NULL: no memory */
	bool runtime_open;     /* the reader has found the runtime and checked the layout */
	bool probing;	       /* probes are wanted and on */
	char why[1000];	       /* why one of the two ways is missing, and what would lift it */

	struct names *names;
	struct model *model;
	struct feed_sink sink;
	feed_transitions batch;
	uint64_t attached; /* CLOCK_MONOTONIC: when watching began */
	uint64_t drained;  /* the stream has been fed up to here */

	/* One refresh. */
	uint64_t delay, next; /* when the next begins */
	uint64_t began;	      /* the one under way */
	bool refreshing;      /* one has begun and is not closed */
	bool first_done;
	uint64_t deadline; /* when it is closed whatever is missing */
	enum look_state look;
	bool second;	   /* the look is the second one of this refresh */
	uint64_t again_at; /* when the second one may begin; 0: none is wanted */
	uint64_t open_at;  /* when the runtime is looked for again; 0: it is not */
	struct reader_answer answer;
	bool paused;
	bool ended;

	/* Last counts, for differences; and what the header shows. */
	struct live_counts counts;
	uint64_t refreshed_at, refreshed_cpu;
	double transitions_per_s, self_cpu_pct;
	unsigned gomaxprocs, threads;
	uint64_t serial;
	enum process_life life;

	void (*closed)(void *ctx);
	void *closed_ctx;
	int users; /* of closed: threads not yet gone; atomic */
};

/* attach.c: everything up to the first look. */
int collector_attach(struct collector *c, struct err *err);
int collector_make_model(struct collector *c, struct err *err);
/* After a READER_OPEN: 0, -EAGAIN (asked again later), or the error that ends the session. */
int collector_opened(struct collector *c, const struct reader_answer *a, struct err *err);

/* facts.c: the header's numbers, at the end of a refresh. */
void collector_measure(struct collector *c, uint64_t now);

#endif
