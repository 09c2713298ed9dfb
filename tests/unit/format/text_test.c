// SPDX-License-Identifier: GPL-2.0-or-later
/* csv, events, table, and the numbers in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "base/text.h"
#include "format/decimal.h"
#include "made_up.h"

static struct made_up made;
static struct buf out;

static int set_up(void **state)
{
	(void)state;
	make_picture(&made);
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_free(&out);
	return 0;
}

/* ---- the table of formats --------------------------------------------------------------------- */

static void formats_are_found_by_name(void **state)
{
	static const char *const names[] = {"table",  "json",  "csv",	"events",
					    "stacks", "pprof", "folded"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct format *f = format_by_name(names[i]);

		assert_string_equal(f->name, names[i]);
		/* Of stacks a picture is a whole: a profile cannot even follow another. */
		assert_int_equal(f->streams, !f->needs_stacks);
		assert_int_equal(f->binary, !strcmp(names[i], "pprof"));
		assert_int_equal(f->needs_events, !strcmp(names[i], "events"));
		assert_true(f->needs_events || f->picture);
		assert_non_null(f->help);
	}
	assert_null(format_by_name("nonsense"));
	assert_null(format_by_name(""));
	assert_int_equal(n_formats, ARRAY_SIZE(names));
}

static void decimals_are_rounded_and_bounded(void **state)
{
	static const struct {
		double v;
		unsigned places;
		const char *text;
	} cases[] = {
		{0, 3, "0.000"},
		{1.2345, 3, "1.234"},
		{1.2346, 3, "1.235"},
		{0.9996, 3, "1.000"},
		{-1.5, 1, "-1.5"},
		{12.5, 0, "13"},
		{899, 0, "899"},
		{0.04, 1, "0.0"},
		{1e300, 0, "9000000000000000000"},
		{0.005, 2, "0.01"},
		{123456789012345, 0, "123456789012345"},
	};
	char text[DECIMAL_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(decimal(text, cases[i].v, cases[i].places), cases[i].text);
}

/* ---- csv -------------------------------------------------------------------------------------- */

static const char *csv(const char *list, bool header)
{
	static int columns_[64];
	struct format_options o = {.columns = columns_, .header = header};

	if (list)
		assert_int_equal(columns_parse(list, columns_, 64, &o.n_columns, NULL), 0);
	written(&out, "csv", &made.picture, &o);
	assert_false(o.header);
	return buf_str(&out);
}

static void csv_has_a_header_of_column_names_once(void **state)
{
	(void)state;
	assert_string_equal(csv("goid,state,age", true), "goid,state,age\n"
							 "17,waiting,90000000000\n"
							 "18,running,\n"
							 "2,waiting,50000000000\n");
	assert_string_equal(csv("goid", false), "17\n18\n2\n");
}

static void csv_has_all_columns_unless_some_are_chosen(void **state)
{
	const char *text = csv(NULL, true);

	(void)state;
	for (size_t i = 0; i < n_columns; i++) {
		size_t n = strlen(columns[i].name);

		assert_int_equal(strncmp(text, columns[i].name, n), 0);
		assert_int_equal(text[n], i + 1 < n_columns ? ',' : '\n');
		text += n + 1;
	}
}

static void csv_has_whole_names_raw_numbers_and_nothing_for_the_unknown(void **state)
{
	(void)state;
	assert_string_equal(csv("start,created,where", false),
			    "example.com/app/pool.(*worker).run,example.com/app/pool.New:42,"
			    "example.com/app/pool.(*worker).run:50\n"
			    ",,\n"
			    "runtime.forcegchelper,,\n");
	assert_string_equal(csv("transitions,switches,rate,run,maxlat,thread", false),
			    "4321,1234,7.000,25.000,1300000,\n"
			    ",,,,,2432\n"
			    ",,,,,\n");
}

static void csv_quotes_as_rfc_4180_says(void **state)
{
	(void)state;
	made.rows[0].reason_text = "a,b";
	assert_string_equal(csv("reason,goid", false), "\"a,b\",17\n,18\n,2\n");
	made.rows[0].reason_text = "say \"hi\"";
	assert_string_equal(csv("reason,goid", false), "\"say \"\"hi\"\"\",17\n,18\n,2\n");
	made.rows[0].reason_text = "a\r\nb";
	assert_string_equal(csv("reason,goid", false), "\"a\r\nb\",17\n,18\n,2\n");
}

/* ---- events ----------------------------------------------------------------------------------- */

static const char *event_line(struct feed_transition t, const char *reason)
{
	buf_clear(&out);
	format_event(&out, &t, 4242, reason, 45296 * S + 123456789);
	return buf_str(&out);
}

static struct feed_transition park(void)
{
	return (struct feed_transition){.goid = 17,
					.g = 0xc000,
					.tid = 4244,
					.waker = 0,
					.old_state = GS_RUNNING,
					.new_state = GS_WAITING};
}

static void an_event_is_a_line_with_the_reason_last(void **state)
{
	(void)state;
	assert_string_equal(event_line(park(), "chan receive"),
			    "12:34:56.123456 RUNNING(2) WAITING(4) 17 4244 4242 - chan receive\n");
	buf_clear(&out);
	format_events_header(&out);
	assert_string_equal(buf_str(&out), "TIME OLD NEW GOID TID TGID WAKER REASON\n");
}

static void what_an_event_does_not_know_is_a_dash(void **state)
{
	struct feed_transition t = park();

	(void)state;
	t.tid = 0;
	t.waker = 99;
	t.old_state = FEED_NO_STATE;
	t.new_state = 7;
	assert_string_equal(event_line(t, NULL),
			    "12:34:56.123456 UNKNOWN(255) UNKNOWN(7) 17 - 4242 99 -\n");
	assert_string_equal(event_line(t, ""),
			    "12:34:56.123456 UNKNOWN(255) UNKNOWN(7) 17 - 4242 99 -\n");
}

static void a_goid_that_is_not_given_yet_is_a_dash(void **state)
{
	struct feed_transition t = {.goid = 17,
				    .tid = 1,
				    .old_state = GS_DEAD,
				    .new_state = GS_RUNNABLE};

	(void)state;
	assert_non_null(strstr(event_line(t, NULL), " DEAD(6) RUNNABLE(1) 17 "));
	t.flags = FEED_STALE_ID;
	assert_non_null(strstr(event_line(t, NULL), " DEAD(6) RUNNABLE(1) - "));
	t.flags = FEED_UNREAD;
	assert_non_null(strstr(event_line(t, NULL), " DEAD(6) RUNNABLE(1) - "));
	t = (struct feed_transition){.goid = 17, .old_state = GS_IDLE, .new_state = GS_DEAD};
	assert_non_null(strstr(event_line(t, NULL), " IDLE(0) DEAD(6) - "));
}

static void every_state_has_its_name_in_capitals(void **state)
{
	static const char *const names[GS_COUNT] = {
		"IDLE(0)",	"RUNNABLE(1)",	"RUNNING(2)", "SYSCALL(3)",
		"WAITING(4)",	"UNKNOWN(5)",	"DEAD(6)",    "UNKNOWN(7)",
		"COPYSTACK(8)", "PREEMPTED(9)", "LEAKED(10)", "DEADEXTRA(11)",
	};

	(void)state;
	for (uint8_t i = 0; i < GS_COUNT; i++) {
		struct feed_transition t = {.goid = 1, .new_state = i};

		assert_non_null(strstr(event_line(t, NULL), names[i]));
	}
}

static void gaps_are_lines_of_their_own(void **state)
{
	(void)state;
	format_events_lost(&out, 1204);
	format_events_detached(&out, 1500 * MS + 999);
	assert_string_equal(buf_str(&out), "# lost 1204\n# detached 1500\n");
}

/* ---- table ------------------------------------------------------------------------------------ */

static const char *table(struct format_options o)
{
	return written(&out, "table", &made.picture, &o);
}

static int widest_line(const char *text)
{
	int widest = 0;
	char line[2000];

	while (*text) {
		size_t n = strcspn(text, "\n");
		int width;

		assert_true(n < sizeof(line));
		memcpy(line, text, n);
		line[n] = '\0';
		width = text_width(line);
		widest = width > widest ? width : widest;
		text += n + 1;
	}
	return widest;
}

static void the_table_says_how_things_are_and_ends_with_an_empty_line(void **state)
{
	static const char *const words[] = {
		"server 4242",	"go1.26.8 stripped",
		"up 1m00s",	"probe+memory",
		"Goroutines 2", "running 1",
		"waiting 1",	"system 1",
		"created 10",	"Transitions 48.2k/s",
		"p50 12µs",	"p99 1ms",
		"cost 3.1%",	"lost 1",
		"fixed 6",	"GOID",
		"CREATED BY",	"example.com",
		"chan receive", "1m30s",
		"≥50.0s",	"pool.(*worker).run:50",
	};
	const char *text = table((struct format_options){0});

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(words[i], "example.com"))
			assert_null(strstr(text, words[i])); /* names are short */
		else if (!strstr(text, words[i]))
			print_error("no \"%s\" in\n%s", words[i], text);
		else
			continue;
		assert_string_equal(words[i], "example.com");
	}
	assert_string_equal(text + strlen(text) - 2, "\n\n");
	assert_null(strchr(text, '\033'));
}

static void the_table_marks_the_sorted_column(void **state)
{
	struct format_options o = {0};

	(void)state;
	assert_int_equal(sort_parse("age", &o.sort, NULL), 0);
	assert_non_null(strstr(table(o), "AGE▾"));
	o.sort.dir = SORT_ASC;
	assert_non_null(strstr(table(o), "AGE▴"));
	o.ascii = true;
	assert_non_null(strstr(table(o), "AGE^"));
}

static void the_table_keeps_to_its_width(void **state)
{
	(void)state;
	for (int width = 40; width <= 200; width++) {
		const char *text = table((struct format_options){.width = width});

		assert_true(widest_line(text) <= width);
		assert_non_null(strstr(text, "GOID"));
		assert_non_null(strstr(text, "STATE"));
		assert_non_null(strstr(text, "AGE"));
	}
}

static void what_is_cut_shows_its_end_where_that_tells_most(void **state)
{
	static const struct name endless = {
		"a/b/pkg.(*veryLongReceiverName).aMethodWhoseNameIsLongToo", "/x.go", 331, false};
	const char *text;

	(void)state;
	made.rows[0].where = made.rows[0].created = &endless;
	text = table((struct format_options){.width = 100});
	assert_non_null(strstr(text, "…"));
	assert_non_null(strstr(text, ":331"));
	assert_true(widest_line(text) <= 100);
}

static void the_table_in_ascii_has_no_other_signs(void **state)
{
	static const struct name greek = {"main.Ωmega", "/x.go", 1, false};
	const char *text;

	(void)state;
	made.rows[0].start = &greek;
	text = table((struct format_options){.ascii = true, .width = 100});
	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p < 0x7f);
	assert_non_null(strstr(text, "p50 12us"));
	assert_non_null(strstr(text, ">50.0s"));
}

static void the_table_has_colours_only_if_asked(void **state)
{
	const char *text = table((struct format_options){.color = true});

	(void)state;
	assert_non_null(strstr(text, "\033[32mrunning\033[0m"));
	assert_non_null(strstr(text, "\033[2m"));
}

static void the_table_shows_the_columns_that_are_chosen(void **state)
{
	int chosen[3];
	size_t n;
	const char *text, *line;

	(void)state;
	assert_int_equal(columns_parse("reason,goid", chosen, 3, &n, NULL), 0);
	text = table((struct format_options){.columns = chosen,
					     .n_columns = n,
					     .sort = {.column = column_by_name("age", 3)}});
	line = strstr(text, "REASON");
	assert_non_null(line);
	assert_int_equal(strncmp(line, "REASON       GOID\n", 18), 0);
	assert_non_null(strstr(text, "\nchan receive   17\n"));
	assert_non_null(strstr(text, "\n–              18\n"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(formats_are_found_by_name),
		TEST(decimals_are_rounded_and_bounded),
		TEST(csv_has_a_header_of_column_names_once),
		TEST(csv_has_all_columns_unless_some_are_chosen),
		TEST(csv_has_whole_names_raw_numbers_and_nothing_for_the_unknown),
		TEST(csv_quotes_as_rfc_4180_says),
		TEST(an_event_is_a_line_with_the_reason_last),
		TEST(what_an_event_does_not_know_is_a_dash),
		TEST(a_goid_that_is_not_given_yet_is_a_dash),
		TEST(every_state_has_its_name_in_capitals),
		TEST(gaps_are_lines_of_their_own),
		TEST(the_table_says_how_things_are_and_ends_with_an_empty_line),
		TEST(the_table_marks_the_sorted_column),
		TEST(the_table_keeps_to_its_width),
		TEST(what_is_cut_shows_its_end_where_that_tells_most),
		TEST(the_table_in_ascii_has_no_other_signs),
		TEST(the_table_has_colours_only_if_asked),
		TEST(the_table_shows_the_columns_that_are_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
