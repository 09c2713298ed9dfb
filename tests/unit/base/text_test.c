// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text.h"

/* What fits is whole; of what does not, the characters that do. */
static void what_is_printed_is_cut_at_a_character(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *printed;
	} cases[] = {
		{"main", 5, "main"}, {"main", 4, "mai"},  {"grün", 6, "grün"}, {"grün", 5, "grü"},
		{"grün", 4, "gr"},   {"10 €", 7, "10 €"}, {"10 €", 6, "10 "},  {"10 €", 5, "10 "},
		{"10 €", 4, "10 "},  {"a𝄞", 6, "a𝄞"},	  {"a𝄞", 5, "a"},      {"a𝄞", 4, "a"},
		{"a𝄞", 3, "a"},	     {"𝄞", 2, ""},	  {"", 1, ""},
	};
	char dst[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(text_print(dst, cases[i].size, "%s", cases[i].text),
				 strlen(cases[i].printed));
		assert_string_equal(dst, cases[i].printed);
	}
	dst[0] = 'x';
	assert_int_equal(text_print(dst, 0, "%s", "main"), 0);
	assert_int_equal(dst[0], 'x');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_is_cut_at_a_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
