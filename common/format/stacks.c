// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text that Go's runtime writes of all goroutines (printing in src/runtime/traceback.go; what
 * runtime.Stack and /debug/pprof/goroutine?debug=2 give), for people and for the tools that read it.
 * Arguments are not known; as for inlined calls in Go's own text, "..." stands for them. The state
 * of a goroutine whose frames are not certain says so, where those tools take any words.
 */
#include <string.h>

#include "base/clock.h"
#include "format/outputs.h"

static const char *state_text(const struct row *r)
{
	bool waits = r->state == GS_WAITING || r->state == GS_LEAKED;

	if (waits && r->flags & ROW_KNOWS_REASON && r->reason_text && r->reason_text[0])
		return r->reason_text;
	return state_name(r->state);
}

static void put_header(struct buf *out, const struct row *r, const struct row_context *ctx,
		       bool guessed)
{
	uint64_t minutes = row_age(r, ctx->now) / (60 * NSEC_PER_SEC);

	buf_printf(out, "goroutine %llu [%s", (unsigned long long)r->goid, state_text(r));
	if (r->state == GS_LEAKED)
		buf_puts(out, " (leaked)");
	if (guessed)
		buf_puts(out, " (last calls)");
	else if (r->flags & ROW_STACK_TORN)
		buf_puts(out, " (moving)");
	if ((r->state == GS_WAITING || r->state == GS_SYSCALL) && r->bound != AGE_UNKNOWN &&
	    minutes)
		buf_printf(out, ", %llu minutes", (unsigned long long)minutes);
	if (r->locked_tid)
		buf_puts(out, ", locked to thread");
	buf_puts(out, "]:\n");
}

static void put_place(struct buf *out, const char *file, int line)
{
	buf_printf(out, "\t%s:%d", file ? file : "?", line);
}

static void put_line(struct buf *out, const struct stack_line *l)
{
	const char *function = l->function ? l->function : "?";

	buf_printf(out, "%s(...)\n", strcmp(function, "runtime.gopanic") ? function : "panic");
	put_place(out, l->file, l->line);
	if (!l->inlined && l->entry && l->pc > l->entry)
		buf_printf(out, " +%#llx", (unsigned long long)(l->pc - l->entry));
	buf_putc(out, '\n');
}

static void put_creator(struct buf *out, const struct row *r)
{
	const struct name *by = r->created;

	if (!by->function || function_is_hidden(by->function))
		return;
	buf_printf(out, "created by %s", by->function);
	if (r->parent)
		buf_printf(out, " in goroutine %llu", (unsigned long long)r->parent);
	buf_putc(out, '\n');
	put_place(out, by->file, by->line);
	buf_putc(out, '\n');
}

void format_stack(struct buf *out, const struct row *r, const struct stack_shown *stack,
		  const struct row_context *ctx)
{
	put_header(out, r, ctx, stack->n && r->flags & ROW_STACK_GUESS);
	if (!stack->n && r->state == GS_RUNNING)
		buf_puts(out, "\tgoroutine running on other thread; stack unavailable\n");
	for (size_t i = 0; i < stack->n; i++)
		if (!stack->lines[i].hidden)
			put_line(out, &stack->lines[i]);
	if (stack->cut)
		buf_puts(out, "...additional frames elided...\n");
	put_creator(out, r);
}

/* What Go itself leaves out: an extra M's goroutine while no thread of C uses it. */
static bool is_nobody(const struct row *r)
{
	return r->flags & ROW_ENDED || r->state == GS_DEADEXTRA;
}

void format_stacks(struct buf *out, const struct picture *p, struct format_options *o)
{
	bool first = true;

	(void)o;
	for (size_t i = 0; i < p->n; i++) {
		const struct row *r = p->rows[i].row;

		if (is_nobody(r))
			continue;
		if (!first)
			buf_putc(out, '\n');
		first = false;
		format_stack(out, r, stack_of_row(p, i), &p->context);
	}
}
