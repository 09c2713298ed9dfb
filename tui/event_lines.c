// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/vec.h"
#include "format/format.h"
#include "model/filter.h"
#include "tui/event_lines.h"

struct event_lines {
	struct output *out;
	pid_t pid;
	struct filter *filter;
	struct names *names; /* NULL: not begun */
	VEC(struct feed_transition) early;
	struct buf lines;
	struct feed_sink sink;
};

/* What a filter may ask of a transition. */
static const char *const known_columns[] = {"goid", "state", "reason", "thread"};

static int check_filter(const struct filter *f, struct err *err)
{
	uint64_t set = 0;
	const char *offending;

	for (size_t i = 0; i < ARRAY_SIZE(known_columns); i++)
		set |= 1ull << column_by_name(known_columns[i], strlen(known_columns[i]));
	if (!f || filter_uses_only(f, set, &offending))
		return 0;
	return err_set(err, EXIT_USAGE, 0,
		       "the filter of -F events knows goid, state, reason and thread, not \"%s\"",
		       offending);
}

/* A transition seen as the row of its goroutine, as far as a filter may ask. */
static bool matches(const struct event_lines *e, const struct feed_transition *t,
		    const char *reason)
{
	const struct row row = {
		.goid = t->flags & (FEED_UNREAD | FEED_STALE_ID) ? 0 : t->goid,
		.g = t->g,
		.state = t->new_state,
		.raw = t->new_state,
		.reason = t->reason,
		.reason_text = reason,
		.tid = t->tid,
		.processor = -1,
		.start = &name_unknown,
		.created = &name_unknown,
		.where = &name_unknown,
		.flags = ROW_KNOWS_REASON | (t->tid ? ROW_KNOWS_THREAD : 0),
	};
	const struct row_context ctx = {.now = t->time};

	return filter_match(e->filter, &row, &ctx);
}

static void put_transitions(struct event_lines *e, const struct feed_transition *t, size_t n)
{
	uint64_t wall_at_zero = n ? clock_wall_at(t[0].time) - t[0].time : 0;

	for (size_t i = 0; i < n; i++) {
		const char *reason =
			t[i].new_state == GS_WAITING ? names_reason(e->names, t[i].reason) : NULL;

		if (!e->filter || matches(e, &t[i], reason))
			format_event(&e->lines, &t[i], e->pid, reason, wall_at_zero + t[i].time);
	}
}

static void flush(struct event_lines *e)
{
	if (e->lines.len)
		output_give(e->out, e->lines.p, e->lines.len);
	buf_clear(&e->lines);
}

static void on_transitions(void *ctx, const struct feed_transition *t, size_t n)
{
	struct event_lines *e = ctx;

	if (!e->names) {
		if (!vec_append(&e->early, t, n))
			format_events_lost(&e->lines, n);
		return;
	}
	put_transitions(e, t, n);
	flush(e);
}

static void on_loss(void *ctx, enum feed_loss kind, uint64_t n, uint64_t time)
{
	struct event_lines *e = ctx;

	(void)time;
	if (kind != LOSS_RING)
		return;
	format_events_lost(&e->lines, n);
	if (e->names)
		flush(e);
}

static void on_gap(void *ctx, uint64_t from, uint64_t to)
{
	struct event_lines *e = ctx;

	if (!to)
		return;
	format_events_detached(&e->lines, to - from);
	if (e->names)
		flush(e);
}

void event_lines_free(struct event_lines *e)
{
	if (!e)
		return;
	filter_free(e->filter);
	vec_free(&e->early);
	buf_free(&e->lines);
	free(e);
}

struct event_lines *event_lines_new(struct output *out, pid_t pid, const char *filter,
				    struct err *err)
{
	struct event_lines *e = calloc(1, sizeof(*e));

	if (!e) {
		err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
		return NULL;
	}
	e->out = out;
	e->pid = pid;
	e->sink = (struct feed_sink){.ctx = e,
				     .transitions = on_transitions,
				     .loss = on_loss,
				     .gap = on_gap};
	if (filter_parse(&e->filter, filter ? filter : "", err) < 0 ||
	    check_filter(e->filter, err) < 0) {
		event_lines_free(e);
		return NULL;
	}
	return e;
}

const struct feed_sink *event_lines_sink(struct event_lines *e)
{
	return &e->sink;
}

void event_lines_begin(struct event_lines *e, struct names *names)
{
	if (e->names)
		return;
	e->names = names;
	format_events_header(&e->lines);
	put_transitions(e, e->early.v, e->early.n);
	vec_free(&e->early);
	flush(e);
}
