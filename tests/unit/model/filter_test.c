// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"

static const struct name work = {"example.com/app/pool.(*worker).run", "/src/pool.go", 50, false};
static const struct name site = {"example.com/app/pool.New", "/src/pool.go", 42, false};
static const struct name gc = {"runtime.forcegchelper", "/go/proc.go", 300, true};

static const struct row_context context = {.now = 100 * S,
					   .interval = 1 * S,
					   .syscall_times = true};

/* Goroutine 17 waits for 90 s, on a channel; made by 1 at pool.go:42; WHERE is not known. */
static struct row waiting(void)
{
	return (struct row){
		.goid = 17,
		.since = 10 * S,
		.state = GS_WAITING,
		.bound = AGE_EXACT,
		.reason_text = "chan receive (nil chan)",
		.processor = -1,
		.start = &work,
		.created = &site,
		.where = &name_unknown,
		.parent = 1,
		.switches = 10,
		.interval = {.running = 250 * MS, .waiting = 750 * MS},
		.flags = ROW_KNOWS_REASON | ROW_KNOWS_THREAD | ROW_KNOWS_PROCESSOR |
			 ROW_KNOWS_COUNTS | ROW_KNOWS_MEMORY,
	};
}

/* Goroutine 2, the runtime's own, runs on thread 2431. */
static struct row running(void)
{
	return (struct row){
		.goid = 2,
		.since = 100 * S - 5 * MS,
		.state = GS_RUNNING,
		.bound = AGE_ABOUT,
		.tid = 2431,
		.processor = 3,
		.start = &gc,
		.created = &name_unknown,
		.where = &name_unknown,
		.flags = ROW_KNOWS_THREAD | ROW_KNOWS_PROCESSOR | ROW_SYSTEM,
	};
}

/* Goroutine 99, of which memory has told nothing; there for at least 90 s. */
static struct row barely_known(void)
{
	return (struct row){
		.goid = 99,
		.since = 10 * S,
		.state = GS_WAITING,
		.bound = AGE_MIN,
		.processor = -1,
		.start = &name_unknown,
		.created = &name_unknown,
		.where = &name_unknown,
	};
}

static bool matches(const char *text, struct row r)
{
	struct filter *f;
	struct err err = {0};
	bool m;

	if (filter_parse(&f, text, &err)) {
		print_error("%s: %s\n", text, err.text);
		fail();
	}
	m = filter_match(f, &r, &context);
	filter_free(f);
	return m;
}

/* Which of the three an expression matches: 'w', 'r', 'b'. */
static void check(const char *text, const char *expected)
{
	char found[4], *p = found;

	if (matches(text, waiting()))
		*p++ = 'w';
	if (matches(text, running()))
		*p++ = 'r';
	if (matches(text, barely_known()))
		*p++ = 'b';
	*p = '\0';
	if (strcmp(found, expected))
		print_error("%s matches \"%s\", not \"%s\"\n", text, found, expected);
	assert_string_equal(found, expected);
}

struct expression {
	const char *text, *matches;
};

static void check_all(const struct expression *e, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(e[i].text, e[i].matches);
}

#define CHECK_ALL(table) check_all(table, ARRAY_SIZE(table))

static void nothing_matches_everything(void **state)
{
	static const struct expression table[] = {{"", "wrb"}, {"   ", "wrb"}, {"\t ", "wrb"}};

	(void)state;
	CHECK_ALL(table);
}

static void texts_contain_and_equal(void **state)
{
	static const struct expression table[] = {
		{"state:waiting", "wb"},
		{"state:wait", "wb"},
		{"state:WAIT", "wb"},
		{"state=waiting", "wb"},
		{"state=running", "r"},
		{"state:run", "r"}, /* also "runnable", which nobody is */
		{"state:n", "wrb"},
		{"reason:chan", "w"},
		{"reason:CHAN", "w"},
		{"reason=chan", ""},
		{"reason:receive", "w"},
		{"reason:\"chan receive\"", "w"},
		{"reason:chan\\ receive", "w"},
		{"reason=\"chan receive (nil chan)\"", "w"},
		{"reason=chan\" \"receive\\ (nil\\ chan)", "w"},
		{"reason:(nil\\ chan)", "w"},
		{"start:worker", "w"},
		{"start:(*worker).run", "w"},
		{"start=example.com/app/pool.(*worker).run", "w"},
		{"start=pool.(*worker).run", "w"},
		{"start=worker", ""},
		{"start:forcegc", "r"},
		{"created:pool.New", "w"},
		{"created=example.com/app/pool.New", "w"},
		{"created=pool.New:42", "w"},
		{"created=pool.New:43", ""},
		{"created=example.com/app/pool.New:42", "w"},
		{"created:New:4", "w"},
		{"created:new", "w"},
		{"site:pool.New", "w"},
		{"site=pool.New", "w"},
		{"file:pool.go", "w"},
		{"file:/go/", "r"},
		{"file=/src/pool.go", "w"},
		{"file=pool.go", ""},
		{"STATE:waiting", "wb"},
		{"start:\"\"", "wr"},
	};

	(void)state;
	CHECK_ALL(table);
}

static void numbers_compare(void **state)
{
	static const struct expression table[] = {
		{"goid=17", "w"},	{"goid>2", "wb"},	  {"goid>=17", "wb"},
		{"goid<17", "r"},	{"goid<=17", "wr"},	  {"goid:1", "w"},
		{"goid:9", "b"},	{"goid=1", ""},		  {"goid=17.0", "w"},
		{"age>1m", "wb"},	{"age>89s", "wb"},	  {"age>90s", ""},
		{"age>=90s", "wb"},	{"age<100ms", "r"},	  {"age>1", "wb"},
		{"age>0.001", "wrb"},	{"age>5000us", "wb"},	  {"age>4999us", "wrb"},
		{"age>=0.025h", "wb"},	{"age>4999999ns", "wrb"}, {"age:1m30s", "wb"},
		{"age=90", "w"},	{"run>20", "w"},	  {"run<25.5", "w"},
		{"run=25", "w"},	{"wait>=75", "w"},	  {"switches=10", "w"},
		{"transitions<1", "w"}, {"thread=2431", "r"},	  {"processor=3", "r"},
		{"parent=1", "w"},	{"thread:24", "r"},	  {"goid=.5", ""},
		{"goid=17.", "w"},
	};

	(void)state;
	CHECK_ALL(table);
}

static void what_is_not_known_matches_nothing_negated_or_not(void **state)
{
	static const struct expression table[] = {
		{"waker=5", ""},
		{"!waker=5", ""},
		{"waker>0", ""},
		{"!waker>0", ""},
		{"where:main", ""},
		{"!where:main", ""},
		{"parent=1", "w"},
		{"!parent=1", ""},
		{"!parent=2", "w"},
		{"!start:xyz", "wr"},
		{"!(start:xyz)", "wr"},
		{"!(!start:xyz)", ""},
		{"!file:xyz", "wr"},
		{"run>0", "w"},
		{"!run>50", "w"},
		/* a conjunction with something false is false, whatever else is unknown */
		{"!(state=running waker=5)", "wb"},
		{"!(state=waiting waker=5)", "r"},
		{"state=waiting|waker=5", "wb"},
		{"!(state=waiting|waker=5)", ""},
		/* both may be unknown, yet nothing is */
		{"waker=5|!waker=5", ""},
	};

	(void)state;
	CHECK_ALL(table);
}

static void what_is_known_not_to_be_is_not_unknown(void **state)
{
	static const struct expression table[] = {
		{"!thread=5", "wr"},   /* 17 is on no thread, so not on 5; of 99 nobody knows */
		{"!reason:chan", "r"}, /* 2 runs and waits for nothing */
		{"!processor=3", "w"},
		{"processor>=0", "r"},
	};

	(void)state;
	CHECK_ALL(table);
}

static void an_age_that_is_a_minimum_settles_only_more_than(void **state)
{
	/* 99 is there for at least 90 s. */
	static const struct expression table[] = {
		{"goid=99 age>89s", "b"}, {"goid=99 age>91s", ""},    {"goid=99 age<91s", ""},
		{"goid=99 age<89s", ""},  {"goid=99 age<=90s", ""},   {"goid=99 age>=90s", "b"},
		{"goid=99 age=90", ""},	  {"goid=99 !age<89s", "b"},  {"goid=99 !age<90s", "b"},
		{"goid=99 !age<91s", ""}, {"goid=99 !age>91s", ""},   {"goid=99 !age=80", "b"},
		{"goid=99 !age=90", ""},  {"goid=99 !age<=89s", "b"}, {"goid=99 !age<=90s", ""},
	};

	(void)state;
	CHECK_ALL(table);
}

static void words_look_everywhere(void **state)
{
	static const struct expression table[] = {
		{"pool", "w"},
		{"POOL", "w"},
		{"pool.go", "w"},
		{"chan", "w"},
		{"proc.go", "r"},
		{"forcegc", "r"},
		{"waiting", ""},
		{"\"chan receive\"", "w"},
		{"!pool", "r"},
		{"!xyz", "wr"},
		{"raft.(*node).run", ""},
		{"pool.(*worker).run", "w"},
		{"\"(*worker)\"", "w"},
		{"\\(*worker\\)", "w"},
		{"\"state:waiting\"", ""},
		{"17", ""},
	};

	(void)state;
	CHECK_ALL(table);
}

static void system_is_yes_or_no(void **state)
{
	static const struct expression table[] = {
		{"system:yes", "r"},   {"system=true", "r"},   {"system:no", "wb"},
		{"!system:yes", "wb"}, {"system=FALSE", "wb"}, {"system=1", "r"},
	};

	(void)state;
	CHECK_ALL(table);
}

static void terms_combine(void **state)
{
	static const struct expression table[] = {
		{"state=waiting goid=17", "w"},
		{"state=waiting  \t goid=17 ", "w"},
		{"goid=2|goid=17", "wr"},
		{"goid=2 | goid=17", "wr"},
		{"goid=2|goid=17|goid=99", "wrb"},
		{"state=waiting goid=17|goid=2", "wr"},
		{"state=waiting (goid=17|goid=2)", "w"},
		{"(goid=17|goid=2) state=running", "r"},
		{"!(goid=17|goid=2)", "b"},
		{"!goid=17 !goid=2", "b"},
		{"( goid=17 )", "w"},
		{"((((goid=17))))", "w"},
		{"(goid=17)|(goid=2)", "wr"},
	};

	(void)state;
	CHECK_ALL(table);
}

/* ---- mistakes --------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	int column;
	const char *says;
} mistakes[] = {
	{"nonsense:x", 1, "nonsense"},
	{"goid=17 nonsense>3", 9, "maxlat"},
	{"state:foo", 7, "preempted"},
	{"state=wait", 7, "waiting"},
	{"!state=unknown", 8, "unknown"},
	{"goid=abc", 6, "number"},
	{"goid>", 6, "number"},
	{"age>5x", 6, "ns, us, ms"},
	{"age>5sec", 6, "ns, us, ms"},
	{"age>5 s:", 7, "\"s\""},
	{"goid>5s", 7, "not a time"},
	{"state>x", 6, "contains"},
	{"reason<x", 7, "contains"},
	{"reason:", 8, "missing"},
	{"reason: x", 8, "missing"},
	{"goid=1 |", 9, "missing"},
	{"| goid=1", 1, "missing"},
	{"goid=1||goid=2", 8, "missing"},
	{"()", 2, "missing"},
	{"(goid=1", 1, "not closed"},
	{"goid=1)", 7, "no \"(\""},
	{"(goid=1)x", 9, "space"},
	{"(*node).run", 8, "space"},
	{"!", 2, "missing"},
	{"!!x", 2, "missing"},
	{"! x", 2, "missing"},
	{"\"abc", 1, "quote"},
	{"reason:\"abc", 8, "quote"},
	{"abc\\", 4, "\\"},
	{"start:f(", 8, "not closed"},
	{"system:maybe", 8, "yes or no"},
	{"label=x", 6, "label:KEY"},
	{"label:x", 8, "label:KEY"},
	{"label:=x", 7, "missing"},
	{"http://x", 1, "quotes"},
	{"ΩΩ goid=x", 9, "number"},
};

static void mistakes_are_told_with_their_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		struct filter *f = (struct filter *)1;
		struct err err = {0};
		char at[40];

		if (!filter_parse(&f, mistakes[i].text, &err)) {
			print_error("%s was taken\n", mistakes[i].text);
			fail();
		}
		assert_null(f);
		assert_int_equal(err.status, EXIT_USAGE);
		snprintf(at, sizeof(at), "column %d:", mistakes[i].column);
		if (!strstr(err.text, at) || !strstr(err.text, mistakes[i].says))
			print_error("%s: %s\n", mistakes[i].text, err.text);
		assert_non_null(strstr(err.text, at));
		assert_non_null(strstr(err.text, mistakes[i].says));
	}
}

static void depth_and_length_are_bounded(void **state)
{
	static char text[100000];
	const struct row r = waiting();
	struct filter *f;
	struct err err;

	(void)state;
	memset(text, '(', 200);
	assert_true(filter_parse(&f, text, &err) < 0);
	assert_non_null(strstr(err.text, "column 65"));
	memset(text, 'a', sizeof(text) - 1);
	assert_true(filter_parse(&f, text, &err) < 0);
	assert_int_equal(err.status, EXIT_USAGE);
	/* as many terms as fit are no recursion */
	for (size_t i = 0; i < 4094; i += 2)
		memcpy(text + i, "a ", 2);
	text[4094] = '\0';
	assert_int_equal(filter_parse(&f, text, &err), 0);
	assert_true(filter_match(f, &r, &context));
	filter_free(f);
}

/* Whatever is typed is either taken or refused with a place; matching it ends. */
static void random_texts_do_no_harm(void **state)
{
	static const char *const pieces[] = {
		"goid",	   "state", "age", "reason", "label", "file", "system", "start",
		":",	   "=",	    "<",   ">",	     "<=",    ">=",   "!",	"(",
		")",	   "|",	    " ",   "\"",     "\\",    "x",    "1",	"5ms",
		"waiting", "\xff",  "Ω",   "yes",    "k=v",   "\t",   "-",	".",
	};
	int taken = 0;

	(void)state;
	srand(5);
	for (int i = 0; i < 200000; i++) {
		char text[256] = "";
		struct err err = {0};
		struct filter *f;

		for (int n = rand() % 10; n >= 0; n--)
			strcat(text, pieces[rand() % (int)ARRAY_SIZE(pieces)]);
		if (filter_parse(&f, text, &err)) {
			assert_int_equal(err.status, EXIT_USAGE);
			assert_non_null(strstr(err.text, "column "));
			continue;
		}
		taken++;
		filter_match(f, &(struct row){.start = &work, .created = &site, .where = &gc},
			     &context);
		filter_free(f);
	}
	assert_true(taken > 1000);
}

static void what_a_filter_asks_for_is_known(void **state)
{
	static const struct {
		const char *text, *offending;
	} cases[] = {
		{"goid=1 state:running|thread=5", NULL},
		{"reason:chan", NULL},
		{"goid=1 age>5", "age"},
		{"!(goid=1|start:x)", "start"},
		{"file:x", "file"},
		{"system:yes", "system"},
		{"site:x", "created"},
		{"word", "a word"},
		{"label:a=b", "label"},
		{"", NULL},
	};
	static const char *const allowed[] = {"goid", "state", "reason", "thread"};
	uint64_t set = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		set |= 1ull << column_by_name(allowed[i], strlen(allowed[i]));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *offending = NULL;
		struct filter *f;
		struct err err;

		assert_int_equal(filter_parse(&f, cases[i].text, &err), 0);
		assert_int_equal(filter_uses_only(f, set, &offending), !cases[i].offending);
		if (cases[i].offending)
			assert_string_equal(offending, cases[i].offending);
		filter_free(f);
	}
}

static void the_line_of_the_longest_name_is_found(void **state)
{
	char function[NAME_MAX_TEXT + 1] = "";
	const struct name longest = {function, "/src/pool.go", 42, false};
	struct row r = waiting();

	(void)state;
	memset(function, 'x', NAME_MAX_TEXT);
	r.created = &longest;
	assert_true(matches("created:x:42", r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_of_the_longest_name_is_found),
		cmocka_unit_test(nothing_matches_everything),
		cmocka_unit_test(texts_contain_and_equal),
		cmocka_unit_test(numbers_compare),
		cmocka_unit_test(what_is_not_known_matches_nothing_negated_or_not),
		cmocka_unit_test(what_is_known_not_to_be_is_not_unknown),
		cmocka_unit_test(an_age_that_is_a_minimum_settles_only_more_than),
		cmocka_unit_test(words_look_everywhere),
		cmocka_unit_test(system_is_yes_or_no),
		cmocka_unit_test(terms_combine),
		cmocka_unit_test(mistakes_are_told_with_their_column),
		cmocka_unit_test(depth_and_length_are_bounded),
		cmocka_unit_test(random_texts_do_no_harm),
		cmocka_unit_test(what_a_filter_asks_for_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
