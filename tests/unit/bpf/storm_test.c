// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many transitions at once, while entries are read and the stream is drained: nothing half written
 * may be taken for whole, and nothing may be lost but what is counted.
 */
#include "harness.h"

#include <pthread.h>

enum { WRITERS = 3, GS_EACH = 4, ALL = WRITERS * GS_EACH, SECONDS = 3 };

static bool stop;

struct writer {
	pthread_t thread;
	unsigned seed;
	struct fake_g g[GS_EACH];
	int state[GS_EACH];
	uint64_t hits[GS_EACH];
};

/* A life as the runtime leads it: from each state to one that may follow. */
static int next_state(int state, unsigned *seed)
{
	switch (state) {
	case GS_RUNNABLE:
	case GS_COPYSTACK:
	case GS_SYSCALL:
		return GS_RUNNING;
	case GS_WAITING:
		return GS_RUNNABLE;
	default: {
		static const int then[] = {GS_WAITING, GS_RUNNABLE, GS_SYSCALL, GS_COPYSTACK};

		return then[rand_r(seed) % 4];
	}
	}
}

static void *write_storm(void *arg)
{
	struct writer *w = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int i = (int)(rand_r(&w->seed) % GS_EACH);
		int next = next_state(w->state[i], &w->seed);

		cas(&w->g[i], w->state[i], next);
		w->state[i] = next;
		w->hits[i]++;
	}
	return NULL;
}

static struct writer *start_writers(void)
{
	struct writer *w = calloc(WRITERS, sizeof(*w));

	stop = false;
	for (int i = 0; i < WRITERS; i++) {
		w[i].seed = (unsigned)i + 1;
		for (int j = 0; j < GS_EACH; j++) {
			w[i].g[j] = fake_g_make((uint64_t)(i * GS_EACH + j + 1));
			w[i].g[j].waitreason = REASON_WAIT;
			w[i].state[j] = GS_WAITING;
		}
		assert_int_equal(pthread_create(&w[i].thread, NULL, write_storm, &w[i]), 0);
	}
	return w;
}

static void stop_writers(struct writer *w)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < WRITERS; i++)
		pthread_join(w[i].thread, NULL);
}

/* Of a goroutine that only ever does what next_state allows. */
static void check_entry(const struct writer *w, uint64_t goid, const struct gt_entry *e)
{
	assert_int_equal(e->g, (uintptr_t)&w[(goid - 1) / GS_EACH].g[(goid - 1) % GS_EACH]);
	assert_sums_up(e);
	assert_int_equal(e->unknown, 0);
	assert_true(e->transitions == (uint32_t)e->head);
	assert_true(e->max_latency <= e->runnable);
	assert_int_equal(e->folded, e->raw == GS_COPYSTACK ? GS_RUNNING : e->raw);
}

static void nothing_half_written_is_taken_for_whole(void **state)
{
	struct tracer_options o = options_for(getpid());
	struct tracer_counts counts = {0};
	uint64_t end, looks = 0, taken = 0, again = 0;
	struct tracer *t;
	struct writer *w;
	unsigned seed = 99;

	(void)state;
	o.config.stream = 0;
	t = start(&o);
	w = start_writers();
	for (end = clock_mono() + SECONDS * NSEC_PER_SEC; clock_mono() < end; looks++) {
		uint64_t goid = 1 + (uint64_t)rand_r(&seed) % ALL;
		struct gt_entry e;
		int r = tracer_entry(t, goid, &e);

		assert_true(!r || r == -ENOENT || r == -EAGAIN);
		again += r == -EAGAIN;
		if (r)
			continue;
		taken++;
		check_entry(w, goid, &e);
	}
	stop_writers(w);
	tracer_counts(t, &counts);
	print_message("%llu looks, %llu taken, %llu torn, %llu given up; %llu hits\n",
		      (unsigned long long)looks, (unsigned long long)taken,
		      (unsigned long long)counts.torn, (unsigned long long)again,
		      (unsigned long long)counts.kernel.hits);
	assert_true(taken > 1000);
	for (int i = 0; i < ALL; i++) {
		struct gt_entry e = entry(t, (uint64_t)i + 1);

		check_entry(w, (uint64_t)i + 1, &e);
		assert_int_equal(e.transitions, w[i / GS_EACH].hits[i % GS_EACH]);
		assert_int_equal(e.raw, w[i / GS_EACH].state[i % GS_EACH]);
	}
	assert_int_equal(counts.kernel.missed, 0);
	free(w);
	tracer_close(t);
}

/* ---- the stream --------------------------------------------------------------------------------- */

struct stream {
	uint64_t records, gaps;
	uint32_t last[ALL + 1];
	uint8_t at[ALL + 1];
};

static void follow(void *ctx, const struct gt_record *r)
{
	struct stream *s = ctx;

	assert_in_range(r->goid, 1, ALL);
	assert_true(r->sequence > s->last[r->goid]);
	/* Without a gap each begins where the one before ended. */
	if (r->sequence == s->last[r->goid] + 1 && s->last[r->goid])
		assert_int_equal(r->old_state, s->at[r->goid]);
	s->gaps += r->sequence - s->last[r->goid] - 1;
	s->last[r->goid] = r->sequence;
	s->at[r->goid] = r->new_state;
	s->records++;
}

static void check_stream(uint32_t ring_bytes, useconds_t pause, bool losses)
{
	struct tracer_options o = options_for(getpid());
	struct stream s = {0};
	struct gt_counters c;
	struct tracer *t;
	struct writer *w;
	uint64_t end;

	o.ring_bytes = ring_bytes;
	t = start(&o);
	w = start_writers();
	for (end = clock_mono() + SECONDS * NSEC_PER_SEC / 2; clock_mono() < end;) {
		assert_true(tracer_drain(t, follow, &s, 1 << 20) >= 0);
		usleep(pause);
	}
	stop_writers(w);
	while (tracer_drain(t, follow, &s, 100) > 0)
		;
	c = counters(t);
	print_message("%llu hits, %llu records, %llu lost\n", (unsigned long long)c.hits,
		      (unsigned long long)s.records, (unsigned long long)c.lost);
	assert_int_equal(s.records + c.lost, c.hits);
	assert_true(losses ? c.lost > 0 : c.lost == 0);
	/* What was lost at the very end shows in no gap. */
	assert_true(s.gaps <= c.lost);
	for (int i = 0; i < ALL && !losses; i++)
		assert_int_equal(s.at[i + 1], w[i / GS_EACH].state[i % GS_EACH]);
	free(w);
	tracer_close(t);
}

static void a_stream_with_room_has_every_transition_in_order(void **state)
{
	(void)state;
	check_stream(16 << 20, 2000, false);
}

static void a_stream_without_room_counts_every_loss(void **state)
{
	(void)state;
	check_stream(4096, 5000, true);
}

/* ---- attaching in a storm ----------------------------------------------------------------------- */

/* Until each goroutine was seen since `from`: on a busy machine a writer may not run for long. */
static void await_hits_since(struct tracer *t, uint64_t from)
{
	uint64_t end = clock_mono() + 30 * NSEC_PER_SEC;

	for (uint64_t goid = 1; goid <= ALL;) {
		struct gt_entry e;

		if (!tracer_entry(t, goid, &e) && e.last > from)
			goid++;
		assert_true(clock_mono() < end);
	}
}

static void attaching_again_and_again_keeps_the_accounts_true(void **state)
{
	enum { GAPS = 5, GAP = 20000 };
	struct tracer_options o = options_for(getpid());
	uint64_t seen = 0, hits = 0;
	struct tracer *t;
	struct writer *w;

	(void)state;
	o.config.stream = 0;
	t = start(&o);
	w = start_writers();
	await_hits_since(t, 0);
	for (int i = 0; i < GAPS; i++) {
		tracer_detach(t);
		usleep(GAP);
		attach(t);
		await_hits_since(t, clock_mono());
	}
	stop_writers(w);
	for (int i = 0; i < ALL; i++) {
		struct gt_entry e = entry(t, (uint64_t)i + 1);

		assert_sums_up(&e);
		assert_int_equal(e.raw, w[i / GS_EACH].state[i % GS_EACH]);
		assert_true(e.unknown >= GAPS * GAP * 1000ull);
		seen += e.transitions;
		hits += w[i / GS_EACH].hits[i % GS_EACH];
	}
	assert_int_equal(seen, counters(t).hits);
	assert_true(seen < hits);
	/* Once a goroutine and gap, and never else. */
	assert_int_equal(counters(t).missed, GAPS * ALL);
	free(w);
	tracer_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_half_written_is_taken_for_whole),
		cmocka_unit_test(a_stream_with_room_has_every_transition_in_order),
		cmocka_unit_test(a_stream_without_room_counts_every_loss),
		cmocka_unit_test(attaching_again_and_again_keeps_the_accounts_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
