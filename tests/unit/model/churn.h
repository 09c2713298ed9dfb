/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Thousands of goroutines of which some change between two pictures: by events, looks in parts, gaps,
 * accounts. Include it after cmocka.h.
 */
#ifndef TESTS_UNIT_MODEL_CHURN_H
#define TESTS_UNIT_MODEL_CHURN_H

#include <stdlib.h>

#include "harness.h"
#include "model/table.h"

struct churn {
	struct world w;
	uint64_t now, next; /* next: goid */
	struct request request;
	uint64_t (*parent)(uint64_t goid); /* who made whom; NULL: anybody */
};

static inline bool one_in(int n)
{
	return rand() % n == 0;
}

static inline struct entry *anybody(struct churn *c)
{
	return &c->w.model->live.v[(size_t)rand() % c->w.model->live.n];
}

/* ---- what happens ----------------------------------------------------------------------------- */

static inline void change(struct churn *c)
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

static inline void account(struct churn *c)
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

static inline struct feed_fact fact_of(const struct churn *c, uint64_t goid)
{
	struct feed_fact f = random_fact(goid);

	if (c->parent)
		f.parent = c->parent(goid);
	f.labels = (uint64_t)(rand() % 8);
	if (one_in(2000)) /* a name that nobody had, which stands among the others */
		f.startpc = f.gopc = PC_MANY + (uint64_t)rand() % PC_MANY;
	return f;
}

/* Those that the model asks for, and others at times where they were: the target moves them. */
static inline void tell_labels(struct churn *c)
{
	char text[20];
	const struct label one = {"tenant", text};
	struct feed_labels labels = {.readable = true, .v = &one, .n = 1};
	struct label_want wants[8];
	size_t n = model_wants_labels(c->w.model, wants, ARRAY_SIZE(wants));

	snprintf(text, sizeof(text), "%d", rand() % 1000);
	labels.labels = n && n <= ARRAY_SIZE(wants) ? wants[0].labels : (uint64_t)(rand() % 8);
	c->w.sink.labels(c->w.sink.ctx, &labels, 1);
}

/* In two parts, with a picture between; most are seen as they are. */
static inline void look_in_parts(struct churn *c)
{
	size_t n = c->w.model->live.n, cut = (size_t)rand() % n;
	struct feed_fact *facts = calloc(n, sizeof(*facts));
	struct feed_look look = {.t0 = c->now += MS, .complete = true, .facts = facts, .n = cut};

	look.t1 = c->now += MS;
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &c->w.model->live.v[i];

		facts[i] = fact_of(c, e->goid);
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

static inline void turn_off_and_on(struct churn *c)
{
	uint64_t from = c->now;

	c->w.sink.gap(c->w.sink.ctx, from, 0);
	c->now += (uint64_t)rand() % (3 * S);
	picture_of(&c->w, c->request);
	c->w.sink.gap(c->w.sink.ctx, from, c->now);
}

static inline void something_happens(struct churn *c)
{
	for (int i = rand() % 30; i > 0; i--)
		change(c);
	if (one_in(3))
		account(c);
	if (one_in(15))
		look_in_parts(c);
	if (one_in(6))
		tell_labels(c);
	if (one_in(40))
		turn_off_and_on(c);
	if (one_in(60)) /* keys count ages up to an hour ahead, and no further */
		c->w.sink.now(c->w.sink.ctx, c->now += 1800 * S);
	if (one_in(10))
		model_refresh(c->w.model, c->now += one_in(3) ? 7 * MS : S);
}

/* n goroutines with the goids 1, 4, 7 and so on, seen by a first look. */
static inline void begin(struct churn *c, size_t n)
{
	struct feed_fact *facts = calloc(n, sizeof(*facts));

	for (size_t i = 0; i < n; i++)
		facts[i] = fact_of(c, 1 + i * 3);
	look_at(&c->w, 2 * S, facts, n, true);
	free(facts);
	model_refresh(c->w.model, 3 * S);
	model_refresh(c->w.model, c->now = 4 * S);
	c->next = 3 * n + 2;
}

#endif
