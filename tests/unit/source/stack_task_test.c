// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What reading stacks that nobody looks at may cost: the task is asked what it wants of a model with
 * more goroutines than it may read, and told what that took.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../model/harness.h"
#include "source/stack_task.c" // the job is the task's own: nobody else sees how much it asks for

enum { CROWD = 150 * 1000, STACK_NS = 3000 };

struct bench {
	struct world w;
	struct collector c;
	struct request request;
	struct state state;
	struct job job;
	struct task_context t;
};

static void nobody_stacks(void *ctx, const struct feed_stacks *s)
{
	(void)ctx;
	assert_int_equal(s->n_of, 0);
}

static int set_up(void **state)
{
	struct feed_fact *facts = calloc(CROWD, sizeof(*facts));
	struct bench *b = calloc(1, sizeof(*b));

	assert_true(facts && b);
	b->w = world_new(watching());
	for (size_t i = 0; i < CROWD; i++)
		facts[i] = fact(i + 1, GS_WAITING);
	look_at(&b->w, 1 * S, facts, CROWD, true);
	free(facts);
	b->c.model = b->w.model;
	b->c.sink.stacks = nobody_stacks;
	b->request.count = 10;
	b->request.sort.column = -1;
	b->t = (struct task_context){.collector = &b->c,
				     .request = &b->request,
				     .refresh = true,
				     .now = 2 * S};
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	stack_task.free(&b->state, &b->job);
	world_free(&b->w);
	free(b);
	return 0;
}

/* How many stacks it asks for so much later; and they take what they take. */
static size_t asked(struct bench *b, uint64_t later)
{
	size_t n;

	b->t.now += later;
	if (!stack_task.wanted(&b->state, &b->job, &b->t))
		return 0;
	n = b->job.addrs.n;
	b->t.cost.cpu_last = n * STACK_NS;
	stack_task.merge(&b->state, &b->job, &b->t, 0);
	return n;
}

static void the_first_time_it_reads_some_of_a_crowd(void **state)
{
	assert_int_equal(asked(*state, 0), 10 * 1000);
}

static void then_it_takes_a_hundredth_of_a_cpu(void **state)
{
	struct bench *b = *state;
	uint64_t passed = 0, taken = 0;

	asked(b, 0);
	for (int i = 0; i < 20; i++) {
		uint64_t later = (1 + (uint64_t)i % 3) * S / 2;

		taken += asked(b, later) * STACK_NS;
		passed += later;
	}
	assert_true(taken <= passed / 100);
	assert_true(taken >= passed / 100 * 9 / 10);
}

static void after_a_long_time_it_does_not_read_all_at_once(void **state)
{
	asked(*state, 0);
	assert_in_range(asked(*state, 3600 * S), 10 * 1000, 100 * 1000);
}

static void a_key_is_no_reason_to_read_what_nobody_looks_at(void **state)
{
	struct bench *b = *state;

	b->t.refresh = false;
	assert_int_equal(asked(b, 1 * S), 0);
}

static void who_looks_at_all_gets_a_piece_at_a_time(void **state)
{
	struct bench *b = *state;

	b->request.stacks = STACKS_ALL;
	assert_in_range(asked(b, 0), 10 * 1000 + 1, 100 * 1000);
	b->t.refresh = false; /* and goes on without waiting for a refresh */
	assert_in_range(asked(b, 0), 10 * 1000 + 1, 100 * 1000);
	b->t.all = true; /* an output has no next piece */
	assert_int_equal(asked(b, 0), CROWD);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_time_it_reads_some_of_a_crowd),
		TEST(then_it_takes_a_hundredth_of_a_cpu),
		TEST(after_a_long_time_it_does_not_read_all_at_once),
		TEST(a_key_is_no_reason_to_read_what_nobody_looks_at),
		TEST(who_looks_at_all_gets_a_piece_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
