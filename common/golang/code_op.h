/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an instruction does with values, in the few words that following values needs, the same for
 * both architectures. Registers have sites.h's numbers.
 */
#ifndef GOROUTOP_GOLANG_CODE_OP_H
#define GOROUTOP_GOLANG_CODE_OP_H

#include "golang/decode.h"

#define CODE_REGISTERS 32

enum code_op_kind {
	OP_OTHER,
	OP_MOVE,       /* dst = src */
	OP_CONST,      /* dst = imm */
	OP_ADD,	       /* dst = src + imm */
	OP_LOAD,       /* dst = [base + imm] */
	OP_STORE,      /* [base + imm] = src; src −1: of something not followed */
	OP_SP,	       /* SP += imm */
	OP_CALL,       /* destroys all registers but SP */
	OP_JUMP,       /* to imm; conditional or not */
	OP_LEAVE,      /* leaves the function */
	OP_JUMP_TABLE, /* a jump whose target is not in the instruction */
	OP_COMPARE,    /* dst with src */
	OP_SET_EQUAL,  /* dst = 1 if what was compared last was equal, else 0 */
	OP_CMPXCHG,    /* amd64: [base + imm] from eax to src */
	OP_LOAD_EX,    /* arm64: dst = [base], exclusively */
	OP_STORE_EX,   /* arm64: [base] = src, if still exclusive */
	OP_UNKNOWN,    /* arm64: an instruction that capstone does not know (LSE atomics) */
};

struct code_op {
	enum code_op_kind kind;
	int8_t dst, src, base; /* registers; −1: none */
	uint8_t size;	       /* bytes moved */
	bool conditional;      /* of a jump */
	int64_t imm;
};

/* An instruction: up to two ops in their order (a push moves SP, then stores), and all it writes. */
struct code_step {
	struct code_op op[2];
	int n;
	uint32_t written; /* general registers, a bit each */
	bool stores;	  /* writes memory that is not addressed by SP, or may do so */
};

/* What d's current instruction does. */
void code_step_of(struct code_step *ret, const struct decoder *d);

/* sites.h's number of one of capstone's registers, whatever its width; −1 when it is not general. */
int code_register(enum go_arch arch, unsigned reg);

#endif
