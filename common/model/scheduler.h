/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler as the model keeps it: what a source found at each look, how long things have been
 * so, alarms. Pure; owned by one thread. Goroutines' own facts come from the model's rows.
 */
#ifndef GOROUTOP_MODEL_SCHEDULER_H
#define GOROUTOP_MODEL_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/scheduler_picture.h"

struct model;
struct alarms;

struct scheduler_p {
	int32_t id;
	uint8_t status; /* enum scheduler_p_status */
	uint32_t tick;	/* counts what it was given to run: unchanged means no switch */
	int32_t queue;	/* −1: not known */
	uint64_t next;	/* goid; 0: none or not known */
	int64_t m;	/* −1: none */
	uint32_t tid;	/* of that M; 0: not known */
	uint64_t goid;	/* that it runs; 0: none */
};

struct scheduler_m {
	int64_t id; /* −1: not known */
	uint32_t tid;
	uint64_t goid; /* 0: none */
	int32_t p;     /* −1: none */
	bool spinning, blocked, in_c;
	char thread_state; /* of the kernel; 0: not asked, or not known */
	uint64_t pc;	   /* where its thread executed just now; 0: not asked, or not known */
	const char *asks;  /* reason for which its goroutine waits for all Ps; NULL: it does not */
};

/* The bound of the process's cgroup. */
struct scheduler_quota {
	bool known;
	double cpus;		     /* 0: no bound */
	uint64_t periods, throttled; /* counters */
};

/* One look. */
struct scheduler_facts {
	uint64_t time;	/* CLOCK_MONOTONIC ns */
	uint32_t knows; /* SCHEDULER_KNOWS_… */
	const struct scheduler_p *ps;
	size_t n_ps;
	const struct scheduler_m *ms;
	size_t n_ms;
	bool knows_threads; /* the threads' states were asked for */
	int32_t idle_ps, idle_ms, spinning_ms, queue, stop_wait;
	bool stopping; /* the world is being stopped, or is */
	uint8_t gc_phase;
	uint64_t pending; /* so long, up to `time`, a stop was seen pending at each of many looks */
	char process_state; /* of the kernel; 0: not known */
	struct scheduler_quota quota;
};

struct scheduler;
struct scheduler *scheduler_new(void); /* NULL: no memory */
void scheduler_free(struct scheduler *s);

/* Takes a look, which is copied. Its times must not go backwards. */
void scheduler_take(struct scheduler *s, struct model *m, const struct scheduler_facts *f);

/* Alarms by the last look, and what it changed. */
const struct alarms *scheduler_alarms(const struct scheduler *s);

/*
 * Fills *ret; it points into s and is valid until the next call. False: there has been no look.
 */
bool scheduler_show(struct scheduler *s, struct model *m, struct scheduler_picture *ret);

#endif
