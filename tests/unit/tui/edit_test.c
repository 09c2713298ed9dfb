// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tui/edit.h"
#include "tui/keys.h"

static struct edit typed(const char *text)
{
	struct edit e;

	edit_set(&e, text);
	return e;
}

static void press(struct edit *e, uint32_t code)
{
	assert_true(edit_key(e, code));
	assert_int_equal(strlen(e->text), e->len);
	assert_true(e->at <= e->len);
}

static void characters_go_in_where_the_cursor_is(void **state)
{
	struct edit e = typed("ac");

	(void)state;
	press(&e, K_LEFT);
	press(&e, 'b');
	assert_string_equal(e.text, "abc");
	press(&e, 0xb5);
	assert_string_equal(e.text, "abµc");
}

static void a_character_of_several_bytes_is_one_step_and_one_deletion(void **state)
{
	struct edit e = typed("a日b");

	(void)state;
	press(&e, K_LEFT);
	press(&e, K_LEFT);
	assert_int_equal(e.at, 1);
	press(&e, K_DELETE);
	assert_string_equal(e.text, "ab");
	e = typed("日");
	press(&e, K_BACKSPACE);
	assert_string_equal(e.text, "");
}

static void at_the_ends_nothing_happens(void **state)
{
	struct edit e = typed("");

	(void)state;
	press(&e, K_BACKSPACE);
	press(&e, K_DELETE);
	press(&e, K_LEFT);
	press(&e, K_RIGHT);
	press(&e, K_CTRL('w'));
	assert_string_equal(e.text, "");
}

static void whole_words_and_lines_can_be_cut(void **state)
{
	struct edit e = typed("state:waiting age>1m ");

	(void)state;
	press(&e, K_CTRL('w'));
	assert_string_equal(e.text, "state:waiting ");
	press(&e, K_HOME);
	press(&e, K_RIGHT);
	press(&e, K_CTRL('k'));
	assert_string_equal(e.text, "s");
	press(&e, K_CTRL('u'));
	assert_string_equal(e.text, "");
}

static void what_is_no_text_is_refused(void **state)
{
	struct edit e = typed("x");

	(void)state;
	assert_false(edit_key(&e, K_UP));
	assert_false(edit_key(&e, K_F(3)));
	assert_false(edit_key(&e, K_ESCAPE));
	assert_false(edit_key(&e, 0x1b));
	assert_false(edit_key(&e, 0x202e)); /* right-to-left override */
	assert_string_equal(e.text, "x");
}

static void a_full_line_takes_no_more_and_stays_whole(void **state)
{
	struct edit e = typed("");

	(void)state;
	for (int i = 0; i < 1000; i++)
		press(&e, 0x65e5);
	assert_true(e.len < sizeof(e.text));
	assert_int_equal(e.len % 3, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(characters_go_in_where_the_cursor_is),
		cmocka_unit_test(a_character_of_several_bytes_is_one_step_and_one_deletion),
		cmocka_unit_test(at_the_ends_nothing_happens),
		cmocka_unit_test(whole_words_and_lines_can_be_cut),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(a_full_line_takes_no_more_and_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
