/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sub-picture of VIEW_SCHEDULER: the runtime's Ps and queues, who runs on them, how long
 * goroutines wait to be run and how long they run. In struct picture by a pointer; NULL when nothing
 * is known of the scheduler.
 */
#ifndef GOROUTOP_MODEL_SCHEDULER_PICTURE_H
#define GOROUTOP_MODEL_SCHEDULER_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/histogram.h"
#include "model/names.h"

/* What of the scheduler is known: those of struct scheduler_facts and of the picture. */
enum {
	SCHEDULER_KNOWS_PS = 1 << 0,
	SCHEDULER_KNOWS_MS = 1 << 1,
	SCHEDULER_KNOWS_COUNTS = 1 << 2, /* idle_ps, idle_ms, spinning_ms */
	SCHEDULER_KNOWS_QUEUE = 1 << 3,
	SCHEDULER_KNOWS_STOP = 1 << 4, /* stopping, stop_wait */
	SCHEDULER_KNOWS_GC_PHASE = 1 << 5,
};

/* As the runtime numbers them (src/runtime/runtime2.go, mgc.go; Go 1.17 to 1.27). */
enum scheduler_p_status { P_IDLE, P_RUNNING, P_SYSCALL, P_GCSTOP, P_DEAD, P_STATUSES };
enum scheduler_gc_phase { GC_OFF, GC_MARK, GC_TERMINATION, GC_PHASES };

const char *scheduler_p_status_name(uint8_t status); /* "idle", "running", …; "unknown" */
const char *scheduler_gc_phase_name(uint8_t phase);  /* "off", "mark", "mark termination" */

/* A distribution of times since attach and in the last interval. */
struct spread {
	struct histogram total, interval;
	bool known;	   /* false: nothing watches it (no probes) */
	bool has_interval; /* false: no interval yet */
	struct percentiles {
		uint64_t count, p50, p90, p99; /* p… meaningful when count > 0 */
		uint64_t most;		       /* the longest … */
		bool most_bound; /* … was not longer: that is the end of its bucket */
	} all, last;
};

/* A goroutine as this view shows it. */
struct scheduler_goroutine {
	uint64_t goid;	   /* 0: none */
	uint8_t state;	   /* shown state; FEED_NO_STATE: not known */
	uint64_t since;	   /* when its state began … */
	uint8_t bound;	   /* … enum age_bound; AGE_UNKNOWN: not known */
	struct name where; /* the line it is at, as well as it is known; else where it started */
	bool start;	   /* … the latter */
	bool about;	   /* it has moved on since that was seen */
};

/* A P. */
struct scheduler_row {
	int32_t id;
	uint8_t status;	   /* enum scheduler_p_status */
	int32_t queue;	   /* −1: not known */
	uint64_t next;	   /* goid that runs next; 0: none or not known */
	int64_t m;	   /* −1: none */
	uint32_t tid;	   /* 0: none or not known */
	char thread_state; /* of the kernel: R S D T …; 0: not known */
	struct scheduler_goroutine running;
};

/* A thread that holds a goroutine but is off CPU, or one whose goroutine runs without a switch. */
struct scheduler_thread {
	int64_t m;
	uint32_t tid;
	int32_t p; /* −1: none */
	char thread_state;
	bool in_c;
	struct scheduler_goroutine running;
};

struct scheduler_picture {
	uint64_t time;	/* of the look */
	uint32_t knows; /* SCHEDULER_KNOWS_… */
	int32_t idle_ps, idle_ms, spinning_ms, queue, stop_wait;
	size_t n_ms; /* all threads of the runtime */
	bool stopping;
	uint8_t gc_phase;
	double quota; /* CPUs that its cgroup grants; 0: no bound, or not known */
	struct spread latency, run;

	const struct scheduler_row *ps;
	size_t n_ps;
	bool knows_threads; /* whether the kernel was asked for their states */
	const struct scheduler_thread
		*off; /* hold a goroutine that says running, but are off CPU */
	size_t n_off;
	const struct scheduler_thread *busy; /* run one goroutine for more than SCHEDULER_BUSY */
	size_t n_busy;
};

/* A goroutine that runs longer than this without a switch is worth a line. */
#define SCHEDULER_BUSY (10 * 1000 * 1000ull)

/* A copy in one block, for free(); NULL: no memory. */
struct scheduler_picture *scheduler_picture_copy(const struct scheduler_picture *p);

#endif
