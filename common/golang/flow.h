/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flow of control in one function: its instructions, blocks of them that are executed as a
 * whole, how blocks follow each other, which dominates which (every path from the entry to the one
 * leads through the other), and loops.
 */
#ifndef GOROUTOP_GOLANG_FLOW_H
#define GOROUTOP_GOLANG_FLOW_H

#include "base/vec.h"
#include "golang/code_op.h"
#include "golang/exe.h"
#include "golang/probe_cost.h"

#define FLOW_NONE UINT32_MAX

struct flow_insn {
	uint64_t pc;
	struct code_step step;
	uint32_t block;
	int32_t inlined; /* number of the innermost inlined call it belongs to; −1: none */
	enum probe_cost cost;
};

struct flow_block {
	uint32_t first, last; /* instructions, both inclusive */
	uint32_t succ[2];
	uint32_t n_succ;
	uint32_t idom;	/* immediate dominator; the entry's is itself; FLOW_NONE: unreachable */
	uint32_t order; /* in reverse postorder */
	VEC(uint32_t) pred;
};

struct flow {
	enum go_arch arch;
	VEC(struct flow_insn) insn;
	VEC(struct flow_block) block; /* in the order of addresses; the first is the entry */
	VEC(uint32_t) rpo;	      /* reachable blocks in reverse postorder */
};

/*
 * Decodes f wholly. -EINVAL: it cannot be decoded, is too large, or jumps where the instructions do
 * not tell (jump tables).
 */
int flow_open(struct flow *ret, const struct go_exe *x, const struct pclntab_func *f);
void flow_close(struct flow *fl);

/* Whether every path from the entry to block b leads through a. */
bool flow_dominates(const struct flow *fl, uint32_t a, uint32_t b);

/*
 * The blocks of the loop that begins at `header`: those from which its end leads back to it. in[]
 * has a byte a block. False when no path leads back to the header that it dominates.
 */
bool flow_loop(const struct flow *fl, uint32_t header, uint8_t *in);

#endif
