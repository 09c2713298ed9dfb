// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "harness.h"

/* Goroutines 1 to 6, sorted by goid: all wait, the even ones in a select, the others on a channel. */
static struct world crowd(void)
{
	struct world w = world_new(watching());
	struct feed_fact facts[6];

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		facts[i] = fact(i + 1, GS_WAITING);
		facts[i].reason = i % 2 ? R_SELECT : R_RECEIVE;
	}
	look_at(&w, 2 * S, facts, ARRAY_SIZE(facts), true);
	model_refresh(w.model, 3 * S);
	return w;
}

static struct search_answer search(struct world *w, struct search question, const char *filter)
{
	struct filter *f = NULL;
	struct request request = {.sort = {column_by_name("goid", 4), SORT_ASC},
				  .count = 1,
				  .search = question};
	struct search_answer answer;

	assert_int_equal(filter_parse(&f, filter, NULL), 0);
	request.filter = f;
	if (!request.search.serial)
		request.search.serial = 7;
	answer = picture_of(w, request).found;
	filter_free(f);
	assert_int_equal(answer.serial, request.search.serial);
	return answer;
}

#define CROWD(w) _cleanup_(world_free) struct world w = crowd()

static void the_next_row_with_the_word_is_found_outside_the_window(void **state)
{
	CROWD(w);
	struct search_answer a = search(&w, (struct search){.word = "select", .from = 3}, "");

	(void)state;
	assert_int_equal(a.goid, 4);
	assert_int_equal(a.at, 3);
	assert_int_equal(a.nth, 2);
	assert_int_equal(a.of, 3);
}

static void the_row_where_it_begins_counts_only_when_asked_for(void **state)
{
	CROWD(w);

	(void)state;
	assert_int_equal(search(&w, (struct search){.word = "select", .from = 4}, "").goid, 6);
	assert_int_equal(search(&w, (struct search){.word = "select", .from = 4, .inclusive = true},
				"")
				 .goid,
			 4);
}

static void a_search_goes_on_around_the_end(void **state)
{
	CROWD(w);

	(void)state;
	assert_int_equal(search(&w, (struct search){.word = "select", .from = 6}, "").goid, 2);
	assert_int_equal(
		search(&w, (struct search){.word = "select", .from = 2, .backward = true}, "").goid,
		6);
}

static void backwards_the_nearest_row_before_is_found(void **state)
{
	CROWD(w);

	(void)state;
	assert_int_equal(
		search(&w, (struct search){.word = "select", .from = 5, .backward = true}, "").goid,
		4);
}

static void places_are_counted_among_the_rows_that_match_the_filter(void **state)
{
	CROWD(w);
	struct search_answer a = search(&w, (struct search){.word = "select"}, "goid>2");

	(void)state;
	assert_int_equal(a.goid, 4);
	assert_int_equal(a.at, 1);
	assert_int_equal(a.nth, 1);
	assert_int_equal(a.of, 2);
}

static void what_is_nowhere_is_not_found(void **state)
{
	CROWD(w);
	struct search_answer a = search(&w, (struct search){.word = "nowhere", .from = 1}, "");

	(void)state;
	assert_int_equal(a.goid, 0);
	assert_int_equal(a.of, 0);
}

static void signs_of_the_filter_language_are_text_in_a_search(void **state)
{
	CROWD(w);

	(void)state;
	assert_int_equal(search(&w, (struct search){.word = "pool.(*worker"}, "").goid, 2);
	assert_int_equal(search(&w, (struct search){.word = "a\\\"|b"}, "").goid, 0);
}

static void a_picture_without_a_question_has_no_answer(void **state)
{
	CROWD(w);
	struct request request = {.sort = {column_by_name("goid", 4), SORT_ASC}, .count = 1};

	(void)state;
	assert_int_equal(picture_of(&w, request).found.serial, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_row_with_the_word_is_found_outside_the_window),
		cmocka_unit_test(the_row_where_it_begins_counts_only_when_asked_for),
		cmocka_unit_test(a_search_goes_on_around_the_end),
		cmocka_unit_test(backwards_the_nearest_row_before_is_found),
		cmocka_unit_test(places_are_counted_among_the_rows_that_match_the_filter),
		cmocka_unit_test(what_is_nowhere_is_not_found),
		cmocka_unit_test(signs_of_the_filter_language_are_text_in_a_search),
		cmocka_unit_test(a_picture_without_a_question_has_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
