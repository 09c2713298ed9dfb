// SPDX-License-Identifier: GPL-2.0-or-later
/* The merge rule of DESIGN.md law 1: events and looks in every order that matters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"

/* ---- first sight ------------------------------------------------------------------------------ */

static void the_first_look_shows_all_that_are_there_with_minimal_ages(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING), fact(17, GS_WAITING), fact(18, GS_SYSCALL));
	assert_state(&w, 1, GS_RUNNING);
	assert_state(&w, 17, GS_WAITING);
	assert_state(&w, 18, GS_SYSCALL);
	assert_age(&w, 17, 2 * S, AGE_MIN);
	assert_string_equal(row_of(&w, 17).reason_text, "chan receive");
	assert_string_equal(row_of(&w, 17).start->function, "example.com/app/pool.(*worker).run");
	assert_string_equal(row_of(&w, 17).created->function, "example.com/app/pool.New");
	assert_int_equal(row_of(&w, 1).tid, 100);
	assert_int_equal(header(&w).summary.goroutines, 3);
	assert_int_equal(header(&w).summary.created, 0);
}

static void who_appears_in_a_later_look_alone_came_between(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	LOOK(&w, 3 * S, fact(1, GS_WAITING), fact(17, GS_WAITING));
	assert_age(&w, 17, 3 * S, AGE_ABOUT);
	assert_true(row_of(&w, 17).flags & ROW_NEW);
	assert_int_equal(header(&w).summary.created, 1);
}

static void an_event_makes_a_row_before_any_look(void **state)
{
	WORLD(w, watching());

	(void)state;
	move(&w, 2 * S, 17, GS_WAITING, GS_RUNNABLE);
	assert_state(&w, 17, GS_RUNNABLE);
	assert_age(&w, 17, 2 * S, AGE_EXACT);
	assert_int_equal(header(&w).summary.created, 0); /* it was there before we came */
	assert_true(is_wanted(&w, 17));
	LOOK(&w, 3 * S, fact(17, GS_RUNNABLE));
	assert_false(is_wanted(&w, 17));
	assert_age(&w, 17, 2 * S, AGE_EXACT);
	assert_non_null(row_of(&w, 17).start->function);
}

/* ---- agreement and brackets ------------------------------------------------------------------- */

static void a_look_that_agrees_changes_nothing_but_facts(void **state)
{
	struct feed_fact f = fact(17, GS_RUNNING);
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNABLE));
	move(&w, 3 * S, 17, GS_RUNNABLE, GS_RUNNING);
	f.processor = 5;
	f.tid = 4711;
	LOOK(&w, 4 * S, f);
	assert_age(&w, 17, 3 * S, AGE_EXACT);
	assert_int_equal(row_of(&w, 17).processor, 5);
	assert_int_equal(row_of(&w, 17).tid, 4711);
	assert_int_equal(corrected(&w), 0);
}

static void an_event_at_or_after_the_look_wins(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNING));
	move(&w, 3 * S, 17, GS_RUNNING, GS_WAITING);
	/* looks from before the event, given after it */
	LOOK(&w, 3 * S - MS, fact(17, GS_RUNNING));
	LOOK(&w, 3 * S, fact(17, GS_RUNNING));
	LOOK(&w, 3 * S, fact(17, GS_SYSCALL));
	assert_state(&w, 17, GS_WAITING);
	assert_age(&w, 17, 3 * S, AGE_EXACT);
	assert_int_equal(corrected(&w), 0);
}

static void memory_that_lags_behind_an_event_does_not_win(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNING));
	move(&w, 3 * S, 17, GS_RUNNING, GS_WAITING);
	for (uint64_t lag = 0; lag <= 13; lag++) {
		LOOK(&w, 3 * S + 1 + lag * MS, fact(17, GS_RUNNING));
		assert_state(&w, 17, GS_WAITING);
		assert_true(is_wanted(&w, 17));
	}
	LOOK(&w, 3 * S + LATER, fact(17, GS_WAITING));
	assert_false(is_wanted(&w, 17));
	assert_age(&w, 17, 3 * S, AGE_EXACT);
	assert_int_equal(corrected(&w), 0);
}

/* gopark: casgstatus(2→4), then dropg(): between them g.m is set, which looks like a flap. */
static void a_park_that_has_not_let_go_of_its_thread_is_no_flap(void **state)
{
	struct feed_fact parking = fact(17, GS_WAITING);
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNING));
	move(&w, 3 * S, 17, GS_RUNNING, GS_WAITING);
	parking.flap = true;
	LOOK(&w, 3 * S + MS, parking);
	assert_state(&w, 17, GS_WAITING);
	assert_int_equal(corrected(&w), 0);
}

/* ---- correction ------------------------------------------------------------------------------- */

static void only_a_repeated_disagreement_is_a_correction(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	LOOK(&w, 3 * S, fact(17, GS_RUNNABLE));
	assert_state(&w, 17, GS_WAITING);
	assert_true(is_wanted(&w, 17));
	assert_int_equal(corrected(&w), 0);
	GLANCE(&w, 3 * S + LATER, fact(17, GS_RUNNABLE));
	assert_state(&w, 17, GS_RUNNABLE);
	assert_age(&w, 17, 3 * S + LATER, AGE_ABOUT);
	assert_int_equal(corrected(&w), 1);
	assert_false(is_wanted(&w, 17));
}

static void an_event_between_two_disagreements_makes_them_two_first_ones(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	LOOK(&w, 3 * S, fact(17, GS_RUNNING));
	move(&w, 3 * S + 2 * MS, 17, GS_RUNNING, GS_SYSCALL);
	LOOK(&w, 4 * S, fact(17, GS_RUNNABLE));
	assert_state(&w, 17, GS_SYSCALL);
	assert_int_equal(corrected(&w), 0);
	LOOK(&w, 5 * S, fact(17, GS_RUNNABLE));
	assert_state(&w, 17, GS_RUNNABLE);
	assert_int_equal(corrected(&w), 1);
}

static void a_look_that_agrees_forgets_the_doubt(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	LOOK(&w, 3 * S, fact(17, GS_RUNNABLE));
	LOOK(&w, 4 * S, fact(17, GS_WAITING));
	assert_false(is_wanted(&w, 17));
	LOOK(&w, 5 * S, fact(17, GS_RUNNABLE));
	assert_state(&w, 17, GS_WAITING);
	assert_age(&w, 17, 2 * S, AGE_MIN);
	assert_int_equal(corrected(&w), 0);
}

static void the_previous_state_long_after_the_event_is_a_disagreement_too(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNABLE));
	move(&w, 3 * S, 17, GS_RUNNABLE, GS_RUNNING);
	LOOK(&w, 4 * S, fact(17, GS_RUNNABLE));
	assert_state(&w, 17, GS_RUNNING);
	LOOK(&w, 5 * S, fact(17, GS_RUNNABLE));
	assert_state(&w, 17, GS_RUNNABLE);
	assert_int_equal(corrected(&w), 1);
}

static void an_event_older_than_a_correction_counts_and_changes_nothing_else(void **state)
{
	WORLD(w, watching());
	struct row before;

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	LOOK(&w, 3 * S, fact(17, GS_RUNNING));
	LOOK(&w, 4 * S, fact(17, GS_RUNNING));
	assert_int_equal(corrected(&w), 1);
	before = row_of(&w, 17);
	move(&w, 4 * S - MS, 17, GS_WAITING, GS_RUNNABLE);
	assert_state(&w, 17, GS_RUNNING);
	assert_age(&w, 17, before.since, AGE_ABOUT);
	assert_int_equal(row_of(&w, 17).transitions, before.transitions + 1);
	/* the next one is newer, and wins */
	move(&w, 4 * S + 5 * MS, 17, GS_RUNNING, GS_WAITING);
	assert_state(&w, 17, GS_WAITING);
	assert_age(&w, 17, 4 * S + 5 * MS, AGE_EXACT);
}

/* ---- memory alone ----------------------------------------------------------------------------- */

static struct model_options memory_only(void)
{
	return (struct model_options){.attached = 1 * S, .memory = true, .syscall_times = true};
}

static struct feed_fact with_seq(struct feed_fact f, uint8_t seq)
{
	f.tracking_seq = seq;
	return f;
}

static void samples_win_at_once_and_ages_are_about(void **state)
{
	WORLD(w, memory_only());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	assert_age(&w, 17, 2 * S, AGE_ABOUT);
	LOOK(&w, 3 * S, fact(17, GS_WAITING));
	assert_age(&w, 17, 2 * S, AGE_ABOUT);
	LOOK(&w, 4 * S, fact(17, GS_RUNNING));
	assert_state(&w, 17, GS_RUNNING);
	assert_age(&w, 17, 4 * S, AGE_ABOUT);
	assert_int_equal(corrected(&w), 0);
	assert_false(row_of(&w, 17).flags & ROW_KNOWS_COUNTS);
}

static void a_changed_tracking_seq_restarts_an_age_and_the_same_proves_nothing(void **state)
{
	WORLD(w, memory_only());

	(void)state;
	LOOK(&w, 2 * S, with_seq(fact(17, GS_WAITING), 7));
	LOOK(&w, 3 * S, with_seq(fact(17, GS_WAITING), 7));
	assert_age(&w, 17, 2 * S, AGE_ABOUT);
	LOOK(&w, 4 * S, with_seq(fact(17, GS_WAITING), 8));
	assert_age(&w, 17, 4 * S, AGE_ABOUT);
	LOOK(&w, 5 * S, with_seq(fact(17, GS_WAITING), 8));
	assert_age(&w, 17, 4 * S, AGE_ABOUT);
}

static void goroutines_come_and_go_by_looks_alone(void **state)
{
	WORLD(w, memory_only());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_WAITING));
	LOOK(&w, 3 * S, fact(1, GS_WAITING), fact(18, GS_RUNNING));
	assert_false(is_there(&w, 17));
	assert_true(is_there(&w, 18));
	assert_int_equal(header(&w).summary.created, 1);
	assert_int_equal(header(&w).summary.ended, 1);
	assert_int_equal(header(&w).summary.goroutines, 2);
}

/* ---- loss ------------------------------------------------------------------------------------- */

static void lose(struct world *w, uint64_t n, uint64_t time)
{
	w->sink.loss(w->sink.ctx, LOSS_RING, n, time);
}

static void after_a_loss_one_look_makes_the_table_right(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_WAITING), fact(18, GS_RUNNING));
	lose(&w, 3, 3 * S);
	assert_int_equal(header(&w).source.lost, 3);
	LOOK(&w, 3 * S + MS, fact(1, GS_WAITING), fact(17, GS_RUNNABLE), fact(19, GS_RUNNING));
	assert_state(&w, 1, GS_WAITING);
	assert_state(&w, 17, GS_RUNNABLE);
	assert_false(is_there(&w, 18));
	assert_state(&w, 19, GS_RUNNING);
	assert_age(&w, 1, 2 * S, AGE_MIN);
	assert_age(&w, 17, 3 * S + MS, AGE_ABOUT);
	/* the loss is made good: from now on doubt needs two looks again */
	LOOK(&w, 4 * S, fact(1, GS_WAITING), fact(17, GS_SYSCALL), fact(19, GS_RUNNING));
	assert_state(&w, 17, GS_RUNNABLE);
}

static void after_a_loss_memory_may_still_lag_behind_the_last_event(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNING));
	move(&w, 3 * S, 17, GS_RUNNING, GS_WAITING);
	lose(&w, 1, 3 * S + MS);
	GLANCE(&w, 3 * S + 2 * MS, fact(17, GS_RUNNING));
	assert_state(&w, 17, GS_WAITING);
	GLANCE(&w, 3 * S + LATER, fact(17, GS_WAITING));
	assert_age(&w, 17, 3 * S, AGE_EXACT);
}

/* The record of an end was lost: the kernel has no entry any more. */
static void who_has_no_account_any_more_has_ended(void **state)
{
	struct feed_account a = {.g = g_of(17),
				 .first = 3 * S,
				 .since = 3 * S,
				 .last = 3 * S,
				 .transitions = 1,
				 .goid = 17,
				 .raw = GS_RUNNABLE,
				 .folded = GS_RUNNABLE};
	struct model_options o = watching();

	(void)state;
	o.memory = false;
	WORLD(w, o);
	for (uint64_t goid = 17; goid <= 19; goid++)
		move(&w, 3 * S, goid, GS_WAITING, GS_RUNNABLE);
	move(&w, 5 * S, 19, GS_RUNNABLE, GS_RUNNING); /* after the reading began */
	w.sink.account(w.sink.ctx, &a);
	w.sink.accounted(w.sink.ctx, 4 * S);
	assert_state(&w, 17, GS_RUNNABLE);
	assert_null(model_row(w.model, 18));
	assert_state(&w, 19, GS_RUNNING);
	/* Once more, without an account of 17. */
	w.sink.accounted(w.sink.ctx, 6 * S);
	assert_null(model_row(w.model, 17));

	/* Where probes have been off an entry may have been let go. */
	move(&w, 7 * S, 20, GS_WAITING, GS_RUNNABLE);
	w.sink.gap(w.sink.ctx, 8 * S, 9 * S);
	w.sink.accounted(w.sink.ctx, 10 * S);
	assert_non_null(model_row(w.model, 20));
}

/* Nobody remembers any more who ended while it was made. */
static void a_look_that_outlasts_two_refreshes_raises_nobody(void **state)
{
	const struct feed_fact facts[] = {fact(17, GS_WAITING), fact(18, GS_WAITING)};
	uint64_t g = 0;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING), fact(18, GS_WAITING));
	move(&w, 3 * S + 2 * MS, 18, GS_RUNNING, GS_DEAD);
	for (uint64_t t = 4; t <= 6; t++)
		model_refresh(w.model, t * S);
	look_at(&w, 3 * S, facts, 2, true);
	assert_null(model_row(w.model, 18));
	assert_non_null(model_row(w.model, 17));
	assert_int_equal(model_wants(w.model, &g, 1), 1);
	assert_int_equal(g, g_of(18));
	/* A look that is not so old is believed. */
	LOOK(&w, 7 * S, fact(17, GS_WAITING), fact(18, GS_WAITING));
	assert_non_null(model_row(w.model, 18));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_no_account_any_more_has_ended),
		cmocka_unit_test(the_first_look_shows_all_that_are_there_with_minimal_ages),
		cmocka_unit_test(who_appears_in_a_later_look_alone_came_between),
		cmocka_unit_test(an_event_makes_a_row_before_any_look),
		cmocka_unit_test(a_look_that_agrees_changes_nothing_but_facts),
		cmocka_unit_test(an_event_at_or_after_the_look_wins),
		cmocka_unit_test(memory_that_lags_behind_an_event_does_not_win),
		cmocka_unit_test(a_park_that_has_not_let_go_of_its_thread_is_no_flap),
		cmocka_unit_test(only_a_repeated_disagreement_is_a_correction),
		cmocka_unit_test(an_event_between_two_disagreements_makes_them_two_first_ones),
		cmocka_unit_test(a_look_that_agrees_forgets_the_doubt),
		cmocka_unit_test(the_previous_state_long_after_the_event_is_a_disagreement_too),
		cmocka_unit_test(an_event_older_than_a_correction_counts_and_changes_nothing_else),
		cmocka_unit_test(samples_win_at_once_and_ages_are_about),
		cmocka_unit_test(
			a_changed_tracking_seq_restarts_an_age_and_the_same_proves_nothing),
		cmocka_unit_test(goroutines_come_and_go_by_looks_alone),
		cmocka_unit_test(after_a_loss_one_look_makes_the_table_right),
		cmocka_unit_test(after_a_loss_memory_may_still_lag_behind_the_last_event),
		cmocka_unit_test(a_look_that_outlasts_two_refreshes_raises_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
