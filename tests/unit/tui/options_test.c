// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "tui/options.h"

enum { WORDS = 16 };

/* Parses words that are separated by single blanks; the last four lines stay where options point. */
static int parse(struct options *o, const char *line, struct err *err)
{
	static char texts[4][500], *argvs[4][WORDS + 1];
	static unsigned turn;
	char *rest = texts[++turn % 4], **argv = argvs[turn % 4];
	int argc = 0;

	strcpy(rest, line);
	memset(argv, 0, sizeof(argvs[0]));
	while (rest && argc < WORDS)
		argv[argc++] = strsep(&rest, " ");
	return options_parse(o, argc, argv, err);
}

#define GOOD(o, line)                                        \
	struct options o;                                    \
	{                                                    \
		struct err err_ = {.text = ""};              \
		if (parse(&o, (line), &err_) != 0)           \
			fail_msg("%s: %s", line, err_.text); \
	}

#define assert_bad(line, part)                                   \
	do {                                                     \
		struct options o_;                               \
		struct err err_ = {.text = ""};                  \
		if (parse(&o_, (line), &err_) == 0)              \
			fail_msg("%s was taken", line);          \
		assert_int_equal(err_.status, EXIT_USAGE);       \
		if (!strstr(err_.text, part))                    \
			fail_msg("%s: \"%s\"", line, err_.text); \
	} while (0)

static void defaults_are_those_of_the_manual(void **state)
{
	GOOD(o, "goroutop");

	(void)state;
	assert_null(o.target);
	assert_null(o.command);
	assert_int_equal(o.delay, NSEC_PER_SEC);
	assert_int_equal(o.iterations, 0);
	assert_int_equal(o.mode, SOURCE_AUTO);
	assert_string_equal(columns[o.sort.column].name, "age");
	assert_int_equal(o.sort.dir, SORT_DESC);
	assert_false(o.batch || o.all || o.list);
}

static void options_stand_before_and_behind_the_target(void **state)
{
	GOOD(a, "goroutop -b -n 3 etcd");
	GOOD(b, "goroutop etcd -b -n 3");

	(void)state;
	assert_string_equal(a.target, "etcd");
	assert_string_equal(b.target, "etcd");
	assert_true(a.batch && b.batch);
	assert_int_equal(b.iterations, 3);
}

static void long_and_short_options_mean_the_same(void **state)
{
	GOOD(a, "goroutop -p 17 -d 0.25 -s goid:desc -f state:waiting -c goid,state -a -F json");
	GOOD(b, "goroutop --pid=17 --delay 0.25 --sort goid:desc --filter=state:waiting "
		"--columns goid,state --all --format json");

	(void)state;
	assert_string_equal(a.target, "17");
	assert_string_equal(b.target, "17");
	assert_int_equal(a.delay, 250 * NSEC_PER_MSEC);
	assert_int_equal(b.delay, a.delay);
	assert_int_equal(b.sort.column, a.sort.column);
	assert_int_equal(b.sort.dir, SORT_DESC);
	assert_string_equal(b.filter, "state:waiting");
	assert_int_equal(b.n_columns, 2);
	assert_true(b.all);
	assert_string_equal(b.format->name, "json");
}

static void everything_behind_two_dashes_is_the_commands(void **state)
{
	GOOD(o, "goroutop -b --kill -- ./server -p 80 --help");

	(void)state;
	assert_string_equal(o.command[0], "./server");
	assert_string_equal(o.command[1], "-p");
	assert_string_equal(o.command[3], "--help");
	assert_null(o.command[4]);
	assert_true(o.kill && o.batch);
	assert_false(o.help);
}

static void what_is_wrong_is_named(void **state)
{
	(void)state;
	assert_bad("goroutop --bogus", "--bogus");
	assert_bad("goroutop -Q", "-Q");
	assert_bad("goroutop -d", "SECONDS");
	assert_bad("goroutop -d 0", "0");
	assert_bad("goroutop -d -1", "-1");
	assert_bad("goroutop -d 1x", "1x");
	assert_bad("goroutop -d nan", "nan");
	assert_bad("goroutop -n 0", "0");
	assert_bad("goroutop -n 1e3", "1e3");
	assert_bad("goroutop -n 99999999999999999999999", "9999");
	assert_bad("goroutop -p etcd", "etcd");
	assert_bad("goroutop -p 99999999999", "99999999999");
	assert_bad("goroutop -s bogus", "bogus");
	assert_bad("goroutop -f state:bogus", "bogus");
	assert_bad("goroutop -f (", "missing");
	assert_bad("goroutop -c goid,bogus", "bogus");
	assert_bad("goroutop -F bogus", "json");
	assert_bad("goroutop --source bogus", "memory");
	assert_bad("goroutop --color=bogus", "never");
	assert_bad("goroutop --max-goroutines 0", "0");
	assert_bad("goroutop --max-overhead 101", "101");
	assert_bad("goroutop --max-overhead -1", "-1");
	assert_bad("goroutop --max-overhead five", "five");
	assert_bad("goroutop --max-overhead nan", "nan");
	assert_bad("goroutop --all=yes", "--all");
}

static void what_does_not_go_together_is_refused(void **state)
{
	(void)state;
	assert_bad("goroutop 1 2", "two targets");
	assert_bad("goroutop -p 1 2", "two targets");
	assert_bad("goroutop -p 1 -p 2", "two targets");
	assert_bad("goroutop 1 -- ./server", "COMMAND");
	assert_bad("goroutop --", "COMMAND");
	assert_bad("goroutop --kill 1", "--kill");
	assert_bad("goroutop --user me 1", "--user");
	assert_bad("goroutop -l 1", "--list");
	assert_bad("goroutop -F events --source memory 1", "probes");
	assert_bad("goroutop -F stacks --source probe 1", "memory");
	assert_bad("goroutop -F pprof -n 2 1", "-o");
}

static void options_that_do_not_exist_yet_are_not_taken(void **state)
{
	(void)state;
	assert_bad("goroutop --record f 1", "--record");
	assert_bad("goroutop --replay f", "--replay");
	assert_bad("goroutop -F trace 1", "trace");
	assert_bad("goroutop -F prometheus 1", "prometheus");
}

static void help_wins_over_what_else_is_wrong_together(void **state)
{
	GOOD(o, "goroutop --help --kill");

	(void)state;
	assert_true(o.help);
}

static void colours_obey_the_option_then_no_color_then_the_terminal(void **state)
{
	GOOD(automatic, "goroutop");
	GOOD(always, "goroutop --color always");
	GOOD(never, "goroutop --color never");

	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_true(options_color(&automatic, true));
	assert_false(options_color(&automatic, false));
	assert_true(options_color(&always, false));
	assert_false(options_color(&never, true));
	setenv("NO_COLOR", "", 1); /* empty: as if it were not there (no-color.org) */
	assert_true(options_color(&automatic, true));
	setenv("NO_COLOR", "1", 1);
	assert_false(options_color(&automatic, true));
	assert_true(options_color(&always, true));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(options_color(&automatic, true));
}

static void every_option_has_a_help_and_its_own_letter(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_option_rows; i++) {
		assert_non_null(option_rows[i].name);
		assert_non_null(option_rows[i].help);
		assert_int_equal(!option_rows[i].take, !option_rows[i].argument);
		for (size_t j = i + 1; j < n_option_rows; j++) {
			assert_string_not_equal(option_rows[i].name, option_rows[j].name);
			if (option_rows[i].letter)
				assert_int_not_equal(option_rows[i].letter, option_rows[j].letter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_manual),
		cmocka_unit_test(options_stand_before_and_behind_the_target),
		cmocka_unit_test(long_and_short_options_mean_the_same),
		cmocka_unit_test(everything_behind_two_dashes_is_the_commands),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(what_does_not_go_together_is_refused),
		cmocka_unit_test(options_that_do_not_exist_yet_are_not_taken),
		cmocka_unit_test(help_wins_over_what_else_is_wrong_together),
		cmocka_unit_test(colours_obey_the_option_then_no_color_then_the_terminal),
		cmocka_unit_test(every_option_has_a_help_and_its_own_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
