// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a goroutine's time went: totals, gaps, losses, the kernel's accounts, shares of an interval. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"

static void assert_times(struct world *w, uint64_t goid, struct row_times t)
{
	struct row r = row_of(w, goid);

	assert_int_equal(r.times.running, t.running);
	assert_int_equal(r.times.runnable, t.runnable);
	assert_int_equal(r.times.waiting, t.waiting);
	assert_int_equal(r.times.syscall, t.syscall);
	assert_int_equal(r.times.unknown, t.unknown);
	assert_int_equal(row_times_sum(&r.times), r.counted - r.first);
}

static void now_is(struct world *w, uint64_t time)
{
	w->sink.now(w->sink.ctx, time);
}

static struct feed_transition numbered(struct feed_transition t, uint32_t sequence)
{
	t.sequence = sequence;
	return t;
}

/* ---- totals ----------------------------------------------------------------------------------- */

static void time_is_counted_by_state_and_goes_on_without_being_touched(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	now_is(&w, 5 * S);
	assert_times(&w, 17, (struct row_times){.waiting = 3 * S});
	move(&w, 6 * S, 17, GS_WAITING, GS_RUNNABLE);
	move(&w, 6 * S + 10 * MS, 17, GS_RUNNABLE, GS_RUNNING);
	move(&w, 7 * S, 17, GS_RUNNING, GS_SYSCALL);
	now_is(&w, 9 * S);
	assert_times(&w, 17,
		     (struct row_times){.waiting = 4 * S,
					.runnable = 10 * MS,
					.running = 1 * S - 10 * MS,
					.syscall = 2 * S});
	assert_int_equal(row_of(&w, 17).switches, 1);
	assert_int_equal(row_of(&w, 17).transitions, 3);
	assert_int_equal(row_of(&w, 17).max_latency, 10 * MS);
	assert_int_equal(header(&w).summary.latency.max, 10 * MS);
}

static void syscalls_count_as_running_unless_memory_sees_them(void **state)
{
	struct model_options o = watching();

	(void)state;
	o.bypass = true;
	o.syscall_times = false;
	WORLD(w, o);
	LOOK(&w, 2 * S, fact(17, GS_RUNNING));
	LOOK(&w, 3 * S, fact(17, GS_SYSCALL));
	LOOK(&w, 4 * S, fact(17, GS_RUNNING));
	move(&w, 5 * S, 17, GS_RUNNING, GS_WAITING);
	now_is(&w, 6 * S);
	assert_times(&w, 17,
		     (struct row_times){.running = 2 * S, .unknown = 1 * S, .waiting = 1 * S});
}

static void what_memory_corrected_is_unknown_until_then(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	LOOK(&w, 3 * S, fact(17, GS_RUNNING));
	LOOK(&w, 4 * S, fact(17, GS_RUNNING));
	now_is(&w, 6 * S);
	assert_times(&w, 17, (struct row_times){.unknown = 2 * S, .running = 2 * S});
}

static void a_state_that_an_event_contradicts_is_unknown_time(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	/* it leaves "running", though it waited when last seen */
	move(&w, 4 * S, 17, GS_RUNNING, GS_SYSCALL);
	now_is(&w, 5 * S);
	assert_times(&w, 17, (struct row_times){.unknown = 2 * S, .syscall = 1 * S});
	/* and what the kernel says it missed */
	{
		struct feed_transition t = event(7 * S, 17, GS_SYSCALL, GS_RUNNING);

		t.flags = FEED_MISSED;
		tell(&w, t);
	}
	assert_times(&w, 17, (struct row_times){.unknown = 5 * S});
	assert_age(&w, 17, 7 * S, AGE_EXACT);
}

static void without_probes_times_are_not_known(void **state)
{
	WORLD(w, ((struct model_options){.attached = 1 * S, .memory = true}));
	struct row r;

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	now_is(&w, 5 * S);
	assert_false(row_of(&w, 17).flags & ROW_KNOWS_COUNTS);
	r = row_of(&w, 17);
	assert_int_equal(row_times_sum(&r.times), 0);
}

/* ---- gaps ------------------------------------------------------------------------------------- */

static void gap(struct world *w, uint64_t from, uint64_t to)
{
	w->sink.gap(w->sink.ctx, from, to);
}

static void a_gap_hides_time_and_loosens_ages_without_touching_rows(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING), fact(18, GS_WAITING));
	move(&w, 3 * S, 18, GS_WAITING, GS_RUNNABLE);
	gap(&w, 5 * S, 0);
	now_is(&w, 6 * S);
	assert_times(&w, 17, (struct row_times){.waiting = 3 * S, .unknown = 1 * S});
	assert_times(&w, 18,
		     (struct row_times){.waiting = 1 * S, .runnable = 2 * S, .unknown = 1 * S});
	assert_int_equal(row_of(&w, 17).bound, AGE_ABOUT);
	assert_int_equal(row_of(&w, 18).bound, AGE_ABOUT);
	gap(&w, 5 * S, 7 * S);
	/* until something is told of it, it stays unknown */
	now_is(&w, 8 * S);
	assert_times(&w, 17, (struct row_times){.waiting = 3 * S, .unknown = 3 * S});
	LOOK(&w, 9 * S, fact(17, GS_WAITING), fact(18, GS_RUNNING));
	now_is(&w, 10 * S);
	assert_times(&w, 17, (struct row_times){.waiting = 4 * S, .unknown = 4 * S});
	assert_age(&w, 17, 2 * S, AGE_ABOUT);
	assert_state(&w, 18, GS_RUNNING);
	assert_age(&w, 18, 9 * S, AGE_ABOUT);
	assert_int_equal(corrected(&w), 0);
}

static void an_event_after_a_gap_is_exact_again(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	gap(&w, 3 * S, 4 * S);
	move(&w, 5 * S, 17, GS_WAITING, GS_RUNNABLE);
	now_is(&w, 6 * S);
	assert_times(&w, 17,
		     (struct row_times){.waiting = 1 * S, .unknown = 2 * S, .runnable = 1 * S});
	assert_age(&w, 17, 5 * S, AGE_EXACT);
	/* a latency needs a beginning that was seen */
	assert_int_equal(row_of(&w, 17).max_latency, 0);
	move(&w, 6 * S, 17, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(row_of(&w, 17).max_latency, 1 * S);
}

static void looks_in_an_open_gap_show_states_and_no_times(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	gap(&w, 3 * S, 0);
	LOOK(&w, 4 * S, fact(17, GS_RUNNING), fact(18, GS_WAITING));
	LOOK(&w, 5 * S, fact(17, GS_WAITING), fact(18, GS_WAITING));
	assert_state(&w, 17, GS_WAITING);
	assert_age(&w, 17, 5 * S, AGE_ABOUT);
	assert_age(&w, 18, 4 * S, AGE_ABOUT);
	now_is(&w, 6 * S);
	assert_times(&w, 17, (struct row_times){.waiting = 1 * S, .unknown = 3 * S});
	gap(&w, 3 * S, 7 * S);
	LOOK(&w, 8 * S, fact(17, GS_WAITING), fact(18, GS_WAITING));
	now_is(&w, 9 * S);
	assert_times(&w, 17, (struct row_times){.waiting = 2 * S, .unknown = 5 * S});
}

static void many_gaps_are_forgotten_in_favour_of_the_unknown(void **state)
{
	WORLD(w, watching());
	struct row r;

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	for (uint64_t t = 3 * S; t < 1000 * S; t += S)
		gap(&w, t, t + MS);
	now_is(&w, 1001 * S);
	r = row_of(&w, 17);
	assert_int_equal(row_times_sum(&r.times), 999 * S);
	assert_int_equal(r.times.waiting + r.times.unknown, 999 * S);
	assert_true(r.times.waiting <= 1 * S);
	LOOK(&w, 1002 * S, fact(17, GS_WAITING));
	now_is(&w, 1003 * S);
	assert_int_equal(row_of(&w, 17).times.waiting, r.times.waiting + 1 * S);
}

/* ---- lost records and accounts ---------------------------------------------------------------- */

static void a_number_that_jumps_asks_for_an_account(void **state)
{
	struct feed_account a = {
		.goid = 17,
		.g = g_of(17),
		.first = 3 * S,
		.since = 9 * S,
		.last = 9 * S,
		.running = 1 * S,
		.runnable = 2 * S,
		.waiting = 3 * S,
		.max_latency = 500 * MS,
		.transitions = 9,
		.switches = 4,
		.tid = 100,
		.raw = GS_RUNNING,
		.folded = GS_RUNNING,
	};
	uint64_t goid = 0;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	tell(&w, numbered(event(3 * S, 17, GS_WAITING, GS_RUNNABLE), 1));
	assert_int_equal(model_wants_accounts(w.model, &goid, 1), 0);
	tell(&w, numbered(event(9 * S, 17, GS_RUNNABLE, GS_RUNNING), 9));
	assert_int_equal(model_wants_accounts(w.model, &goid, 1), 1);
	assert_int_equal(goid, 17);
	assert_times(&w, 17, (struct row_times){.waiting = 1 * S, .unknown = 6 * S});
	assert_int_equal(row_of(&w, 17).transitions, 9);
	w.sink.account(w.sink.ctx, &a);
	assert_int_equal(model_wants_accounts(w.model, &goid, 1), 0);
	now_is(&w, 10 * S);
	/* what was before the kernel's entry stays: it waited until its first transition */
	assert_times(&w, 17,
		     (struct row_times){.waiting = 4 * S, .runnable = 2 * S, .running = 2 * S});
	assert_int_equal(row_of(&w, 17).switches, 4);
	assert_int_equal(row_of(&w, 17).max_latency, 500 * MS);
	assert_age(&w, 17, 9 * S, AGE_EXACT);
}

static void what_an_account_holds_is_not_counted_twice(void **state)
{
	const struct feed_account a = {
		.goid = 17,
		.g = g_of(17),
		.first = 3 * S,
		.since = 5 * S,
		.last = 5 * S,
		.runnable = 1 * S,
		.running = 1 * S,
		.transitions = 3,
		.switches = 1,
		.raw = GS_WAITING,
		.folded = GS_WAITING,
		.reason = R_SELECT,
	};
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	w.sink.account(w.sink.ctx, &a);
	assert_state(&w, 17, GS_WAITING);
	assert_string_equal(row_of(&w, 17).reason_text, "select");
	/* the stream comes after */
	tell(&w, numbered(event(3 * S, 17, GS_WAITING, GS_RUNNABLE), 1));
	tell(&w, numbered(event(4 * S, 17, GS_RUNNABLE, GS_RUNNING), 2));
	tell(&w, numbered(event(5 * S, 17, GS_RUNNING, GS_WAITING), 3));
	now_is(&w, 6 * S);
	assert_times(&w, 17,
		     (struct row_times){.waiting = 2 * S, .runnable = 1 * S, .running = 1 * S});
	assert_int_equal(row_of(&w, 17).transitions, 3);
	assert_int_equal(row_of(&w, 17).switches, 1);
	tell(&w, numbered(event(7 * S, 17, GS_WAITING, GS_RUNNABLE), 4));
	assert_state(&w, 17, GS_RUNNABLE);
	assert_times(&w, 17,
		     (struct row_times){.waiting = 3 * S, .runnable = 1 * S, .running = 1 * S});
	/* and an account that is older than the stream says nothing */
	w.sink.account(w.sink.ctx, &a);
	assert_state(&w, 17, GS_RUNNABLE);
}

static void an_account_makes_a_row_that_nobody_had_heard_of(void **state)
{
	struct feed_account a = {
		.goid = 17,
		.g = g_of(17),
		.first = 3 * S,
		.since = 3 * S,
		.last = 3 * S,
		.transitions = 1,
		.raw = GS_RUNNABLE,
		.folded = GS_RUNNABLE,
		.flags = FEED_SINCE_MIN,
	};
	WORLD(w, watching());

	(void)state;
	w.sink.account(w.sink.ctx, &a);
	assert_state(&w, 17, GS_RUNNABLE);
	assert_age(&w, 17, 3 * S, AGE_MIN);
	now_is(&w, 4 * S);
	assert_times(&w, 17, (struct row_times){.runnable = 1 * S});
	/* but not one that has ended */
	move(&w, 5 * S, 18, GS_RUNNING, GS_DEAD);
	a.goid = 18;
	a.g = g_of(18);
	w.sink.account(w.sink.ctx, &a);
	assert_false(is_there(&w, 18));
}

static void an_account_does_not_undo_what_memory_said_after_it(void **state)
{
	const struct feed_account a = {
		.goid = 17,
		.g = g_of(17),
		.first = 3 * S,
		.since = 3 * S,
		.last = 3 * S,
		.transitions = 1,
		.raw = GS_RUNNABLE,
		.folded = GS_RUNNABLE,
	};
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	LOOK(&w, 4 * S, fact(17, GS_SYSCALL));
	LOOK(&w, 5 * S, fact(17, GS_SYSCALL));
	assert_state(&w, 17, GS_SYSCALL);
	w.sink.account(w.sink.ctx, &a);
	assert_state(&w, 17, GS_SYSCALL);
	now_is(&w, 6 * S);
	assert_times(&w, 17,
		     (struct row_times){.waiting = 1 * S, .unknown = 2 * S, .syscall = 1 * S});
}

/* A larger map of the kernel's may have begun to count anew. */
static void numbers_that_begin_again_do_not_freeze_a_row(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	tell(&w, numbered(event(3 * S, 17, GS_WAITING, GS_RUNNABLE), 1));
	tell(&w, numbered(event(4 * S, 17, GS_RUNNABLE, GS_RUNNING), 2));
	tell(&w, numbered(event(5 * S, 17, GS_RUNNING, GS_WAITING), 1));
	assert_state(&w, 17, GS_WAITING);
	assert_int_equal(row_of(&w, 17).transitions, 3);
}

/* ---- shares of the last interval -------------------------------------------------------------- */

static void assert_interval(struct world *w, uint64_t goid, struct row_times t)
{
	struct row r = row_of(w, goid);

	assert_int_equal(r.interval.running, t.running);
	assert_int_equal(r.interval.runnable, t.runnable);
	assert_int_equal(r.interval.waiting, t.waiting);
	assert_int_equal(r.interval.syscall, t.syscall);
	assert_int_equal(r.interval.unknown, t.unknown);
}

static void an_interval_is_closed_by_a_refresh(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING), fact(18, GS_WAITING));
	model_refresh(w.model, 2 * S + 10 * MS);
	assert_false(header(&w).has_interval);
	move(&w, 2 * S + 200 * MS, 17, GS_WAITING, GS_RUNNABLE);
	move(&w, 2 * S + 210 * MS, 17, GS_RUNNABLE, GS_RUNNING);
	model_refresh(w.model, 3 * S + 10 * MS);
	assert_true(header(&w).has_interval);
	assert_interval(&w, 17,
			(struct row_times){.waiting = 190 * MS,
					   .runnable = 10 * MS,
					   .running = 800 * MS});
	assert_int_equal(row_of(&w, 17).interval_switches, 1);
	/* who was not touched has its share all the same */
	assert_interval(&w, 18, (struct row_times){.waiting = 1 * S});
	/* a new event changes the running interval, not the closed one */
	move(&w, 3 * S + 500 * MS, 17, GS_RUNNING, GS_WAITING);
	move(&w, 3 * S + 500 * MS, 18, GS_WAITING, GS_RUNNABLE);
	assert_interval(&w, 17,
			(struct row_times){.waiting = 190 * MS,
					   .runnable = 10 * MS,
					   .running = 800 * MS});
	assert_interval(&w, 18, (struct row_times){.waiting = 1 * S});
	model_refresh(w.model, 4 * S + 10 * MS);
	assert_interval(&w, 17, (struct row_times){.running = 490 * MS, .waiting = 510 * MS});
	/* an interval in which nothing happened */
	model_refresh(w.model, 5 * S + 10 * MS);
	assert_interval(&w, 17, (struct row_times){.waiting = 1 * S});
	assert_interval(&w, 18, (struct row_times){.runnable = 1 * S});
	model_refresh(w.model, 6 * S + 10 * MS);
	assert_interval(&w, 17, (struct row_times){.waiting = 1 * S});
}

static void who_came_in_an_interval_has_a_share_since_then(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S - MS, fact(1, GS_WAITING));
	model_refresh(w.model, 2 * S);
	model_refresh(w.model, 3 * S);
	move(&w, 3 * S + 400 * MS, 17, GS_DEAD, GS_RUNNABLE);
	move(&w, 3 * S + 500 * MS, 17, GS_RUNNABLE, GS_RUNNING);
	model_refresh(w.model, 4 * S);
	assert_interval(&w, 17, (struct row_times){.runnable = 100 * MS, .running = 500 * MS});
}

static void a_gap_in_an_interval_is_unknown_in_it(void **state)
{
	WORLD(w, watching());

	(void)state;
	GLANCE(&w, 2 * S - MS, fact(17, GS_WAITING));
	model_refresh(w.model, 2 * S);
	gap(&w, 2 * S + 300 * MS, 2 * S + 600 * MS);
	model_refresh(w.model, 3 * S);
	assert_interval(&w, 17, (struct row_times){.waiting = 300 * MS, .unknown = 700 * MS});
	model_refresh(w.model, 4 * S);
	assert_interval(&w, 17, (struct row_times){.unknown = 1 * S});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_counted_by_state_and_goes_on_without_being_touched),
		cmocka_unit_test(syscalls_count_as_running_unless_memory_sees_them),
		cmocka_unit_test(what_memory_corrected_is_unknown_until_then),
		cmocka_unit_test(a_state_that_an_event_contradicts_is_unknown_time),
		cmocka_unit_test(without_probes_times_are_not_known),
		cmocka_unit_test(a_gap_hides_time_and_loosens_ages_without_touching_rows),
		cmocka_unit_test(an_event_after_a_gap_is_exact_again),
		cmocka_unit_test(looks_in_an_open_gap_show_states_and_no_times),
		cmocka_unit_test(many_gaps_are_forgotten_in_favour_of_the_unknown),
		cmocka_unit_test(a_number_that_jumps_asks_for_an_account),
		cmocka_unit_test(what_an_account_holds_is_not_counted_twice),
		cmocka_unit_test(an_account_makes_a_row_that_nobody_had_heard_of),
		cmocka_unit_test(an_account_does_not_undo_what_memory_said_after_it),
		cmocka_unit_test(numbers_that_begin_again_do_not_freeze_a_row),
		cmocka_unit_test(an_interval_is_closed_by_a_refresh),
		cmocka_unit_test(who_came_in_an_interval_has_a_share_since_then),
		cmocka_unit_test(a_gap_in_an_interval_is_unknown_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
