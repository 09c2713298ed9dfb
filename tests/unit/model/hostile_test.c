// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whatever a feed says (a recording may say anything, a target's memory too), the model stays whole:
 * no crash, no row twice, no goid 0, sums that are sums.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"
#include "harness.h"
#include "model/select.h"
#include "model/sort_key.h"
#include "model/table.h"

static uint64_t random_64(void)
{
	return (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
}

/* Mostly about now; at times nonsense. */
static uint64_t random_time(uint64_t now)
{
	switch (rand() % 20) {
	case 0:
		return 0;
	case 1:
		return random_64() >> 1;
	default:
		return now + (uint64_t)(rand() % 2000) * MS - 1 * S;
	}
}

static uint64_t random_goid(void)
{
	return rand() % 50 ? (uint64_t)(rand() % 30) : random_64();
}

/* Few g for many goids, so that they are often fought for. */
static uint64_t random_g(void)
{
	return rand() % 50 ? (uint64_t)(rand() % 20) * 0x200 : random_64();
}

static void random_transition(struct world *w, uint64_t now)
{
	tell(w, (struct feed_transition){
			.time = random_time(now),
			.goid = random_goid(),
			.g = random_g(),
			.waker = random_goid(),
			.tid = (uint32_t)random_64(),
			.sequence = rand() % 2 ? (uint32_t)(rand() % 20) : (uint32_t)random_64(),
			.old_state = (uint8_t)(rand() % 14),
			.new_state = (uint8_t)(rand() % 14),
			.reason = (uint8_t)rand(),
			.flags = (uint8_t)(rand() % 3 ? 0 : rand()),
		});
}

static void random_look(struct world *w, uint64_t now)
{
	struct feed_fact facts[40];
	struct feed_look look = {.t0 = random_time(now),
				 .t1 = random_time(now),
				 .complete = rand() % 2,
				 .unreadable = (size_t)(rand() % 2),
				 .facts = facts,
				 .n = (size_t)(rand() % 40)};

	for (size_t i = 0; i < look.n; i++)
		facts[i] = (struct feed_fact){
			.goid = random_goid(),
			.g = random_g(),
			.startpc = rand() % 2 ? PC_FORCEGC : random_64(),
			.gopc = random_64(),
			.parent = random_64(),
			.labels = random_64(),
			.tid = (uint32_t)random_64(),
			.processor = (int32_t)random_64(),
			.status = (uint8_t)(rand() % 14),
			.reason = (uint8_t)rand(),
			.tracking_seq = (uint8_t)rand(),
			.flap = rand() % 2,
			.extra_m = rand() % 8 == 0,
		};
	w->sink.look(w->sink.ctx, &look);
}

static void random_account(struct world *w, uint64_t now)
{
	const struct feed_account a = {
		.goid = random_goid(),
		.g = random_g(),
		.first = random_time(now),
		.since = random_time(now),
		.last = random_time(now),
		.running = random_64() >> 20,
		.waiting = random_64() >> 20,
		.unknown = random_64() >> 20,
		.max_latency = random_64(),
		.waker = random_goid(),
		.transitions = (uint32_t)(rand() % 20),
		.switches = (uint32_t)random_64(),
		.raw = (uint8_t)(rand() % 14),
		.folded = (uint8_t)(rand() % 14),
		.reason = (uint8_t)rand(),
		.flags = (uint8_t)rand(),
	};

	w->sink.account(w->sink.ctx, &a);
}

static void say_something(struct world *w, uint64_t now)
{
	switch (rand() % 12) {
	case 0:
		random_look(w, now);
		break;
	case 1:
		random_account(w, now);
		break;
	case 2:
		w->sink.gap(w->sink.ctx, random_time(now), rand() % 2 ? random_time(now) : 0);
		break;
	case 3:
		w->sink.loss(w->sink.ctx, (enum feed_loss)(rand() % LOSS_COUNT), random_64(),
			     random_time(now));
		break;
	case 4:
		model_refresh(w->model, random_time(now));
		break;
	default:
		random_transition(w, now);
	}
}

/* Of an order by texts the keys are ranks among those that there are: equal for equal texts. */
static void check_ranks(const struct model *m, const struct row_context *context, size_t a,
			size_t b)
{
	uint64_t key_a = m->keys.keys.v[a], key_b = m->keys.keys.v[b];
	struct row row_a, row_b;
	int order;

	place_row(m, a, &row_a);
	place_row(m, b, &row_b);
	order = sort_compare(&m->keys.sort, &row_a, &row_b, context);
	if (key_a == key_b)
		assert_int_equal(order < 0, row_a.goid < row_b.goid);
	else
		assert_int_equal(order < 0, key_a < key_b);
}

/* Of what has been said since the last picture, whatever changes a key must have told so. */
static void check_kept_keys(const struct model *m, const struct request *request)
{
	struct row_context context = {.now = m->keys.now,
				      .interval = m->interval,
				      .syscall_times = m->options.syscall_times};
	/* What is told of labels changes the ranks of all at once, in the next picture. */
	bool labels = !strcmp(columns[m->keys.sort.column].name, "labels");
	size_t before = SIZE_MAX;
	struct row row;

	if (!m->keys.known || labels)
		return;
	assert_int_equal(m->keys.keys.n, m->live.n);
	for (size_t i = 0; i < m->live.n; i++) {
		uint64_t key = m->keys.keys.v[i];

		if (key == KEY_STALE)
			continue;
		assert_int_equal(place_is_meant(m, request, i), key != KEY_HIDDEN);
		if (key == KEY_HIDDEN)
			continue;
		place_row(m, i, &row);
		if (!m->keys.texts)
			assert_int_equal(key, sort_key(&m->keys.sort, &row, &context));
		else if (before != SIZE_MAX)
			check_ranks(m, &context, before, i);
		before = i;
	}
}

static void check_whole(struct world *w)
{
	struct request before = {.system = w->model->keys.system};
	struct request request = {.count = SIZE_MAX, .system = true, .ended = true};
	struct hash seen = {0};
	uint64_t goids[64], living = 0;
	struct picture p;

	check_kept_keys(w->model, &before);
	/* The same order for a while: only then keys are kept. */
	request.sort.column =
		w->model->live.n % 3 ? w->model->keys.sort.column : rand() % (int)n_columns;
	p = picture_of(w, request);

	for (size_t i = 0; i < p.n; i++) {
		const struct row *r = p.rows[i].row;
		struct cell cell;

		assert_true(r->goid);
		assert_int_equal(hash_get(&seen, r->goid), HASH_NONE);
		assert_true(hash_put(&seen, r->goid, 1));
		assert_true(state_is_alive(r->raw));
		/* Where only looks are to be had, times are unknown. */
		if (r->flags & ROW_KNOWS_COUNTS)
			assert_int_equal(row_times_sum(&r->times), r->counted - r->first);
		for (size_t c = 0; c < n_columns; c++)
			column_format(&columns[c], &cell, r, &p.context);
		living += !(r->flags & ROW_ENDED);
	}
	assert_int_equal(p.summary.goroutines, living);
	assert_int_equal(w->model->live.n, living);
	model_wants(w->model, goids, ARRAY_SIZE(goids));
	model_wants_accounts(w->model, goids, ARRAY_SIZE(goids));
	hash_free(&seen);
}

static void nonsense_leaves_the_model_whole(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 60; seed++) {
		struct model_options o = watching();

		srand(seed);
		o.probes = rand() % 4;
		o.memory = rand() % 4;
		o.bypass = rand() % 2;
		o.syscall_times = !o.bypass;
		WORLD(w, o);
		for (uint64_t i = 0; i < 1500; i++) {
			say_something(&w, 2 * S + i * 10 * MS);
			if (i % 10 == 0)
				check_whole(&w);
		}
	}
}

/* A target that makes a new pc for every goroutine costs memory, but not without bound. */
static void distinct_pcs_are_bounded(void **state)
{
	enum { FACTS = 1 << 16 };
	struct feed_fact *facts = calloc(FACTS, sizeof(*facts));
	WORLD(w, watching());

	(void)state;
	for (uint64_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < FACTS; i++) {
			facts[i] = fact(i + 1, GS_WAITING);
			facts[i].startpc = 1 + round * FACTS + i;
			facts[i].gopc = (1 + round * FACTS + i) << 32;
		}
		look_at(&w, (2 + round) * S, facts, FACTS, true);
	}
	assert_true(w.model->pcs.n <= 1 << 20);
	assert_int_equal(header(&w).summary.goroutines, FACTS);
	free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nonsense_leaves_the_model_whole),
		cmocka_unit_test(distinct_pcs_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
