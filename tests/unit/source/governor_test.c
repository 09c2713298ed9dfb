// SPDX-License-Identifier: GPL-2.0-or-later
/* The governor before targets that are made up: what it takes from them, and how soon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"
#include "source/governor.h"

enum { HIT_NS = 1000 };

/* A target that does the same all the time, but that each hit costs it. */
struct world {
	struct governor g;
	uint64_t now, hits, cpu;
	double rate;		/* hits a second while probed */
	double cpus;		/* that it uses */
	uint64_t on_ns, off_ns; /* what a change takes */
	bool on;
	/* What came of it. */
	double paid;	   /* ns of its time */
	uint64_t attached; /* ns */
	uint64_t shortest_off, went_off, first_off;
	unsigned changes;
};

static struct governor_seen seen(const struct world *w)
{
	return (struct governor_seen){w->now, w->hits, w->cpu};
}

static struct world world_make(double rate, double max_pct)
{
	const struct governor_options o = {.max_pct = max_pct, .ns_per_hit = HIT_NS};
	struct world w = {.now = NSEC_PER_SEC,
			  .cpu = NSEC_PER_SEC,
			  .rate = rate,
			  .cpus = 1,
			  .on_ns = 10 * NSEC_PER_MSEC,
			  .off_ns = 50 * NSEC_PER_MSEC,
			  .on = true,
			  .shortest_off = UINT64_MAX};
	struct governor_seen s = seen(&w);

	governor_init(&w.g, &o, &s);
	return w;
}

static void pass(struct world *w, uint64_t ns, bool counted, bool probed)
{
	double hits = w->rate * (double)ns / NSEC_PER_SEC;

	w->now += ns;
	w->cpu += (uint64_t)(w->cpus * (double)ns);
	if (probed)
		w->paid += hits * HIT_NS;
	if (!counted)
		return;
	w->hits += (uint64_t)(hits + 0.5);
	w->attached += ns;
}

static void change(struct world *w, bool on)
{
	uint64_t began = w->now;
	struct governor_seen s;

	w->changes++;
	if (on) {
		uint64_t off = w->now - w->went_off;

		w->shortest_off = off < w->shortest_off ? off : w->shortest_off;
	} else if (!w->first_off) {
		w->first_off = w->now;
	}
	pass(w, on ? w->on_ns : w->off_ns, false, true);
	w->on = on;
	s = seen(w);
	if (on)
		governor_is_on(&w->g, began, &s);
	else
		governor_is_off(&w->g, began, &s);
	if (!on)
		w->went_off = w->now;
}

static void run(struct world *w, uint64_t ns)
{
	uint64_t until = w->now + ns;

	while (w->now < until) {
		struct governor_seen s;

		pass(w, governor_due(&w->g), w->on, w->on);
		s = seen(w);
		switch (governor_turn(&w->g, &s)) {
		case GOVERNOR_DETACH:
			assert_true(w->on);
			change(w, false);
			break;
		case GOVERNOR_ATTACH:
			assert_false(w->on);
			change(w, true);
			break;
		case GOVERNOR_STAY:
			break;
		}
	}
}

static double percent(double part, uint64_t all)
{
	return part * 100 / (double)all;
}

static void below_the_budget_probes_stay(void **state)
{
	struct world w = world_make(40000, 5); /* 4 % */

	(void)state;
	run(&w, 60 * NSEC_PER_SEC);
	assert_int_equal(w.changes, 0);
	assert_true(w.on);
}

static void above_it_they_go_within_a_second(void **state)
{
	static const double rates[] = {55000, 60000, 100000, 300000, 900000};

	(void)state;
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct world w = world_make(rates[i], 5);

		run(&w, 2 * NSEC_PER_SEC);
		assert_true(w.first_off && w.first_off - NSEC_PER_SEC <= NSEC_PER_SEC);
		/* A load that comes after a time of calm, too. */
		w = world_make(100, 5);
		run(&w, 10 * NSEC_PER_SEC);
		w.rate = rates[i];
		run(&w, 2 * NSEC_PER_SEC);
		assert_true(w.first_off && w.first_off - 11 * NSEC_PER_SEC <= NSEC_PER_SEC);
	}
}

static void what_is_paid_stays_within_the_budget(void **state)
{
	static const double rates[] = {51000, 60000, 100000, 300000, 950000};
	static const double budgets[] = {0.5, 1, 5, 20, 50};
	static const uint64_t changes_ms[] = {1, 30, 300};

	(void)state;
	for (size_t i = 0; i < 5 * 5 * 3; i++) {
		struct world w = world_make(rates[i % 5], budgets[i / 5 % 5]);
		double pct;

		w.on_ns = w.off_ns = changes_ms[i / 25] * NSEC_PER_MSEC;
		/* What it did not know to begin with is over. */
		run(&w, 120 * NSEC_PER_SEC);
		w.paid = 0;
		run(&w, 300 * NSEC_PER_SEC);
		pct = percent(w.paid, 300 * NSEC_PER_SEC);
		if (pct > budgets[i / 5 % 5] * 1.1 + 0.05)
			fail_msg("%.2f %% of %.1f %% at %.0f/s", pct, budgets[i / 5 % 5],
				 rates[i % 5]);
		assert_true(!w.changes || w.shortest_off >= 250 * NSEC_PER_MSEC);
	}
}

static void the_budget_is_used(void **state)
{
	struct world w = world_make(200000, 5); /* 20 %: a quarter of the time, less the changes */
	double share;

	(void)state;
	w.on_ns = 2 * NSEC_PER_MSEC;
	w.off_ns = 10 * NSEC_PER_MSEC;
	run(&w, 60 * NSEC_PER_SEC);
	w.attached = 0;
	w.paid = 0;
	run(&w, 60 * NSEC_PER_SEC);
	share = percent((double)w.attached, 60 * NSEC_PER_SEC);
	assert_true(share > 10 && share < 26);
	assert_true(percent(w.paid, 60 * NSEC_PER_SEC) > 4);
}

static void when_the_load_falls_they_stay_on(void **state)
{
	struct world w = world_make(900000, 5);
	unsigned changes;

	(void)state;
	run(&w, 20 * NSEC_PER_SEC);
	assert_true(w.changes > 4);
	w.rate = 1000;
	run(&w, 10 * NSEC_PER_SEC);
	assert_true(w.on);
	changes = w.changes;
	run(&w, 60 * NSEC_PER_SEC);
	assert_int_equal(w.changes, changes);
}

/* Just at the budget they do not go on and off all the time. */
static void around_the_budget_they_do_not_flutter(void **state)
{
	struct world w = world_make(50000, 5);

	(void)state;
	srand(1);
	for (int i = 0; i < 600; i++) {
		w.rate = 50000 * (0.9 + 0.2 * rand() / RAND_MAX);
		run(&w, 100 * NSEC_PER_MSEC);
	}
	assert_true(w.changes <= 60); /* a change every two seconds at most */
	assert_true(percent((double)w.attached, 60 * NSEC_PER_SEC) > 70);
}

static void who_uses_many_cpus_may_pay_more(void **state)
{
	struct world w = world_make(300000, 5); /* 30 % of one CPU */

	(void)state;
	w.cpus = 8;
	run(&w, 1200 * NSEC_PER_MSEC);
	w.changes = 0;
	run(&w, 20 * NSEC_PER_SEC);
	run(&w, 20 * NSEC_PER_SEC);
	assert_true(w.on);
	assert_true(w.changes <= 2);
	/* An idle one has one CPU's share still. */
	w = world_make(40000, 5);
	w.cpus = 0.1;
	run(&w, 20 * NSEC_PER_SEC);
	assert_int_equal(w.changes, 0);
}

static void zero_is_no_bound(void **state)
{
	struct world w = world_make(950000, 0);

	(void)state;
	run(&w, 20 * NSEC_PER_SEC);
	assert_int_equal(w.changes, 0);
	w = world_make(950000, 5);
	w.g.options.ns_per_hit = 0; /* what it costs is not known */
	run(&w, 20 * NSEC_PER_SEC);
	assert_int_equal(w.changes, 0);
}

static void once_off_is_off_for_good_without_privileges(void **state)
{
	struct world w = world_make(950000, 5);

	(void)state;
	w.g.options.once = true;
	run(&w, 2 * NSEC_PER_SEC);
	assert_false(w.on);
	w.rate = 0;
	run(&w, 60 * NSEC_PER_SEC);
	assert_int_equal(w.changes, 1);
}

static void what_fails_is_tried_again_later(void **state)
{
	struct world w = world_make(950000, 5);
	struct governor_seen s;
	uint64_t from;

	(void)state;
	run(&w, NSEC_PER_SEC);
	while (w.on)
		run(&w, 10 * NSEC_PER_MSEC);
	w.rate = 0;
	do {
		pass(&w, governor_due(&w.g), false, false);
		s = seen(&w);
	} while (governor_turn(&w.g, &s) != GOVERNOR_ATTACH);
	governor_failed(&w.g, w.now);
	from = w.now;
	do {
		pass(&w, governor_due(&w.g), false, false);
		s = seen(&w);
	} while (governor_turn(&w.g, &s) != GOVERNOR_ATTACH);
	assert_true(w.now - from >= NSEC_PER_SEC && w.now - from < 3 * NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(below_the_budget_probes_stay),
		cmocka_unit_test(above_it_they_go_within_a_second),
		cmocka_unit_test(what_is_paid_stays_within_the_budget),
		cmocka_unit_test(the_budget_is_used),
		cmocka_unit_test(when_the_load_falls_they_stay_on),
		cmocka_unit_test(around_the_budget_they_do_not_flutter),
		cmocka_unit_test(who_uses_many_cpus_may_pay_more),
		cmocka_unit_test(zero_is_no_bound),
		cmocka_unit_test(once_off_is_off_for_good_without_privileges),
		cmocka_unit_test(what_fails_is_tried_again_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
