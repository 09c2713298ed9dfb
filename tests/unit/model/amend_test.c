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

#include "harness.h"
#include "model/select.h"
#include "model/table.h"

enum { GOROUTINES = 6000, PICTURES = 400, SEEDS = 4 };

struct churn {
	struct world w;
	uint64_t now, next; /* next: goid */
	struct request request;
	size_t amended; /* pictures for which the beginning of the same order was remembered */
};

static bool one_in(int n)
{
	return rand() % n == 0;
}

static struct entry *anybody(struct churn *c)
{
	return &c->w.model->live.v[(size_t)rand() % c->w.model->live.n];
}

/* ---- what happens ----------------------------------------------------------------------------- */

static void change(struct churn *c)
{
	static const uint8_t states[] = {GS_RUNNING, GS_RUNNABLE, GS_WAITING, GS_SYSCALL};
	struct entry *e = anybody(c);
	struct feed_transition t;

	c->now += (uint64_t)rand() % (10 * MS);
	t = event(c->now, e->goid, e->raw, one_in(6) ? GS_DEAD : states[rand() % 4]);
	t.g = e->g;
	t.waker = (uint64_t)(rand() % 50);
	tell(&c->w, t);
	if (one_in(6))
		move(&c->w, c->now, c->next++, GS_DEAD, GS_RUNNABLE);
}

static void account(struct churn *c)
{
	const struct entry *e = anybody(c);
	const struct feed_account a = {.goid = e->goid,
				       .g = e->g,
				       .first = c->now - MS,
				       .since = c->now,
				       .last = c->now,
				       .running = MS,
				       .max_latency = (uint64_t)(rand() % 1000000),
				       .transitions = 500,
				       .switches = (uint32_t)(rand() % 100),
				       .raw = GS_WAITING,
				       .folded = GS_WAITING};

	c->w.sink.account(c->w.sink.ctx, &a);
}

/* In two parts, with a picture between; most are seen as they are. */
static void look_in_parts(struct churn *c)
{
	size_t n = c->w.model->live.n, cut = (size_t)rand() % n;
	struct feed_fact *facts = calloc(n, sizeof(*facts));
	struct feed_look look = {.t0 = c->now += MS, .complete = true, .facts = facts, .n = cut};

	look.t1 = c->now += MS;
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &c->w.model->live.v[i];

		facts[i] = random_fact(e->goid);
		facts[i].g = e->g;
		if (!one_in(20))
			facts[i].status = e->raw;
	}
	look.left = n - cut;
	c->w.sink.look(c->w.sink.ctx, &look);
	picture_of(&c->w, c->request);
	look.facts += cut;
	look.n = n - cut;
	look.left = 0;
	look.continues = true;
	c->w.sink.look(c->w.sink.ctx, &look);
	free(facts);
}

static void turn_off_and_on(struct churn *c)
{
	uint64_t from = c->now;

	c->w.sink.gap(c->w.sink.ctx, from, 0);
	c->now += (uint64_t)rand() % (3 * S);
	picture_of(&c->w, c->request);
	c->w.sink.gap(c->w.sink.ctx, from, c->now);
}

static void something_happens(struct churn *c)
{
	for (int i = rand() % 30; i > 0; i--)
		change(c);
	if (one_in(3))
		account(c);
	if (one_in(15))
		look_in_parts(c);
	if (one_in(40))
		turn_off_and_on(c);
	if (one_in(60)) /* keys count ages up to an hour ahead, and no further */
		c->w.sink.now(c->w.sink.ctx, c->now += 1800 * S);
	if (one_in(10))
		model_refresh(c->w.model, c->now += one_in(3) ? 7 * MS : S);
}

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

	c->amended += order.known && !order.from && order.key.version != m->version &&
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
	struct feed_fact *facts = calloc(GOROUTINES, sizeof(*facts));

	for (size_t i = 0; i < GOROUTINES; i++)
		facts[i] = random_fact(1 + i * 3);
	look_at(&c->w, 2 * S, facts, GOROUTINES, true);
	free(facts);
	model_refresh(c->w.model, 3 * S);
	model_refresh(c->w.model, c->now);
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
	size_t amended = 0;

	(void)state;
	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		WORLD(w, watching());
		struct churn c = {.w = w,
				  .now = 4 * S,
				  .next = 100000,
				  .request = {.sort = {column_by_name("age", 3), SORT_DESC},
					      .count = 50}};

		srand(seed);
		churn(&c);
		amended += c.amended;
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
