// SPDX-License-Identifier: GPL-2.0-or-later
/* What the entries say of scripted lives. */
#include "harness.h"

static void a_transition_makes_an_entry(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(7);
	uint64_t before = clock_mono();
	struct gt_entry e;

	(void)state;
	assert_int_equal(tracer_entry(t, 7, &e), -ENOENT);
	g.waitreason = REASON_WAIT;
	cas(&g, GS_RUNNING, GS_WAITING);
	e = entry(t, 7);
	assert_int_equal(e.g, (uintptr_t)&g);
	assert_int_equal(e.raw, GS_WAITING);
	assert_int_equal(e.folded, GS_WAITING);
	assert_int_equal(e.reason, REASON_WAIT);
	assert_int_equal(e.transitions, 1);
	assert_int_equal(e.switches, 0);
	assert_int_equal(e.flags, 0); /* it was exactly now that it began to wait */
	assert_true(e.first >= before && e.first <= clock_mono());
	assert_int_equal(e.since, e.first);
	assert_int_equal(e.last, e.first);
	assert_sums_up(&e);
	assert_int_equal(counters(t).hits, 1);
	assert_int_equal(counters(t).missed, 0);
	tracer_close(t);
}

static void time_goes_to_the_state_that_it_was_spent_in(void **state)
{
	static const struct {
		int from, to;
		uint64_t ns;
	} life[] = {
		{GS_WAITING, GS_RUNNABLE, 2000000}, {GS_RUNNABLE, GS_RUNNING, 3000000},
		{GS_RUNNING, GS_SYSCALL, 5000000},  {GS_SYSCALL, GS_RUNNING, 1000000},
		{GS_RUNNING, GS_RUNNABLE, 4000000}, {GS_RUNNABLE, GS_RUNNING, 1000000},
		{GS_RUNNING, GS_WAITING, 6000000},  {GS_WAITING, GS_LEAKED, 1000000},
	};
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(8);
	uint64_t spent[GS_COUNT] = {0}, total;
	struct gt_latency latency;
	struct gt_entry e;

	(void)state;
	for (size_t i = 0; i < sizeof(life) / sizeof(life[0]); i++) {
		cas(&g, life[i].from, life[i].to);
		spent[life[i].to] += spend(life[i].ns);
	}
	cas(&g, GS_LEAKED, GS_WAITING);
	e = entry(t, 8);
	assert_sums_up(&e);
	assert_int_equal(e.unknown, 0);
	/* At least what was spent there, and not much more: a hit's cost, or a switch away. */
	assert_true(e.runnable >= spent[GS_RUNNABLE]);
	assert_true(e.running >= spent[GS_RUNNING]);
	assert_true(e.syscall >= spent[GS_SYSCALL]);
	assert_true(e.waiting >= spent[GS_WAITING] + spent[GS_LEAKED]);
	total = spent[1] + spent[2] + spent[3] + spent[4] + spent[10];
	assert_true(e.since - e.first >= total);
	assert_int_equal(e.switches, 2);
	assert_int_equal(e.transitions, 9);
	assert_true(e.max_latency >= 4000000 && e.max_latency <= e.runnable);
	assert_int_equal(e.tid, syscall(SYS_gettid));

	tracer_latency(t, &latency);
	for (uint64_t b = 0, all = 0, runs = 0; b < 64; b++) {
		all += latency.bucket[b];
		runs += latency.run_bucket[b];
		if (b == 63) {
			assert_int_equal(all, 2);
			assert_int_equal(runs, 3);
		}
		/* 2 ms and 4 ms and a little more: not below 2^20 ns, 1.05 ms. */
		if (b < 20)
			assert_int_equal(latency.bucket[b], 0);
	}
	tracer_close(t);
}

static void buckets_are_powers_of_two(void **state)
{
	(void)state;
	assert_int_equal(gt_log2(0), 0);
	for (uint32_t b = 0; b < 64; b++) {
		assert_int_equal(gt_log2(1ull << b), b);
		assert_int_equal(gt_log2((1ull << b) | (1ull << b) / 3), b);
		assert_int_equal(gt_log2(UINT64_MAX >> (63 - b)), b);
	}
}

static void the_names_of_totals_go_with_the_numbers_of_states(void **state)
{
	struct gt_entry e = {.total = {10, 11, 12, 13, 14}};

	(void)state;
	assert_int_equal(e.unknown, 10);
	assert_int_equal(e.total[GS_RUNNABLE], e.runnable);
	assert_int_equal(e.total[GS_RUNNING], e.running);
	assert_int_equal(e.total[GS_SYSCALL], e.syscall);
	assert_int_equal(e.total[GS_WAITING], e.waiting);
}

/* One read takes goid and reason where they lie close together, two where they don't. */
static void the_reason_is_read_wherever_it_lies(void **state)
{
	static const int32_t moved[] = {-40, 8, 16, 31, 32, 100, 4000};
	struct fake_g g[200] = {{.goid = 18}};

	(void)state;
	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		struct tracer_options o = options_for(getpid());
		uint8_t *reason = (uint8_t *)&g[0].goid + moved[i];
		struct tracer *t;

		o.config.off_waitreason = o.config.off_goid + moved[i];
		t = start(&o);
		*reason = (uint8_t)(100 + i);
		cas(g, GS_RUNNING, GS_WAITING);
		assert_int_equal(entry(t, 18).reason, 100 + i);
		*reason = 0;
		g[0].goid = 18;
		tracer_close(t);
	}
}

/* ---- flaps -------------------------------------------------------------------------------------- */

static void flaps_and_copystack_do_not_end_running(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(9);
	struct gt_entry e, before;

	(void)state;
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	before = entry(t, 9);
	g.waitreason = REASON_FLAP;
	cas(&g, GS_RUNNING, GS_WAITING);
	e = entry(t, 9);
	assert_int_equal(e.raw, GS_WAITING);
	assert_int_equal(e.folded, GS_RUNNING);
	assert_int_equal(e.flags, GT_F_FLAP);
	assert_int_equal(e.reason, REASON_FLAP);
	assert_int_equal(e.since, before.since);
	assert_true(e.last > before.last);
	cas(&g, GS_WAITING, GS_RUNNING);
	e = entry(t, 9);
	assert_int_equal(e.raw, GS_RUNNING);
	assert_int_equal(e.flags, 0);
	cas(&g, GS_RUNNING, GS_COPYSTACK);
	e = entry(t, 9);
	assert_int_equal(e.raw, GS_COPYSTACK);
	assert_int_equal(e.folded, GS_RUNNING);
	cas(&g, GS_COPYSTACK, GS_RUNNING);
	e = entry(t, 9);
	assert_int_equal(e.since, before.since);
	assert_int_equal(e.switches, 1);
	assert_int_equal(e.transitions, 5);
	/* A wait of another reason is none. */
	g.waitreason = REASON_WAIT;
	cas(&g, GS_RUNNING, GS_WAITING);
	e = entry(t, 9);
	assert_int_equal(e.folded, GS_WAITING);
	assert_true(e.since > before.since);
	assert_sums_up(&e);
	assert_int_equal(counters(t).missed, 0);
	tracer_close(t);
}

/* Go ≤ 1.19, where reasons come late: 2→4 is a wait if it is called from park_m. */
static void by_return_address_only_park_waits(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(10);
	struct tracer *t;
	struct gt_entry e;

	(void)state;
	o.config.flap_reasons = 0;
	o.config.park_lo = (uintptr_t)&by_return_address_only_park_waits;
	o.config.park_hi = o.config.park_lo + 1;
	t = start(&o);
	cas(&g, GS_RUNNING, GS_WAITING); /* from cas(), wherever that is: not in the range */
	e = entry(t, 10);
	assert_int_equal(e.folded, GS_RUNNING);
	assert_int_equal(e.flags, GT_F_FLAP | GT_F_SINCE_MIN);
	tracer_close(t);

	o.config.park_hi = UINT64_MAX;
	o.config.park_lo = 1;
	t = start(&o);
	cas(&g, GS_RUNNING, GS_WAITING);
	assert_int_equal(entry(t, 10).folded, GS_WAITING);
	assert_int_equal(entry(t, 10).flags, 0);
	tracer_close(t);
}

/* The site's address in the file may differ from that in memory: return addresses are moved back. */
static void return_addresses_are_without_the_bias(void **state)
{
	enum { BIAS = 0x1000000 };
	struct tracer_options o = options_for(getpid());
	struct tracer_site site = *o.sites;
	struct fake_g g = fake_g_make(11);
	struct tracer *t;

	(void)state;
	site.site.vaddr -= BIAS;
	o.sites = &site;
	o.config.flap_reasons = 0;
	/* The program's text as it would be in the file; without the bias nothing lies there. */
	o.config.park_lo = (uintptr_t)fake_cas_site - BIAS - 0x100000;
	o.config.park_hi = (uintptr_t)fake_cas_site - BIAS + 0x100000;
	t = start(&o);
	cas(&g, GS_RUNNING, GS_WAITING);
	assert_int_equal(entry(t, 11).flags, 0);
	tracer_close(t);
}

/* ---- what was not seen -------------------------------------------------------------------------- */

static void an_unseen_change_makes_time_unknown(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(12);
	struct gt_latency latency;
	struct gt_entry e;

	(void)state;
	cas(&g, GS_WAITING, GS_RUNNABLE);
	spend(2000000);
	/* It must have run meanwhile: this says running → waiting. */
	cas(&g, GS_RUNNING, GS_WAITING);
	e = entry(t, 12);
	assert_sums_up(&e);
	assert_true(e.unknown >= 2000000);
	assert_int_equal(e.runnable, 0);
	assert_int_equal(e.running, 0);
	assert_int_equal(e.max_latency, 0);
	assert_int_equal(e.folded, GS_WAITING);
	assert_int_equal(e.flags, 0); /* the wait itself began before our eyes */
	assert_int_equal(counters(t).missed, 1);
	/* Unseen, and into the same folded state: since when is not known. */
	cas(&g, GS_RUNNING, GS_COPYSTACK);
	e = entry(t, 12);
	assert_int_equal(e.folded, GS_RUNNING);
	assert_int_equal(e.flags, GT_F_SINCE_MIN);
	assert_int_equal(counters(t).missed, 2);
	tracer_latency(t, &latency);
	for (int b = 0; b < 64; b++)
		assert_int_equal(latency.bucket[b] + latency.run_bucket[b], 0);
	tracer_close(t);
}

/* What passes casgstatus by in this Go release is told apart; the time is unknown all the same. */
static void a_known_bypass_is_no_miss(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(14);
	struct tracer *t;

	(void)state;
	o.config.bypasses = GT_BYPASS_PREEMPTION;
	t = start(&o);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	spend(1000000);
	cas(&g, GS_WAITING, GS_RUNNABLE); /* preempted, and made runnable again */
	assert_int_equal(counters(t).bypassed, 1);
	assert_int_equal(counters(t).missed, 0);
	assert_true(entry(t, 14).unknown >= 1000000);
	/* No bypass explains these: waiting and then running needs coroutines, runnable none. */
	cas(&g, GS_RUNNABLE, GS_WAITING);
	cas(&g, GS_RUNNING, GS_RUNNABLE);
	cas(&g, GS_WAITING, GS_RUNNABLE);
	assert_int_equal(counters(t).bypassed, 1);
	assert_int_equal(counters(t).missed, 2);
	tracer_close(t);
}

/* The collector takes back what it said of a leak before it looks anew (Go 1.26 on). */
static void who_is_no_longer_leaked_is_no_miss(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(15);
	struct tracer *t;

	(void)state;
	o.config.bypasses = GT_BYPASS_LEAKS;
	t = start(&o);
	cas(&g, GS_WAITING, GS_LEAKED);
	cas(&g, GS_WAITING, GS_LEAKED);
	cas(&g, GS_WAITING, GS_RUNNABLE); /* it was not leaked after all */
	assert_int_equal(counters(t).bypassed, 2);
	assert_int_equal(counters(t).missed, 0);
	/* Nothing but waiting follows. */
	cas(&g, GS_WAITING, GS_LEAKED);
	cas(&g, GS_RUNNING, GS_WAITING);
	assert_int_equal(counters(t).bypassed, 2);
	assert_int_equal(counters(t).missed, 2);
	tracer_close(t);
}

static void time_without_probes_is_unknown(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(13);
	struct taken taken;
	struct gt_entry e;

	(void)state;
	cas(&g, GS_WAITING, GS_RUNNABLE);
	tracer_detach(t);
	assert_false(tracer_attached(t));
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	cas(&g, GS_RUNNING, GS_WAITING);
	cas(&g, GS_WAITING, GS_RUNNABLE);
	spend(1000000);
	attach(t);
	/* The states agree, but nobody knows what was in between. */
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	e = entry(t, 13);
	assert_sums_up(&e);
	assert_true(e.unknown >= 1000000);
	assert_int_equal(e.runnable, 0);
	assert_int_equal(e.max_latency, 0);
	assert_int_equal(e.transitions, 2);
	assert_int_equal(counters(t).missed, 1);
	assert_int_equal(drain(t, &taken), 2);
	assert_int_equal(taken.r[0].flags, 0);
	assert_int_equal(taken.r[1].flags, GT_F_MISSED);
	tracer_close(t);
}

static void what_was_running_before_us_gives_no_run_length(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(14);
	struct gt_latency latency;
	struct gt_entry e;

	(void)state;
	g.waitreason = REASON_FLAP;
	cas(&g, GS_RUNNING, GS_WAITING); /* running all along */
	assert_int_equal(entry(t, 14).flags, GT_F_FLAP | GT_F_SINCE_MIN);
	cas(&g, GS_WAITING, GS_RUNNING);
	assert_int_equal(entry(t, 14).flags, GT_F_SINCE_MIN);
	cas(&g, GS_RUNNING, GS_RUNNABLE);
	e = entry(t, 14);
	assert_int_equal(e.flags, 0);
	assert_true(e.running > 0);
	assert_sums_up(&e);
	tracer_latency(t, &latency);
	for (int b = 0; b < 64; b++)
		assert_int_equal(latency.run_bucket[b], 0);
	tracer_close(t);
}

/* ---- who woke it -------------------------------------------------------------------------------- */

static void the_waker_is_the_threads_current_goroutine(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(15), by = fake_g_make(16);
	struct fake_m m = {.curg = (uintptr_t)&by};
	struct fake_g g0 = {.m = &m};
	struct tracer *t;
	struct taken taken;

	(void)state;
	o.config.off_curg = offsetof(struct fake_m, curg);
	t = start(&o);
	fake_cas(&g, GS_WAITING, GS_RUNNABLE, &g0);
	assert_int_equal(entry(t, 15).waker, 16);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	cas(&g, GS_RUNNING, GS_WAITING);
	assert_int_equal(entry(t, 15).waker, 16);
	cas(&g, GS_WAITING, GS_RUNNABLE); /* by the runtime: no curg */
	assert_int_equal(entry(t, 15).waker, 0);
	assert_int_equal(drain(t, &taken), 4);
	assert_int_equal(taken.r[0].waker, 16);
	assert_int_equal(taken.r[1].waker, 0);
	assert_int_equal(taken.r[3].waker, 0);
	assert_int_equal(counters(t).unread, 0);
	tracer_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transition_makes_an_entry),
		cmocka_unit_test(time_goes_to_the_state_that_it_was_spent_in),
		cmocka_unit_test(buckets_are_powers_of_two),
		cmocka_unit_test(the_names_of_totals_go_with_the_numbers_of_states),
		cmocka_unit_test(the_reason_is_read_wherever_it_lies),
		cmocka_unit_test(flaps_and_copystack_do_not_end_running),
		cmocka_unit_test(by_return_address_only_park_waits),
		cmocka_unit_test(return_addresses_are_without_the_bias),
		cmocka_unit_test(an_unseen_change_makes_time_unknown),
		cmocka_unit_test(a_known_bypass_is_no_miss),
		cmocka_unit_test(who_is_no_longer_leaked_is_no_miss),
		cmocka_unit_test(time_without_probes_is_unknown),
		cmocka_unit_test(what_was_running_before_us_gives_no_run_length),
		cmocka_unit_test(the_waker_is_the_threads_current_goroutine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
