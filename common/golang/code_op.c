// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "golang/code_op.h"

#define SP_AMD64 7
#define SP_ARM64 31

/* ---- registers -------------------------------------------------------------------------------- */

#define R8_TO_R15(n)                                                            \
	{                                                                       \
		X86_REG_R##n, X86_REG_R##n##D, X86_REG_R##n##W, X86_REG_R##n##B \
	}

static const uint16_t amd64_registers[16][5] = {
	{X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH},
	{X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH},
	{X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH},
	{X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH},
	{X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL},
	{X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL},
	{X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL},
	{X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL},
	R8_TO_R15(8),
	R8_TO_R15(9),
	R8_TO_R15(10),
	R8_TO_R15(11),
	R8_TO_R15(12),
	R8_TO_R15(13),
	R8_TO_R15(14),
	R8_TO_R15(15),
};

static int register_amd64(unsigned reg)
{
	for (int r = 0; r < 16; r++)
		for (int w = 0; w < 5 && amd64_registers[r][w]; w++)
			if (amd64_registers[r][w] == reg)
				return r;
	return -1;
}

static int register_arm64(unsigned reg)
{
	if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28)
		return reg - ARM64_REG_X0;
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W30)
		return reg - ARM64_REG_W0;
	switch (reg) {
	case ARM64_REG_X29:
		return 29;
	case ARM64_REG_X30:
		return 30;
	case ARM64_REG_SP:
	case ARM64_REG_WSP:
		return SP_ARM64;
	default:
		return -1;
	}
}

int code_register(enum go_arch arch, unsigned reg)
{
	if (reg == 0)
		return -1;
	return arch == GO_ARCH_AMD64 ? register_amd64(reg) : register_arm64(reg);
}

static uint32_t written_registers(const struct decoder *d)
{
	cs_regs read, write;
	uint8_t n_read = 0, n_write = 0;
	uint32_t mask = 0;

	if (cs_regs_access(d->handle, d->insn, read, &n_read, write, &n_write))
		return UINT32_MAX;
	for (uint8_t i = 0; i < n_write; i++) {
		int r = code_register(d->arch, write[i]);

		if (r >= 0)
			mask |= 1u << r;
	}
	return mask;
}

static void put(struct code_step *s, struct code_op op)
{
	s->op[s->n++] = op;
}

/* An op without conditions; −1 for registers that it does not have. */
static void put_op(struct code_step *s, enum code_op_kind kind, int dst, int src, int base,
		   unsigned size, int64_t imm)
{
	put(s,
	    (struct code_op){
		    .kind = kind, .dst = dst, .src = src, .base = base, .size = size, .imm = imm});
}

/* ---- amd64 ------------------------------------------------------------------------------------ */

static int r_amd64(const cs_x86_op *op)
{
	return op->type == X86_OP_REG ? register_amd64(op->reg) : -1;
}

/* A memory operand of base and displacement alone; its base, or −1. */
static int base_amd64(const cs_x86_op *op)
{
	if (op->type != X86_OP_MEM || op->mem.index != X86_REG_INVALID ||
	    op->mem.segment != X86_REG_INVALID)
		return -1;
	return code_register(GO_ARCH_AMD64, op->mem.base);
}

static void jump(struct code_step *s, bool known, int64_t target, bool conditional)
{
	if (known)
		put(s, (struct code_op){.kind = OP_JUMP,
					.dst = -1,
					.src = -1,
					.base = -1,
					.conditional = conditional,
					.imm = target});
	else
		put_op(s, OP_JUMP_TABLE, -1, -1, -1, 0, 0);
}

static void mov_amd64(struct code_step *s, const cs_x86_op *dst, const cs_x86_op *src)
{
	struct code_op op = {.dst = r_amd64(dst),
			     .src = r_amd64(src),
			     .base = -1,
			     .size = dst->size};

	if (dst->type == X86_OP_MEM) {
		op.kind = OP_STORE;
		op.base = base_amd64(dst);
		op.imm = dst->mem.disp;
	} else if (src->type == X86_OP_MEM) {
		op.kind = OP_LOAD;
		op.base = base_amd64(src);
		op.imm = src->mem.disp;
	} else if (src->type == X86_OP_IMM) {
		op.kind = OP_CONST;
		op.imm = src->imm;
	} else {
		op.kind = OP_MOVE;
	}
	put(s, op);
}

static void add_amd64(struct code_step *s, const cs_x86_op *dst, const cs_x86_op *src, int sign)
{
	struct code_op op = {.kind = OP_ADD,
			     .dst = r_amd64(dst),
			     .src = r_amd64(dst),
			     .base = -1,
			     .size = dst->size};

	if (src->type != X86_OP_IMM || op.dst < 0)
		return;
	op.imm = sign * src->imm;
	if (op.dst == SP_AMD64)
		op.kind = OP_SP;
	put(s, op);
}

static void lea_amd64(struct code_step *s, const cs_x86_op *dst, const cs_x86_op *src)
{
	struct code_op op = {.kind = OP_ADD,
			     .dst = r_amd64(dst),
			     .src = base_amd64(src),
			     .base = -1,
			     .size = 8,
			     .imm = src->mem.disp};

	if (op.dst == SP_AMD64 && op.src == SP_AMD64)
		op.kind = OP_SP;
	if (op.src >= 0)
		put(s, op);
}

static void xor_amd64(struct code_step *s, const cs_x86_op *dst, const cs_x86_op *src)
{
	if (src->type == X86_OP_REG && dst->type == X86_OP_REG && src->reg == dst->reg)
		put_op(s, OP_CONST, r_amd64(dst), -1, -1, dst->size, 0);
}

static void cmpxchg_amd64(struct code_step *s, const cs_x86_op *dst, const cs_x86_op *src)
{
	if (dst->type == X86_OP_MEM)
		put_op(s, OP_CMPXCHG, -1, r_amd64(src), base_amd64(dst), dst->size, dst->mem.disp);
}

static void step_amd64(struct code_step *s, const struct decoder *d)
{
	const cs_x86 *x = &d->insn->detail->x86;
	const cs_x86_op *a = &x->operands[0], *b = &x->operands[1];
	bool direct = x->op_count == 1 && a->type == X86_OP_IMM;

	if (cs_insn_group(d->handle, d->insn, CS_GRP_CALL))
		put_op(s, OP_CALL, -1, -1, -1, 0, direct ? a->imm : 0);
	else if (cs_insn_group(d->handle, d->insn, CS_GRP_JUMP))
		jump(s, direct, direct ? a->imm : 0, d->insn->id != X86_INS_JMP);
	else if (cs_insn_group(d->handle, d->insn, CS_GRP_RET) || d->insn->id == X86_INS_UD2)
		put_op(s, OP_LEAVE, -1, -1, -1, 0, 0);
	else if (d->insn->id == X86_INS_PUSH) {
		put_op(s, OP_SP, -1, -1, -1, 8, -8);
		put_op(s, OP_STORE, -1, r_amd64(a), SP_AMD64, 8, 0);
	} else if (d->insn->id == X86_INS_POP) {
		put_op(s, OP_LOAD, r_amd64(a), -1, SP_AMD64, 8, 0);
		put_op(s, OP_SP, -1, -1, -1, 8, 8);
	} else if (d->insn->id == X86_INS_SETE) {
		put_op(s, OP_SET_EQUAL, r_amd64(a), -1, -1, 1, 0);
	}
	if (s->n || x->op_count != 2)
		return;
	switch (d->insn->id) {
	case X86_INS_MOV:
	case X86_INS_MOVABS:
		mov_amd64(s, a, b);
		break;
	case X86_INS_ADD:
		add_amd64(s, a, b, 1);
		break;
	case X86_INS_SUB:
		add_amd64(s, a, b, -1);
		break;
	case X86_INS_LEA:
		lea_amd64(s, a, b);
		break;
	case X86_INS_XOR:
		xor_amd64(s, a, b);
		break;
	case X86_INS_CMP:
		put_op(s, OP_COMPARE, r_amd64(a), r_amd64(b), -1, a->size, 0);
		break;
	case X86_INS_CMPXCHG:
		cmpxchg_amd64(s, a, b);
		break;
	default:
		break;
	}
}

/* ---- arm64 ------------------------------------------------------------------------------------ */

static int r_arm64(const cs_arm64_op *op)
{
	return op->type == ARM64_OP_REG ? register_arm64(op->reg) : -1;
}

static uint8_t size_arm64(const cs_arm64_op *op)
{
	return op->reg >= ARM64_REG_W0 && op->reg <= ARM64_REG_W30 ? 4 : 8;
}

/*
 * Loads and stores of one or two registers. With write-back the base moves: before the access
 * (offset in the operand) or after it (offset as an operand of its own).
 */
static void access_arm64(struct code_step *s, const cs_arm64 *a, bool store, int n)
{
	const cs_arm64_op *mem = &a->operands[n];
	bool post = a->op_count > n + 1;
	struct code_op op = {.kind = store ? OP_STORE : OP_LOAD, .dst = -1, .src = -1, .base = -1};

	if (a->op_count <= n || mem->type != ARM64_OP_MEM || mem->mem.index != ARM64_REG_INVALID)
		return;
	op.base = code_register(GO_ARCH_ARM64, mem->mem.base);
	op.imm = a->writeback ? 0 : mem->mem.disp;
	if (a->writeback && op.base == SP_ARM64 && !post)
		put_op(s, OP_SP, -1, -1, -1, 0, mem->mem.disp);
	for (int i = 0; i < n && s->n < 2; i++) {
		op.size = size_arm64(&a->operands[i]);
		*(store ? &op.src : &op.dst) = r_arm64(&a->operands[i]);
		put(s, op);
		op.imm += op.size;
	}
	if (a->writeback && op.base == SP_ARM64 && post && s->n < 2)
		put_op(s, OP_SP, -1, -1, -1, 0, a->operands[n + 1].imm);
}

static void add_arm64(struct code_step *s, const cs_arm64 *a, int sign)
{
	const cs_arm64_op *o = a->operands;
	struct code_op op = {.kind = OP_ADD,
			     .dst = r_arm64(&o[0]),
			     .src = r_arm64(&o[1]),
			     .base = -1,
			     .size = size_arm64(&o[0])};

	if (a->op_count != 3 || o[2].type != ARM64_OP_IMM || o[2].shift.value)
		return;
	op.imm = sign * o[2].imm;
	if (op.dst == SP_ARM64 && op.src == SP_ARM64)
		op.kind = OP_SP;
	put(s, op);
}

static bool is_zero(const cs_arm64_op *op)
{
	return op->type == ARM64_OP_REG && (op->reg == ARM64_REG_WZR || op->reg == ARM64_REG_XZR);
}

static void mov_arm64(struct code_step *s, const cs_arm64 *a)
{
	const cs_arm64_op *o = a->operands;
	struct code_op op = {.kind = OP_MOVE,
			     .dst = r_arm64(&o[0]),
			     .src = -1,
			     .base = -1,
			     .size = size_arm64(&o[0])};

	if (a->op_count != 2)
		return;
	if (o[1].type == ARM64_OP_IMM) {
		op.kind = OP_CONST;
		op.imm = o[1].imm;
	} else if (is_zero(&o[1])) {
		op.kind = OP_CONST;
	} else {
		op.src = r_arm64(&o[1]);
	}
	put(s, op);
}

static void exclusive_arm64(struct code_step *s, const cs_arm64 *a, bool store)
{
	const cs_arm64_op *o = a->operands, *mem = &o[a->op_count - 1], *value = &o[store ? 1 : 0];

	if (a->op_count != (store ? 3 : 2) || mem->type != ARM64_OP_MEM)
		return;
	put(s, (struct code_op){store ? OP_STORE_EX : OP_LOAD_EX, store ? -1 : r_arm64(value),
				store ? r_arm64(value) : -1,
				code_register(GO_ARCH_ARM64, mem->mem.base), size_arm64(value),
				false, mem->mem.disp});
}

/* Jumps: the target is the last operand; "b" alone without a condition is not conditional. */
static bool jump_arm64(struct code_step *s, const struct decoder *d)
{
	const cs_arm64 *a = &d->insn->detail->arm64;
	const cs_arm64_op *last = a->op_count ? &a->operands[a->op_count - 1] : NULL;
	bool direct = last && last->type == ARM64_OP_IMM;

	switch (d->insn->id) {
	case ARM64_INS_BL:
	case ARM64_INS_BLR:
		put_op(s, OP_CALL, -1, -1, -1, 0, direct ? last->imm : 0);
		return true;
	case ARM64_INS_B:
		jump(s, direct, direct ? last->imm : 0,
		     a->cc != ARM64_CC_INVALID && a->cc != ARM64_CC_AL);
		return true;
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_TBZ:
	case ARM64_INS_TBNZ:
		jump(s, direct, direct ? last->imm : 0, true);
		return true;
	case ARM64_INS_BR:
		jump(s, false, 0, false);
		return true;
	case ARM64_INS_RET:
	case ARM64_INS_BRK:
		put_op(s, OP_LEAVE, -1, -1, -1, 0, 0);
		return true;
	default:
		return false;
	}
}

static void step_arm64(struct code_step *s, const struct decoder *d)
{
	const cs_arm64 *a = &d->insn->detail->arm64;

	if (jump_arm64(s, d))
		return;
	switch (d->insn->id) {
	case ARM64_INS_STR:
	case ARM64_INS_STUR:
		access_arm64(s, a, true, 1);
		break;
	case ARM64_INS_STP:
		access_arm64(s, a, true, 2);
		break;
	case ARM64_INS_LDR:
	case ARM64_INS_LDUR:
		access_arm64(s, a, false, 1);
		break;
	case ARM64_INS_LDP:
		access_arm64(s, a, false, 2);
		break;
	case ARM64_INS_ADD:
		add_arm64(s, a, 1);
		break;
	case ARM64_INS_SUB:
		add_arm64(s, a, -1);
		break;
	case ARM64_INS_MOV:
	case ARM64_INS_MOVZ:
		mov_arm64(s, a);
		break;
	case ARM64_INS_ORR:
		/* Go's assembler makes small constants so: orr x6, xzr, #4. */
		if (a->op_count == 3 && is_zero(&a->operands[1]) &&
		    a->operands[2].type == ARM64_OP_IMM)
			put_op(s, OP_CONST, r_arm64(&a->operands[0]), -1, -1,
			       size_arm64(&a->operands[0]), a->operands[2].imm);
		break;
	case ARM64_INS_CMP:
		put_op(s, OP_COMPARE, r_arm64(&a->operands[0]), r_arm64(&a->operands[1]), -1, 0, 0);
		s->written = 0; /* capstone 4 thinks that the first operand is */
		break;
	case ARM64_INS_CSET:
		if (a->cc == ARM64_CC_EQ)
			put_op(s, OP_SET_EQUAL, r_arm64(&a->operands[0]), -1, -1, 8, 0);
		break;
	case ARM64_INS_LDAXR:
	case ARM64_INS_LDXR:
		exclusive_arm64(s, a, false);
		break;
	case ARM64_INS_STLXR:
	case ARM64_INS_STXR:
		exclusive_arm64(s, a, true);
		break;
	default:
		break;
	}
}

/* Whether it writes to memory other than the frame. */
static bool stores_amd64(const cs_x86 *x)
{
	for (int i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM && (x->operands[i].access & CS_AC_WRITE) &&
		    register_amd64(x->operands[i].mem.base) != SP_AMD64)
			return true;
	return false;
}

static bool stores_arm64(const cs_insn *insn)
{
	const cs_arm64 *a = &insn->detail->arm64;

	if (strncmp(insn->mnemonic, "st", 2) || !a->op_count)
		return false;
	for (int i = 0; i < a->op_count; i++)
		if (a->operands[i].type == ARM64_OP_MEM)
			return register_arm64(a->operands[i].mem.base) != SP_ARM64;
	return true;
}

void code_step_of(struct code_step *ret, const struct decoder *d)
{
	memset(ret, 0, sizeof(*ret));
	if (d->unknown) {
		ret->written = UINT32_MAX & ~(1u << SP_ARM64);
		ret->stores = true;
		put_op(ret, OP_UNKNOWN, -1, -1, -1, 0, 0);
		return;
	}
	ret->written = written_registers(d);
	if (d->arch == GO_ARCH_AMD64) {
		ret->stores = stores_amd64(&d->insn->detail->x86);
		step_amd64(ret, d);
	} else {
		ret->stores = stores_arm64(d->insn);
		step_arm64(ret, d);
	}
	if (!ret->n)
		put_op(ret, OP_OTHER, -1, -1, -1, 0, 0);
}
