// SPDX-License-Identifier: GPL-2.0-or-later
/* Records, and what is lost of them; limits and bad input. */
#include "harness.h"

#include <sys/mman.h>

static void a_record_tells_the_transition(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(40);
	uint64_t before = clock_mono();
	struct taken taken;

	(void)state;
	g.waitreason = REASON_WAIT;
	cas(&g, GS_RUNNING | GS_SCAN, GS_WAITING | GS_SCAN);
	cas(&g, GS_WAITING, GS_RUNNABLE);
	assert_int_equal(drain(t, &taken), 2);
	assert_true(taken.r[0].time > before && taken.r[1].time < clock_mono());
	assert_true(taken.r[0].time < taken.r[1].time);
	assert_int_equal(taken.r[0].goid, 40);
	assert_int_equal(taken.r[0].g, (uintptr_t)&g);
	assert_int_equal(taken.r[0].tid, syscall(SYS_gettid));
	assert_int_equal(taken.r[0].sequence, 1);
	assert_int_equal(taken.r[0].old_state, GS_RUNNING);
	assert_int_equal(taken.r[0].new_state, GS_WAITING);
	assert_int_equal(taken.r[0].reason, REASON_WAIT);
	assert_int_equal(taken.r[0].flags, 0);
	assert_int_equal(taken.r[1].sequence, 2);
	assert_int_equal(taken.r[1].reason, 0);
	assert_int_equal(drain(t, &taken), 0);
	tracer_close(t);
}

static void draining_stops_at_the_bound_and_goes_on(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(41);
	struct taken taken = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		cas(&g, i % 2 ? GS_RUNNING : GS_WAITING, i % 2 ? GS_WAITING : GS_RUNNING);
	assert_int_equal(tracer_drain(t, take, &taken, 0), 0);
	assert_int_equal(tracer_drain(t, take, &taken, 1), 1);
	assert_int_equal(tracer_drain(t, take, &taken, 60), 60);
	assert_int_equal(tracer_drain(t, take, &taken, 60), 39);
	assert_int_equal(tracer_drain(t, take, &taken, 60), 0);
	assert_int_equal(taken.n, 100);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(taken.r[i].sequence, i + 1);
	tracer_close(t);
}

static void losses_are_counted_and_the_entry_goes_on(void **state)
{
	enum { HITS = 300 };
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(42);
	struct taken taken;
	struct tracer *t;

	(void)state;
	o.ring_bytes = 4096;
	t = start(&o);
	for (int i = 0; i < HITS; i++)
		cas(&g, i % 2 ? GS_RUNNING : GS_WAITING, i % 2 ? GS_WAITING : GS_RUNNING);
	drain(t, &taken);
	assert_true(taken.n > 50 && taken.n <= 4096 / GT_RECORD_SIZE);
	assert_int_equal(counters(t).lost, HITS - taken.n);
	assert_int_equal(counters(t).hits, HITS);
	assert_int_equal(entry(t, 42).transitions, HITS);
	/* The oldest stand, and with room there is again a stream; its number shows the gap. */
	assert_int_equal(taken.r[taken.n - 1].sequence, taken.n);
	cas(&g, GS_WAITING, GS_RUNNING);
	assert_int_equal(drain(t, &taken), 1);
	assert_int_equal(taken.r[0].sequence, HITS + 1);
	tracer_close(t);
}

static void without_a_stream_there_are_entries(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct fake_g g = fake_g_make(43);
	struct taken taken;
	struct tracer *t;

	(void)state;
	o.config.stream = 0;
	t = start(&o);
	cas(&g, GS_WAITING, GS_RUNNING);
	assert_int_equal(drain(t, &taken), 0);
	assert_int_equal(entry(t, 43).transitions, 1);
	assert_int_equal(counters(t).lost, 0);
	tracer_close(t);
}

static void a_full_map_is_counted_and_the_stream_goes_on(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct gt_entry e;
	struct taken taken;
	struct tracer *t;
	int found = 0;

	(void)state;
	o.max_goroutines = 10;
	t = start(&o);
	for (uint64_t goid = 1; goid <= 30; goid++) {
		struct fake_g g = fake_g_make(goid);

		cas(&g, GS_RUNNABLE, GS_RUNNING);
	}
	for (uint64_t goid = 1; goid <= 30; goid++)
		found += !tracer_entry(t, goid, &e);
	assert_int_equal(found, 10);
	assert_int_equal(counters(t).map_full, 20);
	assert_int_equal(drain(t, &taken), 30);
	assert_int_equal(taken.r[29].goid, 30);
	assert_int_equal(taken.r[29].sequence, 0);
	/* Room again: one ends, another comes in. */
	for (uint64_t goid = 1; goid <= 10; goid++) {
		struct fake_g g = fake_g_make(goid);

		cas(&g, GS_RUNNING, GS_DEAD);
	}
	for (uint64_t goid = 31; goid <= 40; goid++) {
		struct fake_g g = fake_g_make(goid);

		cas(&g, GS_RUNNABLE, GS_RUNNING);
		assert_int_equal(entry(t, goid).transitions, 1);
	}
	tracer_close(t);
}

/* ---- bad input ---------------------------------------------------------------------------------- */

static void memory_that_is_not_there_is_said(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	char *untouched =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fake_g *wild[] = {NULL, (void *)8, (void *)-64l, (void *)0x800000000000l,
				 (void *)untouched};
	struct taken taken;

	(void)state;
	for (size_t i = 0; i < 5; i++)
		cas(wild[i], GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(drain(t, &taken), 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(taken.r[i].flags, GT_F_UNREAD);
		assert_int_equal(taken.r[i].goid, 0);
		assert_int_equal(taken.r[i].g, (uintptr_t)wild[i]);
		assert_int_equal(taken.r[i].sequence, 0);
	}
	assert_int_equal(counters(t).unread, 5);
	munmap(untouched, 4096);
	tracer_close(t);
}

static void impossible_states_change_no_entry(void **state)
{
	static const int bad[][2] = {{77, GS_RUNNING},
				     {GS_RUNNING, 12},
				     {-1, -1},
				     {0x2001, 0x2002}};
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(44);
	struct gt_entry before, after;
	struct taken taken;

	(void)state;
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	before = entry(t, 44);
	for (size_t i = 0; i < 4; i++)
		cas(&g, bad[i][0], bad[i][1]);
	after = entry(t, 44);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(drain(t, &taken), 5);
	assert_int_equal(taken.r[1].old_state, 0xff);
	assert_int_equal(taken.r[1].new_state, GS_RUNNING);
	assert_int_equal(taken.r[2].new_state, 0xff);
	assert_int_equal(taken.r[3].old_state, 0xff);
	tracer_close(t);
}

static void a_goid_of_zero_is_no_goroutine(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct fake_g g = fake_g_make(0), extreme = fake_g_make(UINT64_MAX);
	struct gt_entry e;

	(void)state;
	cas(&g, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(tracer_entry(t, 0, &e), -ENOENT);
	cas(&extreme, GS_RUNNABLE, GS_RUNNING);
	assert_int_equal(entry(t, UINT64_MAX).transitions, 1);
	tracer_close(t);
}

/* ---- reading the whole map ---------------------------------------------------------------------- */

enum { MANY = 3000 };

struct seen {
	uint8_t times[MANY + 1];
	size_t n;
};

static void see(void *ctx, uint64_t goid, const struct gt_entry *e)
{
	struct seen *s = ctx;

	assert_true(goid >= 1 && goid <= MANY);
	assert_int_equal(e->transitions, 1);
	s->times[goid]++;
	s->n++;
}

static void the_whole_map_is_read_in_slices(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer_cursor cursor = {0};
	struct seen seen = {0};
	struct tracer *t;
	int slices = 0, more;

	(void)state;
	o.max_goroutines = MANY;
	t = start(&o);
	for (uint64_t goid = 1; goid <= MANY; goid++) {
		struct fake_g g = fake_g_make(goid);

		cas(&g, GS_RUNNABLE, GS_RUNNING);
	}
	do {
		size_t before = seen.n;

		more = tracer_entries(t, &cursor, 300, see, &seen);
		assert_true(more >= 0);
		assert_true(seen.n - before <= 300);
		slices++;
	} while (more);
	assert_true(slices >= MANY / 300);
	assert_int_equal(seen.n, MANY);
	for (size_t goid = 1; goid <= MANY; goid++)
		assert_int_equal(seen.times[goid], 1);
	tracer_close(t);
}

static void an_empty_map_has_no_entries(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer *t = start(&o);
	struct tracer_cursor cursor = {0};
	struct seen seen = {0};

	(void)state;
	while (tracer_entries(t, &cursor, 1, see, &seen) > 0)
		;
	assert_int_equal(seen.n, 0);
	tracer_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_tells_the_transition),
		cmocka_unit_test(draining_stops_at_the_bound_and_goes_on),
		cmocka_unit_test(losses_are_counted_and_the_entry_goes_on),
		cmocka_unit_test(without_a_stream_there_are_entries),
		cmocka_unit_test(a_full_map_is_counted_and_the_stream_goes_on),
		cmocka_unit_test(memory_that_is_not_there_is_said),
		cmocka_unit_test(impossible_states_change_no_entry),
		cmocka_unit_test(a_goid_of_zero_is_no_goroutine),
		cmocka_unit_test(the_whole_map_is_read_in_slices),
		cmocka_unit_test(an_empty_map_has_no_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
