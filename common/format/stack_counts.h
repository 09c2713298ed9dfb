/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many of a picture's goroutines have which stack: what profiles are made of. */
#ifndef GOROUTOP_FORMAT_STACK_COUNTS_H
#define GOROUTOP_FORMAT_STACK_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "model/picture.h"

/* How far the stacks that are counted together can be trusted. */
enum stack_trust { STACK_SURE, STACK_GUESSED, STACK_MOVING, STACK_TRUSTS };

struct stack_count {
	const struct stack_shown *stack; /* without lines: unknown */
	enum stack_trust trust;
	uint64_t n;
};

struct stack_counts {
	VEC(struct stack_count) all; /* in the order in which the rows first had them */
};

bool stack_counts_make(struct stack_counts *ret, const struct picture *p); /* false: no memory */
void stack_counts_free(struct stack_counts *c);

/* "last calls", …; NULL for those that are sure. */
const char *stack_trust_text(enum stack_trust trust);

/*
 * Whether a profile has this line: not the calls that the compiler made up. Go's own leaves them out
 * as well (tracebackPCs, src/runtime/traceback.go).
 */
static inline bool stack_line_counts(const struct stack_line *l)
{
	return !l->wrapper;
}

#endif
