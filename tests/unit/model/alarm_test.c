// SPDX-License-Identifier: GPL-2.0-or-later
/* When the model raises an alarm, and when it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scheduler_bench.h"

static void assert_only(const struct alarms *a, enum alarm_kind kind, const char *text)
{
	assert_int_equal(a->n, 1);
	assert_string_equal(alarm_kind_name(a->v[0].kind), alarm_kind_name(kind));
	assert_string_equal(a->v[0].text, text);
}

/* ---- all is well ------------------------------------------------------------------------------ */

static void while_all_is_well_there_is_no_alarm(void **state)
{
	BENCH(b);
	struct made_up l = quiet(2 * S);

	(void)state;
	assert_int_equal(take(&b, l)->n, 0);
	for (uint32_t i = 0; i < 5; i++) {
		l = quiet((3 + i) * S);
		for (int p = 0; p < PS; p++)
			run_on(&l, p, i);
		l.facts.queue = 100;
		assert_int_equal(take(&b, l)->n, 0);
	}
}

/* ---- stops ------------------------------------------------------------------------------------ */

static void a_stop_that_the_source_saw_pending_is_an_alarm_at_once(void **state)
{
	BENCH(b);
	struct made_up l = stopping(2 * S, 7);

	(void)state;
	l.facts.pending = 120 * MS;
	l.ms[1].pc = PC_WORKER;
	assert_only(take(&b, l), ALARM_STOP,
		    "stopping the world for over 120ms, held up by 11 (pool.(*worker).run:50)");
}

/* On a busy machine not every sample comes to something. */
static void the_line_of_an_earlier_sample_holds_until_a_switch(void **state)
{
	BENCH(b);
	struct made_up l = stopping(2 * S, 7);

	(void)state;
	l.ms[1].pc = PC_WORKER;
	take(&b, l);
	assert_only(take(&b, stopping(3 * S, 7)), ALARM_STOP,
		    "stopping the world for over 1.0s, held up by 11 "
		    "(last seen at pool.(*worker).run:50)");
	l = stopping(4 * S, 8);
	l.facts.pending = 200 * MS;
	assert_only(take(&b, l), ALARM_STOP, "stopping the world for over 200ms, held up by 11");
}

static void a_short_stop_is_none(void **state)
{
	BENCH(b);
	struct made_up l = stopping(2 * S, 7);

	(void)state;
	l.facts.pending = 100 * MS;
	assert_int_equal(take(&b, l)->n, 0);
}

static void a_stop_goes_on_while_the_same_goroutine_holds_it_up(void **state)
{
	BENCH(b);

	(void)state;
	assert_int_equal(take(&b, stopping(2 * S, 7))->n, 0);
	assert_only(take(&b, stopping(3 * S, 7)), ALARM_STOP,
		    "stopping the world for over 1.0s, held up by 11");
	assert_only(take(&b, stopping(5 * S, 7)), ALARM_STOP,
		    "stopping the world for over 3.0s, held up by 11");
	assert_int_equal(take(&b, quiet(6 * S))->n, 0);
}

/* Somebody who stops the world again and again is seen doing so at every look. */
static void after_a_switch_it_is_another_stop(void **state)
{
	BENCH(b);

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(take(&b, stopping((2 + i) * S, i))->n, 0);
}

static void who_asks_holds_nothing_up(void **state)
{
	BENCH(b);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct made_up l = quiet((2 + (uint64_t)i) * S);

		run_on(&l, 0, 3);
		run_on(&l, 2, 9);
		l.ms[0].asks = "flushing proc caches";
		if (i)
			assert_only(take(&b, l), ALARM_STOP,
				    "flushing proc caches for over 1.0s, held up by 12");
		else
			assert_int_equal(take(&b, l)->n, 0);
	}
}

static void several_may_hold_it_up(void **state)
{
	BENCH(b);

	(void)state;
	for (uint64_t t = 2; t < 4; t++) {
		struct made_up l = stopping(t * S, 7);

		run_on(&l, 2, 8);
		run_on(&l, 3, (uint32_t)t); /* switched in between: it stopped, and runs again */
		if (t == 3)
			assert_only(take(&b, l), ALARM_STOP,
				    "stopping the world for over 1.0s, held up by 11 and 1 more");
		else
			take(&b, l);
	}
}

static void a_world_that_stays_stopped_is_an_alarm_too(void **state)
{
	BENCH(b);

	(void)state;
	for (uint64_t t = 2; t < 4; t++) {
		struct made_up l = quiet(t * S);

		l.facts.stopping = true;
		for (int p = 0; p < PS; p++)
			l.ps[p].status = P_GCSTOP;
		if (t == 3)
			assert_only(take(&b, l), ALARM_STOP,
				    "the world has been stopped for over 1.0s");
		else
			take(&b, l);
	}
}

static void a_stop_that_cannot_be_read_is_none(void **state)
{
	BENCH(b);

	(void)state;
	for (uint64_t t = 2; t < 4; t++) {
		struct made_up l = stopping(t * S, 7);

		l.facts.knows &= ~(uint32_t)SCHEDULER_KNOWS_STOP;
		assert_int_equal(take(&b, l)->n, 0);
	}
}

/* ---- nothing runs ----------------------------------------------------------------------------- */

static struct made_up frozen(uint64_t time)
{
	struct made_up l = quiet(time);

	for (int p = 0; p < 2; p++) {
		run_on(&l, p, 5);
		l.ms[p].thread_state = 'T';
	}
	l.ps[0].queue = 2;
	l.ps[1].next = 77;
	l.facts.queue = 3;
	l.facts.process_state = 'T';
	return l;
}

static void runnable_goroutines_that_nothing_runs_are_an_alarm(void **state)
{
	BENCH(b);
	struct made_up l;

	(void)state;
	assert_int_equal(take(&b, frozen(2 * S))->n, 0);
	assert_only(take(&b, frozen(3 * S)), ALARM_NO_P_RUNS,
		    "6 goroutines are runnable, but no P runs: the process is stopped");
	l = frozen(4 * S);
	l.facts.process_state = 'S';
	l.ms[0].thread_state = l.ms[1].thread_state = 'D';
	assert_only(take(&b, l), ALARM_NO_P_RUNS,
		    "6 goroutines are runnable, but no P runs: its threads are held off the CPU");
}

static void who_runs_or_may_run_is_not_frozen(void **state)
{
	BENCH(b);
	struct made_up l;

	(void)state;
	take(&b, frozen(2 * S));
	l = frozen(3 * S);
	l.ps[0].tick++; /* something was given to run */
	assert_int_equal(take(&b, l)->n, 0);
	l = frozen(4 * S);
	l.ps[0].tick++;
	l.ms[0].thread_state = 'R';
	assert_int_equal(take(&b, l)->n, 0);
	l = frozen(5 * S);
	l.ps[0].tick++;
	l.ms[0].thread_state = 0; /* not known */
	assert_int_equal(take(&b, l)->n, 0);
	take(&b, frozen(6 * S));
	assert_int_equal(take(&b, frozen(6 * S + 50 * MS))->n, 0); /* too soon to tell */
	l = frozen(7 * S);
	l.facts.knows_threads = false;
	assert_int_equal(take(&b, l)->n, 0);
}

/* ---- cgroups ---------------------------------------------------------------------------------- */

static struct made_up granted(uint64_t time, double cpus, uint64_t periods, uint64_t throttled)
{
	struct made_up l = quiet(time);

	l.facts.quota = (struct scheduler_quota){.known = true,
						 .cpus = cpus,
						 .periods = periods,
						 .throttled = throttled};
	return l;
}

static void throttling_is_told_of_the_last_interval(void **state)
{
	BENCH(b);

	(void)state;
	/* What was before we came is not said. */
	assert_int_equal(take(&b, granted(2 * S, 4, 1000, 900))->n, 0);
	assert_int_equal(take(&b, granted(3 * S, 4, 1010, 900))->n, 0);
	assert_only(take(&b, granted(4 * S, 4, 1020, 904)), ALARM_THROTTLED,
		    "CPU throttled in 40% of its periods by its cgroup (quota 4.0, GOMAXPROCS 4)");
	assert_int_equal(take(&b, granted(5 * S, 4, 1030, 904))->n, 0);
	/* Once in a hundred periods is nothing; and it did not run in any. */
	assert_int_equal(take(&b, granted(6 * S, 4, 1130, 905))->n, 0);
	assert_int_equal(take(&b, granted(7 * S, 4, 1130, 905))->n, 0);
	/* Another cgroup: its counters are others. */
	assert_int_equal(take(&b, granted(8 * S, 4, 1140, 3))->n, 0);
}

static void more_ps_than_cpus_granted_are_an_alarm(void **state)
{
	BENCH(b);

	(void)state;
	assert_only(take(&b, granted(2 * S, 2.5, 0, 0)), ALARM_GOMAXPROCS,
		    "GOMAXPROCS is 4, but its cgroup grants 2.5 CPUs: set GOMAXPROCS=3");
	/* As Go 1.25 rounds: up, and to two at least. */
	assert_only(take(&b, granted(3 * S, 0.5, 0, 0)), ALARM_GOMAXPROCS,
		    "GOMAXPROCS is 4, but its cgroup grants 0.5 CPUs: set GOMAXPROCS=2");
	assert_int_equal(take(&b, granted(4 * S, 3.5, 0, 0))->n, 0);
	assert_int_equal(take(&b, granted(5 * S, 0, 0, 0))->n, 0);
}

static void the_worst_comes_first(void **state)
{
	BENCH(b);
	struct made_up l = granted(2 * S, 1, 10, 0);
	const struct alarms *a;

	(void)state;
	take(&b, l);
	l = stopping(3 * S, 1);
	l.facts.pending = S;
	l.facts.quota = (struct scheduler_quota){true, 1, 20, 10};
	a = take(&b, l);
	assert_int_equal(a->n, 3);
	assert_int_equal(a->v[0].kind, ALARM_STOP);
	assert_int_equal(a->v[1].kind, ALARM_THROTTLED);
	assert_int_equal(a->v[2].kind, ALARM_GOMAXPROCS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_all_is_well_there_is_no_alarm),
		cmocka_unit_test(a_stop_that_the_source_saw_pending_is_an_alarm_at_once),
		cmocka_unit_test(the_line_of_an_earlier_sample_holds_until_a_switch),
		cmocka_unit_test(a_short_stop_is_none),
		cmocka_unit_test(a_stop_goes_on_while_the_same_goroutine_holds_it_up),
		cmocka_unit_test(after_a_switch_it_is_another_stop),
		cmocka_unit_test(who_asks_holds_nothing_up),
		cmocka_unit_test(several_may_hold_it_up),
		cmocka_unit_test(a_world_that_stays_stopped_is_an_alarm_too),
		cmocka_unit_test(a_stop_that_cannot_be_read_is_none),
		cmocka_unit_test(runnable_goroutines_that_nothing_runs_are_an_alarm),
		cmocka_unit_test(who_runs_or_may_run_is_not_frozen),
		cmocka_unit_test(throttling_is_told_of_the_last_interval),
		cmocka_unit_test(more_ps_than_cpus_granted_are_an_alarm),
		cmocka_unit_test(the_worst_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
