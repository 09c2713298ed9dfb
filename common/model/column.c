// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/human.h"
#include "base/text.h"
#include "model/column.h"
#include "model/label_column.h"

/* SCREENS.md: from when on a wait is worth a second look. */
static const uint64_t age_long = 60 * NSEC_PER_SEC, age_very_long = 600 * NSEC_PER_SEC;

/* ---- texts and their order -------------------------------------------------------------------- */

static const char *state_text(const struct row *r, const struct row_context *ctx)
{
	(void)ctx;
	return r->flags & (ROW_GONE | ROW_ENDED) ? "ended" : state_name(r->state);
}

static uint64_t rank_of_state(const struct row *r)
{
	return (uint64_t)state_rank(r->state);
}

static int state_compare(const struct row *a, const struct row *b, const struct row_context *ctx)
{
	int x = state_rank(a->state), y = state_rank(b->state);

	(void)ctx;
	return (x > y) - (x < y);
}

/* Reason 0 is the empty text: the runtime gave none. */
static const char *reason_text(const struct row *r, const struct row_context *ctx)
{
	(void)ctx;
	if (!(r->flags & ROW_KNOWS_REASON) || !r->reason_text || !r->reason_text[0])
		return NULL;
	return r->reason_text;
}

static int reason_compare(const struct row *a, const struct row *b, const struct row_context *ctx)
{
	return strcmp(reason_text(a, ctx), reason_text(b, ctx));
}

/* Only who waits has a reason; what is folded into running keeps the one it has (law 1). */
static bool reason_none(const struct row *r)
{
	return !(r->flags & ROW_KNOWS_REASON) && r->state != GS_WAITING && r->state != GS_LEAKED;
}

#define NAME_COLUMN(field)                                                                  \
	static const struct name *field##_name(const struct row *r)                         \
	{                                                                                   \
		return r->field;                                                            \
	}                                                                                   \
	static const char *field##_text(const struct row *r, const struct row_context *ctx) \
	{                                                                                   \
		(void)ctx;                                                                  \
		return r->field->function;                                                  \
	}                                                                                   \
	static int field##_compare(const struct row *a, const struct row *b,                \
				   const struct row_context *ctx)                           \
	{                                                                                   \
		(void)ctx;                                                                  \
		return name_compare(a->field, b->field);                                    \
	}

NAME_COLUMN(start)
NAME_COLUMN(created)
NAME_COLUMN(where)

/* ---- labels ----------------------------------------------------------------------------------- */

static const char *labels_text(const struct row *r, const struct row_context *ctx)
{
	(void)ctx;
	return r->label_set ? r->label_set->all : NULL;
}

static int labels_compare(const struct row *a, const struct row *b, const struct row_context *ctx)
{
	return text_compare(labels_text(a, ctx), labels_text(b, ctx));
}

static bool labels_none(const struct row *r)
{
	return r->label_set ? !r->label_set->n : r->flags & ROW_KNOWS_MEMORY && !r->labels;
}

#define LABEL_COLUMN(i)                                                                            \
	static const char *label_##i##_text(const struct row *r, const struct row_context *ctx)    \
	{                                                                                          \
		(void)ctx;                                                                         \
		return label_column_value(i, r);                                                   \
	}                                                                                          \
	static int label_##i##_compare(const struct row *a, const struct row *b,                   \
				       const struct row_context *ctx)                              \
	{                                                                                          \
		return text_compare(label_##i##_text(a, ctx), label_##i##_text(b, ctx));           \
	}                                                                                          \
	static bool label_##i##_none(const struct row *r)                                          \
	{                                                                                          \
		return label_column_none(i, r);                                                    \
	}                                                                                          \
	static void format_label_##i(struct cell *cell, const struct row *r,                       \
				     const struct row_context *ctx)                                \
	{                                                                                          \
		text_clean(cell->text, sizeof(cell->text), label_##i##_text(r, ctx), SIZE_MAX / 2, \
			   ctx->ascii);                                                            \
	}

LABEL_COLUMN(0)
LABEL_COLUMN(1)
LABEL_COLUMN(2)
LABEL_COLUMN(3)
LABEL_COLUMN(4)
LABEL_COLUMN(5)
LABEL_COLUMN(6)
LABEL_COLUMN(7)

/* ---- numbers ---------------------------------------------------------------------------------- */

#define NUMBER_COLUMN(name, condition, value)                                                      \
	static bool name##_number(const struct row *r, const struct row_context *ctx, double *ret) \
	{                                                                                          \
		(void)ctx;                                                                         \
		if (!(condition))                                                                  \
			return false;                                                              \
		*ret = (double)(value);                                                            \
		return true;                                                                       \
	}

static bool counts(const struct row *r)
{
	return r->flags & ROW_KNOWS_COUNTS;
}

NUMBER_COLUMN(goid, true, r->goid)
NUMBER_COLUMN(age, r->bound != AGE_UNKNOWN, row_age(r, ctx->now))
NUMBER_COLUMN(thread, (r->flags & ROW_KNOWS_THREAD) && r->tid, r->tid)
NUMBER_COLUMN(processor, (r->flags & ROW_KNOWS_PROCESSOR) && r->processor >= 0, r->processor)
NUMBER_COLUMN(parent, r->parent, r->parent)
NUMBER_COLUMN(waker, (r->flags & ROW_KNOWS_WAKER) && r->waker, r->waker)
NUMBER_COLUMN(transitions, counts(r), r->transitions)
NUMBER_COLUMN(switches, counts(r), r->switches)
NUMBER_COLUMN(rate, counts(r) && ctx->interval,
	      r->interval_switches *((double)NSEC_PER_SEC / (double)ctx->interval))
/* Who was never seen to be scheduled has no latency; that is not a latency of 0. */
NUMBER_COLUMN(maxlat, counts(r) && r->max_latency, r->max_latency)

static bool thread_none(const struct row *r)
{
	return (r->flags & ROW_KNOWS_THREAD) && !r->tid;
}

static bool processor_none(const struct row *r)
{
	return (r->flags & ROW_KNOWS_PROCESSOR) && r->processor < 0;
}

/* A share of the observed time of the last interval; of an interval of which nothing is known, none. */
static bool share(const struct row *r, const struct row_context *ctx, uint64_t part, double *ret)
{
	uint64_t all = row_times_sum(&r->interval);

	if (!counts(r) || !ctx->interval || all == r->interval.unknown)
		return false;
	*ret = 100.0 * (double)part / (double)all;
	return true;
}

#define SHARE_COLUMN(name, part)                                                                   \
	static bool name##_number(const struct row *r, const struct row_context *ctx, double *ret) \
	{                                                                                          \
		return share(r, ctx, r->interval.part, ret);                                       \
	}

SHARE_COLUMN(run, running)
SHARE_COLUMN(runq, runnable)
SHARE_COLUMN(wait, waiting)

static bool sys_number(const struct row *r, const struct row_context *ctx, double *ret)
{
	return ctx->syscall_times && share(r, ctx, r->interval.syscall, ret);
}

/* ---- cells ------------------------------------------------------------------------------------ */

static void put(struct cell *cell, const char *text, const struct row_context *ctx)
{
	text_clean(cell->text, sizeof(cell->text), text, strlen(text), ctx->ascii);
}

static enum cell_role state_role(const struct row *r, const struct row_context *ctx)
{
	switch (r->state) {
	case GS_RUNNING:
		return CELL_RUNNING;
	case GS_RUNNABLE:
		return ctx->late && r->bound != AGE_UNKNOWN && row_age(r, ctx->now) > ctx->late
			       ? CELL_RUNNABLE_LATE
			       : CELL_RUNNABLE;
	case GS_SYSCALL:
		return CELL_SYSCALL;
	case GS_WAITING:
	case GS_LEAKED:
		return CELL_WAITING;
	default:
		return CELL_OTHER;
	}
}

static void format_state(struct cell *cell, const struct row *r, const struct row_context *ctx)
{
	put(cell, state_text(r, ctx), ctx);
	cell->role = state_role(r, ctx);
}

static void format_reason(struct cell *cell, const struct row *r, const struct row_context *ctx)
{
	put(cell, reason_text(r, ctx), ctx);
}

static void format_labels(struct cell *cell, const struct row *r, const struct row_context *ctx)
{
	put(cell, labels_text(r, ctx), ctx);
}

/* A duration, in ASCII with "us" for "µs". */
static void put_time(char *dst, size_t size, uint64_t ns, bool ascii)
{
	char *micro;

	human_age(dst, size, ns);
	micro = ascii ? strstr(dst, "µ") : NULL;
	if (micro) {
		*micro = 'u';
		memmove(micro + 1, micro + strlen("µ"), strlen(micro + strlen("µ")) + 1);
	}
}

static void format_age(struct cell *cell, const struct row *r, const struct row_context *ctx)
{
	uint64_t age = row_age(r, ctx->now);
	char text[HUMAN_MAX];
	const char *mark = "";

	if (r->bound == AGE_MIN)
		mark = ctx->ascii ? ">" : "≥";
	else if (r->bound == AGE_ABOUT)
		mark = "~";
	put_time(text, sizeof(text), age, ctx->ascii);
	snprintf(cell->text, sizeof(cell->text), "%s%s", mark, text);
	if (r->state != GS_WAITING && r->state != GS_LEAKED)
		return;
	if (age > age_very_long)
		cell->role = CELL_AGE_VERY_LONG;
	else if (age > age_long)
		cell->role = CELL_AGE_LONG;
}

static void format_name(struct cell *cell, const struct name *n, bool line,
			const struct row_context *ctx)
{
	char text[sizeof(cell->text)];
	const char *function = short_function(n->function);

	/* The line must survive a name that is too long. */
	if (line && n->line)
		snprintf(text, sizeof(text), "%.*s:%d", (int)sizeof(text) - 16, function, n->line);
	else
		snprintf(text, sizeof(text), "%s", function);
	put(cell, text, ctx);
}

static void format_start(struct cell *cell, const struct row *r, const struct row_context *ctx)
{
	format_name(cell, r->start, false, ctx);
}

static void format_created(struct cell *cell, const struct row *r, const struct row_context *ctx)
{
	format_name(cell, r->created, true, ctx);
}

static void format_where(struct cell *cell, const struct row *r, const struct row_context *ctx)
{
	char *about = cell->text;

	/* As with ages: near the truth, not the truth. */
	format_name(cell, r->where, true, ctx);
	if (!(r->flags & ROW_STACK_ABOUT))
		return;
	memmove(about + 1, about, strnlen(about, sizeof(cell->text) - 2) + 1);
	*about = '~';
}

static void format_goid(struct cell *cell, const struct row *r, const struct row_context *ctx)
{
	(void)ctx;
	snprintf(cell->text, sizeof(cell->text), "%llu", (unsigned long long)r->goid);
}

void cell_number(struct cell *cell, enum column_unit unit, double v, bool ascii)
{
	switch (unit) {
	case UNIT_TIME:
		put_time(cell->text, sizeof(cell->text), (uint64_t)v, ascii);
		break;
	case UNIT_ID:
		snprintf(cell->text, sizeof(cell->text), "%.0f", v);
		break;
	case UNIT_PERCENT:
		human_percent(cell->text, sizeof(cell->text), v);
		break;
	case UNIT_PER_SECOND:
		human_rate(cell->text, sizeof(cell->text), v);
		break;
	default:
		human_count(cell->text, sizeof(cell->text), (uint64_t)v);
	}
}

/* ---- the table -------------------------------------------------------------------------------- */

#define TEXT(name)   .text = name##_text, .compare = name##_compare
#define NUMBER(name) .number = name##_number
#define NAMED(field) TEXT(field), .named = field##_name
#define LABEL(i)                                                                               \
	{                                                                                      \
		.name = label_column_names[i],                                                 \
		.title = label_column_names[i] + sizeof(LABEL_COLUMN_PREFIX) - 1, .width = 10, \
		.max_width = 30, .priority = -1, .align = ALIGN_LEFT, TEXT(label_##i),         \
		.none = label_##i##_none, .format = format_label_##i,                          \
		.help = "its label of that name"                                               \
	}
#define LEFT  .align = ALIGN_LEFT
#define RIGHT .align = ALIGN_RIGHT

/* In the order of the screen; then those of `label=NAME`, which n_columns does not count. */
/* clang-format off */
const struct column columns[] = {
	{.name = "goid", .title = "GOID", .width = 7, RIGHT, .unit = UNIT_ID,
	 NUMBER(goid), .format = format_goid, .help = "the goroutine's number"},
	{.name = "state", .title = "STATE", .width = 9, LEFT,
	 TEXT(state), .rank = rank_of_state, .format = format_state,
	 .help = "state, as the runtime names it"},
	{.name = "age", .title = "AGE", .width = 7, RIGHT, .first = SORT_DESC, .unit = UNIT_TIME,
	 NUMBER(age), .format = format_age,
	 .help = "time in this state; ≥: at least, ~: from samples"},
	{.name = "reason", .title = "REASON", .width = 13, .max_width = 22, .priority = 1, LEFT,
	 TEXT(reason), .none = reason_none, .format = format_reason,
	 .help = "what it waits for"},
	{.name = "thread", .title = "THREAD", .width = 7, .priority = 4, RIGHT, .unit = UNIT_ID,
	 NUMBER(thread), .none = thread_none, .help = "kernel thread that it is on"},
	{.name = "processor", .title = "P", .width = 3, .priority = 11, RIGHT, .unit = UNIT_ID,
	 NUMBER(processor), .none = processor_none, .help = "the scheduler's P that it is on"},
	{.name = "where", .title = "WHERE", .width = 15, .max_width = 60, .priority = 2, LEFT,
	 .cut = CUT_MIDDLE, NAMED(where), .at_line = true, .format = format_where,
	 .help = "line of its code that it is at; ~: it runs or has moved since, this was the last seen"},
	{.name = "start", .title = "START", .width = 16, .max_width = 48, .priority = 5, LEFT,
	 .cut = CUT_MIDDLE, NAMED(start), .format = format_start,
	 .help = "function that it began with"},
	{.name = "created", .title = "CREATED BY", .width = 16, .max_width = 60, .priority = 3, LEFT,
	 .cut = CUT_MIDDLE, NAMED(created), .at_line = true, .format = format_created,
	 .help = "line that made it"},
	{.name = "switches", .title = "SWITCHES", .width = 8, .priority = 6, RIGHT,
	 .first = SORT_DESC, NUMBER(switches), .help = "times that it was scheduled, since attach"},
	{.name = "run", .title = "RUN%", .width = 5, .priority = 7, RIGHT,
	 .first = SORT_DESC, .unit = UNIT_PERCENT, NUMBER(run),
	 .help = "share of the last interval that it ran"},
	{.name = "maxlat", .title = "MAXLAT", .width = 6, .priority = 8, RIGHT,
	 .first = SORT_DESC, .unit = UNIT_TIME, NUMBER(maxlat),
	 .help = "longest time from runnable to running, since attach"},
	{.name = "parent", .title = "PARENT", .width = 7, .priority = 9, RIGHT, .unit = UNIT_ID,
	 NUMBER(parent), .help = "goroutine that made it (Go 1.21 on)"},
	{.name = "waker", .title = "WAKER", .width = 7, .priority = 10, RIGHT, .unit = UNIT_ID,
	 NUMBER(waker), .help = "goroutine that woke it last"},
	{.name = "labels", .title = "LABELS", .width = 12, .max_width = 40, .priority = 11, LEFT,
	 TEXT(labels), .none = labels_none, .format = format_labels,
	 .help = "its labels of pprof; label=NAME is a column of one"},
	{.name = "rate", .title = "SW/s", .width = 5, .priority = 12, RIGHT,
	 .first = SORT_DESC, .unit = UNIT_PER_SECOND, NUMBER(rate),
	 .help = "times scheduled per second, in the last interval"},
	{.name = "runq", .title = "RUNQ%", .width = 5, .priority = 13, RIGHT,
	 .first = SORT_DESC, .unit = UNIT_PERCENT, NUMBER(runq),
	 .help = "share of the last interval that it waited to be scheduled"},
	{.name = "wait", .title = "WAIT%", .width = 5, .priority = 14, RIGHT,
	 .first = SORT_DESC, .unit = UNIT_PERCENT, NUMBER(wait),
	 .help = "share of the last interval that it waited"},
	{.name = "sys", .title = "SYS%", .width = 5, .priority = 15, RIGHT,
	 .first = SORT_DESC, .unit = UNIT_PERCENT, NUMBER(sys),
	 .help = "share of the last interval spent in system calls"},
	{.name = "transitions", .title = "TRANS", .width = 8, .priority = 16, RIGHT,
	 .first = SORT_DESC, NUMBER(transitions), .help = "changes of state, since attach"},
	LABEL(0), LABEL(1), LABEL(2), LABEL(3), LABEL(4), LABEL(5), LABEL(6), LABEL(7),
};
/* clang-format on */
const size_t n_columns = ARRAY_SIZE(columns) - LABEL_COLUMNS;

_Static_assert(ARRAY_SIZE(columns) <= 64, "filter_uses_only has a bit a column");

/* ---- by column -------------------------------------------------------------------------------- */

int column_by_name(const char *name, size_t n)
{
	int label;

	for (size_t i = 0; i < n_columns; i++)
		if (strlen(columns[i].name) == n && !memcmp(columns[i].name, name, n))
			return (int)i;
	label = label_column(name, n);
	return label < 0 ? -1 : (int)n_columns + label;
}

size_t columns_in_use(void)
{
	return n_columns + label_columns_used();
}

bool column_known(const struct column *c, const struct row *r, const struct row_context *ctx)
{
	double v;

	return c->text ? c->text(r, ctx) != NULL : c->number(r, ctx, &v);
}

void column_format(const struct column *c, struct cell *cell, const struct row *r,
		   const struct row_context *ctx)
{
	double v = 0;

	cell->role = CELL_PLAIN;
	if (c->text ? !c->text(r, ctx) : !c->number(r, ctx, &v)) {
		cell->role = CELL_UNKNOWN;
		strcpy(cell->text, ctx->ascii ? "-" : "–");
	} else if (c->format) {
		c->format(cell, r, ctx);
	} else {
		cell_number(cell, c->unit, v, ctx->ascii);
	}
}
