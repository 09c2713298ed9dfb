// SPDX-License-Identifier: GPL-2.0-or-later
#include "golang/site_proof.h"

#define STATUS_MIN 64  /* where atomicstatus may be in g: behind stack, m and sched, … */
#define STATUS_MAX 512 /* … and inside g */
#define EX_REACH   8   /* instructions from a load-exclusive to its store */

enum { ENTRY_GP = 0, ENTRY_OLD = 1, ENTRY_NEW = 2 }; /* rax, ebx, ecx; x0, w1, w2 */

static const struct code_op *op_at(const struct values *v, uint32_t insn)
{
	return &v->flow->insn.v[insn].step.op[0];
}

static struct value plus(struct value v, int64_t n)
{
	v.add += n;
	return v;
}

/* amd64: lock cmpxchg %new, offset(%g), with the old status in eax. */
static bool cmpxchg_at(struct values *v, uint32_t insn, struct status_swap *ret)
{
	const struct code_op *op = op_at(v, insn);
	struct value_state s;

	if (op->size != 4 || op->base < 0 || op->src < 0 || !values_before(v, insn, &s))
		return false;
	ret->status = plus(s.reg[op->base], op->imm);
	ret->old_status = s.reg[0];
	ret->new_status = s.reg[op->src];
	return true;
}

/* arm64: ldaxr w27, [status]; cmp w27, old; b.ne …; stlxr w27, new, [status]. */
static bool exclusive_at(struct values *v, uint32_t insn, struct status_swap *ret)
{
	const struct code_op *load = op_at(v, insn);
	bool compared = false;
	struct value_state s;

	if (load->size != 4 || load->base < 0 || !values_before(v, insn, &s))
		return false;
	ret->status = plus(s.reg[load->base], load->imm);
	for (uint32_t i = insn + 1; i < v->flow->insn.n && i - insn < EX_REACH; i++) {
		const struct code_op *op = op_at(v, i);

		if (op->kind != OP_COMPARE && op->kind != OP_STORE_EX)
			continue;
		if (op->src < 0 || !values_before(v, i, &s))
			return false;
		if (op->kind == OP_COMPARE) {
			ret->old_status = s.reg[op->src];
			compared = op->dst == load->dst;
			continue;
		}
		ret->new_status = s.reg[op->src];
		return compared && op->base == load->base;
	}
	return false;
}

bool status_swap_at(struct values *v, uint32_t insn, struct status_swap *ret)
{
	switch (op_at(v, insn)->kind) {
	case OP_CMPXCHG:
		return cmpxchg_at(v, insn, ret);
	case OP_LOAD_EX:
		return exclusive_at(v, insn, ret);
	default:
		return false;
	}
}

/* Whether v is the address of the status of the first argument. */
static bool is_status_of_gp(const struct value *v, int32_t *offset)
{
	if (v->id != value_of_entry(ENTRY_GP).id || v->add < STATUS_MIN || v->add >= STATUS_MAX ||
	    v->add % 4)
		return false;
	*offset = v->add;
	return true;
}

static bool is_entry32(const struct value *v, int r)
{
	struct value entry = value_of_entry(r);

	return value_same32(v, &entry);
}

/*
 * Built for ARMv8.1 alone (GOARM64), there is but a CASAL, which capstone 4 does not know: then it
 * has to do that all it could work on is in registers there.
 */
static bool unknown_at(struct values *v, uint32_t insn, int32_t *offset)
{
	bool status = false, old = false, new = false;
	struct value_state s;

	if (op_at(v, insn)->kind != OP_UNKNOWN || !values_before(v, insn, &s))
		return false;
	for (int r = 0; r < CODE_REGISTERS; r++) {
		status |= is_status_of_gp(&s.reg[r], offset);
		old |= is_entry32(&s.reg[r], ENTRY_OLD);
		new |= is_entry32(&s.reg[r], ENTRY_NEW);
	}
	return status && old && new;
}

bool prove_casgstatus(struct values *v, int32_t *offset)
{
	struct status_swap swap;

	for (uint32_t i = 0; i < v->flow->insn.n; i++) {
		if (status_swap_at(v, i, &swap) && is_status_of_gp(&swap.status, offset) &&
		    is_entry32(&swap.old_status, ENTRY_OLD) &&
		    is_entry32(&swap.new_status, ENTRY_NEW))
			return true;
		if (unknown_at(v, i, offset))
			return true;
	}
	return false;
}
