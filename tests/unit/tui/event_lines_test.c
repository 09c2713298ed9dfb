// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/gstatus.h"
#include "tui/event_lines.h"

static bool no_pc(void *ctx, enum name_kind kind, uint64_t pc, struct name *ret)
{
	(void)ctx, (void)kind, (void)pc, (void)ret;
	return false;
}

static const char *some_reason(void *ctx, uint8_t reason)
{
	(void)ctx;
	return reason == 14 ? "sleep" : reason ? NULL : "";
}

struct stage {
	int fds[2];
	struct output *out;
	struct names *names;
	struct event_lines *events;
	char text[8192];
};

static void set_up(struct stage *s, const char *filter)
{
	const struct names_source source = {.pc = no_pc, .reason = some_reason};

	memset(s, 0, sizeof(*s));
	assert_int_equal(pipe(s->fds), 0);
	s->out = output_new(s->fds[1]);
	s->names = names_new(&source);
	s->events = event_lines_new(s->out, 4711, filter, NULL);
	assert_non_null(s->events);
}

static void tear_down(struct stage *s)
{
	event_lines_free(s->events);
	names_free(s->names);
	output_free(s->out);
	close(s->fds[0]);
	close(s->fds[1]);
}

#define STAGE(s, filter)                     \
	_cleanup_(tear_down) struct stage s; \
	set_up(&s, filter)

static void move(struct stage *s, uint64_t goid, uint8_t old, uint8_t new)
{
	const struct feed_sink *sink = event_lines_sink(s->events);
	const struct feed_transition t = {.time = 1000,
					  .goid = goid,
					  .old_state = old,
					  .new_state = new,
					  .tid = 99,
					  .reason = new == GS_WAITING ? 14 : 0};

	sink->transitions(sink->ctx, &t, 1);
}

/* What has come out so far. */
static const char *output_of(struct stage *s)
{
	ssize_t n;

	output_finish(s->out, -1);
	fflush(NULL);
	assert_true(write(s->fds[1], "", 1) == 1);
	n = read(s->fds[0], s->text, sizeof(s->text) - 1);
	assert_true(n > 0);
	s->text[n] = '\0';
	return s->text;
}

static void what_came_before_the_names_is_kept_and_printed_in_order(void **state)
{
	STAGE(s, NULL);
	const char *text;

	(void)state;
	move(&s, 7, GS_RUNNING, GS_WAITING);
	event_lines_begin(s.events, s.names);
	move(&s, 8, GS_WAITING, GS_RUNNABLE);
	text = output_of(&s);
	assert_memory_equal(text, "TIME OLD NEW GOID", 17);
	assert_non_null(strstr(text, " RUNNING(2) WAITING(4) 7 99 4711 - sleep\n"));
	assert_non_null(strstr(text, " WAITING(4) RUNNABLE(1) 8 99 4711 - -\n"));
	assert_true(strstr(text, " 7 99 ") < strstr(text, " 8 99 "));
}

static void losses_and_gaps_have_lines_of_their_own(void **state)
{
	STAGE(s, NULL);
	const struct feed_sink *sink = event_lines_sink(s.events);
	const char *text;

	(void)state;
	event_lines_begin(s.events, s.names);
	sink->loss(sink->ctx, LOSS_RING, 12, 5);
	sink->loss(sink->ctx, LOSS_TORN, 99, 5); /* nothing of the stream */
	sink->gap(sink->ctx, 1000000000, 1250000000);
	sink->gap(sink->ctx, 1000000000, 0); /* not over yet */
	text = output_of(&s);
	assert_non_null(strstr(text, "\n# lost 12\n# detached 250\n"));
	assert_null(strstr(text, "99"));
}

static void a_filter_chooses_lines(void **state)
{
	STAGE(s, "state:waiting goid>7");
	const char *text;

	(void)state;
	event_lines_begin(s.events, s.names);
	move(&s, 7, GS_RUNNING, GS_WAITING);
	move(&s, 8, GS_RUNNING, GS_WAITING);
	move(&s, 9, GS_WAITING, GS_RUNNABLE);
	text = output_of(&s);
	assert_null(strstr(text, " 7 99 "));
	assert_non_null(strstr(text, " 8 99 "));
	assert_null(strstr(text, " 9 99 "));
}

static void a_filter_that_asks_for_more_than_a_transition_tells_is_refused(void **state)
{
	struct err err = {.text = ""};

	(void)state;
	assert_null(event_lines_new(NULL, 1, "age>1s", &err));
	assert_int_equal(err.status, EXIT_USAGE);
	assert_non_null(strstr(err.text, "age"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_came_before_the_names_is_kept_and_printed_in_order),
		cmocka_unit_test(losses_and_gaps_have_lines_of_their_own),
		cmocka_unit_test(a_filter_chooses_lines),
		cmocka_unit_test(a_filter_that_asks_for_more_than_a_transition_tells_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
