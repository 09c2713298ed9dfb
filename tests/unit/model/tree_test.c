// SPDX-License-Identifier: GPL-2.0-or-later
/* The tree of goroutines, drawn as text: a depth is two spaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"
#include "harness.h"
#include "model/tree.h"

static struct request tree_by(const char *sort)
{
	struct request request = {.count = SIZE_MAX, .tree = true};

	assert_int_equal(sort_parse(sort, &request.sort, NULL), 0);
	return request;
}

static const char *draw(struct world *w, struct request request)
{
	static char text[2000];
	struct picture p = picture_of(w, request);
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < p.n; i++) {
		const struct picture_row *r = &p.rows[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%*s%llu%s%s%s\n",
				      2 * r->tree.depth, "", (unsigned long long)r->row->goid,
				      r->row->flags & ROW_GONE ? " ended" : "",
				      r->tree.context ? " (above)" : "",
				      r->tree.folded ? " +" : "");
	}
	return text;
}

static struct feed_fact made_by(uint64_t goid, uint64_t parent)
{
	struct feed_fact f = fact(goid, GS_WAITING);

	f.parent = parent;
	return f;
}

static void goroutines_stand_under_those_that_made_them(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(5, 1), made_by(7, 5), made_by(6, 1), made_by(9, 0));
	assert_string_equal(draw(&w, tree_by("goid")), "1\n  5\n    7\n  6\n9\n");
	assert_string_equal(draw(&w, tree_by("goid:desc")), "9\n1\n  6\n  5\n    7\n");
}

static void siblings_stand_in_the_order_asked_for(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 1), made_by(3, 1), made_by(4, 3));
	move(&w, 3 * S, 2, GS_WAITING, GS_RUNNABLE);
	assert_string_equal(draw(&w, tree_by("age")), "1\n  3\n    4\n  2\n");
	assert_string_equal(draw(&w, tree_by("age:asc")), "1\n  2\n  3\n    4\n");
}

static void the_runtimes_own_stand_among_their_siblings(void **state)
{
	struct feed_fact own = made_by(2, 0);
	WORLD(w, watching());

	(void)state;
	own.startpc = PC_FORCEGC;
	LOOK(&w, 2 * S, made_by(1, 0), own, made_by(7, 2), made_by(9, 0));
	assert_string_equal(draw(&w, tree_by("goid")), "1\n2 (above)\n  7\n9\n");
	assert_string_equal(draw(&w, tree_by("goid:desc")), "9\n2 (above)\n  7\n1\n");
}

static void rails_say_where_a_line_goes_on(void **state)
{
	struct picture p;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 1), made_by(3, 2), made_by(4, 1), made_by(5, 4));
	p = picture_of(&w, tree_by("goid"));
	assert_int_equal(p.n, 5);
	assert_false(p.rows[1].tree.last);
	assert_int_equal(p.rows[2].tree.rails & 1, 1);
	assert_true(p.rows[2].tree.last);
	assert_true(p.rows[3].tree.last);
	assert_int_equal(p.rows[4].tree.rails & 1, 0);
}

static void who_has_ended_keeps_the_name(void **state)
{
	struct picture p;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 1), made_by(3, 2));
	move(&w, 3 * S, 2, GS_RUNNING, GS_DEAD);
	assert_string_equal(draw(&w, tree_by("goid")), "1\n  2 ended (above)\n    3\n");
	p = picture_of(&w, tree_by("goid"));
	assert_string_equal(p.rows[1].row->start->function, "example.com/app/pool.(*worker).run");
	assert_null(p.rows[1].tree.ran);
	/* Whom nobody descends from is gone. */
	move(&w, 4 * S, 3, GS_RUNNING, GS_DEAD);
	assert_string_equal(draw(&w, tree_by("goid")), "1\n");
}

static void of_who_ended_before_we_came_a_descendant_tells(void **state)
{
	struct picture p;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(8, 4), made_by(9, 4));
	p = picture_of(&w, tree_by("goid"));
	assert_string_equal(draw(&w, tree_by("goid")), "1\n4 ended (above)\n  8\n  9\n");
	assert_null(p.rows[1].row->start->function);
	assert_string_equal(p.rows[1].tree.ran->function, "example.com/app/pool.New");
}

/* The first one is there always; n more, each made by the one before it if they are a chain. */
static void look_at_many(struct world *w, uint64_t t0, struct feed_fact first, uint64_t goid,
			 size_t n, bool chain)
{
	struct feed_fact *facts = calloc(n + 1, sizeof(*facts));

	assert_non_null(facts);
	facts[0] = first;
	for (size_t i = 0; i < n; i++)
		facts[1 + i] = made_by(goid + i, chain && i ? goid + i - 1 : 0);
	look_at(w, t0, facts, n + 1, true);
	free(facts);
}

static void formers_are_not_gone_through_for_every_one_that_ends(void **state)
{
	enum { CHAIN = FORMERS_KEPT / 2 + 100, SOME = FORMERS_KEPT / 8 };
	struct feed_fact last = made_by(1000000, CHAIN + 9);
	WORLD(w, watching());

	(void)state;
	look_at_many(&w, 2 * S, last, 10, CHAIN, true);
	LOOK(&w, 3 * S, last);
	model_refresh(w.model, 3 * S + LATER);
	assert_int_equal(w.model->tree->formers.n, CHAIN);
	/* One that nobody descends from. */
	LOOK(&w, 4 * S, last, made_by(2000000, 0));
	LOOK(&w, 5 * S, last);
	model_refresh(w.model, 5 * S + LATER);
	assert_int_equal(w.model->tree->formers.n, CHAIN + 1);
	look_at_many(&w, 6 * S, last, 3000000, SOME, false);
	LOOK(&w, 7 * S, last);
	assert_int_equal(w.model->tree->formers.n, CHAIN + 1 + SOME);
	model_refresh(w.model, 7 * S + LATER);
	assert_int_equal(w.model->tree->formers.n, CHAIN);
}

static void a_filter_leaves_who_matches_and_those_above(void **state)
{
	struct request request = tree_by("goid");
	struct filter *f;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 1), made_by(3, 2), made_by(4, 1));
	assert_int_equal(filter_parse(&f, "goid=3", NULL), 0);
	request.filter = f;
	assert_string_equal(draw(&w, request), "1 (above)\n  2 (above)\n    3\n");
	filter_free(f);
}

static void a_filter_is_asked_again_when_somebody_has_changed(void **state)
{
	struct request request = tree_by("goid");
	struct filter *f;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 1), made_by(3, 1));
	assert_int_equal(filter_parse(&f, "state=waiting", NULL), 0);
	request.filter = f;
	assert_string_equal(draw(&w, request), "1\n  2\n  3\n");
	move(&w, 3 * S, 2, GS_WAITING, GS_RUNNABLE);
	assert_string_equal(draw(&w, request), "1\n  3\n");
	request.filter = NULL;
	assert_string_equal(draw(&w, request), "1\n  2\n  3\n");
	filter_free(f);
}

static void a_fold_hides_what_is_below(void **state)
{
	struct request request = tree_by("goid");
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 1), made_by(3, 2), made_by(4, 1));
	request.folded[0] = 2;
	request.folded[1] = 4;
	request.n_folded = 2;
	assert_string_equal(draw(&w, request), "1\n  2 +\n  4\n");
	assert_int_equal(picture_of(&w, request).matching, 3);
}

static void who_descends_from_himself_is_shown_once(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 1), made_by(2, 3), made_by(3, 2), made_by(4, 3));
	assert_string_equal(draw(&w, tree_by("goid")), "1\n3\n  2\n  4\n");
}

static void a_window_follows_the_selected_one(void **state)
{
	struct request request = tree_by("goid");
	struct picture p;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 0), made_by(3, 1), made_by(4, 1));
	request.count = 2;
	request.selected = 2;
	request.follow = true;
	p = picture_of(&w, request);
	assert_int_equal(p.selected_at, 3);
	assert_int_equal(p.first, 2);
	assert_int_equal(p.rows[1].row->goid, 2);
	assert_int_equal(p.selected->row->goid, 2);
}

static void a_search_goes_down_the_tree(void **state)
{
	struct request request = tree_by("goid");
	struct picture p;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 0), made_by(3, 1), made_by(4, 1));
	request.search = (struct search){.serial = 1, .word = "worker", .from = 1};
	p = picture_of(&w, request);
	assert_int_equal(p.found.goid, 3);
	assert_int_equal(p.found.at, 1);
	assert_int_equal(p.found.of, 3);
	request.search.from = 2;
	request.search.serial = 2;
	assert_int_equal(picture_of(&w, request).found.goid, 3);
	request.search.from = 3;
	request.search.backward = true;
	assert_int_equal(picture_of(&w, request).found.goid, 2);
}

static void what_has_not_changed_is_not_made_again(void **state)
{
	struct request request = tree_by("goid");
	struct picture p;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, made_by(1, 0), made_by(2, 0), made_by(3, 1), made_by(4, 1));
	assert_string_equal(draw(&w, request), "1\n  3\n  4\n2\n");
	w.model->tree->lines.v[0].place.folded = true;
	request.selected = 4;
	assert_string_equal(draw(&w, request), "1 +\n  3\n  4\n2\n");
	p = picture_of(&w, request);
	assert_int_equal(p.selected_at, 2);
	assert_int_equal(p.selected->row->goid, 4);
	/* Another order, another fold, another event: each makes it anew. */
	assert_string_equal(draw(&w, tree_by("goid:desc")), "2\n1\n  4\n  3\n");
	w.model->tree->lines.v[1].place.folded = true;
	request = tree_by("goid:desc");
	request.folded[request.n_folded++] = 2;
	assert_string_equal(draw(&w, request), "2\n1\n  4\n  3\n");
	w.model->tree->lines.v[1].place.folded = true;
	move(&w, 3 * S, 3, GS_WAITING, GS_RUNNABLE);
	assert_string_equal(draw(&w, request), "2\n1\n  4\n  3\n");
}

/* Whatever came before: as it would be drawn for the first time. */
static void check_anew(struct world *w, struct request request)
{
	char text[2000];

	snprintf(text, sizeof(text), "%s", draw(w, request));
	w->model->tree->nodes.n = 0, w->model->tree->shape_known = false;
	assert_string_equal(text, draw(w, request));
}

/* Everybody once, each under a line of less depth, whatever is said of who made whom. */
static void check(const struct picture *p, size_t living)
{
	struct hash seen = {0};
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct picture_row *r = &p->rows[i];

		assert_int_equal(hash_get(&seen, r->row->goid), HASH_NONE);
		assert_true(hash_put(&seen, r->row->goid, 1));
		n += !(r->row->flags & ROW_GONE);
		assert_true(r->tree.depth <= (i ? p->rows[i - 1].tree.depth + 1 : 0));
	}
	assert_int_equal(n, living);
	hash_free(&seen);
}

static void whatever_is_said_everybody_stands_in_it_once(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 50; seed++) {
		WORLD(w, watching());

		srand(seed);
		for (uint64_t round = 0; round < 20; round++) {
			struct feed_fact facts[40];
			size_t n = 0;
			struct picture p;
			size_t living;

			for (uint64_t i = 0; i < ARRAY_SIZE(facts); i++)
				if (rand() % 4)
					facts[n++] = made_by(1 + i, (uint64_t)(rand() % 60));
			if (round % 3)
				draw(&w, tree_by("age"));
			look_at(&w, (2 + round) * S, facts, n, true);
			check_anew(&w, tree_by("age"));
			model_refresh(w.model, (2 + round) * S + LATER);
			living = header(&w).summary.goroutines;
			p = picture_of(&w, tree_by(round % 2 ? "age" : "goid"));
			check(&p, living);
			check_anew(&w, tree_by(round % 2 ? "age" : "goid"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goroutines_stand_under_those_that_made_them),
		cmocka_unit_test(siblings_stand_in_the_order_asked_for),
		cmocka_unit_test(the_runtimes_own_stand_among_their_siblings),
		cmocka_unit_test(rails_say_where_a_line_goes_on),
		cmocka_unit_test(who_has_ended_keeps_the_name),
		cmocka_unit_test(of_who_ended_before_we_came_a_descendant_tells),
		cmocka_unit_test(formers_are_not_gone_through_for_every_one_that_ends),
		cmocka_unit_test(a_filter_leaves_who_matches_and_those_above),
		cmocka_unit_test(a_filter_is_asked_again_when_somebody_has_changed),
		cmocka_unit_test(a_fold_hides_what_is_below),
		cmocka_unit_test(who_descends_from_himself_is_shown_once),
		cmocka_unit_test(a_window_follows_the_selected_one),
		cmocka_unit_test(a_search_goes_down_the_tree),
		cmocka_unit_test(what_has_not_changed_is_not_made_again),
		cmocka_unit_test(whatever_is_said_everybody_stands_in_it_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
