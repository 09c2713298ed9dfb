// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "golang/inline_tree.h"
#include "golang/site_holder.h"

#define STEPS_MAX (1u << 26) /* along the table of the inline tree; a million are many */

/*
 * Whether from each call its parents lead out of the function soon. In a file that means harm they
 * lead in a circle; real ones are inlined into each other some ten deep.
 */
static bool chains_end(const struct holder *h)
{
	for (int32_t i = 0; i < h->n_calls; i++) {
		int depth = 0;

		for (int32_t at = i; at >= 0 && at < h->n_calls; at = h->parent[at])
			if (depth++ == HOLDER_DEPTH_MAX)
				return false;
	}
	return true;
}

/* Reads the inline tree. False when it cannot be read; a function may have none. */
static bool read_calls(struct holder *h)
{
	const struct pclntab *t = &h->x->pcln;
	uint32_t table = pclntab_pcdata(t, &h->f, PCDATA_INL_TREE_INDEX);
	struct inline_extent e;
	struct inline_tree tree;
	struct inline_call call;

	if (!inline_tree_of(&tree, &h->x->img, t, &h->f, h->x->module.gofunc))
		return !table || (inline_tree_extent(&e, t, &h->f) && e.max < 0);
	/* The table is gone through once for each call. */
	if (!inline_tree_extent(&e, t, &h->f) || e.max >= HOLDER_CALLS_MAX ||
	    (uint64_t)(e.max + 1) * e.steps > STEPS_MAX)
		return false;
	h->n_calls = e.max + 1;
	for (int32_t i = 0; i < h->n_calls; i++) {
		if (!inline_tree_call(&tree, &h->f, i, &call))
			return false;
		h->parent[i] = inline_tree_index(t, &h->f, call.parent_pc);
		h->name[i] = call.name;
	}
	return chains_end(h);
}

const char *holder_open(struct holder *h)
{
	if (!read_calls(h))
		return "its inline tree cannot be read";
	if (flow_open(&h->flow, h->x, &h->f))
		return "its code cannot be decoded";
	if (values_compute(&h->values, &h->flow))
		return "its code is too involved";
	h->loop = calloc(h->flow.block.n, 1);
	return h->loop ? NULL : "no memory";
}

void holder_close(struct holder *h)
{
	values_free(&h->values);
	flow_close(&h->flow);
	free(h->loop);
}

bool holder_belongs(const struct holder *h, uint32_t insn, int32_t call)
{
	int32_t i = h->flow.insn.v[insn].inlined;

	for (int depth = 0; i >= 0 && i < h->n_calls && depth < HOLDER_DEPTH_MAX; depth++) {
		if (i == call)
			return true;
		i = h->parent[i];
	}
	return false;
}

bool value_in_register(const struct value_state *s, const struct value *v,
		       bool (*same)(const struct value *, const struct value *),
		       struct go_value *ret)
{
	for (int r = 0; r < CODE_REGISTERS; r++)
		if (same(&s->reg[r], v)) {
			*ret = (struct go_value){GO_VALUE_REGISTER, r};
			return true;
		}
	return false;
}

static int describe(const struct holder *h, uint32_t insn, struct go_site *site)
{
	_cleanup_(decoder_close) struct decoder d = {0};
	uint64_t pc = h->flow.insn.v[insn].pc;
	int r = decoder_open(&d, &h->x->img, pc, h->f.end);

	if (r)
		return r;
	return decoder_next(&d) ? site_describe(site, h->x, &h->f, &d) : -EINVAL;
}

const char *holder_add_site(site_list *ret, struct holder *h, uint32_t insn, struct go_site *site)
{
	if (describe(h, insn, site))
		return "its code is not in the file";
	vec_foreach (s, ret)
		if (s->vaddr == site->vaddr)
			return NULL;
	if (ret->n >= GO_SITES_MAX)
		return "there are too many";
	return vec_push(ret, *site) ? NULL : "no memory";
}
