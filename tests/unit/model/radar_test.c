// SPDX-License-Identifier: GPL-2.0-or-later
/* The leak radar against histories of servers that leak, and of such that only look like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"
#include "model/group_radar.h"

/* ---- one count over time ---------------------------------------------------------------------- */

typedef double (*history_fn)(double second);

/* The second at which the count would first be said to grow, of so many; 0: never. By how much is true. */
static unsigned grows_at(history_fn count, unsigned seconds)
{
	double first = 1e9;

	struct radar_clock clock = {0};
	struct radar_track track = {0};
	struct radar_growth growth;

	srand(1);
	for (unsigned s = 0; s < seconds; s++) {
		struct radar_step step = radar_tick(&clock, &radar_default, (1 + s) * S);

		double now = count(s);

		first = now < first ? now : first;
		radar_take(&track, &clock, step, (uint32_t)now);
		if ((step.fine || step.coarse) &&
		    radar_grows(&track, &clock, &radar_default, &growth)) {
			assert_true(growth.rise <= now - first + 1);
			return s;
		}
	}
	return 0;
}

static double noise(double most)
{
	return (double)rand() / RAND_MAX * most;
}

static double one_a_second(double s)
{
	return s;
}

static double some_were_there(double s)
{
	return 40 + s / 2;
}

static double one_a_minute_for_hours(double s)
{
	return 50 + s / 60;
}

/* Requests come and go; one in a thousand stays. */
static double leak_in_traffic(double s)
{
	return 20 + noise(60) + s * 0.4;
}

static double leak_after_an_hour(double s)
{
	return s < 3600 ? 100 + noise(3) : 100 + (s - 3600) / 2;
}

static double warm_up(double s)
{
	return s < 120 ? s * 5 : 600 + noise(2);
}

/* A pool that fills ever more slowly. */
static double saturating(double s)
{
	return 1000 * s / (s + 30);
}

static double steady(double s)
{
	(void)s;
	return 500 + noise(100);
}

/* Ups and downs. Longer ones only the members' waiting tells from a leak. */
static double tide(double s)
{
	double phase = (double)((unsigned)s % 120) / 120;

	return 100 + 400 * (phase < 0.5 ? phase : 1 - phase) + noise(10);
}

static double step_up(double s)
{
	return s < 400 ? 10 : 300;
}

static double steps_between_pauses(double s)
{
	return s < 600 ? 10 : s < 4000 ? 200 : 400;
}

static double shrinking(double s)
{
	return 10000 - s;
}

static double less_than_counts(double s)
{
	return 10 + (s < 3000 ? s / 1000 : 3);
}

static void what_only_grows_is_found(void **state)
{
	(void)state;
	assert_in_range(grows_at(one_a_second, 3600), 180, 240);
	assert_in_range(grows_at(some_were_there, 3600), 180, 300);
	assert_in_range(grows_at(leak_in_traffic, 3600), 180, 1200);
	assert_in_range(grows_at(one_a_minute_for_hours, 7200), 600, 3600);
	/* Soon after it began, however long nothing was the matter. */
	assert_in_range(grows_at(leak_after_an_hour, 7200), 3600, 4000);
}

static void what_stops_growing_is_not(void **state)
{
	static const history_fn healthy[] = {warm_up,	saturating,	 steady,
					     tide,	step_up,	 steps_between_pauses,
					     shrinking, less_than_counts};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(healthy); i++)
		if (grows_at(healthy[i], 4 * 3600))
			fail_msg("history %zu is said to grow after %u s", i,
				 grows_at(healthy[i], 4 * 3600));
}

static void a_mark_needs_members_that_wait(void **state)
{
	const struct radar_growth growth = {.rise = 100, .time = 180 * S};

	(void)state;
	assert_true(radar_leaks(&growth, &radar_default, 60));
	assert_false(radar_leaks(&growth, &radar_default, 40));
	assert_false(radar_leaks(&(struct radar_growth){.rise = 12}, &radar_default, 8));
}

static void thresholds_are_parsed(void **state)
{
	struct radar_options o = radar_default;
	struct err err;

	(void)state;
	assert_int_equal(radar_parse("grow=5,wait=90s", &o, &err), 0);
	assert_int_equal(o.grow, 5);
	assert_true(o.wait == 90 * S && o.time == radar_default.time);
	assert_int_equal(radar_parse("time=1.5h", &o, &err), 0);
	assert_true(o.time == 5400 * S);
	assert_int_equal(radar_parse("off", &o, &err), 0);
	assert_true(o.off);
	assert_true(radar_parse("grow=0", &o, &err) < 0);
	assert_true(radar_parse("wait=5", &o, &err) < 0);
	assert_true(radar_parse("wait=-5s", &o, &err) < 0);
	assert_true(radar_parse("often", &o, &err) < 0);
	assert_true(radar_parse("", &o, &err) < 0);
	assert_int_equal(err.status, EXIT_USAGE);
}

/* ---- goroutines over time --------------------------------------------------------------------- */

struct history {
	struct world w;
	struct feed_fact facts[2000];
	size_t n;
};

static void add(struct history *h)
{
	h->facts[h->n] = fact(10 + h->n, GS_WAITING);
	h->n++;
}

/* A second passes; a member is woken in turn, and waits again, if they are at work. */
static void pass(struct history *h, uint64_t s, bool at_work)
{
	uint64_t now = (2 + s) * S;

	for (size_t i = 0; at_work && i < h->n; i++) {
		if (i % 20 != s % 20)
			continue;
		move(&h->w, now + MS, 10 + i, GS_WAITING, GS_RUNNABLE);
		move(&h->w, now + 2 * MS, 10 + i, GS_RUNNABLE, GS_RUNNING);
		move(&h->w, now + 3 * MS, 10 + i, GS_RUNNING, GS_WAITING);
	}
	look_at(&h->w, now + 100 * MS, h->facts, h->n, true);
	model_refresh(h->w.model, now + 200 * MS);
}

static const char *reason_of(struct history *h)
{
	struct picture p =
		picture_of(&h->w,
			   (struct request){.view = VIEW_GROUPS,
					    .groups = {.dir = SORT_DESC, .count = SIZE_MAX}});

	assert_non_null(p.groups);
	assert_int_equal(p.groups->marked, p.groups->rows[0].why[0] != 0);
	return p.groups->rows[0].why;
}

static void free_history(struct history *h)
{
	world_free(&h->w);
}

static void a_leak_is_explained_in_words(void **state)
{
	_cleanup_(free_history) struct history h = {.w = world_new(watching())};

	(void)state;
	for (uint64_t s = 0; s < 240; s++) {
		add(&h);
		pass(&h, s, false);
		if (s == 170)
			assert_string_equal(reason_of(&h), "");
	}
	assert_non_null(strstr(reason_of(&h), "grew by "));
	assert_non_null(strstr(reason_of(&h), "have waited longer than 1m"));
	assert_non_null(strstr(reason_of(&h), "in chan receive"));
	/* What stops to grow is not marked for ever. */
	for (uint64_t s = 240; s < 700; s++)
		pass(&h, s, false);
	assert_string_equal(reason_of(&h), "");
}

static void a_pool_at_work_is_not_marked_however_it_grows(void **state)
{
	_cleanup_(free_history) struct history h = {.w = world_new(watching())};

	(void)state;
	for (uint64_t s = 0; s < 400; s++) {
		add(&h);
		pass(&h, s, true);
		assert_string_equal(reason_of(&h), "");
	}
}

static void connections_may_have_nothing_to_say_for_longer(void **state)
{
	_cleanup_(free_history) struct history h = {.w = world_new(watching())};
	bool marked = false;

	(void)state;
	for (uint64_t s = 0; s < 900; s++) {
		add(&h);
		h.facts[h.n - 1].reason = R_IO;
		pass(&h, s, false);
		marked = reason_of(&h)[0];
		assert_false(s < 300 && marked);
	}
	assert_true(marked);
}

static void the_radar_can_be_switched_off(void **state)
{
	struct model_options o = watching();
	_cleanup_(free_history) struct history h = {0};

	(void)state;
	o.radar = radar_default;
	o.radar.off = true;
	h.w = world_new(o);
	for (uint64_t s = 0; s < 300; s++) {
		add(&h);
		pass(&h, s, false);
	}
	assert_string_equal(reason_of(&h), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_grows_is_found),
		cmocka_unit_test(what_stops_growing_is_not),
		cmocka_unit_test(a_mark_needs_members_that_wait),
		cmocka_unit_test(thresholds_are_parsed),
		cmocka_unit_test(a_leak_is_explained_in_words),
		cmocka_unit_test(a_pool_at_work_is_not_marked_however_it_grows),
		cmocka_unit_test(connections_may_have_nothing_to_say_for_longer),
		cmocka_unit_test(the_radar_can_be_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
