/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that a source of facts can say. Live probes and memory, a recording and a test script speak
 * it alike; the model listens, the recorder tees it. Times are CLOCK_MONOTONIC ns, pcs are
 * addresses in the target, thread ids those of our own PID namespace. 0 means unknown unless said
 * otherwise.
 */
#ifndef GOROUTOP_MODEL_FEED_H
#define GOROUTOP_MODEL_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/gstatus.h"
#include "base/wait.h"
#include "model/labels.h"

enum {
	FEED_FLAP = 1,	    /* waiting only in name: it still occupies its thread, and is running */
	FEED_UNREAD = 2,    /* goid unknown: only g tells which goroutine it was */
	FEED_BIRTH = 4,	    /* first of this goroutine's life */
	FEED_MISSED = 8,    /* what the kernel knew before does not lead to old_state */
	FEED_STALE_ID = 16, /* goid may be that of an earlier life of this g: take the g address */
	FEED_SINCE_MIN = 64, /* of an account: it was in its state before `since` already */
};

/*
 * The probe fires before the runtime's compare-and-swap and the trap invites preemption: so much
 * later memory may still show the state before (13 ms measured, reference/uprobes-and-bpf.md).
 */
#define MERGE_LAG (15 * NSEC_PER_MSEC)

/* No such status: what a state is when it was not one of enum gstatus. */
#define FEED_NO_STATE 0xff

/* One call of casgstatus. */
struct feed_transition {
	uint64_t time;
	uint64_t goid;
	uint64_t g;
	uint64_t waker;
	uint32_t tid; /* thread on which it ran */
	uint32_t
		sequence; /* number of this goroutine's transitions, this one included; 0: unknown */
	uint8_t old_state, new_state; /* enum gstatus, unfolded, no scan bit, or FEED_NO_STATE */
	uint8_t reason;
	uint8_t flags;
};

/* What memory said of one goroutine. */
struct feed_fact {
	uint64_t goid, g;
	uint64_t startpc, gopc;
	uint64_t parent;
	uint64_t labels; /* opaque, equal for equal labels; 0: none */
	uint32_t tid, locked_tid;
	int32_t processor; /* −1: none or unknown */
	uint8_t status, reason, tracking_seq;
	bool flap;
	bool extra_m;
};

/*
 * One look at the memory. The stream has been drained up to t0 before it is given. A large one comes
 * in parts, between which anything else may be told; another look means that no more of it comes.
 */
struct feed_look {
	uint64_t t0, t1;
	bool complete;	   /* a goroutine that is not in it did not live at t0 */
	size_t unreadable; /* goroutines that could not be read: then absence proves nothing */
	const struct feed_fact *facts;
	size_t n;
	bool continues; /* this is not the first part of it */
	size_t left;	/* facts in the parts that follow; 0: it is whole now */
};

/* The kernel's own account of one goroutine: exact totals of folded states. */
struct feed_account {
	uint64_t goid, g;
	uint64_t first, since, last;
	uint64_t running, runnable, waiting, syscall, unknown;
	uint64_t max_latency, waker;
	uint32_t transitions, switches, tid;
	uint8_t raw, folded, reason, flags;
};

enum {
	STACK_IS_GUESS = 1, /* it ran: the calls that it made last */
	STACK_IS_TORN = 2,  /* it moved while it was read */
	STACK_IS_CUT = 4,   /* outer frames are missing */
};

/* Stacks as memory had them between t0 and t1. Who has the same one shares it. */
struct feed_stacks {
	uint64_t t0, t1;
	const uint64_t *frames; /* as FRAME_EXACT in names.h has them, innermost first */
	size_t n_frames;
	const struct feed_stack {
		uint32_t first, n; /* in frames; n 0: nothing is known */
	} * stacks;
	size_t n_stacks;
	const struct feed_stack_of {
		uint64_t goid, g;
		uint32_t stack; /* place in stacks */
		uint8_t flags;	/* STACK_IS_… */
	} * of;
	size_t n_of;
};

/* What labels are behind a pointer that goroutines have. */
struct feed_labels {
	uint64_t labels;       /* as in struct feed_fact */
	bool readable;	       /* false: nobody can tell */
	const struct label *v; /* by key, ascending */
	size_t n;
};

enum feed_loss {
	LOSS_RING, /* records for which the ring buffer had no room */
	LOSS_MAP_FULL,
	LOSS_UNREAD,
	LOSS_MISSED,
	LOSS_TORN,
	LOSS_COUNT
};

enum feed_end { END_EXITED, END_EXECED, END_DETACHED, END_RECORDING };

/*
 * What became of the goroutines that one go statement made, since attach: sums of the kernel's, which
 * has those too that came and went between two looks. Times are of the ended.
 */
struct feed_site {
	uint64_t gopc;
	uint64_t created, ended, switches, max_latency;
	uint64_t running, runnable, waiting, syscall, unknown; /* ns, folded states */
};

struct feed_latency {
	uint64_t bucket[64];	 /* runnable→running, bucket b: [2^b, 2^(b+1)) ns, since attach */
	uint64_t run_bucket[64]; /* run lengths, likewise */
};

/* Who listens. Every function is called on one thread, in the order of what happened. */
struct feed_sink {
	void *ctx;
	void (*transitions)(void *ctx, const struct feed_transition *t, size_t n);
	void (*look)(void *ctx, const struct feed_look *look);
	void (*account)(void *ctx, const struct feed_account *account);
	/*
	 * Accounts of all goroutines of which the kernel has an entry have been given; the reading of
	 * them began at `since`, and none was left out.
	 */
	void (*accounted)(void *ctx, uint64_t since);
	/* Probes were not attached from `from` on until `to` (0: until now, and still). */
	void (*gap)(void *ctx, uint64_t from, uint64_t to);
	/* n more were lost, known at `time`. */
	void (*loss)(void *ctx, enum feed_loss kind, uint64_t n, uint64_t time);
	void (*latency)(void *ctx, const struct feed_latency *latency, uint64_t time);
	void (*stacks)(void *ctx, const struct feed_stacks *stacks);
	void (*labels)(void *ctx, const struct feed_labels *labels, size_t n);
	void (*waits)(void *ctx, const struct wait_batch *waits);
	/* All sites that there are sums of, at `time`. */
	void (*sites)(void *ctx, const struct feed_site *sites, size_t n, uint64_t time);
	/* Everything up to this time has been given. */
	void (*now)(void *ctx, uint64_t time);
	void (*end)(void *ctx, enum feed_end how, uint64_t time);
};

#endif
