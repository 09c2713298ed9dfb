// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A line a stack, outermost call first, as flamegraph.pl, inferno and speedscope read it:
 * "main.main;main.run;runtime.gopark 12". Where a stack is not certain an outermost frame of its own
 * says so, and so it is a tower of its own.
 */
#include "base/cleanup.h"
#include "format/outputs.h"
#include "format/stack_counts.h"

/* A name must not hold what divides names. */
static void put_name(struct buf *out, const char *name)
{
	for (; *name; name++)
		buf_putc(out, *name == ';' ? ',' : *name);
}

static void put_stack(struct buf *out, const struct stack_count *c)
{
	const char *trust = stack_trust_text(c->trust), *divider = "";

	if (trust) {
		buf_printf(out, "[%s]", trust);
		divider = ";";
	}
	if (!c->stack->n) {
		buf_printf(out, "%s[unknown stack]", divider);
		divider = ";";
	}
	for (size_t i = c->stack->n; i-- > 0;) {
		const struct stack_line *l = &c->stack->lines[i];

		if (!stack_line_counts(l))
			continue;
		buf_puts(out, divider);
		put_name(out, l->symbol ? l->symbol : "[unknown function]");
		divider = ";";
	}
	buf_printf(out, " %llu\n", (unsigned long long)c->n);
}

void format_folded(struct buf *out, const struct picture *p, struct format_options *o)
{
	_cleanup_(stack_counts_free) struct stack_counts counts = {0};

	(void)o;
	if (!stack_counts_make(&counts, p)) {
		out->failed = true;
		return;
	}
	vec_foreach (c, &counts.all)
		put_stack(out, c);
}
