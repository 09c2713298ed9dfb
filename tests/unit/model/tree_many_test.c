// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tree of thousands, of which only a window is put in order, and whose nodes are kept from one
 * picture to the next: each window against the whole, made without any memory, and the whole against
 * what is said of who made whom.
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
#include "model/tree.h"

enum { GOROUTINES = 9000, PICTURES = 60, MOST = 4 * GOROUTINES };

/* ---- who made whom ---------------------------------------------------------------------------- */

static uint64_t the_first(uint64_t goid)
{
	return goid > 1 ? 1 : 0;
}

static uint64_t the_one_before(uint64_t goid)
{
	return goid > 3 ? goid - 3 : 0;
}

/* Ten by each, among them some of whom nobody knows. */
static uint64_t one_of_ten(uint64_t goid)
{
	return goid / 10;
}

/* Five thousand by the first, one of whom made a thousand; of the rest each has three. */
static uint64_t very_uneven(uint64_t goid)
{
	if (goid < 15000)
		return goid > 1 ? 1 : 0;
	return goid < 18000 ? 301 : 1 + hash_mix(goid) % 5000 * 3;
}

static uint64_t (*const shapes[])(uint64_t goid) = {NULL, the_first, the_one_before, one_of_ten,
						    very_uneven};

/* ---- the whole -------------------------------------------------------------------------------- */

struct line {
	struct row row;
	struct tree_place place;
};

static struct {
	struct line v[MOST];
	size_t n;
	struct row_context context;
} whole;

static void forget(struct tree *t)
{
	if (!t)
		return;
	t->nodes.n = 0;
	t->shape_known = t->lines_known = false;
}

static void make_whole(struct churn *c)
{
	struct request all = c->request;
	struct picture p;

	all.first = 0;
	all.count = SIZE_MAX;
	all.follow = false;
	forget(c->w.model->tree);
	p = picture_of(&c->w, all);
	assert_int_equal(p.n, p.matching);
	assert_true(p.n <= MOST);
	for (size_t i = 0; i < p.n; i++)
		whole.v[i] = (struct line){*p.rows[i].row, p.rows[i].tree};
	whole.n = p.n;
	whole.context = p.context;
	forget(c->w.model->tree);
}

static bool is_folded(const struct request *r, uint64_t goid)
{
	for (size_t i = 0; i < r->n_folded; i++)
		if (r->folded[i] == goid)
			return true;
	return false;
}

/* The line of whoever made the one of line i; −1: it stands at the top. */
static ssize_t above(size_t i)
{
	uint16_t depth = whole.v[i].place.depth;

	if (!depth)
		return -1;
	while (whole.v[--i].place.depth >= depth)
		;
	return (ssize_t)i;
}

static void check_line(const struct churn *c, size_t i, ssize_t *last_child)
{
	const struct line *l = &whole.v[i];
	ssize_t up = above(i), before = last_child[up + 1];

	last_child[up + 1] = (ssize_t)i;
	if (up >= 0) {
		assert_int_equal(whole.v[up].row.goid, l->row.parent);
		assert_int_equal(whole.v[up].place.depth + 1, l->place.depth);
		assert_false(is_folded(&c->request, whole.v[up].row.goid));
		assert_true(whole.v[up].place.has_children);
	}
	if (before < 0)
		return;
	assert_false(whole.v[before].place.last);
	if ((l->row.flags | whole.v[before].row.flags) & ROW_GONE)
		return;
	assert_true(sort_compare(&c->request.sort, &whole.v[before].row, &l->row, &whole.context) <
		    0);
}

static void check_whole(const struct churn *c)
{
	static ssize_t last_child[MOST + 1];

	for (size_t i = 0; i <= whole.n; i++)
		last_child[i] = -1;
	for (size_t i = 0; i < whole.n; i++)
		check_line(c, i, last_child);
	for (size_t i = 0; i <= whole.n; i++)
		if (last_child[i] >= 0)
			assert_true(whole.v[last_child[i]].place.last);
}

/* ---- a window of it --------------------------------------------------------------------------- */

static ssize_t line_of(uint64_t goid)
{
	for (size_t i = 0; goid && i < whole.n; i++)
		if (whole.v[i].row.goid == goid)
			return (ssize_t)i;
	return -1;
}

static void check_window(const struct churn *c, const struct picture *p, const struct line *window)
{
	size_t first = c->request.first, count = c->request.count, n = whole.n;
	ssize_t at = line_of(c->request.selected);

	assert_int_equal(p->matching, n);
	assert_int_equal(p->selected_at, at);
	if (first > n || n - first < count)
		first = n > count ? n - count : 0;
	if (c->request.follow && at >= 0 && (size_t)at < first)
		first = (size_t)at;
	if (c->request.follow && at >= 0 && (size_t)at >= first + count)
		first = (size_t)at - count + 1;
	assert_int_equal(p->first, first);
	assert_int_equal(p->n, n - first < count ? n - first : count);
	for (size_t i = 0; i < p->n; i++) {
		const struct tree_place *a = &window[i].place, *b = &whole.v[first + i].place;

		assert_int_equal(window[i].row.goid, whole.v[first + i].row.goid);
		assert_int_equal(a->depth, b->depth);
		assert_true(a->rails == b->rails);
		assert_int_equal(a->last, b->last);
		assert_int_equal(a->has_children, b->has_children);
		assert_int_equal(a->folded, b->folded);
		assert_int_equal(a->context, b->context);
		assert_ptr_equal(a->ran, b->ran);
	}
}

/* ---- a search --------------------------------------------------------------------------------- */

static void check_search(const struct search *s, const struct search_answer *found)
{
	ssize_t from = line_of(s->from);
	size_t of = 0, nth = 0, best = SIZE_MAX, n = whole.n;
	size_t step = s->backward ? n - 1 : 1,
	       at = from < 0 ? (s->backward ? n - 1 : 0) : (size_t)from;
	struct filter *word;

	assert_int_equal(search_word(&word, s->word), 0);
	if (from >= 0 && !s->inclusive)
		at = (at + step) % n;
	for (size_t i = 0; i < n && best == SIZE_MAX; i++, at = (at + step) % n)
		if (filter_match(word, &whole.v[at].row, &whole.context))
			best = at;
	for (size_t i = 0; i < n; i++)
		if (filter_match(word, &whole.v[i].row, &whole.context)) {
			of++;
			nth += i <= best;
		}
	filter_free(word);
	assert_int_equal(found->of, of);
	if (!of)
		return;
	assert_int_equal(found->nth, nth);
	assert_int_equal(found->at, best);
	assert_int_equal(found->goid, whole.v[best].row.goid);
}

/* ---- what is asked ---------------------------------------------------------------------------- */

static void fold_somebody(struct churn *c)
{
	struct request *r = &c->request;

	if (r->n_folded == 8)
		r->n_folded = 0;
	r->folded[r->n_folded++] = one_in(3) ? 301 : anybody(c)->goid;
}

static void ask(struct churn *c, struct filter *filter)
{
	struct request *r = &c->request;

	if (one_in(6))
		r->sort.column = rand() % (int)n_columns;
	if (one_in(10))
		r->sort.dir = rand() % 2;
	if (one_in(15))
		r->system = !r->system;
	if (one_in(8))
		r->filter = r->filter ? NULL : filter;
	if (one_in(5))
		fold_somebody(c);
	if (one_in(3))
		r->first = one_in(4) ? 0 : (size_t)rand() % (whole.n + 200);
	if (one_in(5))
		r->follow = !r->follow;
	if (one_in(8))
		r->count = one_in(5) ? (size_t)rand() % 6000 : 50;
	if (one_in(3))
		r->selected = one_in(4) ? 0 : anybody(c)->goid;
}

static struct search any_search(struct churn *c)
{
	static const char *const words[] = {"worker", "main", "no such", "receive", "100"};
	struct search ret = {.serial = 1,
			     .from = one_in(3) ? 0 : anybody(c)->goid,
			     .backward = one_in(2),
			     .inclusive = one_in(2)};

	snprintf(ret.word, sizeof(ret.word), "%s", words[rand() % (int)ARRAY_SIZE(words)]);
	return ret;
}

static void compare_pictures(struct churn *c)
{
	static struct line window[MOST];
	struct request searching = c->request;
	struct search_answer found;
	struct picture p;

	searching.search = any_search(c);
	found = picture_of(&c->w, searching).found;
	p = picture_of(&c->w, c->request);
	for (size_t i = 0; i < p.n; i++)
		window[i] = (struct line){*p.rows[i].row, p.rows[i].tree};
	make_whole(c);
	check_whole(c);
	check_window(c, &p, window);
	check_search(&searching.search, &found);
}

static void churn(struct churn *c)
{
	struct filter *filter;

	assert_int_equal(filter_parse(&filter, "state=waiting start~worker", NULL), 0);
	begin(c, GOROUTINES);
	make_whole(c);
	for (int i = 0; i < PICTURES; i++) {
		ask(c, filter);
		if (!one_in(3))
			something_happens(c);
		/* Compared, it forgets: what was kept several times is to be right, too. */
		if (one_in(3))
			compare_pictures(c);
		else
			picture_of(&c->w, c->request);
	}
	filter_free(filter);
}

static void a_window_is_a_part_of_the_whole(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 2 * ARRAY_SIZE(shapes); seed++) {
		WORLD(w, watching());
		struct churn c = {.w = w,
				  .parent = shapes[seed / 2],
				  .request = {.sort = {column_by_name("age", 3), SORT_DESC},
					      .tree = true,
					      .count = 50}};

		srand(seed + 1);
		churn(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_window_is_a_part_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
