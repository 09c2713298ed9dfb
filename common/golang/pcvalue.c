// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pc-value tables: pairs of varints, the change of the value (zigzag, from -1) and the number of
 * quanta of code that it then holds for; a 0 where a change is due ends the table
 * (src/runtime/symtab.go, step).
 */
#include "golang/pclntab.h"

#define STEPS_MAX (1u << 20) /* a function's table; the longest real ones have some ten thousand */
#define WINDOW	  4096	     /* bytes asked for at once */

struct cursor {
	const struct pclntab *t;
	uint64_t at, end;      /* in the span */
	const uint8_t *window; /* the bytes at [at, window_end) */
	uint64_t window_end;
};

static bool take_byte(struct cursor *c, uint8_t *ret)
{
	if (c->at >= c->window_end) {
		uint64_t n = c->end - c->at < WINDOW ? c->end - c->at : WINDOW;

		c->window = span_at(&c->t->span, c->at, n);
		if (!c->window)
			return false;
		c->window_end = c->at + n;
	}
	*ret = *c->window++;
	c->at++;
	return true;
}

static bool take_varint(struct cursor *c, uint32_t *ret)
{
	uint32_t v = 0;
	uint8_t b;

	for (int shift = 0; shift < 35; shift += 7) {
		if (!take_byte(c, &b))
			return false;
		v |= (uint32_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

static int32_t zigzag(uint32_t v)
{
	return (int32_t)((v >> 1) ^ -(v & 1));
}

bool pclntab_value_runs(const struct pclntab *t, const struct pclntab_func *f, uint32_t table,
			bool (*visit)(void *arg, uint64_t from, uint64_t to, int32_t value),
			void *arg)
{
	uint64_t pc = f->entry, next;
	int32_t value = -1;
	struct cursor c = {.t = t, .at = t->pctab + table, .end = t->pcln};

	if (!table || table >= t->pcln - t->pctab)
		return false;
	for (unsigned step = 0; step < STEPS_MAX; step++) {
		uint32_t change, run;

		if (!take_varint(&c, &change))
			return false;
		if (!change && step)
			return true;
		if (!take_varint(&c, &run))
			return false;
		/* Wraps as the runtime's int32 does. */
		value = (int32_t)((uint32_t)value + (uint32_t)zigzag(change));
		next = pc + (uint64_t)run * t->quantum;
		if (!visit(arg, pc, next, value))
			return true;
		pc = next;
	}
	return false;
}

struct lookup {
	uint64_t pc;
	int32_t value;
	bool found;
};

static bool visit_lookup(void *arg, uint64_t from, uint64_t to, int32_t value)
{
	struct lookup *l = arg;

	if (l->pc < from || l->pc >= to)
		return l->pc >= to;
	l->value = value;
	l->found = true;
	return false;
}

bool pclntab_value(const struct pclntab *t, const struct pclntab_func *f, uint32_t table,
		   uint64_t pc, int32_t *ret)
{
	struct lookup l = {.pc = pc};

	if (!pclntab_value_runs(t, f, table, visit_lookup, &l) || !l.found)
		return false;
	*ret = l.value;
	return true;
}
