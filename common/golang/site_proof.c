// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The code is gone through in the order of addresses, not of execution. That is enough for a proof
 * by presence: what the compiler saved on the stack at the entry it reloads behind each call.
 */
#include <string.h>

#include "golang/code_op.h"
#include "golang/site_proof.h"

#define SLOTS	    32	/* places on the stack that hold an argument */
#define EX_DISTANCE 16	/* instructions between a status's address and its use */
#define STATUS_MIN  64	/* where atomicstatus may be in g: behind stack, m and sched, … */
#define STATUS_MAX  512 /* … and inside g */

enum role { NOTHING, GP, OLD, NEW };

struct value {
	enum role role;
	int32_t add; /* gp + add */
};

struct state {
	struct value reg[CODE_REGISTERS];
	struct {
		int64_t at; /* relative to SP at the entry */
		struct value v;
	} slot[SLOTS];
	size_t n_slots;
	int64_t sp; /* relative to the entry */
	int sp_reg;
	int status_reg; /* arm64: holds the address of the status since `age` instructions */
	int age;
	bool proven;
	int32_t offset;
};

static void set(struct state *s, int r, struct value v)
{
	if (r >= 0 && r != s->sp_reg)
		s->reg[r] = v;
}

static struct value get(const struct state *s, int r)
{
	return r >= 0 ? s->reg[r] : (struct value){0};
}

static void store(struct state *s, int64_t at, struct value v)
{
	size_t i = 0;

	while (i < s->n_slots && s->slot[i].at != at)
		i++;
	if (i == SLOTS)
		return;
	if (i == s->n_slots)
		s->n_slots++;
	s->slot[i].at = at;
	s->slot[i].v = v;
}

static struct value load(const struct state *s, int64_t at)
{
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slot[i].at == at)
			return s->slot[i].v;
	return (struct value){0};
}

static bool has_role(const struct state *s, enum role role)
{
	for (int r = 0; r < CODE_REGISTERS; r++)
		if (s->reg[r].role == role)
			return true;
	return false;
}

static bool is_status(const struct value *v, int64_t disp)
{
	int64_t at = v->add + disp;

	return v->role == GP && at >= STATUS_MIN && at < STATUS_MAX && at % 4 == 0;
}

static void prove(struct state *s, int64_t offset)
{
	if (!s->proven)
		s->offset = offset;
	s->proven = true;
}

/* amd64: cmpxchg new, status(gp), with old in eax. */
static void see_cmpxchg(struct state *s, const struct code_op *op)
{
	struct value base = get(s, op->base);

	if (op->size == 4 && is_status(&base, op->imm) && get(s, 0).role == OLD &&
	    get(s, op->src).role == NEW)
		prove(s, base.add + op->imm);
}

/*
 * arm64: the address of the status is made, then either swapped by a pair of exclusive accesses, or
 * by a compare-and-swap instruction (CASAL), which capstone 4 does not know.
 */
static void see_exclusive(struct state *s, const struct code_op *op)
{
	struct value base = get(s, op->base);

	if (op->kind == OP_STORE_EX && op->size == 4 && is_status(&base, op->imm) &&
	    get(s, op->src).role == NEW && has_role(s, OLD))
		prove(s, base.add + op->imm);
	if (op->kind == OP_UNKNOWN && s->status_reg >= 0 && s->age < EX_DISTANCE &&
	    has_role(s, OLD) && has_role(s, NEW))
		prove(s, get(s, s->status_reg).add);
}

static void forget(struct state *s, uint32_t written)
{
	for (int r = 0; r < CODE_REGISTERS; r++)
		if (written & (1u << r))
			set(s, r, (struct value){0});
	if (s->status_reg >= 0 && !get(s, s->status_reg).role)
		s->status_reg = -1;
}

static void add(struct state *s, const struct code_op *op, struct value *result)
{
	struct value v = get(s, op->src);

	if (v.role != GP || op->size != 8)
		return;
	v.add += op->imm;
	*result = v;
	if (is_status(&v, 0)) {
		s->status_reg = op->dst;
		s->age = 0;
	}
}

/* What the op leaves in op->dst. */
static struct value effect(struct state *s, const struct code_op *op)
{
	bool on_stack = op->base == s->sp_reg;
	struct value result = {0};

	switch (op->kind) {
	case OP_MOVE:
		result = get(s, op->src);
		if (result.role == GP && op->size != 8)
			result.role = NOTHING;
		break;
	case OP_ADD:
		add(s, op, &result);
		break;
	case OP_LOAD:
		if (on_stack)
			result = load(s, s->sp + op->imm);
		break;
	case OP_STORE:
		if (on_stack)
			store(s, s->sp + op->imm, get(s, op->src));
		break;
	case OP_SP:
		s->sp += op->imm;
		break;
	case OP_CMPXCHG:
		see_cmpxchg(s, op);
		break;
	case OP_STORE_EX:
	case OP_UNKNOWN:
		see_exclusive(s, op);
		break;
	default:
		break;
	}
	return result;
}

static void step(struct state *s, const struct code_step *c)
{
	struct value result[2];

	for (int i = 0; i < c->n; i++)
		result[i] = effect(s, &c->op[i]);
	/* The unknown instruction is an atomic one between registers that keep their roles. */
	if (c->op[0].kind == OP_CALL)
		forget(s, UINT32_MAX);
	else if (c->op[0].kind != OP_UNKNOWN)
		forget(s, c->written);
	for (int i = 0; i < c->n; i++)
		set(s, c->op[i].dst, result[i]);
	s->age++;
}

bool prove_casgstatus(struct decoder *d, int32_t *offset)
{
	struct state s = {.status_reg = -1};
	struct code_step c;

	/* rax, ebx, ecx; x0, w1, w2. */
	s.reg[0].role = GP;
	s.reg[1].role = OLD;
	s.reg[2].role = NEW;
	s.sp_reg = d->arch == GO_ARCH_AMD64 ? 7 : 31;
	while (decoder_next(d)) {
		code_step_of(&c, d);
		step(&s, &c);
	}
	*offset = s.offset;
	return s.proven;
}
