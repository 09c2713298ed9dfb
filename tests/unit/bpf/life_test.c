// SPDX-License-Identifier: GPL-2.0-or-later
/* Births, ends, and what stays of the dead. */
#include "harness.h"

static void born_with_a_goid(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(20);
	struct taken taken;
	struct gt_entry e;

	(void)state;
	cas(&g, GS_DEAD, GS_RUNNABLE);
	e = entry(t, 20);
	assert_int_equal(e.flags, GT_F_BIRTH);
	assert_int_equal(e.folded, GS_RUNNABLE);
	assert_int_equal(e.first, e.since);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	e = entry(t, 20);
	assert_int_equal(e.flags, GT_F_BIRTH);
	assert_int_equal(e.max_latency, e.runnable); /* a newborn waits for its first turn, too */
	assert_true(e.runnable > 0);
	assert_sums_up(&e);
	assert_int_equal(drain(t, &taken), 2);
	assert_int_equal(taken.r[0].flags, GT_F_BIRTH);
	assert_int_equal(taken.r[0].goid, 20);
	assert_int_equal(taken.r[1].flags, 0);
	tracer_close(t);
}

static void the_dead_have_no_entry(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(21), unknown = fake_g_make(22);
	struct taken taken;
	struct gt_entry e;

	(void)state;
	cas(&g, GS_DEAD, GS_RUNNABLE);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	cas(&g, GS_RUNNING, GS_DEAD);
	assert_int_equal(tracer_entry(t, 21, &e), -ENOENT);
	cas(&unknown, GS_RUNNING, GS_DEAD); /* we had never heard of it */
	assert_int_equal(tracer_entry(t, 22, &e), -ENOENT);
	assert_int_equal(drain(t, &taken), 4);
	assert_int_equal(taken.r[2].sequence, 3);
	assert_int_equal(taken.r[2].new_state, GS_DEAD);
	assert_int_equal(taken.r[2].goid, 21);
	assert_int_equal(taken.r[3].sequence, 0);
	tracer_close(t);
}

/* Extra Ms: 6→3 and 3→6 up to Go 1.25, 11→3 and 3→11 from 1.26 on. */
static void extra_ms_come_and_go(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g old = fake_g_make(23), new = fake_g_make(24);
	struct gt_entry e;

	(void)state;
	cas(&old, GS_DEAD, GS_SYSCALL);
	assert_int_equal(entry(t, 23).flags, GT_F_BIRTH);
	assert_int_equal(entry(t, 23).folded, GS_SYSCALL);
	cas(&old, GS_SYSCALL, GS_DEAD);
	assert_int_equal(tracer_entry(t, 23, &e), -ENOENT);

	cas(&new, GS_DEADEXTRA, GS_SYSCALL);
	assert_int_equal(entry(t, 24).flags, 0);
	cas(&new, GS_SYSCALL, GS_DEADEXTRA);
	spend(100000);
	assert_int_equal(entry(t, 24).folded, GS_DEADEXTRA);
	cas(&new, GS_DEADEXTRA, GS_SYSCALL);
	e = entry(t, 24);
	assert_true(e.unknown >= 100000); /* there is no total for sleeping among the dead */
	assert_sums_up(&e);
	assert_int_equal(counters(t).missed, 0);
	tracer_close(t);
}

static void what_has_no_goid_yet_has_no_entry(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(25); /* whatever lies there */
	struct taken taken;
	struct gt_entry e;

	(void)state;
	cas(&g, GS_IDLE, GS_DEAD);
	cas(&g, GS_IDLE, GS_DEADEXTRA);
	assert_int_equal(tracer_entry(t, 25, &e), -ENOENT);
	assert_int_equal(drain(t, &taken), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(taken.r[i].goid, 0);
		assert_int_equal(taken.r[i].g, (uintptr_t)&g);
		assert_int_equal(taken.r[i].old_state, GS_IDLE);
		assert_int_equal(taken.r[i].flags, 0);
	}
	tracer_close(t);
}

/* ---- Go ≤ 1.23: the goid comes after the birth -------------------------------------------------- */

static struct tracer *start_late(void)
{
	struct tracer_options o = options_for(getpid());

	o.config.goid_late = 1;
	return start(&o);
}

static void a_newborn_waits_under_its_address(void **state)
{
	struct tracer *t = start_late();
	struct fake_g g = fake_g_make(30); /* of the goroutine that lived here before */
	struct taken taken;
	struct gt_entry e;
	uint64_t waited;

	(void)state;
	cas(&g, GS_DEAD, GS_RUNNABLE);
	assert_int_equal(tracer_entry(t, 30, &e), -ENOENT);
	waited = spend(1000000);
	g.goid = 31;
	assert_int_equal(tracer_entry(t, 31, &e), -ENOENT);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	e = entry(t, 31);
	assert_int_equal(e.flags, GT_F_BIRTH);
	assert_true(e.runnable >= waited);
	assert_int_equal(e.max_latency, e.runnable);
	assert_int_equal(e.transitions, 1);
	assert_sums_up(&e);
	assert_int_equal(tracer_entry(t, 30, &e), -ENOENT);

	assert_int_equal(drain(t, &taken), 2);
	assert_int_equal(taken.r[0].goid, 0);
	assert_int_equal(taken.r[0].g, (uintptr_t)&g);
	assert_int_equal(taken.r[0].flags, GT_F_BIRTH | GT_F_STALE_ID);
	assert_int_equal(taken.r[1].goid, 31);
	assert_int_equal(taken.r[1].flags, 0);
	assert_int_equal(counters(t).missed, 0);
	tracer_close(t);
}

/* A coroutine is born waiting; the switch to it does not pass casgstatus. */
static void a_newborn_coroutine(void **state)
{
	struct tracer *t = start_late();
	struct fake_g g = fake_g_make(32);
	struct gt_entry e;

	(void)state;
	cas(&g, GS_DEAD, GS_WAITING);
	g.goid = 33;
	spend(100000);
	cas(&g, GS_RUNNING, GS_WAITING);
	e = entry(t, 33);
	assert_int_equal(e.flags, GT_F_BIRTH);
	assert_true(e.unknown >= 100000);
	assert_sums_up(&e);
	tracer_close(t);
}

/* A goroutine whose first step nobody saw leaves its birth behind: until the probes go. */
static void births_of_the_time_before_take_no_room(void **state)
{
	enum { BIRTHS = 10000 }; /* there is room for 16384 */
	struct fake_g *g = calloc(2 * BIRTHS, sizeof(*g));
	struct tracer *t = start_late();

	(void)state;
	for (size_t i = 0; i < 2 * BIRTHS; i++) {
		if (i == BIRTHS) {
			tracer_detach(t);
			attach(t);
		}
		cas(&g[i], GS_DEAD, GS_RUNNABLE);
	}
	assert_int_equal(counters(t).newborn_full, 0);
	tracer_close(t);
	free(g);
}

static void an_old_birth_is_not_given_to_another(void **state)
{
	struct tracer *t = start_late();
	struct fake_g g = fake_g_make(34), h = fake_g_make(35);
	struct gt_entry e;

	(void)state;
	/* While no probes were on it lived, died, and its g was taken by another. */
	cas(&g, GS_DEAD, GS_RUNNABLE);
	tracer_detach(t);
	g.goid = 36;
	attach(t);
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	e = entry(t, 36);
	assert_int_equal(e.first, e.last);
	assert_int_equal(e.flags, 0);
	/* One that ends before it was ever known leaves nothing for the next. */
	cas(&h, GS_DEAD, GS_RUNNABLE);
	h.goid = 37;
	cas(&h, GS_RUNNING, GS_DEAD);
	h.goid = 38;
	cas(&h, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(entry(t, 38).flags, 0);
	tracer_close(t);
}

static void extra_ms_have_their_goid(void **state)
{
	struct tracer *t = start_late();
	struct fake_g g = fake_g_make(39);

	(void)state;
	cas(&g, GS_DEAD, GS_SYSCALL);
	assert_int_equal(entry(t, 39).flags, GT_F_BIRTH);
	tracer_close(t);
}

/* ---- sums by creation site ---------------------------------------------------------------------- */

struct sums {
	struct gt_site_sum at[2];
	size_t n, others;
};

static void add_sum(void *ctx, uint64_t gopc, const struct gt_site_sum *sum)
{
	struct sums *s = ctx;

	s->n++;
	if (gopc == 0x1000 || gopc == 0x2000)
		s->at[gopc / 0x1000 - 1] = *sum;
	else
		s->others++;
}

static void the_ended_are_summed_by_where_they_were_made(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct sums sums = {0};
	uint64_t total[5] = {0};

	(void)state;
	for (uint64_t goid = 100; goid < 400; goid++) {
		struct fake_g g = fake_g_make(goid);
		struct gt_entry e;

		g.gopc = goid % 3 ? 0x1000 : 0x2000;
		cas(&g, GS_DEAD, GS_RUNNABLE);
		cas(&g, GS_RUNNABLE, GS_RUNNING);
		cas(&g, GS_RUNNING, GS_WAITING);
		cas(&g, GS_WAITING, GS_RUNNABLE);
		cas(&g, GS_RUNNABLE, GS_RUNNING);
		e = entry(t, goid);
		for (int i = 0; goid % 3 && i < 5; i++)
			total[i] += e.total[i];
		if (goid < 390)
			cas(&g, GS_RUNNING, GS_DEAD);
	}
	assert_int_equal(tracer_site_sums(t, add_sum, &sums), 0);
	assert_int_equal(sums.n, 2);
	assert_int_equal(sums.others, 0);
	assert_int_equal(sums.at[0].created, 200);
	assert_int_equal(sums.at[1].created, 100);
	assert_int_equal(sums.at[0].ended + sums.at[1].ended, 290);
	assert_int_equal(sums.at[0].ended, 194);
	assert_int_equal(sums.at[0].switches, 2 * 194);
	/* Less those that still live, plus the last run of those that don't. */
	assert_true(sums.at[0].waiting <= total[GS_WAITING]);
	assert_true(sums.at[0].waiting > total[GS_WAITING] / 2);
	assert_true(sums.at[0].running > 0 && sums.at[0].unknown == 0);
	assert_true(sums.at[0].max_latency > 0);
	tracer_close(t);
}

static void more_sites_than_there_is_room_for_are_counted(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct sums sums = {0};

	(void)state;
	for (uint64_t i = 0; i < 8192 + 50; i++) {
		struct fake_g g = {.goid = 1000, .gopc = 0x10000 + i};

		cas(&g, GS_DEAD, GS_RUNNABLE);
		cas(&g, GS_RUNNING, GS_DEAD);
	}
	assert_int_equal(tracer_site_sums(t, add_sum, &sums), 0);
	assert_int_equal(sums.n, 8192);
	assert_int_equal(counters(t).site_full, 2 * 50);
	tracer_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(born_with_a_goid),
		cmocka_unit_test(the_dead_have_no_entry),
		cmocka_unit_test(extra_ms_come_and_go),
		cmocka_unit_test(what_has_no_goid_yet_has_no_entry),
		cmocka_unit_test(a_newborn_waits_under_its_address),
		cmocka_unit_test(a_newborn_coroutine),
		cmocka_unit_test(an_old_birth_is_not_given_to_another),
		cmocka_unit_test(births_of_the_time_before_take_no_room),
		cmocka_unit_test(extra_ms_have_their_goid),
		cmocka_unit_test(the_ended_are_summed_by_where_they_were_made),
		cmocka_unit_test(more_sites_than_there_is_room_for_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
