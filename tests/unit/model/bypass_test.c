// SPDX-License-Identifier: GPL-2.0-or-later
/* What casgstatus does not tell, and what it tells that is none of people's business: go-runtime.md §3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"

static uint64_t bypassed(struct world *w)
{
	return header(w).source.bypassed;
}

/* ---- what passes casgstatus by ---------------------------------------------------------------- */

static struct model_options go126(void)
{
	struct model_options o = watching();

	o.bypass = true;
	o.syscall_times = false;
	return o;
}

static void syscalls_of_go_1_26_are_bypassed_not_corrected(void **state)
{
	WORLD(w, go126());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNABLE));
	move(&w, 3 * S, 17, GS_RUNNABLE, GS_RUNNING);
	LOOK(&w, 4 * S, fact(17, GS_SYSCALL));
	assert_state(&w, 17, GS_SYSCALL);
	assert_age(&w, 17, 4 * S, AGE_ABOUT);
	assert_int_equal(bypassed(&w), 1);
	LOOK(&w, 5 * S, fact(17, GS_RUNNING));
	assert_state(&w, 17, GS_RUNNING);
	assert_int_equal(bypassed(&w), 2);
	move(&w, 6 * S, 17, GS_RUNNING, GS_WAITING);
	assert_state(&w, 17, GS_WAITING);
	assert_age(&w, 17, 6 * S, AGE_EXACT);
	assert_int_equal(corrected(&w), 0);
}

static void syscalls_of_older_go_need_a_second_look(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNING));
	LOOK(&w, 3 * S, fact(17, GS_SYSCALL));
	assert_state(&w, 17, GS_RUNNING);
	LOOK(&w, 4 * S, fact(17, GS_SYSCALL));
	assert_state(&w, 17, GS_SYSCALL);
	assert_int_equal(bypassed(&w), 0);
	assert_int_equal(corrected(&w), 1);
}

/* entersyscallblock calls casgstatus, the return does not. */
static void the_end_of_a_blocking_syscall_is_bypassed_once_memory_cannot_lag(void **state)
{
	WORLD(w, go126());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNING));
	move(&w, 3 * S, 17, GS_RUNNING, GS_SYSCALL);
	LOOK(&w, 3 * S + MS, fact(17, GS_RUNNING));
	assert_state(&w, 17, GS_SYSCALL);
	LOOK(&w, 3 * S + LATER, fact(17, GS_RUNNING));
	assert_state(&w, 17, GS_RUNNING);
	assert_int_equal(bypassed(&w), 1);
}

static struct feed_fact waiting_for(uint64_t goid, uint8_t reason)
{
	struct feed_fact f = fact(goid, GS_WAITING);

	f.reason = reason;
	return f;
}

static void preemption_is_bypassed(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNING));
	LOOK(&w, 3 * S, fact(17, GS_PREEMPTED));
	assert_state(&w, 17, GS_PREEMPTED);
	LOOK(&w, 4 * S, waiting_for(17, R_PREEMPTED));
	assert_state(&w, 17, GS_WAITING);
	assert_int_equal(bypassed(&w), 2);
	assert_int_equal(corrected(&w), 0);
	/* ready() is a casgstatus */
	move(&w, 5 * S, 17, GS_WAITING, GS_RUNNABLE);
	assert_state(&w, 17, GS_RUNNABLE);
	assert_age(&w, 17, 5 * S, AGE_EXACT);
}

static void coroutine_switches_are_bypassed_either_way(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNING), waiting_for(18, R_COROUTINE));
	LOOK(&w, 3 * S, waiting_for(17, R_COROUTINE), fact(18, GS_RUNNING));
	assert_state(&w, 17, GS_WAITING);
	assert_state(&w, 18, GS_RUNNING);
	assert_int_equal(bypassed(&w), 2);
	assert_string_equal(row_of(&w, 17).reason_text, "coroutine");
}

static void an_ordinary_wait_is_no_coroutines(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING), fact(18, GS_RUNNING));
	LOOK(&w, 3 * S, fact(17, GS_RUNNING), fact(18, GS_WAITING));
	assert_state(&w, 17, GS_WAITING);
	assert_state(&w, 18, GS_RUNNING);
	assert_int_equal(bypassed(&w), 0);
}

static void a_leaked_one_that_waits_again_is_bypassed(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	move(&w, 3 * S, 17, GS_WAITING, GS_LEAKED);
	assert_state(&w, 17, GS_LEAKED);
	assert_int_equal(header(&w).summary.waiting, 1);
	LOOK(&w, 4 * S, fact(17, GS_WAITING));
	assert_state(&w, 17, GS_WAITING);
	assert_int_equal(bypassed(&w), 1);
}

static void a_leaked_one_still_waits_for_the_same(void **state)
{
	const struct feed_account a = {.goid = 18,
				       .g = g_of(18),
				       .first = 3 * S,
				       .since = 3 * S,
				       .last = 4 * S,
				       .transitions = 2,
				       .raw = GS_LEAKED,
				       .folded = GS_LEAKED,
				       .reason = R_SELECT};
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING), fact(18, GS_WAITING), fact(19, GS_RUNNING));
	move(&w, 3 * S, 17, GS_WAITING, GS_LEAKED);
	assert_true(row_of(&w, 17).flags & ROW_KNOWS_REASON);
	assert_string_equal(row_of(&w, 17).reason_text, "chan receive");
	w.sink.account(w.sink.ctx, &a);
	assert_true(row_of(&w, 18).flags & ROW_KNOWS_REASON);
	assert_string_equal(row_of(&w, 18).reason_text, "select");
	/* Nobody saw it begin to wait. */
	move(&w, 4 * S, 19, GS_WAITING, GS_LEAKED);
	assert_false(row_of(&w, 19).flags & ROW_KNOWS_REASON);
}

/* ---- folded states ---------------------------------------------------------------------------- */

static void a_growing_stack_is_running_and_ends_nothing(void **state)
{
	WORLD(w, watching());
	struct row r;

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNABLE));
	move(&w, 3 * S, 17, GS_RUNNABLE, GS_RUNNING);
	move(&w, 4 * S, 17, GS_RUNNING, GS_COPYSTACK);
	r = row_of(&w, 17);
	assert_int_equal(r.state, GS_RUNNING);
	assert_int_equal(r.raw, GS_COPYSTACK);
	move(&w, 5 * S, 17, GS_COPYSTACK, GS_RUNNING);
	assert_age(&w, 17, 3 * S, AGE_EXACT);
	assert_int_equal(row_of(&w, 17).switches, 1);
	assert_int_equal(row_of(&w, 17).transitions, 3);
}

static void a_flap_is_running_keeps_its_reason_and_ends_nothing(void **state)
{
	struct feed_transition flap = event(4 * S, 17, GS_RUNNING, GS_WAITING);
	struct feed_fact seen = waiting_for(17, R_STW);
	WORLD(w, watching());
	struct row r;

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_RUNNABLE));
	move(&w, 3 * S, 17, GS_RUNNABLE, GS_RUNNING);
	flap.flags = FEED_FLAP;
	flap.reason = R_STW;
	tell(&w, flap);
	r = row_of(&w, 17);
	assert_int_equal(r.state, GS_RUNNING);
	assert_int_equal(r.raw, GS_WAITING);
	assert_string_equal(r.reason_text, "stopping the world");
	assert_int_equal(r.tid, 100);
	seen.flap = true;
	LOOK(&w, 4 * S + MS, seen);
	assert_state(&w, 17, GS_RUNNING);
	move(&w, 5 * S, 17, GS_WAITING, GS_RUNNING);
	assert_age(&w, 17, 3 * S, AGE_EXACT);
	assert_int_equal(row_of(&w, 17).switches, 1);
	assert_int_equal(row_of(&w, 17).transitions, 3);
	assert_int_equal(header(&w).summary.running, 1);
	assert_int_equal(corrected(&w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syscalls_of_go_1_26_are_bypassed_not_corrected),
		cmocka_unit_test(syscalls_of_older_go_need_a_second_look),
		cmocka_unit_test(the_end_of_a_blocking_syscall_is_bypassed_once_memory_cannot_lag),
		cmocka_unit_test(preemption_is_bypassed),
		cmocka_unit_test(coroutine_switches_are_bypassed_either_way),
		cmocka_unit_test(an_ordinary_wait_is_no_coroutines),
		cmocka_unit_test(a_leaked_one_that_waits_again_is_bypassed),
		cmocka_unit_test(a_leaked_one_still_waits_for_the_same),
		cmocka_unit_test(a_growing_stack_is_running_and_ends_nothing),
		cmocka_unit_test(a_flap_is_running_keeps_its_reason_and_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
