/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader thread: everything that reads the target's memory happens on it, for such a read may
 * be stuck in the kernel for as long as somebody likes (a FUSE file's page). One job at a time; the
 * collector asks, goes on with its work, and takes the answer. Calls are for one thread.
 */
#ifndef GOROUTOP_SOURCE_READER_H
#define GOROUTOP_SOURCE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "runtime/runtime.h"
#include "source/target.h"

struct reader;

/* Starts the thread. The target is borrowed until reader_close's `closed`. */
int reader_start(struct reader **ret, const struct target *target, void (*wake)(void *ctx),
		 void *ctx, struct err *err);

enum reader_job {
	READER_OPEN, /* find the runtime and check the layout: the answer is an error or 0 */
	READER_ALL,  /* every goroutine */
	READER_SOME, /* those at some addresses */
	READER_TASK, /* a slice of a task: reader_ask_task */
};

/* Asks; false when it is busy (with an older job, or stuck). addrs are copied, for READER_SOME. */
bool reader_ask(struct reader *r, enum reader_job job, const uint64_t *addrs, size_t n);

/* The same for one slice of a task (source/task.h); its result is the answer's. */
struct task_kind;
bool reader_ask_task(struct reader *r, const struct task_kind *kind, void *job);

/* Whether it would take a job now. */
bool reader_is_idle(struct reader *r);

struct reader_answer {
	enum reader_job job;
	int result;	       /* 0 or -errno, as the function of runtime/ gave it */
	struct err err;	       /* of a failed READER_OPEN */
	struct g_batch *batch; /* of a look: valid until the next one is asked for */
	unsigned gomaxprocs;
	uint64_t cpu_ns; /* CPU time that the job took */
};

/* The answer to the last job; false when there is none yet. */
bool reader_take(struct reader *r, struct reader_answer *ret);

/* How long the job under way has taken so far, ns; 0 when there is none. */
uint64_t reader_busy_for(struct reader *r);

/*
 * Gives back the memory of the last look. Only while it is the collector's: after reader_take, before
 * the next look is asked for.
 */
void reader_forget_look(struct reader *r);

/*
 * The runtime, after a READER_OPEN that succeeded; NULL before. Only for what does not read memory
 * (wait reasons, globals).
 */
const struct runtime *reader_runtime(const struct reader *r);

/*
 * Ends it. `closed` is called by the thread when it is done with the target, which may be never if
 * it is stuck: then it is left behind.
 */
void reader_close(struct reader *r, void (*closed)(void *ctx), void *ctx);

#endif
