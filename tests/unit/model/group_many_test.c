// SPDX-License-Identifier: GPL-2.0-or-later
/* More values than there may be groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "groups.h"

/* Threads that are more than there may be groups: one goroutine on each. */
static void run_on_threads(struct world *w, size_t n)
{
	struct feed_fact *facts = calloc(n, sizeof(*facts));

	assert_non_null(facts);
	for (size_t i = 0; i < n; i++) {
		facts[i] = fact(1 + i, GS_RUNNING);
		facts[i].tid = 1000 + (uint32_t)i;
	}
	look_at(w, 2 * S, facts, n, true);
	free(facts);
}

static void those_without_a_group_of_their_own_are_all_others(void **state)
{
	const size_t most = GROUPS_MAX - 2,
		     others = 5; /* beside them stand the unknown and the others */
	int column = group_column_by_name("key");
	struct request request = by(GROUP_THREAD);
	const struct groups_picture *p;
	const struct group_row *rest;
	struct cell cell;
	char filter[100];
	WORLD(w, watching());

	(void)state;
	run_on_threads(&w, most + others);
	p = groups_of(&w, request);
	assert_int_equal(p->total, most + 1);
	rest = row_named(p, "(all others)");
	assert_non_null(rest);
	assert_int_equal(rest->count, others);
	group_column_format(&group_columns[column], &cell, p, rest, false);
	assert_string_equal(cell.text, "(all others)");
	assert_int_equal(cell.role, CELL_PLAIN);
	assert_false(group_filter_text(filter, sizeof(filter), p, rest));
	/* Behind all that have a key, whatever the direction. */
	request.groups.column = column;
	p = groups_of(&w, request);
	assert_ptr_equal(row_named(p, "(all others)"), &p->rows[p->n - 1]);
	request.groups.dir = SORT_ASC;
	p = groups_of(&w, request);
	assert_ptr_equal(row_named(p, "(all others)"), &p->rows[p->n - 1]);
}

/* Goroutine first + i has the value first + i; number 1, which is there always, "stays". */
static void look_at_labelled(struct world *w, uint64_t t0, uint64_t first, size_t n)
{
	struct feed_fact *facts = calloc(n + 1, sizeof(*facts));
	char value[24] = "stays";
	const struct label one = {"tenant", value};

	assert_non_null(facts);
	for (size_t i = 0; i <= n; i++) {
		uint64_t goid = i ? first + i - 1 : 1;

		facts[i] = fact(goid, GS_WAITING);
		facts[i].labels = 0x100 * goid;
	}
	look_at(w, t0, facts, n + 1, true);
	model_wants_labels(w->model, NULL, 0);
	for (size_t i = 0; i <= n; i++) {
		const struct feed_labels told = {facts[i].labels, true, &one, 1};

		if (i)
			snprintf(value, sizeof(value), "%llu", (unsigned long long)facts[i].goid);
		w->sink.labels(w->sink.ctx, &told, 1);
	}
	free(facts);
}

static void new_values_of_a_label_find_groups_when_old_ones_are_gone(void **state)
{
	struct request request = by(GROUP_LABEL);
	const struct groups_picture *p;
	const struct group_row *r;
	WORLD(w, watching());

	(void)state;
	snprintf(request.groups.by.label, sizeof(request.groups.by.label), "tenant");
	look_at_labelled(&w, 2 * S, 2, 2 * GROUPS_MAX);
	r = row_named(groups_of(&w, request), "(all others)");
	assert_int_equal(r->count, 2 * GROUPS_MAX + 1 - (GROUPS_MAX - 2));
	/* Nor is kept what they are called: a target may have any number of values. */
	assert_int_not_equal(intern_find(w.model->groups->by[1].values, "2", 1), 0);
	assert_int_equal(intern_find(w.model->groups->by[1].values, "20000", 5), 0);
	model_refresh(w.model, 2 * S + LATER);
	/* Who lives: one that had a group, and ten that find none. */
	look_at_labelled(&w, 5 * S, 100000, 10);
	model_refresh(w.model, 5 * S + LATER);
	p = groups_of(&w, request);
	assert_int_equal(p->total, 11);
	assert_int_equal(p->goroutines, 11);
	assert_int_equal(row_named(p, "100009")->count, 1);
	r = row_named(p, "stays");
	assert_int_equal(r->count, 1);
	assert_int_equal(r->n_history, 2);
	assert_int_equal(r->history[0], 1);
	assert_int_equal(r->history[1], 1);
	assert_true(r->created_per_s == 0);
	look_at_labelled(&w, 6 * S, 100005, 10);
	assert_int_equal(groups_of(&w, request)->total, 11);
	assert_int_equal(row_named(groups_of(&w, request), "100014")->count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_without_a_group_of_their_own_are_all_others),
		cmocka_unit_test(new_values_of_a_label_find_groups_when_old_ones_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
