// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Syscalls of Go 1.26 on: reentersyscall and exitsyscall swap the status themselves, and call
 * casgstatus only where that fails or the goroutine is in a bubble (src/runtime/proc.go, commit
 * 8683bb84). The site is the conditional jump behind the swap, which the kernel emulates; a register
 * says there whether the swap was made. If it was not, casgstatus is called, and that is seen.
 *
 * A hit behind the change is as good as one before it: the goroutine is the only one to leave either
 * state, and it has not gone on yet.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/gstatus.h"
#include "golang/inline_tree.h"
#include "golang/site_holder.h"

#define OUTCOME_REACH 8 /* instructions from the swap to what tells its outcome */
#define JUMP_REACH    3 /* from there to the jump */

static const struct bypass {
	const char *function;
	uint32_t old_status, new_status;
} bypasses[] = {
	{"runtime.reentersyscall", GS_RUNNING, GS_SYSCALL},
	{"runtime.exitsyscall", GS_SYSCALL, GS_RUNNING},
};

enum { NO_CALL = -1 };

/* ---- the swap ---------------------------------------------------------------------------------- */

static bool in_casgstatus(const struct holder *h, uint32_t insn)
{
	uint64_t name = pclntab_name_offset(&h->x->pcln, CASGSTATUS);

	for (int32_t i = 0; i < h->n_calls; i++)
		if (h->name[i] == name && holder_belongs(h, insn, i))
			return true;
	return false;
}

static bool is_constant(const struct value *v, uint32_t wanted)
{
	uint32_t c;

	return value_constant(v, &c) && c == wanted;
}

/* The one swap of inlined call `call` (NO_CALL: of all the function) from old to new. */
static const char *find_swap(struct holder *h, int32_t call, const struct bypass *b, uint32_t *at,
			     struct status_swap *ret)
{
	struct status_swap swap;

	*at = FLOW_NONE;
	for (uint32_t i = 0; i < h->flow.insn.n; i++) {
		if (call != NO_CALL && !holder_belongs(h, i, call))
			continue;
		if (!status_swap_at(&h->values, i, &swap) ||
		    !is_constant(&swap.old_status, b->old_status) ||
		    !is_constant(&swap.new_status, b->new_status) || in_casgstatus(h, i))
			continue;
		if (*at != FLOW_NONE)
			return "it changes the status in more than one way";
		*at = i;
		*ret = swap;
	}
	return NULL;
}

/* ---- its outcome ------------------------------------------------------------------------------- */

static const struct flow_insn *insn_of(const struct holder *h, uint32_t i)
{
	return &h->flow.insn.v[i];
}

/* Whether instruction i sets register r by the outcome of the swap `swap` or its twin. */
static bool tells_outcome(const struct holder *h, uint32_t i, uint32_t swap, int r)
{
	const struct code_op *op = &insn_of(h, i)->step.op[0];

	return op->kind == OP_SET_EQUAL && op->dst == r &&
	       insn_of(h, i)->inlined == insn_of(h, swap)->inlined;
}

/*
 * On arm64 there are two swaps, one for machines with atomic instructions and one for others, and
 * both set the register and go to the same jump.
 */
static bool all_ways_tell(const struct holder *h, uint32_t jump, uint32_t swap, int r)
{
	const struct flow_block *b = &h->flow.block.v[insn_of(h, jump)->block];

	if (b->first != jump || !b->pred.n)
		return false;
	vec_foreach (p, &b->pred) {
		uint32_t last = h->flow.block.v[*p].last;

		if (insn_of(h, last)->step.op[0].kind == OP_JUMP && last)
			last--;
		if (!tells_outcome(h, last, swap, r))
			return false;
	}
	return true;
}

/* The jump on the outcome; *reg is the register that has it. FLOW_NONE: there is none such. */
static uint32_t find_jump(const struct holder *h, uint32_t swap, int *reg)
{
	uint32_t i = swap + 1, n = h->flow.insn.n;

	while (i < n && i - swap < OUTCOME_REACH && insn_of(h, i)->step.op[0].kind != OP_SET_EQUAL)
		i++;
	if (i >= n || !tells_outcome(h, i, swap, insn_of(h, i)->step.op[0].dst))
		return FLOW_NONE;
	/* amd64: the flags are those of the instruction before. */
	if (h->flow.arch == GO_ARCH_AMD64 && i != swap + 1)
		return FLOW_NONE;
	*reg = insn_of(h, i)->step.op[0].dst;
	for (uint32_t j = i + 1; j < n && j - i <= JUMP_REACH; j++) {
		const struct flow_insn *insn = insn_of(h, j);
		const struct code_op *op = &insn->step.op[0];

		if (op->kind == OP_JUMP)
			return op->conditional && insn->cost == PROBE_EMULATED &&
					       (insn->block == insn_of(h, swap)->block ||
						all_ways_tell(h, j, swap, *reg))
				       ? j
				       : FLOW_NONE;
		if (op->kind != OP_OTHER && op->kind != OP_COMPARE && op->kind != OP_MOVE)
			return FLOW_NONE;
		if (insn->step.written & 1u << *reg)
			return FLOW_NONE;
	}
	return FLOW_NONE;
}

/* Which register holds the goroutine at instruction `at`. */
static bool find_goroutine(struct holder *h, uint32_t at, const struct status_swap *swap,
			   int32_t status, struct go_value *ret)
{
	struct value gp = swap->status;
	struct value_state s;

	gp.add -= status;
	return values_before(&h->values, at, &s) && value_in_register(&s, &gp, value_same, ret);
}

/* ---- together ---------------------------------------------------------------------------------- */

/* How many there are of a bypass, the function itself and copies of it, and how many of them swap. */
struct tally {
	size_t all, swaps;
};

/* Adds the site of one copy, or of the function itself, if it swaps. */
static const char *add_bypass(site_list *ret, struct holder *h, int32_t call,
			      const struct bypass *b, int32_t status, struct tally *tally)
{
	struct go_site site = {.old_status = {GO_VALUE_CONST, b->old_status},
			       .new_status = {GO_VALUE_CONST, b->new_status}};
	struct status_swap swap;
	uint32_t at, jump;
	int reg;
	const char *wrong = find_swap(h, call, b, &at, &swap);

	tally->all++;
	if (wrong || at == FLOW_NONE)
		return wrong;
	tally->swaps++;
	jump = find_jump(h, at, &reg);
	if (jump == FLOW_NONE)
		return "what its compare-and-swap came to is not told where a probe may be";
	if (!find_goroutine(h, jump, &swap, status, &site.gp))
		return "the goroutine is in no register there";
	site.made = 1 + (uint32_t)reg;
	return holder_add_site(ret, h, jump, &site);
}

/* In the function that is number i: the bypass itself, or copies of it. */
static const char *add_in(site_list *ret, const struct go_exe *x, uint32_t i,
			  const struct bypass *b, int32_t status, struct tally *tally)
{
	_cleanup_(holder_close) struct holder h = {.x = x};
	uint64_t name = pclntab_name_offset(&x->pcln, b->function);
	const char *wrong = "it cannot be read";

	if (pclntab_func(&x->pcln, i, &h.f))
		wrong = holder_open(&h);
	if (!wrong && h.f.name == name)
		return add_bypass(ret, &h, NO_CALL, b, status, tally);
	for (int32_t c = 0; !wrong && c < h.n_calls; c++)
		if (h.name[c] == name)
			wrong = add_bypass(ret, &h, c, b, status, tally);
	return wrong;
}

static int add_all(site_list *ret, const struct go_exe *x, const struct bypass *b, int32_t status,
		   struct tally *tally, struct err *err)
{
	struct inlined_copies copies = {0};
	struct pclntab_func f;
	const char *wrong = NULL, *in = b->function;

	if (!inlined_copies_find(&copies, &x->img, &x->pcln, x->module.gofunc, b->function))
		wrong = "its inlined copies are not known";
	if (!wrong && pclntab_func_named(&x->pcln, b->function, &f))
		wrong = add_in(ret, x, f.index, b, status, tally);
	for (size_t i = 0; !wrong && i < copies.n_holders; i++) {
		if (pclntab_func(&x->pcln, copies.holder[i], &f))
			in = pclntab_name(&x->pcln, f.name);
		wrong = add_in(ret, x, copies.holder[i], b, status, tally);
	}
	if (!wrong && tally->swaps && tally->swaps != tally->all)
		wrong = "it changes the status in some places only";
	if (!wrong)
		return 0;
	return err_set(err, EXIT_TARGET, ENOTSUP, "syscalls cannot be probed: %s in %s: %s",
		       b->function, in ? in : "?", wrong);
}

/* Both or neither; from Go 1.26 on, both. */
static int check_tallies(const struct go_exe *x, const struct tally t[ARRAY_SIZE(bypasses)],
			 struct err *err)
{
	bool known = x->info.version.major;

	if (t[0].swaps && t[1].swaps)
		return 0;
	if (!known && !t[0].swaps && !t[1].swaps)
		return 0;
	return err_set(err, EXIT_TARGET, ENOTSUP,
		       "syscalls cannot be probed: %s does not change the status as known releases "
		       "do",
		       bypasses[t[0].swaps ? 1 : 0].function);
}

int go_syscall_sites_find(const struct go_exe *x, struct go_site **ret, size_t *n, struct err *err)
{
	struct tally tally[ARRAY_SIZE(bypasses)] = {0};
	site_list sites = {0};
	int32_t status;
	int r = 0;

	*ret = NULL;
	*n = 0;
	if (x->info.version.major && go_version_cmp(&x->info.version, 26, 0) < 0)
		return 0;
	if (!site_status_offset(x, &status))
		return err_set(err, EXIT_TARGET, ENOTSUP,
			       "syscalls cannot be probed: where a goroutine's status is was not "
			       "found");
	for (size_t i = 0; !r && i < ARRAY_SIZE(bypasses); i++)
		r = add_all(&sites, x, &bypasses[i], status, &tally[i], err);
	if (!r)
		r = check_tallies(x, tally, err);
	if (r) {
		vec_free(&sites);
		return r;
	}
	*ret = sites.v;
	*n = sites.n;
	return 0;
}
