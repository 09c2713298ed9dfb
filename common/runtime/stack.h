/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stacks of goroutines, read from memory without stopping anybody. A goroutine that does not run
 * has left its registers in its g; from there frame pointers lead outwards, or, where there are none
 * (system calls before Go 1.23, calls back from C), the executable's own table of frame sizes. What
 * was read is checked afterwards: bounds, state, stack pointer and the count of stops must be the
 * same as before, else it is read again, and marked if it never holds still.
 */
#ifndef GOROUTOP_RUNTIME_STACK_H
#define GOROUTOP_RUNTIME_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/vec.h"
#include "runtime/runtime.h"

/* Frames kept of one stack, the innermost ones. */
enum { STACK_DEPTH = 1024 };

/*
 * A frame is a pc in the process: the address that it returns to, so that the call before it is
 * meant; or, with this bit, the very instruction.
 */
#define STACK_EXACT (1ull << 63)

enum {
	/*
	 * It runs. On a system stack its registers are in its g and the frames are where it left
	 * them; otherwise they are the calls that it made last, of which the inner ones may have
	 * returned.
	 */
	STACK_RUNNING = 1,
	STACK_TORN = 2, /* it moved each time that it was read: frames may be mixed up */
	STACK_CUT = 4,	/* the outer frames are missing: too deep, or they make no sense */
};

/* n pcs from `first` in the batch's pcs, the innermost first; none when nothing is known. */
struct stack {
	uint32_t first, n;
};

/* Whose stack it is, and in which state it was. */
struct g_stack {
	uint64_t g, goid;
	uint32_t stack; /* place in the batch's stacks */
	uint8_t status; /* without _Gscan */
	uint8_t tracking_seq;
	uint8_t flags; /* STACK_… */
};

/* Stacks read together; equal ones are kept once. All zero is empty. */
struct stack_batch {
	uint64_t t0, t1; /* bracket, CLOCK_MONOTONIC ns */
	VEC(uint64_t) pcs;
	VEC(struct stack) stacks;
	VEC(struct g_stack) of; /* in no order; dead and unreadable ones are left out */
	struct hash ids;	/* of what is in them → place in stacks */
};

void stack_batch_clear(struct stack_batch *b); /* keeps the memory */
void stack_batch_free(struct stack_batch *b);

/* A batch takes no more than this at once: some 20 ms of reading. */
enum { STACK_SLICE = 8192 };

/*
 * Reads the stacks of the g structs at addrs[0..n), n ≤ STACK_SLICE, in any order, and adds them to
 * the batch; t0 is the first call's. 0; -ESRCH when the process is gone or has execed; -ENOMEM;
 * -ENOTSUP when the layout does not tell where the registers are.
 */
int runtime_read_stacks(struct runtime *rt, const uint64_t *addrs, size_t n,
			struct stack_batch *batch);

#endif
