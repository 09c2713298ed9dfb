// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Thousands of goroutines of which some change between two pictures: each picture, made from what is
 * remembered of the last one, against one that is made without any memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "churn.h"
#include "model/select.h"

enum { GOROUTINES = 6000, PICTURES = 400, SEEDS = 4 };

/* Pictures for which the beginning of the same order was remembered. */
static size_t amended;

/* ---- what is asked ---------------------------------------------------------------------------- */

static void ask(struct churn *c)
{
	struct request *r = &c->request;

	if (one_in(12))
		r->sort.column = rand() % (int)n_columns;
	if (one_in(20))
		r->sort.dir = rand() % 2;
	if (one_in(25))
		r->ended = !r->ended;
	if (one_in(25))
		r->system = !r->system;
	if (one_in(10))
		r->first = rand() % 3 ? 0 : (size_t)rand() % (GOROUTINES + 500);
	if (one_in(10))
		r->follow = rand() % 2;
	if (one_in(10))
		r->count = rand() % 5 ? 50 : (size_t)rand() % 5000;
	if (one_in(6))
		r->selected = rand() % 3 ? anybody(c)->goid : 0;
}

static void compare_pictures(struct churn *c)
{
	static uint64_t goids[2 * GOROUTINES];
	struct model *m = c->w.model;
	const struct order order = m->order;
	const struct key_cache keys = m->keys;
	struct picture p = picture_of(&c->w, c->request), plain;

	amended += order.known && !order.from && order.key.version != m->version &&
		   m->order.keys_opened == order.keys_opened + 1 && keys.known;
	for (size_t i = 0; i < p.n; i++)
		goids[i] = p.rows[i].row->goid;
	m->order.known = m->keys.known = false;
	plain = picture_of(&c->w, c->request);
	assert_int_equal(p.n, plain.n);
	assert_int_equal(p.first, plain.first);
	assert_int_equal(p.matching, plain.matching);
	assert_int_equal(p.selected_at, plain.selected_at);
	for (size_t i = 0; i < plain.n; i++) {
		assert_int_equal(goids[i], plain.rows[i].row->goid);
		if (i)
			assert_true(sort_compare(&c->request.sort, plain.rows[i - 1].row,
						 plain.rows[i].row, &plain.context) < 0);
	}
}

static void churn(struct churn *c)
{
	begin(c, GOROUTINES);
	for (int i = 0; i < PICTURES; i++) {
		ask(c);
		something_happens(c);
		/* Compared, it forgets: what was amended several times is to be right, too. */
		if (one_in(4))
			compare_pictures(c);
		else
			picture_of(&c->w, c->request);
	}
}

static void pictures_are_what_they_would_be_without_memory(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		WORLD(w, watching());
		struct churn c = {.w = w,
				  .request = {.sort = {column_by_name("age", 3), SORT_DESC},
					      .count = 50}};

		srand(seed);
		churn(&c);
	}
	assert_true(amended > SEEDS * PICTURES / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pictures_are_what_they_would_be_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
