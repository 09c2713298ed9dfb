// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tui/keys.h"

static int is_code_of(const struct key *k, uint32_t code)
{
	return k->codes[0] == code || k->codes[1] == code || k->codes[2] == code;
}

static void no_key_means_two_things_on_one_screen(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++)
		for (size_t j = i + 1; j < n_keys; j++)
			for (int c = 0; c < 3; c++)
				if (keys[i].codes[c] && is_code_of(&keys[j], keys[i].codes[c]) &&
				    keys[i].where & keys[j].where)
					fail_msg("%s and %s", keys[i].label, keys[j].label);
}

static void every_key_is_told_of_in_the_help_or_in_the_bar(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++) {
		assert_non_null(keys[i].label);
		assert_true(keys[i].where);
		assert_int_not_equal(keys[i].action, ACT_NONE);
		/* A row without words is the other half of the one before. */
		if (!keys[i].help && !keys[i].bar) {
			assert_true(i > 0);
			assert_non_null(keys[i - 1].help);
			assert_non_null(strstr(keys[i - 1].label, keys[i].label));
		}
	}
}

static void a_key_holds_only_where_it_belongs(void **state)
{
	(void)state;
	assert_int_equal(key_action('/', WHERE_TABLE), ACT_FILTER);
	assert_int_equal(key_action('/', WHERE_DETAIL), ACT_NONE);
	assert_int_equal(key_action(K_ENTER, WHERE_PICKER), ACT_ENTER);
	assert_int_equal(key_action(K_F(10), WHERE_TEXT), ACT_QUIT);
	assert_int_equal(key_action(K_NONE, WHERE_ANY), ACT_NONE);
}

static void features_that_do_not_exist_have_no_keys(void **state)
{
	static const char none[] = "r";

	(void)state;
	for (const char *p = none; *p; p++)
		assert_int_equal(key_action((uint32_t)*p, WHERE_ANY), ACT_NONE);
}

static void keys_do_what_they_do_on_their_screen_alone(void **state)
{
	(void)state;
	assert_int_equal(key_action('t', WHERE_TABLE), ACT_TREE);
	assert_int_equal(key_action(K_F(5), WHERE_TABLE), ACT_TREE);
	assert_int_equal(key_action('-', WHERE_TABLE), ACT_TREE_FOLD);
	assert_int_equal(key_action('t', WHERE_GROUPS), ACT_NONE);
	assert_int_equal(key_action('g', WHERE_GROUPS), ACT_GROUP_BY);
	assert_int_equal(key_action('2', WHERE_DETAIL), ACT_GROUPS);
}

static void the_bar_names_a_key_by_the_first_of_its_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_keys; i++)
		if (keys[i].action == ACT_FILTER)
			assert_int_equal(key_label_first(&keys[i]), 2); /* F4 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_key_means_two_things_on_one_screen),
		cmocka_unit_test(every_key_is_told_of_in_the_help_or_in_the_bar),
		cmocka_unit_test(a_key_holds_only_where_it_belongs),
		cmocka_unit_test(features_that_do_not_exist_have_no_keys),
		cmocka_unit_test(keys_do_what_they_do_on_their_screen_alone),
		cmocka_unit_test(the_bar_names_a_key_by_the_first_of_its_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
