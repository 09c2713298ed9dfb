// SPDX-License-Identifier: GPL-2.0-or-later
/* What the model makes of looks at the scheduler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "scheduler_bench.h"

static struct scheduler_picture shown(struct bench *b)
{
	struct scheduler_picture p;

	assert_true(scheduler_show(b->s, b->world.model, &p));
	return p;
}

static void before_the_first_look_there_is_nothing_to_show(void **state)
{
	BENCH(b);
	struct scheduler_picture p;

	(void)state;
	assert_false(scheduler_show(b.s, b.world.model, &p));
}

static void a_p_shows_its_goroutine_and_since_when_it_runs(void **state)
{
	BENCH(b);
	struct made_up l = quiet(2 * S);
	struct scheduler_picture p;

	(void)state;
	LOOK(&b.world, 1 * S, fact(10, GS_RUNNABLE), fact(11, GS_RUNNING));
	move(&b.world, 1900 * MS, 10, GS_RUNNABLE, GS_RUNNING);
	run_on(&l, 0, 1);
	l.ps[2].queue = 3;
	l.ps[2].next = 99;
	take(&b, l);
	p = shown(&b);
	assert_int_equal(p.n_ps, PS);
	assert_int_equal(p.ps[0].running.goid, 10);
	assert_int_equal(p.ps[0].running.since, 1900 * MS);
	assert_int_equal(p.ps[0].running.bound, AGE_EXACT);
	assert_string_equal(p.ps[0].running.where.function, "example.com/app/pool.(*worker).run");
	assert_true(p.ps[0].running.start);
	assert_int_equal(p.ps[0].thread_state, 'R');
	assert_int_equal(p.ps[1].running.goid, 0);
	assert_int_equal(p.ps[2].queue, 3);
	assert_int_equal(p.ps[2].next, 99);
	/* It has run for 100 ms. */
	assert_int_equal(p.n_busy, 1);
	assert_int_equal(p.busy[0].running.goid, 10);
	assert_int_equal(p.n_off, 0);
}

/* From samples alone a P that has not switched tells more than they do. */
static void a_p_that_has_not_switched_bounds_how_long_it_runs(void **state)
{
	BENCH(b);
	struct scheduler_picture p;

	(void)state;
	for (uint64_t t = 2; t < 5; t++) {
		struct made_up l = quiet(t * S);

		run_on(&l, 3, t < 3 ? 1 : 2);
		take(&b, l);
	}
	p = shown(&b);
	assert_int_equal(p.ps[3].running.since, 3 * S);
	assert_int_equal(p.ps[3].running.bound, AGE_MIN);
}

static void a_thread_that_sleeps_with_a_goroutine_that_runs_is_off_cpu(void **state)
{
	BENCH(b);
	struct made_up l = quiet(2 * S);
	struct scheduler_picture p;

	(void)state;
	LOOK(&b.world, 1 * S, fact(10, GS_RUNNING), fact(11, GS_RUNNING), fact(12, GS_SYSCALL),
	     fact(13, GS_SYSCALL));
	for (int i = 0; i < PS; i++)
		run_on(&l, i, 1);
	l.ms[1].thread_state = 'S';
	l.ms[2].thread_state = 'S'; /* in a system call: as it should be */
	l.ms[3].thread_state = 'D';
	take(&b, l);
	p = shown(&b);
	assert_int_equal(p.n_off, 2);
	assert_int_equal(p.off[0].running.goid, 11);
	assert_int_equal(p.off[1].running.goid, 13);
}

static void a_copy_outlives_the_scheduler(void **state)
{
	struct scheduler_picture *copy;

	(void)state;
	{
		BENCH(b);
		struct made_up l = quiet(2 * S);
		struct scheduler_picture p;

		run_on(&l, 1, 1);
		take(&b, l);
		p = shown(&b);
		copy = scheduler_picture_copy(&p);
		assert_non_null(copy);
	}
	assert_int_equal(copy->n_ps, PS);
	assert_int_equal(copy->ps[1].running.goid, 11);
	free(copy);
}

static void latencies_and_run_lengths_come_from_the_feed(void **state)
{
	BENCH(b);
	struct feed_latency l = {.bucket = {[10] = 8, [20] = 2}, .run_bucket = {[14] = 5}};
	struct scheduler_picture p;

	(void)state;
	take(&b, quiet(2 * S));
	b.world.sink.latency(b.world.sink.ctx, &l, 2 * S);
	model_refresh(b.world.model, 2 * S);
	l.bucket[20]++;
	b.world.sink.latency(b.world.sink.ctx, &l, 3 * S);
	model_refresh(b.world.model, 3 * S);
	p = shown(&b);
	assert_true(p.latency.known);
	assert_int_equal(p.latency.all.count, 11);
	assert_int_equal(p.latency.last.count, 1);
	assert_in_range(p.latency.all.p50, 1 << 10, (1 << 11) - 1);
	assert_in_range(p.latency.last.p50, 1 << 20, (1 << 21) - 1);
	assert_true(p.latency.all.most_bound);
	assert_int_equal(p.run.all.count, 5);
	assert_int_equal(p.run.last.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_first_look_there_is_nothing_to_show),
		cmocka_unit_test(a_p_shows_its_goroutine_and_since_when_it_runs),
		cmocka_unit_test(a_p_that_has_not_switched_bounds_how_long_it_runs),
		cmocka_unit_test(a_thread_that_sleeps_with_a_goroutine_that_runs_is_off_cpu),
		cmocka_unit_test(a_copy_outlives_the_scheduler),
		cmocka_unit_test(latencies_and_run_lengths_come_from_the_feed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
