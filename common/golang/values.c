// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A forward data-flow analysis: where paths with different values meet, a place has a new value that
 * belongs to the meeting. On the stack that is what the compiler spills; a variable whose address is
 * taken may be changed by every call and every store elsewhere.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/values.h"

#define STEPS_MAX \
	(20u << 20) /* instructions gone through: two seconds; real functions take < 1 M */

/* Kinds of ids, in their highest bits; below: where, and which register or slot. */
#define ID_ENTRY    (1ull << 60)
#define ID_INSN	    (2ull << 60)
#define ID_MEETING  (3ull << 60)
#define ID_CONSTANT (4ull << 60)
#define ID_LOW32    (1ull << 59) /* only the lower half of the value */

#define SLOT_LOCATION CODE_REGISTERS /* locations of slots come behind the registers' */
#define LOCATIONS     (CODE_REGISTERS + VALUE_SLOTS)

static struct value make(uint64_t kind, uint64_t where, unsigned location)
{
	return (struct value){.id = kind | where << 16 | location};
}

struct value value_of_entry(int r)
{
	return make(ID_ENTRY, 0, r);
}

bool value_constant(const struct value *v, uint32_t *ret)
{
	if ((v->id & ~ID_LOW32) != ID_CONSTANT)
		return false;
	*ret = v->add;
	return true;
}

bool value_same(const struct value *a, const struct value *b)
{
	return a->id == b->id && a->add == b->add;
}

bool value_same32(const struct value *a, const struct value *b)
{
	return (a->id | ID_LOW32) == (b->id | ID_LOW32) && (uint32_t)a->add == (uint32_t)b->add;
}

static struct value low32(struct value v)
{
	v.id |= ID_LOW32;
	return v;
}

/* The slot of that place and size; VALUE_SLOTS when there is no room for it. */
static size_t slot_of(struct values *v, int64_t at, uint8_t size)
{
	size_t i = 0;

	while (i < v->n_slots && (v->slot[i].at != at || v->slot[i].size != size))
		i++;
	if (i == v->n_slots && i < VALUE_SLOTS) {
		v->slot[v->n_slots++] = (struct value_slot){.at = at, .size = size};
		v->new_slot = true;
	}
	return i;
}

static bool is_on_stack(const struct values *v, const struct value *address)
{
	return address->id == value_of_entry(v->sp).id;
}

bool value_on_stack(const struct values *v, const struct value_state *s, const struct value *want,
		    uint32_t *ret)
{
	const struct value *sp = &s->reg[v->sp];

	if (!is_on_stack(v, sp))
		return false;
	for (size_t i = 0; i < v->n_slots; i++) {
		int64_t at = v->slot[i].at - sp->add;

		if (v->slot[i].size != 8 || v->slot[i].taken || at < 0 || at > UINT16_MAX ||
		    !value_same(&s->slot[i], want))
			continue;
		*ret = at;
		return true;
	}
	return false;
}

/* The address of what lies there goes somewhere: whoever gets it may change it. */
static void take_address(struct values *v, const struct value *address)
{
	for (uint8_t size = 4; is_on_stack(v, address) && size <= 8; size += 4) {
		size_t slot = slot_of(v, address->add, size);

		if (slot == VALUE_SLOTS || v->slot[slot].taken)
			continue;
		v->slot[slot].taken = true;
		v->new_slot = true;
	}
}

static void forget_taken(const struct values *v, struct value_state *s, uint32_t insn)
{
	for (size_t i = 0; i < v->n_slots; i++)
		if (v->slot[i].taken)
			s->slot[i] = make(ID_INSN, insn, SLOT_LOCATION + i);
}

/* Whether the operand is on the stack, and where. */
static bool on_stack(const struct values *v, const struct value_state *s, const struct code_op *op,
		     int64_t *at)
{
	if (op->base < 0 || !is_on_stack(v, &s->reg[op->base]))
		return false;
	*at = s->reg[op->base].add + op->imm;
	return true;
}

static void store(struct values *v, struct value_state *s, const struct code_op *op, uint32_t insn)
{
	size_t slot;
	int64_t at;

	if (!on_stack(v, s, op, &at))
		return;
	slot = slot_of(v, at, op->size);
	/* What it covers, if only in part, is gone. */
	for (size_t i = 0; i < v->n_slots; i++)
		if (v->slot[i].at + v->slot[i].size > at && v->slot[i].at < at + op->size)
			s->slot[i] = make(ID_INSN, insn, SLOT_LOCATION + i);
	if (slot < VALUE_SLOTS && op->src >= 0 && op->size >= 4)
		s->slot[slot] = op->size == 8 ? s->reg[op->src] : low32(s->reg[op->src]);
}

static struct value load(struct values *v, const struct value_state *s, const struct code_op *op,
			 struct value fresh)
{
	size_t slot = VALUE_SLOTS;
	int64_t at;

	if (op->size >= 4 && on_stack(v, s, op, &at))
		slot = slot_of(v, at, op->size);
	if (slot == VALUE_SLOTS)
		return fresh;
	return op->size == 8 ? s->slot[slot] : low32(s->slot[slot]);
}

/* What the op leaves in its destination. */
static struct value result(struct values *v, const struct value_state *s, const struct code_op *op,
			   struct value fresh)
{
	struct value r = fresh;

	switch (op->kind) {
	case OP_MOVE:
		if (op->src >= 0 && op->size >= 4)
			r = op->size == 8 ? s->reg[op->src] : low32(s->reg[op->src]);
		break;
	case OP_CONST:
		r = (struct value){ID_CONSTANT, op->imm};
		break;
	case OP_ADD:
		if (op->src >= 0 && op->size == 8) {
			r = s->reg[op->src];
			r.add += op->imm;
		}
		break;
	case OP_LOAD:
		r = load(v, s, op, fresh);
		break;
	default:
		break;
	}
	return r;
}

/*
 * What no call changes, and no instruction that the decoder does not know: SP, and on arm64 the current
 * goroutine, which is in R28 in all of Go's code. (On amd64 functions of the old ABI lose R14, and it
 * is loaded anew behind their calls.)
 */
static uint32_t kept(const struct values *v)
{
	return 1u << v->sp | (v->flow->arch == GO_ARCH_ARM64 ? 1u << 28 : 0);
}

static void step(struct values *v, struct value_state *s, uint32_t insn)
{
	const struct code_step *c = &v->flow->insn.v[insn].step;
	uint32_t left = c->op[0].kind == OP_UNKNOWN ? ~kept(v) : c->written;

	for (int i = 0; i < c->n; i++) {
		const struct code_op *op = &c->op[i];

		if (op->kind == OP_CALL)
			left = ~kept(v);
		if (op->kind == OP_STORE)
			store(v, s, op, insn);
		if (op->kind == OP_ADD && op->src == v->sp && op->dst != v->sp)
			take_address(v, &(struct value){s->reg[v->sp].id,
							s->reg[v->sp].add + op->imm});
		if (op->kind == OP_SP) {
			s->reg[v->sp].add += op->imm;
			left &= ~(1u << v->sp);
		} else if (op->dst >= 0 && op->kind != OP_COMPARE) {
			s->reg[op->dst] = result(v, s, op, make(ID_INSN, insn, op->dst));
			left &= ~(1u << op->dst);
		}
	}
	for (unsigned r = 0; r < CODE_REGISTERS; r++)
		if (left & (1u << r))
			s->reg[r] = make(ID_INSN, insn, r);
	if (c->stores || c->op[0].kind == OP_CALL)
		forget_taken(v, s, insn);
}

static void init_entry(struct value_state *s)
{
	s->reached = true;
	for (unsigned r = 0; r < CODE_REGISTERS; r++)
		s->reg[r] = value_of_entry(r);
	for (unsigned i = 0; i < VALUE_SLOTS; i++)
		s->slot[i] = make(ID_ENTRY, 0, SLOT_LOCATION + i);
}

/* ---- joining paths ----------------------------------------------------------------------------- */

/* The analysis of one function while it goes on. */
struct analysis {
	struct values *v;
	struct value_state *out;   /* behind each block */
	uint8_t (*met)[LOCATIONS]; /* for each block: places where different values meet */
	bool new_meeting;
	size_t steps;
};

static struct value *location(struct value_state *s, unsigned l)
{
	return l < SLOT_LOCATION ? &s->reg[l] : &s->slot[l - SLOT_LOCATION];
}

/* Adds what comes from another path to what is known of the block's beginning. */
static void meet(struct analysis *a, uint32_t block, struct value_state *in,
		 struct value_state *other)
{
	if (!other->reached)
		return;
	if (!in->reached) {
		*in = *other;
		return;
	}
	for (unsigned l = 0; l < LOCATIONS; l++) {
		struct value *mine = location(in, l), *theirs = location(other, l);

		if (a->met[block][l] || value_same(mine, theirs))
			continue;
		/* A status that was spilled and reloaded on one of the paths. */
		if (value_same32(mine, theirs)) {
			*mine = low32(*mine);
			continue;
		}
		a->met[block][l] = 1;
		a->new_meeting = true;
	}
}

static bool same_state(const struct value_state *a, const struct value_state *b)
{
	return a->reached == b->reached && !memcmp(a->reg, b->reg, sizeof(a->reg)) &&
	       !memcmp(a->slot, b->slot, sizeof(a->slot));
}

/* Goes through all blocks once; whether something changed. */
static bool sweep(struct analysis *a)
{
	const struct flow *fl = a->v->flow;
	bool changed = false;

	for (size_t i = 0; i < fl->rpo.n && !a->new_meeting && !a->v->new_slot; i++) {
		uint32_t b = fl->rpo.v[i];
		const struct flow_block *block = &fl->block.v[b];
		struct value_state s = {0};

		if (!b)
			init_entry(&s);
		vec_foreach (p, &block->pred)
			meet(a, b, &s, &a->out[*p]);
		for (unsigned l = 0; l < LOCATIONS; l++)
			if (a->met[b][l])
				*location(&s, l) = make(ID_MEETING, b, l);
		a->v->in[b] = s;
		for (uint32_t k = block->first; k <= block->last && s.reached; k++)
			step(a->v, &s, k);
		a->steps += block->last - block->first + 1;
		changed |= !same_state(&s, &a->out[b]);
		a->out[b] = s;
	}
	return changed;
}

/*
 * Begins anew whenever a place turns out to be one where values meet (else what was computed before
 * that was known would seem to differ from what is computed after), or a slot turns up. Each is
 * found once, so this ends.
 */
static int analyse(struct values *v)
{
	size_t n = v->flow->block.n;
	_cleanup_free_ struct value_state *out = calloc(n, sizeof(*out));
	_cleanup_free_ uint8_t(*met)[LOCATIONS] = calloc(n, sizeof(*met));
	struct analysis a = {.v = v, .out = out, .met = met};

	if (!out || !met)
		return -ENOMEM;
	do {
		a.new_meeting = v->new_slot = false;
		memset(out, 0, n * sizeof(*out));
		while (a.steps < STEPS_MAX && sweep(&a))
			;
	} while ((a.new_meeting || v->new_slot) && a.steps < STEPS_MAX);
	return a.steps < STEPS_MAX ? 0 : -EINVAL;
}

int values_compute(struct values *ret, const struct flow *fl)
{
	int r;

	*ret = (struct values){.flow = fl, .sp = fl->arch == GO_ARCH_AMD64 ? 7 : 31};
	ret->in = calloc(fl->block.n, sizeof(*ret->in));
	r = ret->in ? analyse(ret) : -ENOMEM;
	if (r)
		values_free(ret);
	return r;
}

void values_free(struct values *v)
{
	free(v->in);
	*v = (struct values){0};
}

bool values_before(struct values *v, uint32_t insn, struct value_state *ret)
{
	const struct flow_block *b = &v->flow->block.v[v->flow->insn.v[insn].block];

	*ret = v->in[v->flow->insn.v[insn].block];
	for (uint32_t k = b->first; k < insn && ret->reached; k++)
		step(v, ret, k);
	return ret->reached;
}
