/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read stacks share. */
#ifndef GOROUTOP_RUNTIME_STACK_INTERNAL_H
#define GOROUTOP_RUNTIME_STACK_INTERNAL_H

#include "base/hash.h"
#include "runtime/internal.h"
#include "runtime/stack.h"

/* The code of one function in the process; entry 0: it has none. */
struct code {
	uint64_t entry, end;
};

static inline bool is_in(const struct code *c, uint64_t pc)
{
	return pc - c->entry < c->end - c->entry;
}

/* Whether the pcs at which goroutines were stopped are their functions' first: few are asked for. */
enum { STACK_TOPS = 16 };
struct stack_top {
	uint64_t pc;
	bool entry;
};

/* What walking needs to know of the executable; made once. */
struct stack_code {
	bool known;
	struct code text;
	struct code goexit; /* returned to by each goroutine's first function */
	/* Put themselves between two instructions of what ran: its frame may not be there yet. */
	struct code async_preempt, sigpanic;
	/* Stands for a goroutine that has left for a system stack; up to Go 1.20 by its first pc. */
	struct code systemstack_switch;
	struct stack_top tops[STACK_TOPS];
	struct hash
		deltas; /* pc → bytes from SP to the return address (amd64), or the caller's SP */
};

/* Where a walk begins, and within which bounds. */
struct stack_start {
	uint64_t lo, hi;
	uint64_t sp, pc, bp;
	uint64_t lr; /* arm64: where a function without a frame returns to; 0: that lies at SP */
	bool has_bp;
	uint64_t startpc;
};

/* A part of a stack at hand: the bytes of [base, end). */
struct stack_view {
	const uint8_t *bytes;
	uint64_t base, end;
};

enum {
	STACK_MORE = 64 << 10, /* read at once of what does not lie in the view */
};

struct stack_walk {
	struct runtime *rt;
	struct stack_code *code;
	struct stack_start start;
	struct stack_view view;
	uint8_t *more; /* STACK_MORE bytes, for views beyond the first */
	uint64_t *pcs; /* STACK_DEPTH of them */
	size_t n;
	bool cut;
};

/* stack_walk.c */
void stack_code_open(struct stack_code *c, const struct runtime *rt);
void stack_code_free(struct stack_code *c);
/* Whether the pc is a function's first instruction: nothing was called from before it. */
bool stack_is_entry(struct stack_code *c, const struct runtime *rt, uint64_t pc);
/*
 * Whether pc, which the function at `callee` returns to, is the very instruction: because the callee
 * came between two of them, or because nothing was called from there.
 */
bool stack_is_exact(const struct stack_code *c, uint64_t callee, uint64_t pc);
/* From the registers outwards. */
void stack_walk(struct stack_walk *w);
/* Of one that runs and whose registers nobody has: by what lies on its stack. */
void stack_walk_running(struct stack_walk *w);

/* stack_batch.c: adds what was walked, or finds its equal; false for lack of memory. */
bool stack_batch_add(struct stack_batch *b, const struct stack_walk *w, uint32_t *ret);

/* What reading stacks keeps between two calls; made by the first. */
struct stack_reader {
	struct stack_code code;
	struct stack_slot *slots;
	uint8_t *window, *more;
	uint64_t *pcs;
};

#endif
