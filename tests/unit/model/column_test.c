// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "model/label_column.h"
#include "harness.h"

static const struct name work = {"example.com/app/pool.(*worker).run", "/src/pool.go", 50, false};
static const struct name site = {"example.com/app/pool.New", "/src/pool.go", 42, false};

/* Of whom nothing is known but that it is there. */
static struct row stranger(void)
{
	return (struct row){
		.goid = 17,
		.state = GS_WAITING,
		.processor = -1,
		.start = &name_unknown,
		.created = &name_unknown,
		.where = &name_unknown,
	};
}

static const struct label labels[] = {{"route", "/orders"}, {"user", "7"}};
static struct label_set two_labels = {.refs = 1,
				      .n = 2,
				      .v = labels,
				      .all = "route=/orders user=7"};

/* Of whom everything is known. */
static struct row acquaintance(void)
{
	return (struct row){
		.labels = 0xc000,
		.label_set = &two_labels,
		.goid = 17,
		.since = 1 * S,
		.state = GS_WAITING,
		.bound = AGE_EXACT,
		.reason = R_RECEIVE,
		.reason_text = "chan receive",
		.tid = 2431,
		.processor = 3,
		.start = &work,
		.created = &site,
		.where = &work,
		.parent = 1,
		.waker = 204,
		.max_latency = 1300 * NSEC_PER_USEC,
		.transitions = 4321,
		.switches = 1234,
		.interval_switches = 100,
		.interval = {.running = 10 * MS,
			     .runnable = 20 * MS,
			     .waiting = 960 * MS,
			     .syscall = 10 * MS},
		.flags = ROW_KNOWS_REASON | ROW_KNOWS_THREAD | ROW_KNOWS_PROCESSOR |
			 ROW_KNOWS_MEMORY | ROW_KNOWS_COUNTS | ROW_KNOWS_WAKER,
	};
}

static struct row_context context(void)
{
	return (struct row_context){.now = 43 * S, .interval = 1 * S, .syscall_times = true};
}

static const struct column *named(const char *name)
{
	int c = column_by_name(name, strlen(name));

	assert_true(c >= 0);
	return &columns[c];
}

static const char *cell_of(const char *column, const struct row *r, const struct row_context *ctx)
{
	static struct cell cell;

	column_format(named(column), &cell, r, ctx);
	return cell.text;
}

static enum cell_role role_of(const char *column, const struct row *r,
			      const struct row_context *ctx)
{
	struct cell cell;

	column_format(named(column), &cell, r, ctx);
	return cell.role;
}

/* ---- the table -------------------------------------------------------------------------------- */

static void every_column_of_the_interface_is_there(void **state)
{
	static const char *const names[] = {
		"goid",	 "state",   "age",    "reason", "thread",      "processor", "where",
		"start", "created", "parent", "waker",	"transitions", "switches",  "rate",
		"run",	 "runq",    "wait",   "sys",	"maxlat",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		named(names[i]);
}

static void names_and_titles_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_columns; i++)
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(columns[i].name, columns[j].name);
			assert_string_not_equal(columns[i].title, columns[j].title);
		}
}

static void every_column_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_columns; i++) {
		const struct column *c = &columns[i];

		assert_true(!c->text != !c->number);
		assert_true(c->number || (c->compare && c->format));
		assert_non_null(c->help);
		assert_true(c->width > 0);
		assert_true(text_width(c->title) <= c->width);
		assert_true(!c->max_width || c->max_width > c->width);
		assert_true(!c->named || c->text);
	}
}

static void goid_state_and_age_are_never_dropped(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_columns; i++) {
		bool stays = !strcmp(columns[i].name, "goid") ||
			     !strcmp(columns[i].name, "state") || !strcmp(columns[i].name, "age");

		assert_int_equal(columns[i].priority == 0, stays);
	}
}

static void the_seven_columns_of_80_are_those_of_the_draft(void **state)
{
	static const char *const drafted[] = {"goid",	"state", "age",	   "reason",
					      "thread", "where", "created"};
	int width = -1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(drafted); i++) {
		assert_true(named(drafted[i])->priority <= 4);
		width += named(drafted[i])->width + 1;
	}
	assert_true(width <= 80);
}

static void first_directions_are_those_of_the_interface(void **state)
{
	static const char *const descending[] = {"age",	 "transitions", "switches", "rate",  "run",
						 "runq", "wait",	"sys",	    "maxlat"};

	(void)state;
	for (size_t i = 0; i < n_columns; i++) {
		enum sort_dir first = SORT_ASC;

		for (size_t j = 0; j < ARRAY_SIZE(descending); j++)
			if (!strcmp(columns[i].name, descending[j]))
				first = SORT_DESC;
		assert_int_equal(columns[i].first, first);
	}
}

/* ---- cells ------------------------------------------------------------------------------------ */

static void what_is_not_known_is_a_dash(void **state)
{
	const struct row_context ctx = context();
	struct row_context plain = context();
	const struct row r = stranger();

	(void)state;
	plain.ascii = true;
	for (size_t i = 0; i < n_columns; i++) {
		if (!strcmp(columns[i].name, "goid") || !strcmp(columns[i].name, "state"))
			continue;
		assert_false(column_known(&columns[i], &r, &ctx));
		assert_string_equal(cell_of(columns[i].name, &r, &ctx), "–");
		assert_string_equal(cell_of(columns[i].name, &r, &plain), "-");
		assert_int_equal(role_of(columns[i].name, &r, &ctx), CELL_UNKNOWN);
	}
}

static void what_is_known_is_written(void **state)
{
	static const struct {
		const char *column, *text;
	} cells[] = {
		{"goid", "17"},
		{"state", "waiting"},
		{"age", "42.0s"},
		{"reason", "chan receive"},
		{"thread", "2431"},
		{"processor", "3"},
		{"where", "pool.(*worker).run:50"},
		{"start", "pool.(*worker).run"},
		{"created", "pool.New:42"},
		{"parent", "1"},
		{"waker", "204"},
		{"transitions", "4,321"},
		{"switches", "1,234"},
		{"rate", "100"},
		{"run", "1.0%"},
		{"runq", "2.0%"},
		{"wait", "96%"},
		{"sys", "1.0%"},
		{"maxlat", "1ms"},
		{"labels", "route=/orders user=7"},
	};
	const struct row_context ctx = context();
	const struct row r = acquaintance();

	(void)state;
	assert_int_equal(ARRAY_SIZE(cells), n_columns);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		assert_string_equal(cell_of(cells[i].column, &r, &ctx), cells[i].text);
}

static void a_label_has_a_column_of_its_own_when_it_is_asked_for(void **state)
{
	const struct row_context ctx = context();
	struct row r = acquaintance();
	struct err err = {0};
	int list[LABEL_COLUMNS + 2];
	size_t n = 0;

	(void)state;
	assert_int_equal(columns_parse("goid,label=user,label=none,label=user", list, 4, &n, &err),
			 0);
	assert_int_equal(n, 4);
	assert_int_equal(list[1], list[3]);
	assert_true(list[1] >= (int)n_columns && list[2] > list[1]);
	assert_string_equal(columns[list[1]].name, "label=user");
	assert_string_equal(columns[list[1]].title, "user");
	assert_string_equal(cell_of("label=user", &r, &ctx), "7");
	assert_string_equal(cell_of("label=none", &r, &ctx), "–");
	assert_false(columns[list[1]].none(&r));
	assert_true(columns[list[2]].none(&r));
	/* Not read: then nobody knows that it has none. */
	r.label_set = NULL;
	assert_string_equal(cell_of("label=user", &r, &ctx), "–");
	assert_false(columns[list[1]].none(&r));
	r.labels = 0;
	assert_true(columns[list[1]].none(&r));
}

static void there_are_so_many_columns_of_labels_and_no_more(void **state)
{
	struct err err = {0};
	char name[LABEL_COLUMN_NAME + 8];
	int c;
	size_t n;

	(void)state;
	for (size_t i = label_columns_used(); i < LABEL_COLUMNS; i++) {
		snprintf(name, sizeof(name), "label=%zu", i);
		assert_int_equal(column_by_name(name, strlen(name)), (int)(n_columns + i));
	}
	assert_true(columns_parse("label=onemore", &c, 1, &n, &err) < 0);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_non_null(strstr(err.text, "label=NAME"));
	assert_true(columns_parse("label=", &c, 1, &n, &err) < 0);
	memset(name, 'x', sizeof(name));
	memcpy(name, "label=", 6);
	assert_int_equal(column_by_name(name, LABEL_COLUMN_NAME), -1);
}

static void ages_carry_their_bound(void **state)
{
	struct row_context ctx = context();
	struct row r = acquaintance();

	(void)state;
	r.bound = AGE_MIN;
	assert_string_equal(cell_of("age", &r, &ctx), "≥42.0s");
	r.bound = AGE_ABOUT;
	assert_string_equal(cell_of("age", &r, &ctx), "~42.0s");
	ctx.ascii = true;
	r.bound = AGE_MIN;
	assert_string_equal(cell_of("age", &r, &ctx), ">42.0s");
	r.since = ctx.now - 14 * NSEC_PER_USEC;
	assert_string_equal(cell_of("age", &r, &ctx), ">14us");
	ctx.ascii = false;
	assert_string_equal(cell_of("age", &r, &ctx), "≥14µs");
	/* an event that is newer than the picture: its age is nothing, not 2^64 */
	r.since = ctx.now + 1;
	assert_string_equal(cell_of("age", &r, &ctx), "≥0ns");
}

static void every_age_fits_its_column(void **state)
{
	struct row_context ctx = context();
	struct row r = acquaintance();

	(void)state;
	r.bound = AGE_MIN;
	for (uint64_t age = 1; age < 1ull << 62; age = age * 3 + 1) {
		r.since = 0;
		ctx.now = age;
		assert_true(text_width(cell_of("age", &r, &ctx)) <= named("age")->width);
	}
}

static void long_waits_stand_out_and_other_long_states_do_not(void **state)
{
	struct row_context ctx = context();
	struct row r = acquaintance();

	(void)state;
	assert_int_equal(role_of("age", &r, &ctx), CELL_PLAIN);
	ctx.now = r.since + 61 * S;
	assert_int_equal(role_of("age", &r, &ctx), CELL_AGE_LONG);
	ctx.now = r.since + 601 * S;
	assert_int_equal(role_of("age", &r, &ctx), CELL_AGE_VERY_LONG);
	r.state = GS_SYSCALL;
	assert_int_equal(role_of("age", &r, &ctx), CELL_PLAIN);
}

static void states_have_roles(void **state)
{
	static const struct {
		uint8_t state;
		enum cell_role role;
	} cases[] = {
		{GS_RUNNING, CELL_RUNNING}, {GS_RUNNABLE, CELL_RUNNABLE},
		{GS_SYSCALL, CELL_SYSCALL}, {GS_WAITING, CELL_WAITING},
		{GS_LEAKED, CELL_WAITING},  {GS_PREEMPTED, CELL_OTHER},
		{GS_DEADEXTRA, CELL_OTHER},
	};
	struct row_context ctx = context();
	struct row r = acquaintance();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		r.state = cases[i].state;
		assert_int_equal(role_of("state", &r, &ctx), cases[i].role);
	}
	r.state = GS_RUNNABLE;
	ctx.late = 1 * S;
	assert_int_equal(role_of("state", &r, &ctx), CELL_RUNNABLE_LATE);
	ctx.late = 100 * S;
	assert_int_equal(role_of("state", &r, &ctx), CELL_RUNNABLE);
}

static void a_running_goroutine_has_no_reason_and_a_waiting_one_no_thread(void **state)
{
	struct row r = stranger();

	(void)state;
	assert_false(named("reason")->none(&r)); /* it waits; nobody knows for what */
	assert_false(named("thread")->none(&r));
	r.flags = ROW_KNOWS_THREAD | ROW_KNOWS_PROCESSOR;
	assert_true(named("thread")->none(&r));
	assert_true(named("processor")->none(&r));
	r.state = GS_RUNNING;
	assert_true(named("reason")->none(&r));
}

static void shares_need_an_interval_of_which_something_is_known(void **state)
{
	struct row_context ctx = context();
	struct row r = acquaintance();

	(void)state;
	ctx.interval = 0;
	assert_string_equal(cell_of("run", &r, &ctx), "–");
	assert_string_equal(cell_of("rate", &r, &ctx), "–");
	ctx = context();
	r.interval = (struct row_times){.unknown = 1 * S};
	assert_string_equal(cell_of("run", &r, &ctx), "–");
	r.interval = (struct row_times){.running = 250 * MS, .unknown = 750 * MS};
	assert_string_equal(cell_of("run", &r, &ctx), "25%");
	assert_string_equal(cell_of("wait", &r, &ctx), "0.0%");
}

static void syscall_shares_are_unknown_where_syscalls_count_as_running(void **state)
{
	struct row_context ctx = context();
	const struct row r = acquaintance();

	(void)state;
	ctx.syscall_times = false;
	assert_string_equal(cell_of("sys", &r, &ctx), "–");
	assert_string_equal(cell_of("run", &r, &ctx), "1.0%");
}

static void a_name_that_is_too_long_keeps_its_line(void **state)
{
	static char text[2000];
	const struct name endless = {text, "/x.go", 123456, false};
	struct row_context ctx = context();
	struct row r = acquaintance();
	const char *cell;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	r.where = &endless;
	cell = cell_of("where", &r, &ctx);
	assert_string_equal(cell + strlen(cell) - 7, ":123456");
}

static void names_in_ascii_have_no_other_signs(void **state)
{
	const struct name greek = {"main.Ωmega", "/x.go", 1, false};
	struct row_context ctx = context();
	struct row r = acquaintance();

	(void)state;
	r.start = &greek;
	assert_string_equal(cell_of("start", &r, &ctx), "main.Ωmega");
	ctx.ascii = true;
	assert_string_equal(cell_of("start", &r, &ctx), "main.?mega");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_of_the_interface_is_there),
		cmocka_unit_test(names_and_titles_are_unique),
		cmocka_unit_test(every_column_is_whole),
		cmocka_unit_test(goid_state_and_age_are_never_dropped),
		cmocka_unit_test(the_seven_columns_of_80_are_those_of_the_draft),
		cmocka_unit_test(first_directions_are_those_of_the_interface),
		cmocka_unit_test(what_is_not_known_is_a_dash),
		cmocka_unit_test(what_is_known_is_written),
		cmocka_unit_test(a_label_has_a_column_of_its_own_when_it_is_asked_for),
		cmocka_unit_test(there_are_so_many_columns_of_labels_and_no_more),
		cmocka_unit_test(ages_carry_their_bound),
		cmocka_unit_test(every_age_fits_its_column),
		cmocka_unit_test(long_waits_stand_out_and_other_long_states_do_not),
		cmocka_unit_test(states_have_roles),
		cmocka_unit_test(a_running_goroutine_has_no_reason_and_a_waiting_one_no_thread),
		cmocka_unit_test(shares_need_an_interval_of_which_something_is_known),
		cmocka_unit_test(syscall_shares_are_unknown_where_syscalls_count_as_running),
		cmocka_unit_test(a_name_that_is_too_long_keeps_its_line),
		cmocka_unit_test(names_in_ascii_have_no_other_signs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
