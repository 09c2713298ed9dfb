// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "tui/fit.h"

#define assert_fits(src, width, cut, ascii, expected)                                  \
	do {                                                                           \
		char dst_[256];                                                        \
		int n_ = fit_text(dst_, sizeof(dst_), (src), (width), (cut), (ascii)); \
		assert_string_equal(dst_, (expected));                                 \
		assert_int_equal(n_, text_width(dst_));                                \
	} while (0)

static void a_text_that_fits_is_left_alone(void **state)
{
	(void)state;
	assert_fits("raft.run", 8, FIT_END, false, "raft.run");
	assert_fits("", 3, FIT_MIDDLE, false, "");
}

static void a_cut_is_marked_and_keeps_what_was_asked_for(void **state)
{
	(void)state;
	assert_fits("chan receive", 8, FIT_END, false, "chan re…");
	assert_fits("raft.(*node).run:331", 13, FIT_MIDDLE, false, "raft.(…un:331");
	assert_fits("chan receive", 8, FIT_CLIP, false, "chan rec");
}

static void in_ascii_a_cut_is_two_points(void **state)
{
	(void)state;
	assert_fits("chan receive", 8, FIT_END, true, "chan r..");
	assert_fits("raft.(*node).run:331", 12, FIT_MIDDLE, true, "raft...n:331");
}

static void in_ascii_our_signs_become_signs_and_the_rest_a_question_mark(void **state)
{
	(void)state;
	assert_fits("14µs ≥3h – ▾", 20, FIT_END, true, "14us >3h - v");
	assert_fits("naïve", 20, FIT_END, true, "na?ve");
	assert_fits("日本", 20, FIT_END, true, "? ? ");
}

static void wide_characters_are_never_cut_in_half(void **state)
{
	(void)state;
	assert_fits("日本語", 5, FIT_CLIP, false, "日本");
	assert_fits("日本語", 4, FIT_END, false, "日…");
	assert_fits("日本語日本語", 6, FIT_MIDDLE, false, "日…語");
}

static void too_little_room_gives_what_there_is_room_for(void **state)
{
	(void)state;
	assert_fits("abc", 1, FIT_END, false, "a");
	assert_fits("abc", 0, FIT_END, false, "");
	assert_fits("abc", -5, FIT_MIDDLE, false, "");
	assert_fits("日", 1, FIT_END, false, "");
}

static void a_small_buffer_ends_at_a_whole_character(void **state)
{
	char dst[4];

	(void)state;
	fit_text(dst, sizeof(dst), "ab≥", 10, FIT_END, false);
	assert_string_equal(dst, "ab");
}

static void no_text_is_ever_wider_than_its_room(void **state)
{
	static const char *const texts[] = {"abcdefghij", "日本語日本語", "a日b本c語",
					    "e\xcc\x81"
					    "e\xcc\x81"
					    "e\xcc\x81",
					    ""};
	char dst[256];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (int width = 0; width < 15; width++)
			for (int cut = FIT_CLIP; cut <= FIT_MIDDLE; cut++)
				for (int ascii = 0; ascii < 2; ascii++) {
					int n = fit_text(dst, sizeof(dst), texts[i], width,
							 (enum fit_cut)cut, ascii);

					assert_true(n <= width);
					assert_true(text_width(dst) <= width);
				}
}

static void a_long_text_is_broken_between_words(void **state)
{
	(void)state;
	assert_int_equal(fit_line("one two three", 8), 8); /* the blank goes with the word before */
	assert_int_equal(fit_line("one two three", 5), 4);
	assert_int_equal(fit_line("one", 8), 3);
	assert_int_equal(fit_line("", 8), 0);
	assert_int_equal(fit_line("wordwithoutend", 4), 4);
	assert_int_equal(fit_line("日本", 1),
			 3); /* too narrow: one all the same, or it never ends */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_that_fits_is_left_alone),
		cmocka_unit_test(a_cut_is_marked_and_keeps_what_was_asked_for),
		cmocka_unit_test(in_ascii_a_cut_is_two_points),
		cmocka_unit_test(in_ascii_our_signs_become_signs_and_the_rest_a_question_mark),
		cmocka_unit_test(wide_characters_are_never_cut_in_half),
		cmocka_unit_test(too_little_room_gives_what_there_is_room_for),
		cmocka_unit_test(a_small_buffer_ends_at_a_whole_character),
		cmocka_unit_test(no_text_is_ever_wider_than_its_room),
		cmocka_unit_test(a_long_text_is_broken_between_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
