// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/moving.h"
#include "tui/window.h"

static struct window window(size_t total, size_t height)
{
	struct window w = {0};

	window_resize(&w, total, height);
	return w;
}

static void assert_sane(const struct window *w)
{
	assert_true(w->total ? w->cursor < w->total : w->cursor == 0);
	assert_true(w->cursor >= w->first);
	assert_true(!w->height || w->cursor < w->first + w->height);
	assert_true(w->total < w->height ? w->first == 0 : w->first <= w->total - w->height);
}

static void the_window_follows_the_cursor_no_further_than_needed(void **state)
{
	struct window w = window(100, 10);

	(void)state;
	window_move(&w, 9);
	assert_int_equal(w.first, 0);
	window_move(&w, 1);
	assert_int_equal(w.first, 1);
	window_move(&w, -9);
	assert_int_equal(w.first, 1);
	window_move(&w, -1);
	assert_int_equal(w.first, 0);
}

static void moving_stops_at_both_ends(void **state)
{
	struct window w = window(5, 10);

	(void)state;
	window_move(&w, -3);
	assert_int_equal(w.cursor, 0);
	window_move(&w, 300);
	assert_int_equal(w.cursor, 4);
	assert_int_equal(w.first, 0);
}

static void the_cursor_keeps_its_place_when_rows_come_and_go(void **state)
{
	struct window w = window(100, 10);

	(void)state;
	window_move_to(&w, 50);
	window_resize(&w, 200, 10);
	assert_int_equal(w.cursor, 50);
	window_resize(&w, 20, 10);
	assert_int_equal(w.cursor, 19);
	assert_int_equal(w.first, 10);
	window_resize(&w, 0, 10);
	assert_int_equal(w.cursor, 0);
	assert_int_equal(w.first, 0);
}

static void a_smaller_terminal_keeps_the_cursor_in_sight(void **state)
{
	struct window w = window(100, 40);

	(void)state;
	window_move_to(&w, 30);
	window_resize(&w, 100, 5);
	assert_sane(&w);
	assert_int_equal(w.cursor, 30);
}

static void a_wheel_moves_the_view_and_at_its_end_the_cursor(void **state)
{
	struct window w = window(30, 10);

	(void)state;
	window_move_to(&w, 5);
	window_scroll(&w, 3);
	assert_int_equal(w.first, 3);
	assert_int_equal(w.cursor, 8);
	window_scroll(&w, 100);
	assert_int_equal(w.first, 20);
	assert_int_equal(w.cursor, 29);
}

static void nothing_breaks_its_order_whatever_happens(void **state)
{
	struct window w = {0};
	uint32_t random = 12345;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		random = random * 1664525 + 1013904223;
		switch (random >> 24 & 3) {
		case 0:
			window_resize(&w, random >> 8 & 63, random >> 16 & 31);
			break;
		case 1:
			window_move(&w, (int)(random >> 8 & 127) - 64);
			break;
		case 2:
			window_scroll(&w, (int)(random >> 8 & 127) - 64);
			break;
		default:
			moving_cursor(&w, (enum action)(random >> 8 & 15));
		}
		assert_sane(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_window_follows_the_cursor_no_further_than_needed),
		cmocka_unit_test(moving_stops_at_both_ends),
		cmocka_unit_test(the_cursor_keeps_its_place_when_rows_come_and_go),
		cmocka_unit_test(a_smaller_terminal_keeps_the_cursor_in_sight),
		cmocka_unit_test(a_wheel_moves_the_view_and_at_its_end_the_cursor),
		cmocka_unit_test(nothing_breaks_its_order_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
