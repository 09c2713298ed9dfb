// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tui/histogram_chart.h"

static const struct histogram none;

static void the_range_holds_what_there_is(void **state)
{
	struct histogram a = {.bucket = {[12] = 1, [14] = 5}}, b = {.bucket = {[20] = 1}};
	struct histogram_range r = histogram_range(&a, &b, 1, 60);

	(void)state;
	assert_int_equal(r.first, 12);
	assert_int_equal(r.last, 20);
}

static void a_range_is_never_narrower_than_asked(void **state)
{
	struct histogram a = {0};

	(void)state;
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		struct histogram_range r;

		a = none;
		a.bucket[i] = 1;
		r = histogram_range(&a, &none, 12, 60);
		assert_true(r.first <= i && i <= r.last && r.last < HISTOGRAM_BUCKETS);
		assert_int_equal(r.last - r.first + 1, 12);
	}
}

static void in_little_room_the_long_times_are_kept(void **state)
{
	struct histogram a = {.bucket = {[5] = 3, [30] = 1}};
	struct histogram_range r = histogram_range(&a, &none, 1, 8);
	int levels[8];

	(void)state;
	assert_int_equal(r.first, 23);
	assert_int_equal(r.last, 30);
	/* Those below the first column stand in it. */
	histogram_levels(&a, &r, 2, levels);
	assert_int_equal(levels[0], 16);
	assert_int_equal(levels[7], 5);
}

static void an_empty_histogram_has_a_range_and_no_levels(void **state)
{
	struct histogram_range r = histogram_range(&none, &none, 12, 20);
	int levels[HISTOGRAM_BUCKETS];

	(void)state;
	assert_int_equal(r.last - r.first + 1, 12);
	histogram_levels(&none, &r, 4, levels);
	for (unsigned i = 0; i <= r.last - r.first; i++)
		assert_int_equal(levels[i], 0);
}

static void one_of_a_million_is_still_seen(void **state)
{
	struct histogram a = {.bucket = {[10] = 1000000, [11] = 1, [12] = 500000}};
	struct histogram_range r = {10, 12};
	int levels[3];

	(void)state;
	histogram_levels(&a, &r, 4, levels);
	assert_int_equal(levels[0], 32);
	assert_int_equal(levels[1], 1);
	assert_int_equal(levels[2], 16);
}

static void labels_say_where_a_bucket_begins(void **state)
{
	char text[16];

	(void)state;
	histogram_label(text, sizeof(text), 0);
	assert_string_equal(text, "1ns");
	histogram_label(text, sizeof(text), 10);
	assert_string_equal(text, "1µs");
	histogram_label(text, sizeof(text), 24);
	assert_string_equal(text, "16ms");
	histogram_label(text, sizeof(text), 30);
	assert_string_equal(text, "1s");
	histogram_label(text, sizeof(text), 36);
	assert_string_equal(text, "64s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_range_holds_what_there_is),
		cmocka_unit_test(a_range_is_never_narrower_than_asked),
		cmocka_unit_test(in_little_room_the_long_times_are_kept),
		cmocka_unit_test(an_empty_histogram_has_a_range_and_no_levels),
		cmocka_unit_test(one_of_a_million_is_still_seen),
		cmocka_unit_test(labels_say_where_a_bucket_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
