// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is who (DESIGN.md law 7): births, ends, g structs that are used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"

static struct feed_transition on_g(struct feed_transition t, uint64_t of)
{
	t.g = g_of(of);
	return t;
}

static struct feed_fact fact_on_g(struct feed_fact f, uint64_t of)
{
	f.g = g_of(of);
	return f;
}

/* A birth of Go ≤ 1.23: the goid is not given yet. */
static struct feed_transition late_birth(uint64_t time, uint64_t g_of_goid, uint8_t new)
{
	struct feed_transition t = on_g(event(time, 0, GS_DEAD, new), g_of_goid);

	t.flags = FEED_BIRTH | FEED_STALE_ID;
	return t;
}

static struct feed_transition unread(struct feed_transition t)
{
	t.goid = 0;
	t.flags |= FEED_UNREAD;
	return t;
}

static struct summary summary_of(struct world *w)
{
	return header(w).summary;
}

/* ---- a life ----------------------------------------------------------------------------------- */

static void a_goroutine_is_born_lives_and_ends(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	move(&w, 3 * S, 17, GS_DEAD, GS_RUNNABLE);
	assert_age(&w, 17, 3 * S, AGE_EXACT);
	assert_true(row_of(&w, 17).flags & ROW_NEW);
	move(&w, 4 * S, 17, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(row_of(&w, 17).max_latency, 1 * S);
	move(&w, 5 * S, 17, GS_RUNNING, GS_DEAD);
	assert_false(is_there(&w, 17));
	assert_int_equal(summary_of(&w).created, 1);
	assert_int_equal(summary_of(&w).ended, 1);
	assert_int_equal(summary_of(&w).goroutines, 1);
}

static void what_is_allocated_is_nobody(void **state)
{
	struct feed_transition allocated = event(3 * S, 0, GS_IDLE, GS_DEAD);
	WORLD(w, watching());

	(void)state;
	tell(&w, allocated);
	allocated.goid = 17;
	tell(&w, allocated);
	allocated.new_state = GS_DEADEXTRA;
	tell(&w, allocated);
	assert_int_equal(summary_of(&w).goroutines, 0);
	assert_int_equal(summary_of(&w).created, 0);
	assert_int_equal(header(&w).source.transitions, 3);
}

static void goid_0_and_states_that_are_none_are_never_rows(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(0, GS_RUNNING), fact(5, GS_IDLE), fact(6, GS_DEAD), fact(7, 5),
	     fact(8, 200), fact(9, GS_WAITING));
	move(&w, 3 * S, 0, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(all_of(&w).n, 1);
	assert_true(is_there(&w, 9));
}

static void one_goid_twice_in_a_look_is_one_row(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(5, GS_RUNNING), fact_on_g(fact(5, GS_WAITING), 6),
	     fact(5, GS_SYSCALL));
	assert_int_equal(all_of(&w).n, 1);
	assert_state(&w, 5, GS_RUNNING);
}

static void two_goids_on_one_g_in_a_look_are_one_row(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(5, GS_RUNNING), fact_on_g(fact(6, GS_WAITING), 5));
	assert_int_equal(all_of(&w).n, 1);
	assert_true(is_there(&w, 5));
}

static void who_was_seen_before_its_birth_was_heard_of_was_born_then(void **state)
{
	WORLD(w, watching());
	struct row r;

	(void)state;
	/* the look spans 2 s … 2.001 s, the birth lies in it */
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_RUNNABLE));
	move(&w, 2 * S + 500000, 17, GS_DEAD, GS_RUNNABLE);
	r = row_of(&w, 17);
	assert_int_equal(r.first, 2 * S + 500000);
	assert_age(&w, 17, 2 * S + 500000, AGE_EXACT);
	assert_int_equal(summary_of(&w).created, 1);
	assert_int_equal(summary_of(&w).goroutines, 2);
}

/* ---- the end ---------------------------------------------------------------------------------- */

static void memory_that_lags_behind_an_end_makes_no_ghost(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	move(&w, 3 * S, 17, GS_RUNNING, GS_DEAD);
	LOOK(&w, 3 * S + 5 * MS, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	assert_false(is_there(&w, 17));
	LOOK(&w, 3 * S - MS, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	assert_false(is_there(&w, 17));
	assert_int_equal(summary_of(&w).ended, 1);
	assert_int_equal(summary_of(&w).created, 0);
}

static void memory_that_lags_behind_a_birth_does_not_end_it(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	move(&w, 3 * S, 17, GS_DEAD, GS_RUNNABLE);
	LOOK(&w, 3 * S + 5 * MS, fact(1, GS_WAITING));
	assert_true(is_there(&w, 17));
	assert_true(is_wanted(&w, 17));
	LOOK(&w, 3 * S + LATER, fact(1, GS_WAITING), fact(17, GS_RUNNABLE));
	assert_age(&w, 17, 3 * S, AGE_EXACT);
	assert_int_equal(corrected(&w), 0);
}

static void a_birth_that_memory_twice_knows_nothing_of_was_none(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	move(&w, 3 * S, 17, GS_DEAD, GS_RUNNABLE);
	LOOK(&w, 4 * S, fact(1, GS_WAITING));
	assert_true(is_there(&w, 17));
	LOOK(&w, 5 * S, fact(1, GS_WAITING));
	assert_false(is_there(&w, 17));
	assert_int_equal(corrected(&w), 1);
}

static void who_is_born_before_a_gap_may_have_ended_in_it(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	move(&w, 3 * S, 17, GS_DEAD, GS_RUNNABLE);
	w.sink.gap(w.sink.ctx, 3 * S + MS, 0);
	LOOK(&w, 3 * S + 5 * MS, fact(1, GS_WAITING));
	assert_true(is_there(&w, 17));
	LOOK(&w, 3 * S + LATER, fact(1, GS_WAITING));
	assert_false(is_there(&w, 17));
	assert_int_equal(corrected(&w), 0);
}

static void absence_ends_only_in_complete_looks_without_gaps(void **state)
{
	const struct feed_fact one = fact(1, GS_WAITING);
	struct feed_look look = {.t0 = 3 * S,
				 .t1 = 3 * S + MS,
				 .complete = true,
				 .unreadable = 1,
				 .facts = &one,
				 .n = 1};
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, one, fact(17, GS_WAITING));
	GLANCE(&w, 2 * S + MS, one);
	assert_true(is_there(&w, 17));
	w.sink.look(w.sink.ctx, &look);
	assert_true(is_there(&w, 17));
	look.unreadable = 0;
	w.sink.look(w.sink.ctx, &look);
	assert_false(is_there(&w, 17));
	assert_int_equal(summary_of(&w).ended, 1);
}

static void who_moved_since_the_look_is_not_absent(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_WAITING));
	move(&w, 3 * S, 17, GS_WAITING, GS_RUNNABLE);
	LOOK(&w, 3 * S, fact(1, GS_WAITING));
	assert_true(is_there(&w, 17));
	move(&w, 4 * S, 18, GS_DEAD, GS_RUNNABLE);
	LOOK(&w, 4 * S - MS, fact(1, GS_WAITING), fact(17, GS_RUNNABLE));
	assert_true(is_there(&w, 18));
}

static void events_older_than_the_end_do_not_raise_the_dead(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_WAITING));
	LOOK(&w, 3 * S, fact(1, GS_WAITING));
	assert_false(is_there(&w, 17));
	/* its last words arrive late */
	move(&w, 3 * S - 30 * MS, 17, GS_WAITING, GS_RUNNABLE);
	move(&w, 3 * S - 20 * MS, 17, GS_RUNNABLE, GS_RUNNING);
	move(&w, 3 * S - 10 * MS, 17, GS_RUNNING, GS_DEAD);
	assert_false(is_there(&w, 17));
	assert_int_equal(summary_of(&w).ended, 1);
}

static void a_look_may_take_back_what_a_look_ended(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_WAITING));
	LOOK(&w, 3 * S, fact(1, GS_WAITING));
	LOOK(&w, 4 * S, fact(1, GS_WAITING), fact(17, GS_WAITING));
	assert_true(is_there(&w, 17));
}

static void a_life_of_which_only_the_end_was_seen_counts(void **state)
{
	WORLD(w, watching());

	(void)state;
	/* before the first look: nobody knows whether it was born since */
	move(&w, 1 * S + MS, 17, GS_RUNNING, GS_DEAD);
	assert_int_equal(summary_of(&w).created, 0);
	assert_int_equal(summary_of(&w).ended, 1);
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	move(&w, 3 * S, 18, GS_RUNNING, GS_DEAD);
	assert_int_equal(summary_of(&w).created, 1);
	assert_int_equal(summary_of(&w).ended, 2);
	assert_int_equal(summary_of(&w).goroutines, 1);
}

/* ---- g structs used again --------------------------------------------------------------------- */

static void a_g_that_is_met_with_another_goid_has_changed_hands(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	/* 17's end was lost; 18 lives on its g */
	tell(&w, on_g(event(3 * S, 18, GS_RUNNABLE, GS_RUNNING), 17));
	assert_false(is_there(&w, 17));
	assert_state(&w, 18, GS_RUNNING);
	assert_int_equal(summary_of(&w).goroutines, 2);
	/* and by a look: 19 after 18 */
	LOOK(&w, 4 * S, fact(1, GS_WAITING), fact_on_g(fact(19, GS_WAITING), 17));
	assert_false(is_there(&w, 18));
	assert_state(&w, 19, GS_WAITING);
	assert_int_equal(summary_of(&w).goroutines, 2);
	assert_int_equal(summary_of(&w).created, 2);
	assert_int_equal(summary_of(&w).ended, 2);
}

static void what_is_told_of_a_former_owner_of_a_g_is_of_the_past(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	tell(&w, on_g(event(3 * S, 18, GS_DEAD, GS_RUNNABLE), 17));
	/* an event and a look from before that birth */
	move(&w, 3 * S - 2 * MS, 17, GS_RUNNABLE, GS_RUNNING);
	LOOK(&w, 3 * S - 2 * MS, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	assert_false(is_there(&w, 17));
	assert_state(&w, 18, GS_RUNNABLE);
}

static void births_of_go_1_23_are_kept_by_g_until_the_goid_is_known(void **state)
{
	WORLD(w, watching());
	struct row r;

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	tell(&w, late_birth(3 * S, 17, GS_RUNNABLE));
	assert_int_equal(summary_of(&w).goroutines, 1);
	move(&w, 4 * S, 17, GS_RUNNABLE, GS_RUNNING);
	r = row_of(&w, 17);
	assert_int_equal(r.first, 3 * S);
	assert_int_equal(r.times.runnable, 1 * S);
	assert_int_equal(r.max_latency, 1 * S);
	assert_age(&w, 17, 4 * S, AGE_EXACT);
	assert_int_equal(summary_of(&w).created, 1);
}

static void a_look_may_tell_the_goid_of_such_a_birth(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	tell(&w, late_birth(3 * S, 17, GS_RUNNABLE));
	LOOK(&w, 3 * S + LATER, fact(1, GS_WAITING), fact(17, GS_RUNNABLE));
	assert_age(&w, 17, 3 * S, AGE_EXACT);
	assert_int_equal(row_of(&w, 17).first, 3 * S);
	assert_int_equal(summary_of(&w).created, 1);
}

static void the_goid_of_the_last_life_on_a_newborns_g_is_no_goroutine(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	move(&w, 3 * S, 17, GS_RUNNING, GS_DEAD);
	/* 18 is born on its g, whose goid still says 17 */
	tell(&w, late_birth(4 * S, 17, GS_RUNNABLE));
	LOOK(&w, 4 * S + MS, fact(1, GS_WAITING), fact(17, GS_RUNNABLE));
	assert_false(is_there(&w, 17));
	LOOK(&w, 5 * S, fact(1, GS_WAITING), fact_on_g(fact(18, GS_RUNNABLE), 17));
	assert_false(is_there(&w, 17));
	assert_age(&w, 18, 4 * S, AGE_EXACT);
	assert_int_equal(summary_of(&w).goroutines, 2);
}

static void a_birth_ends_who_was_on_its_g(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	tell(&w, late_birth(3 * S, 17, GS_RUNNABLE));
	assert_false(is_there(&w, 17));
	assert_int_equal(summary_of(&w).ended, 1);
}

static void an_event_whose_goid_could_not_be_read_goes_by_its_g(void **state)
{
	uint64_t g;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	tell(&w, unread(event(3 * S, 17, GS_WAITING, GS_RUNNABLE)));
	assert_state(&w, 17, GS_RUNNABLE);
	assert_true(is_wanted(&w, 17));
	/* of a g that nobody knows nothing can be told but that it is to be looked at */
	tell(&w, unread(event(3 * S, 99, GS_WAITING, GS_RUNNABLE)));
	assert_false(is_there(&w, 99));
	assert_true(is_wanted(&w, 99));
	LOOK(&w, 4 * S, fact(17, GS_RUNNABLE), fact(99, GS_RUNNABLE));
	assert_int_equal(model_wants(w.model, &g, 1), 0);
	assert_age(&w, 17, 3 * S, AGE_EXACT);
}

/* ---- extra Ms --------------------------------------------------------------------------------- */

static struct feed_fact extra(uint64_t goid, uint8_t status)
{
	struct feed_fact f = fact(goid, status);

	f.extra_m = true;
	f.startpc = PC_EXTRA;
	return f;
}

static void an_extra_m_in_a_call_is_the_users_and_parked_the_runtimes(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), extra(5, GS_DEADEXTRA));
	assert_state(&w, 5, GS_DEADEXTRA);
	assert_int_equal(summary_of(&w).goroutines, 1);
	assert_int_equal(summary_of(&w).system, 1);
	move(&w, 3 * S, 5, GS_DEADEXTRA, GS_SYSCALL);
	assert_int_equal(summary_of(&w).goroutines, 2);
	assert_int_equal(summary_of(&w).syscall, 1);
	assert_int_equal(summary_of(&w).system, 0);
	move(&w, 4 * S, 5, GS_SYSCALL, GS_DEADEXTRA);
	assert_state(&w, 5, GS_DEADEXTRA);
	assert_int_equal(summary_of(&w).goroutines, 1);
	assert_int_equal(summary_of(&w).created, 0);
}

static void an_extra_m_without_a_function_is_called_a_thread_of_c(void **state)
{
	struct feed_fact f = extra(5, GS_SYSCALL);
	WORLD(w, watching());

	(void)state;
	f.startpc = f.gopc = 0;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), f);
	assert_string_equal(row_of(&w, 5).start->function, "(C thread)");
	assert_null(row_of(&w, 5).created->function);
	assert_false(row_of(&w, 5).flags & ROW_SYSTEM);
}

static void an_extra_m_of_older_go_comes_and_goes_under_one_goid(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	for (uint64_t t = 3 * S; t < 6 * S; t += S) {
		move(&w, t, 5, GS_DEAD, GS_SYSCALL);
		assert_state(&w, 5, GS_SYSCALL);
		assert_age(&w, 5, t, AGE_EXACT);
		move(&w, t + 1, 5, GS_SYSCALL, GS_DEAD);
		assert_false(is_there(&w, 5));
	}
	assert_int_equal(summary_of(&w).created, 3);
	assert_int_equal(summary_of(&w).ended, 3);
}

static void the_runtimes_own_are_told_by_where_they_start(void **state)
{
	struct feed_fact own = fact(2, GS_WAITING);
	WORLD(w, watching());

	(void)state;
	own.startpc = PC_FORCEGC;
	move(&w, 1 * S + MS, 2, GS_RUNNING, GS_WAITING);
	assert_int_equal(summary_of(&w).goroutines, 1); /* nobody knows yet whose it is */
	LOOK(&w, 2 * S, fact(1, GS_WAITING), own);
	assert_true(row_of(&w, 2).flags & ROW_SYSTEM);
	assert_int_equal(summary_of(&w).goroutines, 1);
	assert_int_equal(summary_of(&w).system, 1);
	assert_int_equal(picture_of(&w, (struct request){.count = SIZE_MAX}).n, 1);
	assert_int_equal(all_of(&w).n, 2);
	assert_int_equal(all_of(&w).summary.goroutines, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_goroutine_is_born_lives_and_ends),
		cmocka_unit_test(what_is_allocated_is_nobody),
		cmocka_unit_test(goid_0_and_states_that_are_none_are_never_rows),
		cmocka_unit_test(one_goid_twice_in_a_look_is_one_row),
		cmocka_unit_test(two_goids_on_one_g_in_a_look_are_one_row),
		cmocka_unit_test(who_was_seen_before_its_birth_was_heard_of_was_born_then),
		cmocka_unit_test(memory_that_lags_behind_an_end_makes_no_ghost),
		cmocka_unit_test(memory_that_lags_behind_a_birth_does_not_end_it),
		cmocka_unit_test(a_birth_that_memory_twice_knows_nothing_of_was_none),
		cmocka_unit_test(who_is_born_before_a_gap_may_have_ended_in_it),
		cmocka_unit_test(absence_ends_only_in_complete_looks_without_gaps),
		cmocka_unit_test(who_moved_since_the_look_is_not_absent),
		cmocka_unit_test(events_older_than_the_end_do_not_raise_the_dead),
		cmocka_unit_test(a_look_may_take_back_what_a_look_ended),
		cmocka_unit_test(a_life_of_which_only_the_end_was_seen_counts),
		cmocka_unit_test(a_g_that_is_met_with_another_goid_has_changed_hands),
		cmocka_unit_test(what_is_told_of_a_former_owner_of_a_g_is_of_the_past),
		cmocka_unit_test(births_of_go_1_23_are_kept_by_g_until_the_goid_is_known),
		cmocka_unit_test(a_look_may_tell_the_goid_of_such_a_birth),
		cmocka_unit_test(the_goid_of_the_last_life_on_a_newborns_g_is_no_goroutine),
		cmocka_unit_test(a_birth_ends_who_was_on_its_g),
		cmocka_unit_test(an_event_whose_goid_could_not_be_read_goes_by_its_g),
		cmocka_unit_test(an_extra_m_in_a_call_is_the_users_and_parked_the_runtimes),
		cmocka_unit_test(an_extra_m_without_a_function_is_called_a_thread_of_c),
		cmocka_unit_test(an_extra_m_of_older_go_comes_and_goes_under_one_goid),
		cmocka_unit_test(the_runtimes_own_are_told_by_where_they_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
