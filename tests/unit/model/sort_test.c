// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"
#include "model/sort_key.h"

/* ---- lists and orders ------------------------------------------------------------------------- */

static void lists_of_columns_are_parsed_in_their_order(void **state)
{
	struct err err;
	int list[4];
	size_t n;

	(void)state;
	assert_int_equal(columns_parse("reason,goid,state", list, 4, &n, &err), 0);
	assert_int_equal(n, 3);
	assert_string_equal(columns[list[0]].name, "reason");
	assert_string_equal(columns[list[1]].name, "goid");
	assert_string_equal(columns[list[2]].name, "state");
}

static void an_unknown_column_names_those_that_there_are(void **state)
{
	static const char *const bad[] = {"",	      "goid,",	  ",goid", "goid,,age", "GOID",
					  "nonsense", "goid age", "goi",   "goidx"};
	struct err err;
	int list[8];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_true(columns_parse(bad[i], list, 8, &n, &err) < 0);
		assert_int_equal(err.status, EXIT_USAGE);
		assert_non_null(strstr(err.text, "maxlat"));
	}
	assert_true(columns_parse("goid,age,state", list, 2, &n, &err) < 0);
	assert_int_equal(err.status, EXIT_USAGE);
}

static void sort_orders_are_parsed(void **state)
{
	struct sort_spec s;
	struct err err;

	(void)state;
	assert_int_equal(sort_parse("age", &s, &err), 0);
	assert_string_equal(columns[s.column].name, "age");
	assert_int_equal(s.dir, SORT_DESC);
	assert_int_equal(sort_parse("goid", &s, &err), 0);
	assert_int_equal(s.dir, SORT_ASC);
	assert_int_equal(sort_parse("age:asc", &s, &err), 0);
	assert_int_equal(s.dir, SORT_ASC);
	assert_int_equal(sort_parse("goid:desc", &s, &err), 0);
	assert_int_equal(s.dir, SORT_DESC);
	assert_true(sort_parse("goid:down", &s, &err) < 0);
	assert_int_equal(err.status, EXIT_USAGE);
	assert_true(sort_parse("nonsense", &s, &err) < 0);
	assert_non_null(strstr(err.text, "nonsense"));
}

static const struct name *random_name(void)
{
	static const struct name names[] = {
		{"a.F", "/a.go", 1, false}, {"a.F", "/a.go", 2, false},	 {"a.F", "/b.go", 1, false},
		{"b.G", NULL, 0, false},    {"a.Fx", "/a.go", 1, false}, {0},
	};

	return &names[rand() % (int)ARRAY_SIZE(names)];
}

/* Small ranges, so that values often coincide. */
static struct row random_row(void)
{
	static const uint8_t states[] = {GS_RUNNABLE,  GS_RUNNING, GS_SYSCALL,	GS_WAITING,
					 GS_PREEMPTED, GS_LEAKED,  GS_DEADEXTRA};
	static const char *const reasons[] = {NULL, "", "chan receive", "chan send", "select"};

	return (struct row){
		.goid = 1 + (uint64_t)(rand() % 1000),
		.since = (uint64_t)(rand() % 5) * 20 * S,
		.state = states[rand() % (int)ARRAY_SIZE(states)],
		.bound = (uint8_t)(rand() % 4),
		.reason_text = reasons[rand() % (int)ARRAY_SIZE(reasons)],
		.tid = (uint32_t)(rand() % 3),
		.processor = rand() % 3 - 1,
		.start = random_name(),
		.created = random_name(),
		.where = random_name(),
		.parent = (uint64_t)(rand() % 3),
		.waker = (uint64_t)(rand() % 3),
		.max_latency = (uint64_t)(rand() % 3),
		.transitions = (uint32_t)(rand() % 3),
		.switches = (uint32_t)(rand() % 3),
		.interval_switches = (uint32_t)(rand() % 3),
		.interval = {.running = (uint64_t)(rand() % 3),
			     .waiting = (uint64_t)(rand() % 3),
			     .unknown = (uint64_t)(rand() % 2)},
		.flags = (uint32_t)rand() & 0x3ff,
	};
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void check_order(const struct sort_spec *s, const struct row_context *ctx)
{
	enum { ROWS = 60 };
	const struct column *c = &columns[s->column];
	struct row rows[ROWS];

	for (size_t i = 0; i < ROWS; i++)
		rows[i] = random_row();
	for (size_t i = 0; i < ROWS; i++)
		for (size_t j = 0; j < ROWS; j++) {
			int ij = sort_compare(s, &rows[i], &rows[j], ctx);
			uint64_t ki = sort_key(s, &rows[i], ctx), kj = sort_key(s, &rows[j], ctx);

			assert_int_equal(sign(ij), -sign(sort_compare(s, &rows[j], &rows[i], ctx)));
			assert_true((ij == 0) == (rows[i].goid == rows[j].goid) || ij);
			if (ki < kj)
				assert_true(ij < 0);
			if (ki == kj && sort_key_is_exact(s))
				assert_int_equal(sign(ij), (rows[i].goid > rows[j].goid) -
								   (rows[i].goid < rows[j].goid));
			if (column_known(c, &rows[i], ctx) && !column_known(c, &rows[j], ctx))
				assert_true(ij < 0);
			for (size_t k = 0; k < ROWS; k++)
				if (ij <= 0 && sort_compare(s, &rows[j], &rows[k], ctx) <= 0)
					assert_true(sort_compare(s, &rows[i], &rows[k], ctx) <= 0);
		}
}

static void sorting_is_a_total_order_by_every_column_either_way(void **state)
{
	const struct row_context ctx = {.now = 43 * S, .interval = 1 * S, .syscall_times = true};

	(void)state;
	srand(4);
	for (size_t i = 0; i < n_columns; i++)
		for (int dir = SORT_ASC; dir <= SORT_DESC; dir++) {
			const struct sort_spec s = {.column = (int)i, .dir = dir};

			check_order(&s, &ctx);
		}
}

static void states_sort_as_the_interface_says(void **state)
{
	static const uint8_t order[] = {GS_RUNNING,   GS_RUNNABLE, GS_SYSCALL,	GS_WAITING,
					GS_PREEMPTED, GS_LEAKED,   GS_DEADEXTRA};
	const struct row_context ctx = {.now = 43 * S};
	struct sort_spec s;
	struct err err;

	(void)state;
	assert_int_equal(sort_parse("state", &s, &err), 0);
	for (size_t i = 1; i < ARRAY_SIZE(order); i++) {
		/* by goid it would be the other way */
		const struct row a = {.goid = 2, .state = order[i - 1]};
		const struct row b = {.goid = 1, .state = order[i]};

		assert_true(sort_compare(&s, &a, &b, &ctx) < 0);
	}
}

static void states_have_names_and_numbers(void **state)
{
	(void)state;
	for (int i = 0; i < GS_COUNT; i++) {
		const char *name = state_name((uint8_t)i);

		if (strcmp(name, "unknown"))
			assert_int_equal(state_by_name(name), i);
		else
			assert_true(i == 5 || i == 7); /* numbers that Go gave up */
	}
	assert_string_equal(state_name(GS_WAITING), "waiting");
	assert_string_equal(state_name(200), "unknown");
	assert_int_equal(state_by_name("unknown"), -1);
	assert_int_equal(state_by_name("Waiting"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_columns_are_parsed_in_their_order),
		cmocka_unit_test(an_unknown_column_names_those_that_there_are),
		cmocka_unit_test(sort_orders_are_parsed),
		cmocka_unit_test(sorting_is_a_total_order_by_every_column_either_way),
		cmocka_unit_test(states_sort_as_the_interface_says),
		cmocka_unit_test(states_have_names_and_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
