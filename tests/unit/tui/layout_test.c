// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "tui/layout.h"

/* As the table's: two that always stay, one that grows, two more, one by choice only. */
static const struct layout_item items[] = {
	{.width = 7},
	{.width = 9},
	{.width = 16, .max_width = 40, .priority = 1},
	{.width = 6, .priority = 3},
	{.width = 8, .priority = 9},
	{.width = 20, .priority = -1},
};

static struct layout laid(int width, int shift)
{
	struct layout l;

	layout_make(&l, items, ARRAY_SIZE(items), false, width, shift);
	return l;
}

static int end_of(const struct layout *l)
{
	return l->n ? l->slots[l->n - 1].x + l->slots[l->n - 1].width : 0;
}

static int has(const struct layout *l, size_t item)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->slots[i].item == item)
			return 1;
	return 0;
}

static void what_is_never_dropped_stays_in_the_narrowest_line(void **state)
{
	struct layout l = laid(5, 0);

	(void)state;
	assert_int_equal(l.n, 2);
	assert_true(has(&l, 0) && has(&l, 1));
	assert_true(l.more_right);
}

static void no_width_is_exceeded_and_columns_never_overlap(void **state)
{
	(void)state;
	for (int width = 17; width < 200; width++) {
		struct layout l = laid(width, 0);
		int x = 0;

		assert_true(end_of(&l) <= width);
		for (size_t i = 0; i < l.n; i++) {
			assert_int_equal(l.slots[i].x, x);
			assert_true(l.slots[i].width >= items[l.slots[i].item].width);
			x += l.slots[i].width + LAYOUT_GAP;
		}
	}
}

static void a_wider_line_never_has_fewer_columns(void **state)
{
	size_t n = 0;

	(void)state;
	for (int width = 17; width < 200; width++) {
		struct layout l = laid(width, 0);

		assert_true(l.n >= n);
		n = l.n;
	}
	assert_int_equal(n, 5);
}

static void the_highest_priority_is_dropped_first(void **state)
{
	struct layout l = laid(56, 0);

	(void)state;
	assert_true(has(&l, 2) && has(&l, 3));
	assert_false(has(&l, 4));
	l = laid(34, 0);
	assert_true(has(&l, 2));
	assert_false(has(&l, 3));
}

/* GOID, STATE, AGE, REASON, WHERE, CREATED BY, THREAD with the names of a real server. */
static void names_make_room_for_one_another(void **state)
{
	static const struct layout_item wanted[] = {
		{.width = 7},
		{.width = 9},
		{.width = 7},
		{.width = 13, .max_width = 22, .priority = 1},
		{.width = 15, .max_width = 42, .priority = 2},
		{.width = 16, .max_width = 42, .priority = 3},
		{.width = 7, .priority = 4},
	};
	struct layout l;

	(void)state;
	layout_make(&l, wanted, ARRAY_SIZE(wanted), false, 80, 0);
	assert_true(has(&l, 4) && has(&l, 5));
	assert_false(has(&l, 6));
	assert_int_equal(end_of(&l), 80);
}

static void a_luxury_waits_until_names_have_all_their_room(void **state)
{
	/* 7 + 9 + 40 + 6 and three gaps are 65; the luxury takes 9 more. */
	struct layout without = laid(73, 0), with = laid(74, 0);

	(void)state;
	assert_false(has(&without, 4));
	assert_true(has(&with, 4));
	assert_int_equal(with.slots[2].width, 40);
}

static void what_is_left_over_goes_to_who_grows_up_to_its_most(void **state)
{
	struct layout l = laid(60, 0);

	(void)state;
	assert_int_equal(end_of(&l), 60);
	l = laid(500, 0);
	assert_int_equal(l.slots[2].width, 40);
}

static void by_choice_columns_stand_in_the_users_order(void **state)
{
	struct layout l;

	(void)state;
	layout_make(&l, items, ARRAY_SIZE(items), true, 500, 0);
	assert_int_equal(l.n, ARRAY_SIZE(items));
	for (size_t i = 0; i < l.n; i++)
		assert_int_equal(l.slots[i].item, i);
	layout_make(&l, items + 2, 3, true, 10, 0);
	assert_int_equal(l.n, 1); /* the first one, whatever the room */
}

static void shifting_brings_the_dropped_columns_into_sight(void **state)
{
	struct layout l = laid(34, 1);

	(void)state;
	assert_true(has(&l, 0) && has(&l, 1));
	assert_false(has(&l, 2));
	assert_true(has(&l, 3));
	assert_true(l.more_left);
}

static void a_shift_beyond_the_last_column_is_cut(void **state)
{
	struct layout l;

	(void)state;
	assert_int_equal(layout_make(&l, items, ARRAY_SIZE(items), false, 34, 100), 2);
	assert_true(has(&l, 4));
	assert_int_equal(layout_make(&l, items, 2, false, 34, 3), 0);
	assert_int_equal(layout_make(&l, items, 0, false, 34, 3), 0);
	assert_int_equal(l.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_never_dropped_stays_in_the_narrowest_line),
		cmocka_unit_test(no_width_is_exceeded_and_columns_never_overlap),
		cmocka_unit_test(a_wider_line_never_has_fewer_columns),
		cmocka_unit_test(the_highest_priority_is_dropped_first),
		cmocka_unit_test(names_make_room_for_one_another),
		cmocka_unit_test(a_luxury_waits_until_names_have_all_their_room),
		cmocka_unit_test(what_is_left_over_goes_to_who_grows_up_to_its_most),
		cmocka_unit_test(by_choice_columns_stand_in_the_users_order),
		cmocka_unit_test(shifting_brings_the_dropped_columns_into_sight),
		cmocka_unit_test(a_shift_beyond_the_last_column_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
