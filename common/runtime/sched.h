/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scheduler of a live runtime, as its memory has it: Ps, Ms, queues, the collector's phase.
 * Everything is checked before it is given out; what does not pass is not known (`knows`).
 */
#ifndef GOROUTOP_RUNTIME_SCHED_H
#define GOROUTOP_RUNTIME_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"
#include "runtime/runtime.h"

/* p.status, src/runtime/runtime2.go. From Go 1.26 a P in a syscall stays running. */
enum sched_p_status {
	SCHED_P_IDLE,
	SCHED_P_RUNNING,
	SCHED_P_SYSCALL,
	SCHED_P_GCSTOP,
	SCHED_P_DEAD,
	SCHED_P_STATUSES
};

/* gcphase, src/runtime/mgc.go. */
enum sched_gc_phase { SCHED_GC_OFF, SCHED_GC_MARK, SCHED_GC_TERMINATION, SCHED_GC_PHASES };

/* What of struct sched_facts is known. */
enum {
	SCHED_KNOWS_PS = 1 << 0,
	SCHED_KNOWS_MS = 1 << 1,
	SCHED_KNOWS_COUNTS = 1 << 2, /* idle_ps, idle_ms, spinning_ms */
	SCHED_KNOWS_QUEUE = 1 << 3,  /* the global one */
	SCHED_KNOWS_STOP = 1 << 4,   /* stopping, stop_wait */
	SCHED_KNOWS_GC_PHASE = 1 << 5,
};

struct sched_p {
	uint64_t addr;
	int32_t id;
	uint32_t status; /* enum sched_p_status */
	uint64_t m;	 /* address, 0: none */
	uint32_t tick;	 /* counts the goroutines that it was given: unchanged means no switch */
	int32_t queue;	 /* goroutines in its own queue, `next` not counted; −1: not known */
	uint64_t next_g; /* the one that runs next; 0: none, or not known */
	uint64_t next_goid;
};

struct sched_m {
	uint64_t addr;
	int64_t id;	/* −1: not known */
	pid_t tid;	/* in our namespace; 0: not known */
	uint64_t curg;	/* address of the goroutine that it runs; 0: none */
	uint64_t goid;	/* of curg; 0: none, or not known */
	uint64_t p;	/* address; 0: none */
	bool flap;	/* that goroutine only waits in name, and holds on to its M; … */
	uint8_t reason; /* … the reason that it gives */
	bool spinning;	/* looks for work */
	bool blocked;	/* sleeps on a note */
	bool in_c;	/* runs C code */
};

struct sched_facts {
	uint64_t t0, t1; /* bracket, CLOCK_MONOTONIC */
	uint32_t knows;
	VEC(struct sched_p) ps; /* by id: those of GOMAXPROCS */
	VEC(struct sched_m) ms; /* the newest first */
	int32_t idle_ps, idle_ms, spinning_ms;
	int32_t queue;
	bool stopping;	   /* the world is being stopped, or is stopped … */
	int32_t stop_wait; /* … and so many Ps still have to stop */
	uint32_t gc_phase; /* enum sched_gc_phase */
};

/* Which Ms are read: a program may have ten thousand, and few of them hold a P. */
enum sched_ms { SCHED_HELD_MS, SCHED_ALL_MS };

/*
 * Reads it all into *ret (cleared first, its memory is used again). 0, or -ESRCH when the process is
 * gone; what cannot be read otherwise is just not known. SCHED_KNOWS_MS only with all of them.
 */
int runtime_read_sched(struct runtime *rt, enum sched_ms ms, struct sched_facts *ret);
void sched_facts_free(struct sched_facts *f);

/* The P that an M holds, or NULL. */
const struct sched_p *sched_p_of(const struct sched_facts *f, const struct sched_m *m);
/* The M that a P is held by, or NULL. */
const struct sched_m *sched_m_of(const struct sched_facts *f, const struct sched_p *p);

/*
 * How the value at a global fits what it should be, for --doctor: > 0 it does, 0 it cannot be told,
 * < 0 it does not. The text says what was found.
 */
int runtime_verify_global(struct runtime *rt, enum go_global g, char *dst, size_t size);

#endif
