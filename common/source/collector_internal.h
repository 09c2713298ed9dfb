/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the collector share. */
#ifndef GOROUTOP_SOURCE_COLLECTOR_INTERNAL_H
#define GOROUTOP_SOURCE_COLLECTOR_INTERNAL_H

#include "base/clock.h"
#include "base/vec.h"
#include "model/model.h"
#include "source/collector.h"
#include "source/live.h"
#include "source/reader.h"
#include "source/target.h"
#include "source/task.h"

/* Where the look at the memory is that a refresh waits for. */
enum look_state {
	LOOK_NONE,
	LOOK_WANTED, /* not asked for yet: the reader is at something else */
	LOOK_ASKED,  /* the reader is at it */
	LOOK_HELD,   /* answered; the stream is not drained up to its end yet, or a part is left */
};

/* Which of a refresh's looks it is at. */
enum look_turn {
	TURN_FIRST,
	TURN_AGAIN, /* what disagreed with the first, once the lag is over */
	TURN_LAST,  /* who came since: what else is read takes longer than some goroutines live */
};

/* Where the task is whose turn it is. */
enum task_state {
	TASK_NONE,
	TASK_ASKED, /* the reader is at a slice of it */
	TASK_MORE,  /* the next slice is to be asked for */
};

/* A refresh that waits longer for the memory is closed without it. */
static const uint64_t collector_patience = 250 * NSEC_PER_MSEC;
/*
 * An output waits longer, as long as there is progress; and one that is of stacks still more, for
 * without them it is nothing, and there is no next one.
 */
static const uint64_t output_patience = 2 * NSEC_PER_SEC, stacks_patience = 30 * NSEC_PER_SEC;

struct task;

/* Whether the probes hear what the memory shows; as of the last look at it. */
struct probe_watch {
	uint64_t hits, sum;
	uint64_t next_sum;    /* of the look that is being given */
	unsigned changes;     /* as live_cost has them */
	uint64_t quiet_since; /* no hit since then, though they were on; 0: no look yet */
	unsigned moved;	      /* looks since then that showed a change */
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
	struct err
		no_probes; /* why they could not be set; status 0: they were, or were not wanted */
	char why[1000];	   /* why one of the two ways is missing, and what would lift it */

	struct names *names;
	struct model *model;
	struct feed_sink sink;
	feed_transitions batch;
	live_gaps gaps;	   /* of the batch */
	uint64_t attached; /* CLOCK_MONOTONIC: when watching began */
	uint64_t drained;  /* the stream has been fed up to here */

	/* One refresh. */
	uint64_t delay, next; /* when the next begins */
	uint64_t began;	      /* the one under way */
	bool refreshing;      /* one has begun and is not closed */
	bool first_done;
	uint64_t deadline; /* when it is closed whatever is missing */
	enum look_state look;
	enum reader_job look_job; /* of a look wanted … */
	uint64_t all_due;	  /* when a look at everybody costs no more than it may */
	VEC(uint64_t) shown;	  /* g addresses of the rows in the last picture */
	bool lost;		  /* records, in the last interval */
	VEC(uint64_t) look_addrs; /* … and its addresses */
	size_t given;		  /* facts of the look held that the model has */
	bool given_all;		  /* it has had one of everybody */
	VEC(struct feed_fact) part;
	enum look_turn look_turn;
	uint64_t again_at; /* when TURN_AGAIN may begin; 0: it is not wanted */
	uint64_t open_at;  /* when the runtime is looked for again; 0: it is not */
	struct reader_answer answer;
	bool paused;
	bool ended;

	/* Tasks: collector_tasks.c. */
	struct request request; /* the newest; its filter is the session's */
	struct task *tasks;	/* n_task_kinds of them */
	enum task_state task;
	size_t turn; /* the task under way, or the next to be asked */
	size_t left; /* tasks still to be asked in this round; 0: none is under way */

	struct probe_watch watch;

	/* Last counts, for differences; and what the header shows. */
	struct live_counts counts;
	struct live_cost cost;
	double attached_pct, overhead_pct;
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

/* collector_look.c */
/* A look goes before the next slice of a task. addrs are copied. */
void collector_want_look(struct collector *c, enum reader_job job, const uint64_t *addrs, size_t n);
void collector_want_refresh(struct collector *c, uint64_t now); /* the look that a refresh needs */
void collector_look_cost(struct collector *c);			/* a look was answered */
/* Gives the model a part of the look held; true: it has all of it. */
bool collector_give_look(struct collector *c);
/* Whether pictures may be made between two parts. */
bool collector_may_part(const struct collector *c);
void collector_remember_shown(struct collector *c, const struct picture *p);

/* collector_tasks.c */
int collector_make_tasks(struct collector *c); /* −1: no memory */
void collector_free_tasks(struct collector *c);
/* Gives the reader, if it is idle, what is most wanted. */
void collector_turn(struct collector *c, uint64_t now);
/* Takes the answer of a slice (c->answer); true: pictures look different now. */
bool collector_task_answered(struct collector *c, uint64_t now);
void collector_show(struct collector *c, struct picture *p);

/* collector_live.c: the stream and its gaps; at the end of a refresh; each part of a look; after it. */
void collector_take_events(struct collector *c);
void collector_cost(struct collector *c, uint64_t now);
void collector_looking(struct collector *c, const struct feed_look *part);
void collector_looked(struct collector *c, const struct g_batch *look);

/* facts.c: the header's numbers, at the end of a refresh. */
void collector_measure(struct collector *c, uint64_t now);

#endif
