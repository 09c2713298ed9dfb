/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task: something beside the look that a picture needs and only the target's memory has (stacks,
 * labels, what a goroutine waits on, the scheduler). Each is one row of task_kinds[] in tasks.c; the
 * collector and the reader know none of them by name.
 *
 * Once a refresh, after the look was merged and before the interval is closed, each task in its turn
 * is asked whether it wants to read; it also gets a turn when the request changed. The reader runs
 * its job in slices, and looks go between them.
 */
#ifndef GOROUTOP_SOURCE_TASK_H
#define GOROUTOP_SOURCE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/picture.h"

struct collector;
struct runtime;

/* What a job has cost until now: for a bound on it. */
struct task_cost {
	uint64_t begun_at; /* when the last one began, CLOCK_MONOTONIC ns; 0: never */
	uint64_t cpu_last; /* CPU time of the last one on the reader's thread, ns */
	uint64_t cpu_total;
};

/* What is known when a task is asked. */
struct task_context {
	struct collector *collector;
	const struct request *request; /* the newest one */
	bool all;     /* an output wants every row, and waits for it (batch); false: a screen */
	bool refresh; /* within a refresh; false: the request changed */
	uint64_t now;
	struct task_cost cost;
};

struct task_kind {
	const char *name;
	/*
	 * Two blocks of memory, zeroed at the start: `state` is the collector's; `job` is the
	 * reader's from a `wanted` that returned true until `merge`, the collector's otherwise.
	 */
	size_t state_size, job_size;

	/* Collector's thread: puts into the job what shall be read; false: nothing for now. */
	bool (*wanted)(void *state, void *job, const struct task_context *t);

	/*
	 * Reader's thread: reads for some 20 ms at most, then returns 1: there is more, call again.
	 * 0: done; -errno: it failed. Touches nothing but the job.
	 */
	int (*read)(void *job, struct runtime *rt);

	/* Collector's thread: takes what was read; true: pictures look different now. */
	bool (*merge)(void *state, void *job, const struct task_context *t, int result);

	/*
	 * Collector's thread, optional: a picture has been made. Hangs what is known into it (valid
	 * until the next call), or remembers which rows are on the screen.
	 */
	void (*show)(void *state, const struct task_context *t, struct picture *p);

	/* Optional: frees what the two blocks point at. */
	void (*free)(void *state, void *job);
};

extern const struct task_kind *const task_kinds[];
extern const size_t n_task_kinds;

#endif
