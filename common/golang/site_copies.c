// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies of casgstatus in a PGO build. A copy is a loop around the compare-and-swap, as the function
 * is: for i := 0; !gp.atomicstatus.CompareAndSwap(oldval, newval); i++ { … wait … }. The probe must
 * be hit once a call, however often the loop turns, and before the swap, since after it another
 * thread may already change the status again: so it sits in the block that leads into the loop,
 * behind everything that the function has written by then.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/inline_tree.h"
#include "golang/site_holder.h"

/* ---- where ------------------------------------------------------------------------------------- */

static bool loop_waits(const struct holder *h, int32_t call)
{
	for (uint32_t i = 0; i < h->flow.insn.n; i++)
		if (h->loop[h->flow.insn.v[i].block] && holder_belongs(h, i, call) &&
		    h->flow.insn.v[i].step.op[0].kind == OP_CALL)
			return true;
	return false;
}

/*
 * The copy's loop: the innermost around the swap in which the copy itself calls (it yields while it
 * waits). A loop without is that of a load-exclusive and its store. Leaves its blocks in h->loop.
 */
static uint32_t find_loop(struct holder *h, uint32_t swap, int32_t call)
{
	uint32_t body = h->flow.insn.v[swap].block, b = body;

	if (h->flow.block.v[b].idom == FLOW_NONE)
		return FLOW_NONE;
	for (;;) {
		if (flow_loop(&h->flow, b, h->loop) && h->loop[body] && loop_waits(h, call))
			return b;
		if (b == h->flow.block.v[b].idom)
			return FLOW_NONE;
		b = h->flow.block.v[b].idom;
	}
}

/* The only block outside the loop that leads into it, and leads nowhere else. */
static uint32_t find_way_in(const struct holder *h, uint32_t header)
{
	uint32_t found = FLOW_NONE;

	vec_foreach (p, &h->flow.block.v[header].pred) {
		if (h->loop[*p] || h->flow.block.v[*p].idom == FLOW_NONE)
			continue;
		if (found != FLOW_NONE)
			return FLOW_NONE;
		found = *p;
	}
	if (found != FLOW_NONE && h->flow.block.v[found].n_succ != 1)
		return FLOW_NONE;
	return found;
}

/* ---- what -------------------------------------------------------------------------------------- */

static bool status_value(const struct value_state *s, const struct value *v, struct go_value *ret)
{
	uint32_t constant;

	if (value_constant(v, &constant)) {
		*ret = (struct go_value){GO_VALUE_CONST, constant};
		return true;
	}
	return value_in_register(s, v, value_same32, ret);
}

/* In a register; or where the loop fetches it from at each turn. */
static bool gp_value(const struct values *v, const struct value_state *s, const struct value *gp,
		     struct go_value *ret)
{
	if (value_in_register(s, gp, value_same, ret))
		return true;
	ret->kind = GO_VALUE_STACK;
	return value_on_stack(v, s, gp, &ret->number);
}

/* Whether gp, old and new can be told before the instruction. */
static bool known_at(struct holder *h, uint32_t insn, const struct status_swap *swap,
		     int32_t status, struct go_site *ret)
{
	struct value gp = swap->status;
	struct value_state s;

	gp.add -= status;
	return values_before(&h->values, insn, &s) && gp_value(&h->values, &s, &gp, &ret->gp) &&
	       status_value(&s, &swap->old_status, &ret->old_status) &&
	       status_value(&s, &swap->new_status, &ret->new_status);
}

/*
 * Backwards from the end of the block, as far as nothing is written outside the frame: a probe
 * before the goroutine's wait reason is written would read the old one.
 */
static uint32_t choose(struct holder *h, uint32_t block, const struct status_swap *swap,
		       int32_t status, struct go_site *ret)
{
	const struct flow_block *b = &h->flow.block.v[block];
	uint32_t best = FLOW_NONE;
	struct go_site site = {0};

	for (uint32_t i = b->last + 1; i-- > b->first;) {
		const struct flow_insn *insn = &h->flow.insn.v[i];

		if (i != b->last && (insn[1].step.stores || insn->step.op[0].kind == OP_CALL))
			break;
		if (insn->cost == PROBE_FORBIDDEN || !known_at(h, i, swap, status, &site))
			continue;
		if (insn->cost == PROBE_EMULATED || best == FLOW_NONE) {
			best = i;
			*ret = site;
		}
		if (insn->cost == PROBE_EMULATED || insn->step.stores)
			break;
	}
	return best;
}

/* ---- together ---------------------------------------------------------------------------------- */

/* The site of one swap; NULL, or what is wrong with it. */
static const char *add_swap(site_list *ret, struct holder *h, uint32_t insn, int32_t call,
			    int32_t status)
{
	struct status_swap swap;
	struct go_site site = {0};
	uint32_t header, way_in, at;

	if (!status_swap_at(&h->values, insn, &swap))
		return "what it swaps is not known";
	header = find_loop(h, insn, call);
	if (header == FLOW_NONE)
		return "its loop was not found";
	way_in = find_way_in(h, header);
	if (way_in == FLOW_NONE)
		return "there is more than one way into it";
	at = choose(h, way_in, &swap, status, &site);
	if (at == FLOW_NONE)
		return "no instruction before it has all that a probe must read";
	return holder_add_site(ret, h, at, &site);
}

/* All swaps of one inlined call. A call whose instructions were all removed is none. */
static const char *add_copy(site_list *ret, struct holder *h, int32_t call, int32_t status)
{
	bool has_code = false, has_swap = false;

	for (uint32_t i = 0; i < h->flow.insn.n; i++) {
		enum code_op_kind kind = h->flow.insn.v[i].step.op[0].kind;
		const char *wrong;

		if (!holder_belongs(h, i, call))
			continue;
		has_code = true;
		if ((kind != OP_CMPXCHG && kind != OP_LOAD_EX) ||
		    h->flow.insn.v[i].step.op[0].size != 4)
			continue;
		has_swap = true;
		wrong = add_swap(ret, h, i, call, status);
		if (wrong)
			return wrong;
	}
	return has_code && !has_swap ? "it has no compare-and-swap" : NULL;
}

static const char *add_holder(site_list *ret, struct holder *h, uint64_t name, int32_t status)
{
	const char *wrong = holder_open(h);

	for (int32_t i = 0; i < h->n_calls && !wrong; i++)
		if (h->name[i] == name)
			wrong = add_copy(ret, h, i, status);
	return wrong;
}

int site_copies(site_list *ret, const struct go_exe *x, int32_t status, struct err *err)
{
	uint64_t name = pclntab_name_offset(&x->pcln, CASGSTATUS);
	struct inlined_copies copies;

	if (!inlined_copies_find(&copies, &x->img, &x->pcln, x->module.gofunc, CASGSTATUS))
		return err_set(err, EXIT_TARGET, ENOTSUP,
			       "whether %s was inlined cannot be told: the inline trees were not "
			       "found",
			       CASGSTATUS);
	if (copies.n && status < 0)
		return err_set(err, EXIT_TARGET, ENOTSUP,
			       "PGO build: %zu copies of %s are inlined, and where a goroutine's "
			       "status is was not found",
			       copies.n, CASGSTATUS);
	for (size_t i = 0; i < copies.n_holders; i++) {
		_cleanup_(holder_close) struct holder h = {.x = x};
		const char *wrong = "it cannot be read";

		if (pclntab_func(&x->pcln, copies.holder[i], &h.f))
			wrong = add_holder(ret, &h, name, status);
		if (wrong)
			return err_set(err, EXIT_TARGET, ENOTSUP,
				       "PGO build: %zu copies of %s are inlined, and the one in %s "
				       "cannot be probed: %s",
				       copies.n, CASGSTATUS, pclntab_name(&x->pcln, h.f.name),
				       wrong);
	}
	return 0;
}
