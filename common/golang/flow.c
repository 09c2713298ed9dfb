// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/flow.h"
#include "golang/inline_tree.h"

#define INSNS_MAX  32768
#define BLOCKS_MAX 4096

/* ---- instructions ------------------------------------------------------------------------------ */

/* Whether a call's target is a function whose name begins with one of the prefixes. */
static bool calls(const struct go_exe *x, uint64_t target, const char *const *prefixes, size_t n)
{
	struct pclntab_func f;
	const char *name = NULL;

	if (target && pclntab_func_at(&x->pcln, target, &f) && f.entry == target)
		name = pclntab_name(&x->pcln, f.name);
	for (size_t i = 0; name && i < n; i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/*
 * Functions that do not come back: what stands behind their calls is not what follows. A call of
 * morestack is followed by a jump to the entry: the function begins anew with the same arguments, as
 * if that had been its first beginning.
 */
static const char *const no_return[] = {
	"runtime.throw",      "runtime.fatal",	   "runtime.gopanic",	    "runtime.goPanic",
	"runtime.panic",      "runtime.morestack", "runtime.abort",	    "runtime.bad",
	"runtime.exitThread", "runtime.goexit0",   "runtime.unlockedPanic",
};

/*
 * The write barrier keeps all registers but one for its result (amd64: R11; arm64: R25, and those
 * of the linker and of the call): src/runtime/asm_amd64.s, asm_arm64.s, Go 1.21 on.
 */
static const char *const keeps_registers[] = {"runtime.gcWriteBarrier"};

enum { R11 = 1u << 11, R25_R27_R30 = 1u << 25 | 1u << 27 | 1u << 30 };

static void settle_call(const struct go_exe *x, enum go_arch arch, struct code_step *c)
{
	if (c->op[0].kind != OP_CALL)
		return;
	if (calls(x, c->op[0].imm, no_return, ARRAY_SIZE(no_return))) {
		c->op[0].kind = OP_LEAVE;
	} else if (calls(x, c->op[0].imm, keeps_registers, ARRAY_SIZE(keeps_registers))) {
		c->op[0].kind = OP_OTHER;
		c->written = arch == GO_ARCH_AMD64 ? R11 : R25_R27_R30;
		c->stores = true;
	}
}

static int decode_all(struct flow *fl, const struct go_exe *x, const struct pclntab_func *f)
{
	_cleanup_(decoder_close) struct decoder d = {0};
	int r = decoder_open(&d, &x->img, f->entry, f->end);

	if (r)
		return r;
	fl->arch = d.arch;
	while (decoder_next(&d)) {
		struct flow_insn i = {.pc = d.insn->address, .inlined = -1};

		i.cost = probe_cost_of(&d);
		code_step_of(&i.step, &d);
		settle_call(x, fl->arch, &i.step);
		if (fl->insn.n >= INSNS_MAX || i.step.op[0].kind == OP_JUMP_TABLE)
			return -EINVAL;
		if (!vec_push(&fl->insn, i))
			return -ENOMEM;
	}
	return decoder_done(&d) && fl->insn.n ? 0 : -EINVAL;
}

struct run_context {
	struct flow *fl;
	size_t at;
};

/* Runs come in the order of addresses, as instructions do. */
static bool note_run(void *arg, uint64_t from, uint64_t to, int32_t value)
{
	struct run_context *c = arg;

	for (; c->at < c->fl->insn.n && c->fl->insn.v[c->at].pc < to; c->at++)
		if (c->fl->insn.v[c->at].pc >= from)
			c->fl->insn.v[c->at].inlined = value;
	return true;
}

/* The instruction at pc; FLOW_NONE when none begins there. */
static uint32_t insn_at(const struct flow *fl, uint64_t pc)
{
	size_t lo = 0, hi = fl->insn.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fl->insn.v[mid].pc < pc)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < fl->insn.n && fl->insn.v[lo].pc == pc ? lo : FLOW_NONE;
}

/* ---- blocks ------------------------------------------------------------------------------------ */

static const struct code_op *ends_block(const struct flow_insn *i)
{
	const struct code_op *op = &i->step.op[0];

	return op->kind == OP_JUMP || op->kind == OP_LEAVE ? op : NULL;
}

/* leader[i]: instruction i begins a block. False: a jump leads into the middle of an instruction. */
static bool find_leaders(const struct flow *fl, uint8_t *leader)
{
	uint64_t first = fl->insn.v[0].pc, last = fl->insn.v[fl->insn.n - 1].pc;

	leader[0] = 1;
	for (size_t i = 0; i < fl->insn.n; i++) {
		const struct code_op *op = ends_block(&fl->insn.v[i]);
		uint32_t target;

		if (!op)
			continue;
		leader[i + 1] = 1;
		if (op->kind != OP_JUMP || (uint64_t)op->imm < first || (uint64_t)op->imm > last)
			continue; /* a tail call leaves the function */
		target = insn_at(fl, op->imm);
		if (target == FLOW_NONE)
			return false;
		leader[target] = 1;
	}
	return true;
}

static int make_blocks(struct flow *fl, const uint8_t *leader)
{
	for (size_t i = 0; i < fl->insn.n; i++) {
		struct flow_block b = {.first = i, .idom = FLOW_NONE};

		if (leader[i] && (fl->block.n >= BLOCKS_MAX || !vec_push(&fl->block, b)))
			return fl->block.n >= BLOCKS_MAX ? -EINVAL : -ENOMEM;
		fl->insn.v[i].block = fl->block.n - 1;
		fl->block.v[fl->block.n - 1].last = i;
	}
	return 0;
}

static bool connect(struct flow *fl, uint32_t from, uint32_t to)
{
	struct flow_block *b = &fl->block.v[from];

	b->succ[b->n_succ++] = to;
	return vec_push(&fl->block.v[to].pred, from);
}

static int connect_blocks(struct flow *fl)
{
	for (uint32_t b = 0; b < fl->block.n; b++) {
		const struct code_op *op = ends_block(&fl->insn.v[fl->block.v[b].last]);
		uint32_t target = op && op->kind == OP_JUMP ? insn_at(fl, op->imm) : FLOW_NONE;
		bool goes_on = !op || (op->kind == OP_JUMP && op->conditional);

		if (target != FLOW_NONE && !connect(fl, b, fl->insn.v[target].block))
			return -ENOMEM;
		if (goes_on && b + 1 < fl->block.n && !connect(fl, b, b + 1))
			return -ENOMEM;
	}
	return 0;
}

/* ---- dominators -------------------------------------------------------------------------------- */

/* Depth first, without recursion: the depth is the target's to choose. */
static int order_blocks(struct flow *fl)
{
	_cleanup_free_ uint32_t *stack = calloc(fl->block.n + 1, sizeof(*stack));
	_cleanup_free_ uint8_t *next = calloc(fl->block.n, 1);
	_cleanup_free_ uint8_t *seen = calloc(fl->block.n, 1);
	size_t depth = 1;

	if (!stack || !next || !seen || !vec_reserve(&fl->rpo, fl->block.n))
		return -ENOMEM;
	seen[0] = 1;
	while (depth) {
		uint32_t b = stack[depth - 1];
		const struct flow_block *block = &fl->block.v[b];

		if (next[b] < block->n_succ) {
			uint32_t s = block->succ[next[b]++];

			if (!seen[s]) {
				seen[s] = 1;
				stack[depth++] = s;
			}
			continue;
		}
		fl->rpo.v[fl->rpo.n++] = b;
		depth--;
	}
	for (size_t i = 0; i < fl->rpo.n / 2; i++) {
		uint32_t t = fl->rpo.v[i];

		fl->rpo.v[i] = fl->rpo.v[fl->rpo.n - 1 - i];
		fl->rpo.v[fl->rpo.n - 1 - i] = t;
	}
	for (size_t i = 0; i < fl->rpo.n; i++)
		fl->block.v[fl->rpo.v[i]].order = i;
	return 0;
}

static uint32_t common_dominator(const struct flow *fl, uint32_t a, uint32_t b)
{
	const struct flow_block *v = fl->block.v;

	while (a != b) {
		while (v[a].order > v[b].order)
			a = v[a].idom;
		while (v[b].order > v[a].order)
			b = v[b].idom;
	}
	return a;
}

/* Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001). */
static void find_dominators(struct flow *fl)
{
	bool changed = true;

	fl->block.v[0].idom = 0;
	while (changed) {
		changed = false;
		for (size_t i = 1; i < fl->rpo.n; i++) {
			struct flow_block *b = &fl->block.v[fl->rpo.v[i]];
			uint32_t idom = FLOW_NONE;

			vec_foreach (p, &b->pred)
				if (fl->block.v[*p].idom != FLOW_NONE)
					idom = idom == FLOW_NONE ? *p
								 : common_dominator(fl, idom, *p);
			changed |= idom != b->idom;
			b->idom = idom;
		}
	}
}

bool flow_dominates(const struct flow *fl, uint32_t a, uint32_t b)
{
	const struct flow_block *v = fl->block.v;

	if (v[a].idom == FLOW_NONE || v[b].idom == FLOW_NONE)
		return false;
	while (v[b].order > v[a].order)
		b = v[b].idom;
	return a == b;
}

bool flow_loop(const struct flow *fl, uint32_t header, uint8_t *in)
{
	_cleanup_free_ uint32_t *stack = calloc(fl->block.n + 1, sizeof(*stack));
	size_t depth = 0;

	memset(in, 0, fl->block.n);
	if (!stack)
		return false;
	vec_foreach (p, &fl->block.v[header].pred)
		if (flow_dominates(fl, header, *p) && !in[*p]) {
			in[*p] = 1;
			stack[depth++] = *p;
		}
	if (!depth)
		return false;
	in[header] = 1;
	while (depth) {
		uint32_t b = stack[--depth];

		if (b == header)
			continue;
		vec_foreach (p, &fl->block.v[b].pred)
			if (!in[*p] && fl->block.v[*p].idom != FLOW_NONE) {
				in[*p] = 1;
				stack[depth++] = *p;
			}
	}
	return true;
}

/* ------------------------------------------------------------------------------------------------ */

int flow_open(struct flow *ret, const struct go_exe *x, const struct pclntab_func *f)
{
	_cleanup_(flow_close) struct flow fl = {0};
	_cleanup_free_ uint8_t *leader = NULL;
	struct run_context c = {&fl, 0};
	int r = decode_all(&fl, x, f);

	if (r)
		return r;
	pclntab_value_runs(&x->pcln, f, pclntab_pcdata(&x->pcln, f, PCDATA_INL_TREE_INDEX),
			   note_run, &c);
	leader = calloc(fl.insn.n + 1, 1);
	if (!leader)
		return -ENOMEM;
	if (!find_leaders(&fl, leader))
		return -EINVAL;
	r = make_blocks(&fl, leader);
	if (!r)
		r = connect_blocks(&fl);
	if (!r)
		r = order_blocks(&fl);
	if (r)
		return r;
	find_dominators(&fl);
	*ret = fl;
	fl = (struct flow){0};
	return 0;
}

void flow_close(struct flow *fl)
{
	vec_foreach (b, &fl->block)
		vec_free(&b->pred);
	vec_free(&fl->block);
	vec_free(&fl->insn);
	vec_free(&fl->rpo);
}
