// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "model/histogram.h"

static void values_fall_into_the_bucket_of_their_highest_bit(void **state)
{
	struct histogram h = {0};

	(void)state;
	histogram_add(&h, 0);
	histogram_add(&h, 1);
	histogram_add(&h, 2);
	histogram_add(&h, 3);
	histogram_add(&h, 4);
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(h.bucket[0], 2);
	assert_int_equal(h.bucket[1], 2);
	assert_int_equal(h.bucket[2], 1);
	assert_int_equal(h.bucket[63], 1);
	assert_int_equal(histogram_count(&h), 6);
}

static void an_empty_histogram_has_no_percentiles(void **state)
{
	struct histogram h = {0};
	uint64_t v = 7;

	(void)state;
	assert_false(histogram_percentile(&h, 50, &v));
	assert_int_equal(v, 7);
}

static void percentiles_lie_in_the_bucket_of_the_true_value(void **state)
{
	enum { N = 20000 };
	static uint64_t values[N];
	struct histogram h = {0};
	uint64_t last = 0;

	(void)state;
	srand(3);
	for (size_t i = 0; i < N; i++) {
		/* ascending, from 1 µs to some 16 ms */
		values[i] = i ? values[i - 1] + (uint64_t)(rand() % 1600) : 1000;
		histogram_add(&h, values[i]);
	}
	for (double percent = 0; percent <= 100; percent += 0.5) {
		size_t at = (size_t)(percent / 100 * (N - 1));
		uint64_t p;

		assert_true(histogram_percentile(&h, percent, &p));
		/* never more than a factor of two from the truth, and never falling */
		assert_true(p <= 2 * values[at] && 2 * p >= values[at]);
		assert_true(p >= last);
		last = p;
	}
}

static void a_single_value_is_all_percentiles_within_its_bucket(void **state)
{
	struct histogram h = {0};
	uint64_t p;

	(void)state;
	histogram_add(&h, 5);
	for (double percent = -10; percent <= 110; percent += 10) {
		assert_true(histogram_percentile(&h, percent, &p));
		assert_in_range(p, 4, 7);
	}
	h = (struct histogram){0};
	h.bucket[63] = 1;
	assert_true(histogram_percentile(&h, 100, &p));
	assert_true(p == UINT64_MAX);
}

static void a_difference_never_falls_below_zero(void **state)
{
	struct histogram a = {0}, b = {0}, d;

	(void)state;
	a.bucket[3] = 5;
	b.bucket[3] = 2;
	b.bucket[4] = 9;
	histogram_diff(&d, &a, &b);
	assert_int_equal(d.bucket[3], 3);
	assert_int_equal(d.bucket[4], 0);
	assert_int_equal(histogram_count(&d), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_fall_into_the_bucket_of_their_highest_bit),
		cmocka_unit_test(an_empty_histogram_has_no_percentiles),
		cmocka_unit_test(percentiles_lie_in_the_bucket_of_the_true_value),
		cmocka_unit_test(a_single_value_is_all_percentiles_within_its_bucket),
		cmocka_unit_test(a_difference_never_falls_below_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
