/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which registers and places on the stack hold the same value, at each instruction of a function.
 * A value is what the entry or one instruction brought forth, plus a constant: spilling, reloading,
 * copying and adding constants keep it, on all paths that lead to the instruction.
 */
#ifndef GOROUTOP_GOLANG_VALUES_H
#define GOROUTOP_GOLANG_VALUES_H

#include "golang/flow.h"

#define VALUE_SLOTS 128 /* places on the stack that are followed; more are not */

struct value {
	uint64_t id; /* who brought it forth */
	int64_t add;
};

struct value_state {
	struct value reg[CODE_REGISTERS];
	struct value slot[VALUE_SLOTS];
	bool reached;
};

struct values {
	const struct flow *flow;
	struct value_state *in; /* before each block */
	struct value_slot {
		int64_t at; /* relative to SP at the entry */
		uint8_t size;
		bool taken; /* its address is */
	} slot[VALUE_SLOTS];
	size_t n_slots;
	bool new_slot; /* one was added, or is taken: what was computed before did not heed it */
	int sp;	       /* its register */
};

/* 0, -ENOMEM, or -EINVAL for a function that is too involved. The flow must outlive it. */
int values_compute(struct values *ret, const struct flow *fl);
void values_free(struct values *v);

/* What holds before instruction `insn`; false when it is never reached. */
bool values_before(struct values *v, uint32_t insn, struct value_state *ret);

/* Whether 8 bytes on the stack hold v; *ret is where, from the stack pointer at that instruction on. */
bool value_on_stack(const struct values *v, const struct value_state *s, const struct value *want,
		    uint32_t *ret);

/* The value that register r has when the function is entered. */
struct value value_of_entry(int r);

/* Whether v is a constant; sets *ret. */
bool value_constant(const struct value *v, uint32_t *ret);

bool value_same(const struct value *a, const struct value *b);

/* Whether the lower 32 bits are the same. */
bool value_same32(const struct value *a, const struct value *b);

#endif
