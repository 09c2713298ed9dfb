// SPDX-License-Identifier: GPL-2.0-or-later
/* Which labels a row shows: as long as nobody can have freed the set behind its pointer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/hash.h"
#include "harness.h"

enum { SET = 0xc000100000, OTHER = 0xc000200000 };

static struct feed_fact labelled(uint64_t goid, uint64_t labels)
{
	struct feed_fact f = fact(goid, GS_WAITING);

	f.labels = labels;
	return f;
}

static void tell_labels(struct world *w, uint64_t labels, const char *key, const char *value)
{
	const struct label one = {key, value};
	const struct feed_labels feed = {labels, true, &one, 1};

	w->sink.labels(w->sink.ctx, &feed, 1);
}

/* The pointer that is wanted, if it is one and no more; 0: none is. */
static uint64_t wanted(struct world *w)
{
	struct label_want want = {0};
	size_t n = model_wants_labels(w->model, &want, 1);

	assert_true(n <= 1);
	return n ? want.labels : 0;
}

static const char *value_of(struct world *w, uint64_t goid, const char *key)
{
	return label_value(row_of(w, goid).label_set, key);
}

static void a_set_is_read_once_for_all_who_share_it(void **state)
{
	WORLD(w, watching());
	struct label_want want;

	(void)state;
	LOOK(&w, 2 * S, labelled(1, 0), labelled(2, SET), labelled(3, SET));
	assert_int_equal(model_wants_labels(w.model, &want, 1), 1);
	assert_int_equal(want.labels, SET);
	assert_true(want.g == g_of(2) || want.g == g_of(3));
	assert_null(row_of(&w, 2).label_set);
	tell_labels(&w, SET, "job", "one");
	assert_int_equal(wanted(&w), 0);
	assert_string_equal(value_of(&w, 2, "job"), "one");
	assert_ptr_equal(row_of(&w, 2).label_set, row_of(&w, 3).label_set);
	assert_null(row_of(&w, 1).label_set);
	LOOK(&w, 3 * S, labelled(1, 0), labelled(2, SET), labelled(3, SET), labelled(4, SET));
	assert_int_equal(wanted(&w), 0);
	assert_string_equal(value_of(&w, 4, "job"), "one");
}

static void a_pointer_that_everybody_dropped_is_read_anew(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, labelled(1, SET));
	assert_int_equal(wanted(&w), SET);
	tell_labels(&w, SET, "job", "one");
	/* 1 is gone; 2, which nobody had seen, has something at the same place. */
	LOOK(&w, 3 * S, labelled(2, SET));
	assert_int_equal(wanted(&w), SET);
	assert_null(row_of(&w, 2).label_set);
	tell_labels(&w, SET, "job", "two");
	assert_string_equal(value_of(&w, 2, "job"), "two");
}

static void who_keeps_a_set_keeps_it_for_those_who_come(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, labelled(1, SET));
	assert_int_equal(wanted(&w), SET);
	tell_labels(&w, SET, "job", "one");
	LOOK(&w, 3 * S, labelled(1, SET), labelled(2, SET));
	assert_int_equal(wanted(&w), 0);
	LOOK(&w, 4 * S, labelled(2, SET), labelled(3, SET));
	assert_int_equal(wanted(&w), 0);
	assert_string_equal(value_of(&w, 3, "job"), "one");
}

static void other_labels_are_other_labels(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, labelled(1, SET));
	assert_int_equal(wanted(&w), SET);
	tell_labels(&w, SET, "job", "one");
	LOOK(&w, 3 * S, labelled(1, OTHER));
	assert_int_equal(wanted(&w), OTHER);
	assert_null(row_of(&w, 1).label_set);
	LOOK(&w, 4 * S, labelled(1, 0));
	assert_int_equal(wanted(&w), 0);
	/* What comes too late is for nobody. */
	tell_labels(&w, OTHER, "job", "late");
	assert_null(row_of(&w, 1).label_set);
}

static void what_cannot_be_read_is_not_asked_for_again(void **state)
{
	WORLD(w, watching());
	const struct feed_labels feed = {SET, false, NULL, 0};

	(void)state;
	LOOK(&w, 2 * S, labelled(1, SET));
	assert_int_equal(wanted(&w), SET);
	w.sink.labels(w.sink.ctx, &feed, 1);
	assert_int_equal(wanted(&w), 0);
	assert_null(row_of(&w, 1).label_set);
	LOOK(&w, 3 * S, labelled(1, SET));
	assert_int_equal(wanted(&w), 0);
	LOOK(&w, 4 * S, labelled(2, SET));
	assert_int_equal(wanted(&w), SET);
}

static void texts_are_cleaned(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, labelled(1, SET));
	assert_int_equal(wanted(&w), SET);
	tell_labels(&w, SET, "k\033", "a\x9b\nb\xff");
	assert_string_equal(row_of(&w, 1).label_set->v[0].key, "k\ufffd");
	assert_string_equal(row_of(&w, 1).label_set->v[0].value, "a\ufffd\ufffdb\ufffd");
	assert_string_equal(row_of(&w, 1).label_set->all, "k\ufffd=a\ufffd\ufffdb\ufffd");
}

static void a_set_outlives_the_model_for_who_holds_it(void **state)
{
	struct world w = world_new(watching());
	struct label_set *held;

	(void)state;
	LOOK(&w, 2 * S, labelled(1, SET));
	assert_int_equal(wanted(&w), SET);
	tell_labels(&w, SET, "job", "one");
	held = label_set_ref(row_of(&w, 1).label_set);
	world_free(&w);
	assert_string_equal(label_value(held, "job"), "one");
	label_set_unref(held);
	label_set_unref(NULL);
	assert_null(label_set_ref(NULL));
}

static bool matches(const char *text, const struct row *r)
{
	const struct row_context ctx = {.now = 1 * S};
	struct filter *f;
	struct err err;
	bool yes;

	assert_int_equal(filter_parse(&f, text, &err), 0);
	yes = filter_match(f, r, &ctx);
	filter_free(f);
	return yes;
}

/* One that has labels, one that has none, one of which nobody knows. */
static void filters_test_them_by_key(void **state)
{
	static const struct {
		const char *text;
		bool has, none, unknown;
	} table[] = {
		{"label:tenant=acme", true, false, false},
		{"!label:tenant=acme", false, true, false},
		{"label:tenant=ACME", false, false, false},
		{"label:tenant=acm", false, false, false},
		{"!label:tenant=other", true, true, false},
		{"label:none=x", false, false, false},
		{"!label:none=x", true, true, false},
		{"label:\"a key\"=\"a value\"", true, false, false},
		{"label:k=v|goid=1", true, true, true},
		{"acme", true, false, false},
		{"labels:tenant=acme", true, false, false},
	};
	const struct label labels[] = {{"a key", "a value"}, {"tenant", "acme"}};
	struct row has = {.goid = 1, .labels = SET, .label_set = label_set_new(labels, 2)}, none,
		   unknown;

	(void)state;
	assert_non_null(has.label_set);
	has.start = has.created = has.where = &name_unknown;
	has.flags = ROW_KNOWS_MEMORY;
	none = unknown = has;
	none.label_set = unknown.label_set = NULL;
	none.labels = 0;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(matches(table[i].text, &has), table[i].has);
		assert_int_equal(matches(table[i].text, &none), table[i].none);
		assert_int_equal(matches(table[i].text, &unknown), table[i].unknown);
	}
	label_set_unref(has.label_set);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Of n goroutines each third has no labels, and `sets` sets are shared by the others. */
static void check_order(size_t n, size_t sets)
{
	struct feed_fact *facts = calloc(n, sizeof(*facts));
	char **texts = calloc(n, sizeof(*texts));
	size_t labelled_ones = 0;
	struct label_want want;
	struct picture p;
	WORLD(w, watching());

	for (size_t i = 0; i < n; i++) {
		uint64_t set = SET + i % sets * 16;

		facts[i] = labelled(1 + i, i % 3 ? set : 0);
		if (i % 3 && asprintf(&texts[labelled_ones++], "job=%llu",
				      (unsigned long long)hash_mix(set) % 100000) < 0)
			abort();
	}
	look_at(&w, 2 * S, facts, n, true);
	model_wants_labels(w.model, &want, 1);
	for (size_t i = 0; i < sets; i++) {
		char value[20];

		snprintf(value, sizeof(value), "%llu",
			 (unsigned long long)hash_mix(SET + i * 16) % 100000);
		tell_labels(&w, SET + i * 16, "job", value);
	}
	qsort(texts, labelled_ones, sizeof(*texts), by_text);
	p = picture_of(&w, (struct request){.sort = {.column = column_by_name("labels", 6)},
					    .system = true,
					    .count = SIZE_MAX});
	assert_int_equal(p.n, n);
	for (size_t i = 0; i < n; i++) {
		const struct label_set *s = p.rows[i].row->label_set;

		if (i >= labelled_ones)
			assert_null(s);
		else
			assert_string_equal(s->all, texts[i]);
		free(texts[i]);
	}
	free(texts);
	free(facts);
}

/* Few sets are put in order first; where each goroutine has its own the rows themselves are. */
static void rows_stand_in_the_order_of_their_labels(void **state)
{
	(void)state;
	check_order(300, 7);
	check_order(9000, 9000);
}

/* Of two sets the first is dropped, and a third comes: the second takes the rank of the first. */
static void a_set_that_moves_up_leaves_its_rank(void **state)
{
	const uint64_t a = SET, b = SET + 16, c = SET + 32;
	const struct request request = {.sort = {column_by_name("labels", 6), SORT_DESC},
					.count = 50};
	struct label_want want;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, labelled(1, a), labelled(2, b));
	model_wants_labels(w.model, &want, 1);
	tell_labels(&w, a, "job", "1");
	tell_labels(&w, b, "job", "2");
	assert_int_equal(picture_of(&w, request).rows[0].row->goid, 2);
	LOOK(&w, 3 * S, labelled(2, b), labelled(3, c));
	assert_int_equal(wanted(&w), c);
	tell_labels(&w, c, "job", "3");
	assert_int_equal(picture_of(&w, request).rows[0].row->goid, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_is_read_once_for_all_who_share_it),
		cmocka_unit_test(a_pointer_that_everybody_dropped_is_read_anew),
		cmocka_unit_test(who_keeps_a_set_keeps_it_for_those_who_come),
		cmocka_unit_test(other_labels_are_other_labels),
		cmocka_unit_test(what_cannot_be_read_is_not_asked_for_again),
		cmocka_unit_test(texts_are_cleaned),
		cmocka_unit_test(a_set_outlives_the_model_for_who_holds_it),
		cmocka_unit_test(filters_test_them_by_key),
		cmocka_unit_test(rows_stand_in_the_order_of_their_labels),
		cmocka_unit_test(a_set_that_moves_up_leaves_its_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
