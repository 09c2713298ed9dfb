// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "semacquire" says nothing of what the semaphore is part of: up to Go 1.19 all of package sync waits
 * so, up to 1.23 WaitGroups do. The function that waits tells.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/stack.h"
#include "runtime/waits_internal.h"

enum {
	FRAMES_UP = 8, /* pcs from gopark to package sync, at most */
	INLINED = 16,
	PCS_MAX = 1 << 16,
	UNNAMED = 0xffff, /* of a pc: none of these */
};

static const struct {
	const char *function; /* as it begins */
	struct wait_rule rule;
} natures[] = {
	{"sync.(*Mutex).", {"", BY_SEMA, WAIT_MUTEX, WAY_LOCK, 4}},
	{"sync.(*RWMutex).RLock", {"", BY_SEMA, WAIT_RWMUTEX, WAY_RLOCK, 12}},
	{"sync.(*RWMutex).Lock", {"", BY_SEMA, WAIT_RWMUTEX, WAY_LOCK, 8}},
	{"sync.(*WaitGroup).Wait", {"", BY_SEMA, WAIT_WAITGROUP, WAY_WAIT, 8}},
};

static uint32_t nature_of_name(const char *function)
{
	for (uint32_t i = 0; function && i < ARRAY_SIZE(natures); i++)
		if (!strncmp(function, natures[i].function, strlen(natures[i].function)))
			return i;
	return UNNAMED;
}

/* Of the calls at a frame, the innermost that says it; few pcs are asked for again and again. */
static uint32_t nature_of_pc(struct waits_pass *p, uint64_t pc)
{
	struct go_frame frames[INLINED];
	uint64_t at = pc & ~STACK_EXACT;
	uint32_t found = hash_get(&p->natures, pc);
	size_t n;

	if (found != HASH_NONE)
		return found;
	found = UNNAMED;
	n = go_frames_at(p->rt->exe, at - p->rt->bias - !(pc & STACK_EXACT), frames, INLINED);
	for (size_t i = 0; i < n && i < INLINED && found == UNNAMED; i++)
		found = nature_of_name(frames[i].function);
	if (p->natures.n < PCS_MAX && !hash_put(&p->natures, pc, found))
		p->failed = true;
	return found;
}

static void take_stack(struct waits_pass *p, const struct stack_batch *b, const struct g_stack *of)
{
	const struct stack *stack = &b->stacks.v[of->stack];
	struct seed *s = seed_at(p, of->g);

	if (!s || s->goid != of->goid || of->flags & (STACK_RUNNING | STACK_TORN))
		return;
	for (uint32_t i = 0; i < stack->n && i < FRAMES_UP; i++) {
		uint32_t nature = nature_of_pc(p, b->pcs.v[stack->first + i]);

		if (nature != UNNAMED) {
			s->rule = &natures[nature].rule;
			return;
		}
	}
}

int waits_frames(struct waits_pass *p)
{
	enum { AT_ONCE = 2048 };
	struct stack_batch b = {0};
	uint64_t gs[AT_ONCE];
	size_t n = 0;
	int r;

	for (; n < AT_ONCE && p->at < p->seeds.n; p->at++)
		if (p->seeds.v[p->at].rule->kind == WAIT_SEMAPHORE)
			gs[n++] = p->seeds.v[p->at].g;
	r = n ? runtime_read_stacks(p->rt, gs, n, &b) : 0;
	if (!r)
		vec_foreach (of, &b.of)
			take_stack(p, &b, of);
	stack_batch_free(&b);
	/* Without the means to read stacks it stays a semaphore. */
	if (r == -ESRCH || r == -ENOMEM)
		return r;
	return p->at < p->seeds.n;
}
