// SPDX-License-Identifier: GPL-2.0-or-later
/* Windows of sorted, filtered rows, against sorting them all; and what is remembered of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"
#include "model/select.h"
#include "model/table.h"

/* n goroutines in all kinds of states and ages, some of which have moved and been scheduled. */
static void populate(struct world *w, size_t n)
{
	struct feed_fact *facts = calloc(n, sizeof(*facts));

	for (size_t i = 0; i < n; i++)
		facts[i] = random_fact(1 + i * 3);
	look_at(w, 2 * S, facts, n, true);
	model_refresh(w->model, 3 * S);
	for (size_t i = 0; i < n; i++) {
		uint64_t time = 3 * S + (uint64_t)(rand() % 50) * 10 * MS;

		if (rand() % 2)
			continue;
		if (rand() % 8 == 0) {
			move(w, time, facts[i].goid, GS_RUNNING, GS_DEAD);
			continue;
		}
		move(w, time, facts[i].goid, facts[i].status, GS_RUNNABLE);
		if (rand() % 2)
			move(w, time + (uint64_t)(rand() % 5) * MS, facts[i].goid, GS_RUNNABLE,
			     GS_RUNNING);
	}
	model_refresh(w->model, 4 * S);
	free(facts);
}

static const struct sort_spec *sorting;
static const struct row_context *sorting_in;

static int by_sort_compare(const void *a, const void *b)
{
	return sort_compare(sorting, a, b, sorting_in);
}

/* All rows that a request means, sorted as slowly and plainly as can be. */
static size_t expected_rows(struct world *w, const struct request *request, struct row *rows)
{
	const struct row_context *ctx;
	struct picture all = picture_of(w, (struct request){.count = SIZE_MAX,
							    .system = true,
							    .ended = request->ended});
	static struct row_context copy;
	size_t n = 0;

	copy = all.context;
	ctx = &copy;
	for (size_t i = 0; i < all.n; i++) {
		const struct row *r = all.rows[i].row;

		if ((request->system || !(r->flags & ROW_SYSTEM)) &&
		    filter_match(request->filter, r, ctx))
			rows[n++] = *r;
	}
	sorting = &request->sort;
	sorting_in = ctx;
	qsort(rows, n, sizeof(*rows), by_sort_compare);
	return n;
}

static void check_window(struct world *w, const struct request *request)
{
	size_t most = place_count(w->model, true);
	struct row *rows = calloc(most + 1, sizeof(*rows));
	size_t n = expected_rows(w, request, rows), first = request->first;
	struct picture p = picture_of(w, *request);
	ssize_t at = -1;

	for (size_t i = 0; i < n; i++)
		if (request->selected && rows[i].goid == request->selected)
			at = (ssize_t)i;
	assert_int_equal(p.matching, n);
	assert_int_equal(p.selected_at, at);
	if (first > n || n - first < request->count)
		first = n > request->count ? n - request->count : 0;
	if (request->follow && at >= 0 && request->count && (size_t)at < first)
		first = (size_t)at;
	if (request->follow && at >= 0 && request->count && (size_t)at >= first + request->count)
		first = (size_t)at - request->count + 1;
	assert_int_equal(p.first, first);
	assert_int_equal(p.n, n - first < request->count ? n - first : request->count);
	for (size_t i = 0; i < p.n; i++)
		assert_int_equal(p.rows[i].row->goid, rows[first + i].goid);
	free(rows);
}

static void windows_are_what_sorting_everything_would_show(void **state)
{
	static const char *const filters[] = {
		"", "state=waiting", "age>1s !reason:select", "pool|goid<50", "goid=4", "goid=2"};
	static const size_t sizes[] = {0, 1, 7, 50, 5000, SIZE_MAX};
	WORLD(w, watching());
	size_t n = 1500;

	(void)state;
	srand(6);
	populate(&w, n);
	for (int i = 0; i < 400; i++) {
		struct filter *f;
		struct request request = {
			.sort = {.column = rand() % (int)n_columns, .dir = rand() % 2},
			.system = rand() % 2,
			.ended = rand() % 2,
			.first = rand() % 3 ? (size_t)rand() % (n + 100) : 0,
			.count = sizes[rand() % (int)ARRAY_SIZE(sizes)],
			.selected = rand() % 2 ? 1 + (uint64_t)(rand() % (int)(n + 10)) * 3 : 0,
			.follow = rand() % 2,
		};

		assert_int_equal(filter_parse(&f, filters[rand() % (int)ARRAY_SIZE(filters)], NULL),
				 0);
		request.filter = f;
		check_window(&w, &request);
		filter_free(f);
	}
}

/* More rows than are kept in a pass: the window is split off. */
static void windows_far_down_a_long_list_are_right_too(void **state)
{
	WORLD(w, watching());
	size_t n = 30000;

	(void)state;
	srand(7);
	populate(&w, n);
	for (int i = 0; i < 12; i++) {
		struct request request = {
			.sort = {.column = rand() % (int)n_columns, .dir = rand() % 2},
			.system = true,
			.first = (size_t)rand() % n,
			.count = 60,
			.selected = 1 + (uint64_t)(rand() % (int)n) * 3,
			.follow = i % 3 == 0,
		};

		check_window(&w, &request);
	}
}

/* One small thing of all that can be told. */
static void tell_something(struct world *w, uint64_t now)
{
	struct feed_fact facts[60];
	struct feed_account account = {.goid = 1 + (uint64_t)(rand() % 70),
				       .first = now - MS,
				       .since = now,
				       .last = now,
				       .transitions = 3,
				       .raw = GS_RUNNING,
				       .folded = GS_RUNNING};
	size_t n = 0;

	switch (rand() % 8) {
	case 0:
		for (uint64_t goid = 1; goid <= 60; goid++)
			if (rand() % 8)
				facts[n++] = random_fact(goid);
		look_at(w, now, facts, n, rand() % 2);
		break;
	case 1:
		model_refresh(w->model, now);
		break;
	case 2:
		w->sink.gap(w->sink.ctx, now - MS, rand() % 2 ? now : 0);
		break;
	case 3:
		account.g = g_of(account.goid);
		w->sink.account(w->sink.ctx, &account);
		break;
	case 4:
		w->sink.loss(w->sink.ctx, LOSS_RING, 1, now);
		break;
	case 5:
		w->sink.now(w->sink.ctx, now);
		break;
	default:
		move(w, now, 1 + (uint64_t)(rand() % 70), (uint8_t)(rand() % 12),
		     (uint8_t)(rand() % 12));
	}
}

static void assert_same(const struct picture *a, const uint64_t *goids, size_t n)
{
	assert_int_equal(a->n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(a->rows[i].row->goid, goids[i]);
}

/* What is remembered of the last picture must be forgotten when anything in it may have changed. */
static void a_remembered_order_is_never_an_old_one(void **state)
{
	static const char *const filters[] = {"", "state=waiting|pool", "!reason:select",
					      "age>10ms"};
	uint64_t now = 2 * S, remembered = 0;
	struct request request = {0};
	struct filter *f = NULL;
	WORLD(w, watching());

	(void)state;
	srand(9);
	for (int i = 0; i < 30000; i++, now += 3 * MS) {
		uint64_t goids[200];
		struct picture p;
		size_t n = 0;

		if (i % 300 == 0) {
			filter_free(f);
			assert_int_equal(filter_parse(&f, filters[rand() % 4], NULL), 0);
			request = (struct request){
				.sort = {rand() % (int)n_columns, rand() % 2},
				.filter = f,
				.system = rand() % 2,
				.ended = rand() % 2,
				.first = (size_t)(rand() % 20),
				.count = (size_t)(rand() % 30),
				.selected = (uint64_t)(rand() % 70),
				.follow = rand() % 2,
			};
		}
		if (rand() % 3)
			tell_something(&w, now);
		remembered +=
			w.model->order.known && w.model->order.key.version == w.model->version;
		p = picture_of(&w, request);
		for (; n < p.n; n++)
			goids[n] = p.rows[n].row->goid;
		w.model->order.known = w.model->keys.known = false;
		{
			struct picture fresh = picture_of(&w, request);

			assert_same(&fresh, goids, n);
			assert_int_equal(fresh.first, p.first);
			assert_int_equal(fresh.matching, p.matching);
			assert_int_equal(fresh.selected_at, p.selected_at);
		}
	}
	assert_true(remembered > 5000);
	filter_free(f);
}

static bool is_remembered(const struct world *w, size_t place)
{
	vec_foreach (one, &w->model->order.rows)
		if (one->at == place)
			return true;
	return false;
}

/* One that was behind all that is remembered gets a key that would put it first. */
static uint64_t forge_a_key(struct world *w)
{
	size_t place = 0;

	while (is_remembered(w, place) || w->model->keys.keys.v[place] <= KEY_HIDDEN)
		place++;
	w->model->keys.keys.v[place] = KEY_HIDDEN + 1;
	return w->model->live.v[place].goid;
}

static bool is_first(struct world *w, const struct request *request, uint64_t goid)
{
	struct picture p = picture_of(w, *request);

	return p.rows[0].row->goid == goid;
}

/* Which can only be seen from outside where the others are not what they were. */
static void only_who_has_changed_is_put_in_order_anew(void **state)
{
	const struct request request = {.sort = {column_by_name("age", 3), SORT_DESC},
					.system = true,
					.count = 50};
	const struct entry *mover;
	uint64_t forged, goid;
	WORLD(w, watching());

	(void)state;
	srand(8);
	populate(&w, 5000);
	picture_of(&w, request);
	forged = forge_a_key(&w);
	mover = &w.model->live.v[w.model->order.rows.v[0].at];
	goid = mover->goid;
	move(&w, 5 * S, goid, mover->raw, GS_RUNNABLE);
	assert_false(is_first(&w, &request, goid));
	assert_false(is_first(&w, &request, forged));
	w.model->order.known = false;
	assert_true(is_first(&w, &request, forged));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_what_sorting_everything_would_show),
		cmocka_unit_test(windows_far_down_a_long_list_are_right_too),
		cmocka_unit_test(a_remembered_order_is_never_an_old_one),
		cmocka_unit_test(only_who_has_changed_is_put_in_order_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
