// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A million goroutines: that it works, and how much CPU time and memory it takes; the figures are
 * printed, not judged (run with -v).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "harness.h"

enum { MILLION = 1000000 };

static bool verbose;

static void say(const char *what, uint64_t since)
{
	if (verbose)
		print_message("%8.1f ms  %s\n", (double)(clock_process_cpu() - since) / MS, what);
}

#define TIMED(what, ...)                               \
	do {                                           \
		uint64_t began_ = clock_process_cpu(); \
		__VA_ARGS__;                           \
		say((what), began_);                   \
	} while (0)

static size_t resident(void)
{
	unsigned long pages = 0, ignored;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f) {
		if (fscanf(f, "%lu %lu", &ignored, &pages) != 2)
			pages = 0;
		fclose(f);
	}
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static struct feed_fact *make_facts(void)
{
	struct feed_fact *facts = calloc(MILLION, sizeof(*facts));

	assert_non_null(facts);
	for (size_t i = 0; i < MILLION; i++) {
		facts[i] = fact(i + 1, i % 1000 ? GS_WAITING : GS_RUNNING);
		facts[i].reason = i % 3 ? R_RECEIVE : R_SELECT;
	}
	return facts;
}

static void draw(struct world *w, const char *sort, size_t first, const char *filter)
{
	struct request request = {.first = first, .count = 60};
	struct filter *f;
	struct picture p;
	char what[100];

	assert_int_equal(sort_parse(sort, &request.sort, NULL), 0);
	assert_int_equal(filter_parse(&f, filter, NULL), 0);
	request.filter = f;
	snprintf(what, sizeof(what), "picture by %s from %zu, filter \"%s\"", sort, first, filter);
	TIMED(what, p = picture_of(w, request));
	assert_true(p.n == 60 || *filter);
	for (size_t i = 1; i < p.n; i++)
		assert_true(sort_compare(&request.sort, p.rows[i - 1].row, p.rows[i].row,
					 &p.context) < 0);
	filter_free(f);
}

static void draw_all(struct world *w)
{
	draw(w, "goid", 0, "");
	draw(w, "age", 0, "");
	draw(w, "state", 0, "");
	draw(w, "reason", 0, "");
	draw(w, "created", 0, "");
	draw(w, "run", 0, "");
	draw(w, "goid", MILLION / 2, "");
	draw(w, "reason", MILLION - 60, "");
	draw(w, "age", 0, "state=running");
	draw(w, "age", 0, "pool.go");
	draw(w, "goid", 0, "age>100h");
}

static void a_million_goroutines_are_no_trouble(void **state)
{
	size_t before = resident();
	struct feed_fact *facts;
	WORLD(w, watching());

	(void)state;
	facts = make_facts();
	TIMED("first look", look_at(&w, 2 * S, facts, MILLION, true));
	TIMED("refresh", model_refresh(w.model, 2 * S + 10 * MS));
	TIMED("a look that agrees", look_at(&w, 3 * S, facts, MILLION, true));
	TIMED("refresh", model_refresh(w.model, 3 * S + 10 * MS));
	free(facts);
	if (verbose)
		print_message("%8.1f bytes a goroutine\n", (double)(resident() - before) / MILLION);
	assert_int_equal(header(&w).summary.goroutines, MILLION);
	draw_all(&w);
	TIMED("500,000 transitions",
	      for (uint64_t i = 0; i < 500000; i++)
		      move(&w, 3 * S + 20 * MS + i, 2 + i * 7919 % (MILLION - 1), GS_WAITING,
			   GS_RUNNABLE));
	TIMED("refresh", model_refresh(w.model, 4 * S + 10 * MS));
	draw(&w, "runq", 0, "");
	draw(&w, "age:asc", 0, "");
	TIMED("refresh", model_refresh(w.model, 5 * S + 10 * MS));
	if (verbose)
		print_message("%8.1f bytes a goroutine\n", (double)(resident() - before) / MILLION);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_goroutines_are_no_trouble),
	};

	verbose = argc > 1 && !strcmp(argv[1], "-v");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
