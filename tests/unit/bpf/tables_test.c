// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's table grows: nothing is lost on the way, and nothing is there twice. */
#include "harness.h"

#include <pthread.h>

enum { ROOM = 100, MOST = 4000 };

static void hit(uint64_t goid, int from, int to)
{
	struct fake_g g = fake_g_make(goid);

	cas(&g, from, to);
}

static void hit_each(uint64_t first, uint64_t last, int from, int to)
{
	for (uint64_t goid = first; goid <= last; goid++)
		hit(goid, from, to);
}

static struct tracer *start_small(uint32_t room)
{
	struct tracer_options o = options_for(getpid());

	o.max_goroutines = room;
	return start(&o);
}

/* One step: a larger table, or some of the entries on their way. */
static void make_room(struct tracer *t)
{
	int r = tracer_make_room(t);

	if (r == -EINVAL)
		skip_for("kernel", "tables of this kernel can't grow: Linux 5.10 or newer");
	assert_int_equal(r, 0);
}

static void settle(struct tracer *t)
{
	while (tracer_wants_room(t))
		make_room(t);
}

struct seen {
	unsigned times[MOST + 1];
	uint32_t transitions[MOST + 1];
	size_t n;
};

static void see(void *ctx, uint64_t goid, const struct gt_entry *e)
{
	struct seen *s = ctx;

	assert_in_range(goid, 1, MOST);
	s->n += !s->times[goid]++;
	assert_true(e->transitions >= s->transitions[goid]); /* the newest comes last */
	s->transitions[goid] = e->transitions;
}

static struct seen walk(struct tracer *t)
{
	struct tracer_cursor cursor = {0};
	struct seen seen = {0};
	int more;

	do {
		more = tracer_entries(t, &cursor, 256, see, &seen);
	} while (more > 0);
	assert_int_equal(more, 0);
	return seen;
}

static void at_four_fifths_more_room_is_wanted(void **state)
{
	struct tracer *t = start_small(ROOM);

	(void)state;
	hit_each(1, ROOM * 8 / 10 - 1, GS_RUNNABLE, GS_RUNNING);
	assert_false(tracer_wants_room(t));
	hit_each(1, 10, GS_RUNNING, GS_DEAD);
	hit_each(200, 209, GS_RUNNABLE, GS_RUNNING);
	assert_false(tracer_wants_room(t)); /* the dead have left theirs */
	hit(300, GS_RUNNABLE, GS_RUNNING);
	assert_true(tracer_wants_room(t));
	settle(t);
	assert_int_equal(tracer_room(t), 4 * ROOM);
	tracer_close(t);
}

static void what_has_grown_has_room_for_all(void **state)
{
	struct tracer *t = start_small(ROOM);
	struct seen seen;

	(void)state;
	for (uint64_t goid = 1; goid <= MOST; goid++) {
		hit(goid, GS_RUNNABLE, GS_RUNNING);
		if (tracer_wants_room(t))
			make_room(t);
	}
	settle(t);
	assert_int_equal(counters(t).map_full, 0);
	assert_true(tracer_room(t) >= MOST);
	seen = walk(t);
	assert_int_equal(seen.n, MOST);
	for (uint64_t goid = 1; goid <= MOST; goid++)
		assert_int_equal(seen.times[goid], 1);
	tracer_close(t);
}

static void an_entry_goes_on_where_it_was(void **state)
{
	struct tracer *t = start_small(10);
	struct gt_entry before, moved, copied;

	(void)state;
	hit_each(1, 8, GS_RUNNABLE, GS_RUNNING);
	before = entry(t, 2);
	make_room(t);
	assert_int_equal(tracer_room(t), 40);
	/* Both are in the old table still; then one moves by itself, the other is copied. */
	copied = entry(t, 2);
	assert_memory_equal(&before, &copied, sizeof(before));
	before = entry(t, 1);
	hit(1, GS_RUNNING, GS_WAITING);
	moved = entry(t, 1);
	assert_int_equal(moved.transitions, 2);
	assert_int_equal(moved.first, before.first);
	assert_sums_up(&moved);
	settle(t);
	copied = entry(t, 1);
	assert_memory_equal(&moved, &copied, sizeof(moved));
	hit(2, GS_RUNNING, GS_WAITING);
	assert_int_equal(entry(t, 2).transitions, 2);
	assert_int_equal(counters(t).missed, 0);
	assert_int_equal(counters(t).map_full, 0);
	tracer_close(t);
}

static void between_two_tables_all_are_met(void **state)
{
	struct tracer *t = start_small(10);
	struct seen seen;

	(void)state;
	hit_each(1, 8, GS_RUNNABLE, GS_RUNNING);
	make_room(t);
	hit_each(1, 4, GS_RUNNING, GS_WAITING);
	hit_each(20, 24, GS_RUNNABLE, GS_RUNNING);
	seen = walk(t);
	assert_int_equal(seen.n, 13);
	for (uint64_t goid = 1; goid <= 4; goid++)
		assert_int_equal(seen.transitions[goid], 2);
	settle(t);
	seen = walk(t);
	assert_int_equal(seen.n, 13);
	for (uint64_t goid = 1; goid <= 24; goid++)
		assert_true(seen.times[goid] <= 1);
	tracer_close(t);
}

static void who_dies_meanwhile_leaves_both(void **state)
{
	struct tracer *t = start_small(10);
	struct gt_entry e;

	(void)state;
	hit_each(1, 8, GS_RUNNABLE, GS_RUNNING);
	make_room(t);
	hit_each(1, 4, GS_RUNNING, GS_DEAD);
	for (uint64_t goid = 1; goid <= 4; goid++)
		assert_int_equal(tracer_entry(t, goid, &e), -ENOENT);
	settle(t);
	for (uint64_t goid = 1; goid <= 4; goid++)
		assert_int_equal(tracer_entry(t, goid, &e), -ENOENT);
	assert_int_equal(walk(t).n, 4);
	tracer_close(t);
}

static void no_full_table_stays(void **state)
{
	struct tracer *t = start_small(4);
	uint64_t full;

	(void)state;
	hit_each(1, 50, GS_RUNNABLE, GS_RUNNING); /* nobody was fast enough */
	full = counters(t).map_full;
	assert_true(full >= 46);
	for (int i = 0; i < 10; i++) {
		settle(t);
		hit_each(1, 50, i % 2 ? GS_WAITING : GS_RUNNING, i % 2 ? GS_RUNNING : GS_WAITING);
	}
	full = counters(t).map_full;
	assert_int_equal(walk(t).n, 50);
	hit_each(1, 50, GS_RUNNING, GS_WAITING);
	assert_int_equal(counters(t).map_full, full);
	tracer_close(t);
}

/* ---- after a time without probes ---------------------------------------------------------------- */

static void who_ended_unseen_is_left_behind(void **state)
{
	static const uint64_t goids[] = {2, 5, 7};
	struct tracer_living living = {.known = true, .goids = goids, .n = 3};
	struct tracer *t = start_small(10);
	struct gt_entry e;

	(void)state;
	hit_each(1, 6, GS_RUNNABLE, GS_RUNNING);
	living.since = clock_mono();
	hit_each(20, 21, GS_RUNNABLE, GS_RUNNING); /* born behind the list's back */
	tracer_let_live(t, &living);
	settle(t);
	assert_int_equal(walk(t).n, 4);
	assert_int_equal(entry(t, 2).transitions, 1);
	assert_int_equal(entry(t, 5).transitions, 1);
	assert_int_equal(entry(t, 20).transitions, 1);
	assert_int_equal(tracer_entry(t, 1, &e), -ENOENT);
	/* No larger than those who live want. */
	assert_in_range(tracer_room(t), 10, 12);
	tracer_let_live(t, NULL);
	hit(1, GS_RUNNING, GS_WAITING); /* it lives after all: from here on */
	assert_int_equal(entry(t, 1).transitions, 1);
	tracer_close(t);
}

/* Goroutines that come and end unseen, again and again, take a bounded room. */
static void the_unseen_do_not_pile_up(void **state)
{
	struct tracer_living living = {.known = true};
	struct tracer *t = start_small(50);

	(void)state;
	for (uint64_t round = 0; round < 100; round++) {
		hit_each(1 + round * 45, (round + 1) * 45, GS_RUNNABLE, GS_RUNNING);
		living.since = clock_mono();
		tracer_let_live(t, &living);
		settle(t);
	}
	assert_int_equal(counters(t).map_full, 0);
	assert_int_equal(tracer_room(t), 50);
	tracer_close(t);
}

/* ---- while the target runs ---------------------------------------------------------------------- */

enum { WRITERS = 2, EACH = MOST / WRITERS, SLOWLY = 512 };

struct writer {
	pthread_t thread;
	uint64_t first;
	uint32_t rounds[EACH];
	bool stop;
};

/* Ever more goroutines, each of which goes on moving. */
static void *grow(void *arg)
{
	struct writer *w = arg;
	unsigned seed = (unsigned)w->first;

	for (size_t n = 1; !__atomic_load_n(&w->stop, __ATOMIC_RELAXED); n++) {
		size_t among = n / SLOWLY + 1 < EACH ? n / SLOWLY + 1 : EACH;
		size_t i = (size_t)rand_r(&seed) % among;
		bool running = w->rounds[i] % 2;

		hit(w->first + i, running ? GS_RUNNING : GS_WAITING,
		    running ? GS_WAITING : GS_RUNNING);
		w->rounds[i]++;
	}
	return NULL;
}

static void growing_loses_nothing_of_a_target_that_runs(void **state)
{
	struct tracer *t = start_small(MOST / 4);
	struct writer *w = calloc(WRITERS, sizeof(*w));
	uint64_t until = clock_mono() + 60 * NSEC_PER_SEC;
	bool all;

	(void)state;
	for (size_t i = 0; i < WRITERS; i++) {
		w[i].first = 1 + i * EACH;
		pthread_create(&w[i].thread, NULL, grow, &w[i]);
	}
	while (clock_mono() < until && (tracer_room(t) < MOST || tracer_wants_room(t))) {
		if (tracer_wants_room(t))
			make_room(t);
		else
			usleep(100);
	}
	for (size_t i = 0; i < WRITERS; i++) {
		__atomic_store_n(&w[i].stop, true, __ATOMIC_RELAXED);
		pthread_join(w[i].thread, NULL);
	}
	settle(t);
	assert_true(tracer_room(t) >= MOST);
	/* The kernel takes its time for the larger one: on a busy machine some may not have fitted. */
	all = !counters(t).map_full;
	assert_int_equal(counters(t).missed, 0);
	for (uint64_t goid = 1; goid <= MOST; goid++) {
		uint32_t rounds = w[(goid - 1) / EACH].rounds[(goid - 1) % EACH];
		struct gt_entry e;
		int r = tracer_entry(t, goid, &e);

		assert_int_equal(r, rounds && (all || !r) ? 0 : -ENOENT);
		if (r)
			continue;
		assert_true(all ? e.transitions == rounds : e.transitions <= rounds);
		assert_sums_up(&e);
	}
	print_message("%llu hits, room for %u, %llu did not fit at once\n",
		      (unsigned long long)counters(t).hits, tracer_room(t),
		      (unsigned long long)counters(t).map_full);
	free(w);
	tracer_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_four_fifths_more_room_is_wanted),
		cmocka_unit_test(what_has_grown_has_room_for_all),
		cmocka_unit_test(an_entry_goes_on_where_it_was),
		cmocka_unit_test(between_two_tables_all_are_met),
		cmocka_unit_test(who_dies_meanwhile_leaves_both),
		cmocka_unit_test(no_full_table_stays),
		cmocka_unit_test(who_ended_unseen_is_left_behind),
		cmocka_unit_test(the_unseen_do_not_pile_up),
		cmocka_unit_test(growing_loses_nothing_of_a_target_that_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
