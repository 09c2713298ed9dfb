// SPDX-License-Identifier: GPL-2.0-or-later
/* Equal stacks are kept once: a hundred thousand goroutines stand at some hundred places. */
#include "runtime/stack_internal.h"

/* Pcs are within 52 bits, and a key is never 0. */
static uint64_t key_of(const uint64_t *pcs, size_t n)
{
	uint64_t key = n;

	for (size_t i = 0; i < n; i++)
		key = (key ^ pcs[i]) * 0x9e3779b97f4a7c15ull + (key >> 29);
	return hash_mix(key) | 1;
}

/* The pc that an innermost frame, or one that was interrupted, stands at is no return address. */
static void mark_exact(const struct stack_walk *w, uint64_t *pcs)
{
	for (size_t i = 0; i < w->n; i++)
		if (i ? stack_is_exact(w->code, w->pcs[i - 1], w->pcs[i])
		      : stack_is_entry(w->code, w->rt, w->pcs[0]))
			pcs[i] |= STACK_EXACT;
}

static bool is_same(const struct stack_batch *b, uint32_t id, const uint64_t *pcs, size_t n)
{
	const struct stack *s = &b->stacks.v[id];

	if (s->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((b->pcs.v[s->first + i] ^ pcs[i]) & ~STACK_EXACT)
			return false;
	return true;
}

bool stack_batch_add(struct stack_batch *b, const struct stack_walk *w, uint32_t *ret)
{
	const struct stack new = {(uint32_t)b->pcs.n, (uint32_t)w->n};
	uint64_t key = key_of(w->pcs, w->n);
	uint32_t id;

	for (; (id = hash_get(&b->ids, key)) != HASH_NONE; key += 2)
		if (is_same(b, id, w->pcs, w->n)) {
			*ret = id;
			return true;
		}
	if (b->pcs.n + w->n > UINT32_MAX || (w->n && !vec_append(&b->pcs, w->pcs, w->n)))
		return false;
	mark_exact(w, b->pcs.v + new.first);
	if (!vec_push(&b->stacks, new) || !hash_put(&b->ids, key, (uint32_t)b->stacks.n - 1)) {
		b->pcs.n = new.first;
		return false;
	}
	*ret = (uint32_t)b->stacks.n - 1;
	return true;
}

void stack_batch_clear(struct stack_batch *b)
{
	b->t0 = b->t1 = 0;
	b->pcs.n = b->stacks.n = b->of.n = 0;
	hash_clear(&b->ids);
}

void stack_batch_free(struct stack_batch *b)
{
	vec_free(&b->pcs);
	vec_free(&b->stacks);
	vec_free(&b->of);
	hash_free(&b->ids);
}
