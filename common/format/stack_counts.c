// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "format/stack_counts.h"

static enum stack_trust trust_of(const struct row *r)
{
	if (r->flags & ROW_STACK_GUESS)
		return STACK_GUESSED;
	return r->flags & ROW_STACK_TORN ? STACK_MOVING : STACK_SURE;
}

const char *stack_trust_text(enum stack_trust trust)
{
	static const char *const texts[STACK_TRUSTS] = {
		[STACK_GUESSED] = "last calls of a running goroutine",
		[STACK_MOVING] = "moved while it was read",
	};

	return texts[trust];
}

/* places[stack × trust] is one more than the place of its count. */
static bool count_row(struct stack_counts *c, const struct stack_shown *stack, const struct row *r,
		      uint32_t *places)
{
	const struct stack_count new = {stack, trust_of(r), 1};

	places += new.trust;
	if (*places) {
		c->all.v[*places - 1].n++;
		return true;
	}
	*places = (uint32_t)c->all.n + 1;
	return vec_push(&c->all, new);
}

bool stack_counts_make(struct stack_counts *ret, const struct picture *p)
{
	size_t n = p->stacks ? p->stacks->n : 1;
	uint32_t *places = calloc(n * STACK_TRUSTS, sizeof(*places));
	bool done = places;

	*ret = (struct stack_counts){0};
	for (size_t i = 0; done && i < p->n; i++) {
		const struct row *r = p->rows[i].row;
		const struct stack_shown *stack = stack_of_row(p, i);
		size_t place = stack->n ? (size_t)(stack - p->stacks->all) : 0;

		if (!(r->flags & ROW_ENDED) && r->state != GS_DEADEXTRA)
			done = count_row(ret, stack, r, places + place * STACK_TRUSTS);
	}
	free(places);
	return done;
}

void stack_counts_free(struct stack_counts *c)
{
	vec_free(&c->all);
}
