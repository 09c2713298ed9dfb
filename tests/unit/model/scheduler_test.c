// SPDX-License-Identifier: GPL-2.0-or-later
/* What the model makes of looks at the scheduler, and when it raises an alarm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "model/alarm.h"
#include "model/scheduler.h"
#include "harness.h"

enum { PS = 4 };

/* A look at four Ps: goroutine 10 + i on P i and M 100 + i, or nothing. */
struct made_up {
	struct scheduler_p ps[PS];
	struct scheduler_m ms[PS];
	struct scheduler_facts facts;
};

static struct made_up quiet(uint64_t time)
{
	struct made_up l = {
		.facts = {.time = time, .n_ps = PS, .n_ms = PS, .knows_threads = true},
	};

	l.facts.knows = SCHEDULER_KNOWS_PS | SCHEDULER_KNOWS_MS | SCHEDULER_KNOWS_COUNTS |
			SCHEDULER_KNOWS_QUEUE | SCHEDULER_KNOWS_STOP | SCHEDULER_KNOWS_GC_PHASE;
	l.facts.idle_ps = PS;
	l.facts.process_state = 'S';
	for (int i = 0; i < PS; i++) {
		l.ps[i] = (struct scheduler_p){.id = i, .status = P_IDLE, .m = -1};
		l.ms[i] = (struct scheduler_m){.id = 100 + i,
					       .tid = 1000 + (uint32_t)i,
					       .p = -1,
					       .thread_state = 'S'};
	}
	return l;
}

static void run_on(struct made_up *l, int p, uint32_t tick)
{
	l->ps[p].status = P_RUNNING;
	l->ps[p].m = 100 + p;
	l->ps[p].tid = 1000 + (uint32_t)p;
	l->ps[p].goid = l->ms[p].goid = 10 + (uint64_t)p;
	l->ps[p].tick = tick;
	l->ms[p].p = p;
	l->ms[p].thread_state = 'R';
}

/* A look at a stop of the world for which P 1 is waited. */
static struct made_up stopping(uint64_t time, uint32_t tick)
{
	struct made_up l = quiet(time);

	run_on(&l, 1, tick);
	l.facts.stopping = true;
	l.facts.stop_wait = 1;
	l.ps[0].status = P_GCSTOP;
	return l;
}

struct bench {
	struct world world;
	struct scheduler *s;
};

static void bench_free(struct bench *b)
{
	scheduler_free(b->s);
	world_free(&b->world);
}

static struct bench bench_new(void)
{
	struct bench b = {.world = world_new(watching()), .s = scheduler_new()};

	assert_non_null(b.s);
	return b;
}

#define BENCH(b) _cleanup_(bench_free) struct bench b = bench_new()

static const struct alarms *take(struct bench *b, struct made_up l)
{
	l.facts.ps = l.ps;
	l.facts.ms = l.ms;
	scheduler_take(b->s, b->world.model, &l.facts);
	/* What was given may go: it was copied. */
	memset(&l, 0xa5, sizeof(l));
	return scheduler_alarms(b->s);
}

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

/* ---- the picture ------------------------------------------------------------------------------ */

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
		cmocka_unit_test(while_all_is_well_there_is_no_alarm),
		cmocka_unit_test(a_stop_that_the_source_saw_pending_is_an_alarm_at_once),
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
		cmocka_unit_test(before_the_first_look_there_is_nothing_to_show),
		cmocka_unit_test(a_p_shows_its_goroutine_and_since_when_it_runs),
		cmocka_unit_test(a_p_that_has_not_switched_bounds_how_long_it_runs),
		cmocka_unit_test(a_thread_that_sleeps_with_a_goroutine_that_runs_is_off_cpu),
		cmocka_unit_test(a_copy_outlives_the_scheduler),
		cmocka_unit_test(latencies_and_run_lengths_come_from_the_feed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
