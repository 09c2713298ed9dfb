// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/chart.h"

enum { N = 5 };

static int sum(const int *v)
{
	int s = 0;

	for (int i = 0; i < N; i++)
		s += v[i];
	return s;
}

static void two_that_run_are_seen_beside_a_million_that_wait(void **state)
{
	const uint64_t counts[N] = {2, 0, 0, 1000000, 0};
	int shares[N];

	(void)state;
	chart_shares(counts, N, 40, shares);
	assert_int_equal(shares[0], 1);
	assert_int_equal(shares[3], 39);
	assert_int_equal(shares[1], 0);
}

static void shares_go_by_the_square_root(void **state)
{
	const uint64_t counts[N] = {100, 400, 0, 0, 0};
	int shares[N];

	(void)state;
	chart_shares(counts, N, 30, shares);
	assert_int_equal(shares[0], 10);
	assert_int_equal(shares[1], 20);
}

static void shares_fill_the_width_exactly(void **state)
{
	uint32_t random = 99;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t counts[N];
		int shares[N], width, any = 0;

		for (int j = 0; j < N; j++) {
			random = random * 1664525 + 1013904223;
			counts[j] = random & 0x100 ? 0 : random >> (random >> 27);
			any |= counts[j] != 0;
		}
		width = (int)(random >> 16 & 127);
		chart_shares(counts, N, width, shares);
		assert_int_equal(sum(shares), any ? width : 0);
		for (int j = 0; j < N; j++) {
			assert_true(shares[j] >= 0);
			assert_true(counts[j] || !shares[j]);
			if (width >= N && counts[j])
				assert_true(shares[j] >= 1);
		}
	}
}

static void parts_never_exceed_the_whole(void **state)
{
	const double parts[N] = {30, 30, 30, 20, 0};
	int widths[N];

	(void)state;
	chart_parts(parts, N, 100, 50, widths);
	assert_int_equal(sum(widths), 50);
	assert_int_equal(widths[0], 15);
	chart_parts(parts, N, 220, 50, widths);
	assert_int_equal(sum(widths), 25);
	chart_parts(parts, N, 0, 50, widths);
	assert_int_equal(sum(widths), 0);
}

static void a_small_wobble_does_not_fill_a_graph(void **state)
{
	const uint32_t values[] = {1000, 1010, 1005};
	struct chart_scale s = chart_scale(values, 3);

	(void)state;
	assert_true(s.low <= 1000 && s.high >= 1010);
	assert_true(s.high - s.low >= 200);
}

static void a_scale_never_goes_below_zero(void **state)
{
	const uint32_t values[] = {1, 0, 2};
	struct chart_scale s = chart_scale(values, 3);

	(void)state;
	assert_true(s.low == 0);
	assert_true(s.high >= 4);
	s = chart_scale(NULL, 0);
	assert_true(s.low == 0);
}

static void levels_stay_within_the_graph(void **state)
{
	const struct chart_scale s = {100, 200};

	(void)state;
	assert_int_equal(chart_level(&s, 100, 4), 1);
	assert_int_equal(chart_level(&s, 200, 4), 32);
	assert_int_equal(chart_level(&s, 5000, 4), 32);
	assert_int_equal(chart_level(&s, 0, 4), 1);
	assert_string_equal(chart_sign(8, false), "█");
	assert_string_equal(chart_sign(99, false), "█");
	assert_string_equal(chart_sign(-3, false), " ");
	assert_string_equal(chart_sign(8, true), "#");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_that_run_are_seen_beside_a_million_that_wait),
		cmocka_unit_test(shares_go_by_the_square_root),
		cmocka_unit_test(shares_fill_the_width_exactly),
		cmocka_unit_test(parts_never_exceed_the_whole),
		cmocka_unit_test(a_small_wobble_does_not_fill_a_graph),
		cmocka_unit_test(a_scale_never_goes_below_zero),
		cmocka_unit_test(levels_stay_within_the_graph),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
