// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include "process/procfs.h"

#define REST                                                                         \
	" S 1 2 3 0 -1 4194304 7 8 9 10 1000 234 5 6 20 0 17 0 987654 1000000 4321 " \
	"18446744073709551615 "                                                      \
	"1 1 0 0\n"

static bool parse(const char *text, struct proc_stat *st)
{
	return proc_stat_parse(text, strlen(text), st);
}

static void stat_gives_its_fields(void **state)
{
	struct proc_stat st;

	(void)state;
	assert_true(parse("42 (etcd)" REST, &st));
	assert_string_equal(st.comm, "etcd");
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.flags, 4194304);
	assert_int_equal(st.cpu_ticks, 1234);
	assert_int_equal(st.threads, 17);
	assert_int_equal(st.start_ticks, 987654);
	assert_int_equal(st.rss_pages, 4321);
}

/* A process that calls itself ") R 1 (" must not be taken for one with another state. */
static void a_name_can_not_forge_fields(void **state)
{
	static const char *const names[] = {"a b", "a) Z 1 2", "((", "))", ") R 1 (", "x\ny", ""};
	struct proc_stat st;
	char text[500];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), "42 (%s)" REST, names[i]);
		assert_true(parse(text, &st));
		assert_string_equal(st.comm, names[i]);
		assert_int_equal(st.state, 'S');
		assert_int_equal(st.start_ticks, 987654);
	}
}

static void a_long_name_is_cut(void **state)
{
	char name[300], text[600];
	struct proc_stat st;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "42 (%s)" REST, name);
	assert_true(parse(text, &st));
	assert_int_equal(strlen(st.comm), sizeof(st.comm) - 1);
	assert_int_equal(st.threads, 17);
}

static void what_is_no_stat_is_refused(void **state)
{
	static const char *const texts[] = {"",	  "42",	    "42 (",	    "42 )(",
					    "()", "42 (a)", "42 (a) S 1 2", "42 (a) S x"};
	struct proc_stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(parse(texts[i], &st));
	/* Every truncation that cuts a needed field, never a read behind the end. */
	for (size_t n = 0; n < 60; n++) {
		char *cut = strndup("42 (etcd)" REST, n);

		assert_false(parse(cut, &st));
		free(cut);
	}
}

static void status_lines_give_numbers(void **state)
{
	static const char text[] = "Name:\tUid:\t7\nTgid:\t42\nUid:\t1\t2\t3\t4\n"
				   "NSpid:\t100\t20\t1\nCapPrm:\t000001fffeffffff\nEmpty:\n";
	uint64_t v[4];

	(void)state;
	assert_int_equal(proc_status_numbers(text, "Tgid", 10, v, 4), 1);
	assert_int_equal(v[0], 42);
	assert_int_equal(proc_status_numbers(text, "Uid", 10, v, 4), 4);
	assert_int_equal(v[0], 1);
	assert_int_equal(v[3], 4);
	assert_int_equal(proc_status_numbers(text, "NSpid", 10, v, 2), 2);
	assert_int_equal(v[1], 20);
	assert_int_equal(proc_status_numbers(text, "CapPrm", 16, v, 4), 1);
	assert_true(v[0] == 0x1fffeffffff);
	assert_int_equal(proc_status_numbers(text, "Empty", 10, v, 4), 0);
	assert_int_equal(proc_status_numbers(text, "None", 10, v, 4), 0);
	assert_int_equal(proc_status_numbers("", "Tgid", 10, v, 4), 0);
}

static void arguments_are_joined(void **state)
{
	char args[] = "a\0b c\0\0d\0\0", none[] = "\0\0";

	(void)state;
	assert_int_equal(proc_join_arguments(args, sizeof(args) - 1), 8);
	assert_memory_equal(args, "a b c  d", 8);
	assert_int_equal(proc_join_arguments(none, sizeof(none)), 0);
	assert_int_equal(proc_join_arguments(none, 0), 0);
}

static void a_file_is_read_up_to_the_bound(void **state)
{
	char small[5], large[PROC_SMALL];

	(void)state;
	assert_int_equal(proc_read(AT_FDCWD, "/proc/self/stat", small, sizeof(small)), 4);
	assert_int_equal(strlen(small), 4);
	assert_true(proc_read(AT_FDCWD, "/proc/self/stat", large, sizeof(large)) > 50);
	assert_true(proc_read(AT_FDCWD, "/proc/self/no such file", large, sizeof(large)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stat_gives_its_fields),
		cmocka_unit_test(a_name_can_not_forge_fields),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(what_is_no_stat_is_refused),
		cmocka_unit_test(status_lines_give_numbers),
		cmocka_unit_test(arguments_are_joined),
		cmocka_unit_test(a_file_is_read_up_to_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
