/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live Go runtime in the memory of a process: its goroutines, read without stopping it.
 * Addresses given out are those of the process (bias added).
 */
#ifndef GOROUTOP_RUNTIME_RUNTIME_H
#define GOROUTOP_RUNTIME_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "golang/executable.h"
#include "golang/globals.h"
#include "process/memory.h"
#include "process/process.h"

struct runtime;

/*
 * Finds allgs in the live process and checks the layout against it (DESIGN.md law 6): goids
 * distinct, states in range, g.m.curg = g where a goroutine runs, start PCs are function entries.
 * A process that has just been started may not have made its first goroutine: -EAGAIN, to be tried
 * again. EXIT_TARGET with the check that failed otherwise. All arguments but err are borrowed for
 * the runtime's life; threads may be NULL (then thread ids are those of the target's namespace).
 */
int runtime_open(struct runtime **ret, const struct go_exe *exe, const struct layout *layout,
		 const struct memory *mem, uint64_t bias, struct thread_map *threads,
		 struct err *err);
void runtime_close(struct runtime *rt);

/* By which layout it is read. */
const struct layout *runtime_layout(const struct runtime *rt);

/* Entries of allgs at the last look: all that ever lived at one time, dead ones included. */
size_t runtime_count(const struct runtime *rt);

/* How each global was found, for --doctor; GG_COUNT of them. */
const struct go_global_place *runtime_globals(const struct runtime *rt);

/* What memory says of one goroutine. Everything was read between the bracket of its batch. */
struct g_facts {
	uint64_t g; /* address of the struct */
	uint64_t goid;
	uint64_t startpc, gopc;
	uint64_t m;	  /* address of its m, 0: none */
	uint64_t labels;  /* pointer, 0: none */
	uint64_t parent;  /* goid, 0: unknown (Go ≤ 1.20, or made by the runtime) */
	uint32_t status;  /* atomicstatus without _Gscan */
	pid_t tid;	  /* of its m, in our namespace; 0: none or unknown */
	pid_t locked_tid; /* of the m that it is locked to; 0: none */
	int32_t p;	  /* id of its m's p, −1: none or unknown */
	uint8_t reason;	  /* waitReason; meaningful while waiting */
	uint8_t tracking_seq;
	bool flap;    /* status waiting while it still occupies its m: it is running */
	bool extra_m; /* belongs to an extra M (a C thread) */
};

/* One look at some or all goroutines. */
struct g_batch {
	uint64_t t0, t1;	   /* bracket, CLOCK_MONOTONIC ns: read at or after t0, before t1 */
	bool complete;		   /* every goroutine of the process is in it or counted below */
	VEC(struct g_facts) facts; /* idle and dead ones are left out */
	size_t unreadable;	   /* g structs that could not be read or made no sense */
	size_t total;		   /* entries of allgs */
};

/*
 * Reads all goroutines into *batch (cleared first, its memory is used again). 0, or -errno:
 * -ESRCH when the process is gone or has execed, -EIO when allgs no longer makes sense.
 */
int runtime_read_all(struct runtime *rt, struct g_batch *batch);

/* The same for the g structs at addrs[0..n), in any order. */
int runtime_read_some(struct runtime *rt, const uint64_t *addrs, size_t n, struct g_batch *batch);

void g_batch_free(struct g_batch *batch);

/* gomaxprocs by len(allp); 0 unknown. */
unsigned runtime_gomaxprocs(struct runtime *rt);

/* The text of a wait reason by the target's own table, else by the layout's; NULL: no such reason. */
const char *runtime_wait_reason(const struct runtime *rt, uint8_t reason);

/*
 * Reasons (bit n: number n) under which a goroutine only waits in name and runs on; 0 before Go 1.20,
 * where they come late or never and g.m tells instead. Of a runtime, or of a layout's own texts.
 */
uint64_t runtime_flap_reasons(const struct runtime *rt);
uint64_t layout_flap_reasons(const struct layout *layout, const struct go_version *version);

/*
 * Whether a goroutine that starts at this function is the runtime's own (go-runtime.md §9; for
 * those that change sides, runfinq and runCleanups, always the runtime's).
 */
bool runtime_is_system(const char *start_function);

#endif
