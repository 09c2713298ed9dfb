// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Storms of random events, with looks that lag, records that are lost, goids that cannot be read,
 * probes that are off for a while; fed as a source feeds them. While it lasts the table must be
 * sound; when it is over, it must equal the truth.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"
#include "sim.h"

struct storm {
	struct sim_options sim;
	bool no_probes, no_memory;
	bool gaps;
	bool partial;	  /* some looks see only some goroutines, some cannot read some */
	bool in_motion;	  /* the runtime runs before the first look */
	bool times_true;  /* times must be exactly the truth's */
	bool ages_true;	  /* what is called exact must be, what is a minimum too */
	bool counts_true; /* births and ends must be the truth's */
};

struct storming {
	const struct storm *storm;
	struct world w;
	struct sim s;
	size_t given; /* records of the stream */
	uint64_t start;
};

/* ---- feeding ---------------------------------------------------------------------------------- */

/* Gives the records from before `time`. */
static void drain(struct storming *x, uint64_t time)
{
	const struct feed_transition *v = x->s.stream.v;
	size_t end = x->given;

	while (end < x->s.stream.n && v[end].time < time)
		end++;
	if (end > x->given)
		x->w.sink.transitions(x->w.sink.ctx, v + x->given, end - x->given);
	x->given = end;
}

/* In parts, as a large one comes; between them the target goes on, and some of that is told. */
static void give_look(struct storming *x, const struct feed_look *whole)
{
	struct feed_look part = *whole;
	size_t given = 0;

	do {
		part.facts = whole->facts + given;
		part.continues = given > 0;
		part.left = whole->n - given;
		part.n = rand() % 2 || !part.left ? part.left : 1 + (size_t)rand() % part.left;
		part.left -= part.n;
		given += part.n;
		x->w.sink.look(x->w.sink.ctx, &part);
		if (!part.left)
			return;
		sim_run(&x->s, x->s.now + (uint64_t)rand() % (5 * MS));
		drain(x, x->s.now - (uint64_t)rand() % MS);
	} while (true);
}

static void look(struct storming *x, const uint64_t *addrs, size_t n, bool whole)
{
	struct feed_fact facts[SIM_G];
	struct feed_look l = {.t0 = x->s.now, .facts = facts, .complete = !addrs};
	bool partial = !whole && x->storm->partial && rand() % 3 == 0;

	sim_run(&x->s, l.t0 + (uint64_t)rand() % (5 * MS));
	l.t1 = x->s.now;
	for (size_t i = 0; i < SIM_G; i++) {
		bool wanted = !addrs;

		for (size_t k = 0; k < n; k++)
			wanted |= addrs[k] == x->s.g[i].addr;
		if (!wanted || !sim_fact(&x->s.g[i], l.t0, l.t1, &facts[l.n]))
			continue;
		if (partial && rand() % 4 == 0)
			l.unreadable++;
		else
			l.n++;
	}
	if (partial && rand() % 2)
		l.complete = false;
	drain(x, l.t0 + (uint64_t)rand() % (l.t1 - l.t0 + 1));
	give_look(x, &l);
}

static void tell_loss(struct storming *x)
{
	struct sim *s = &x->s;

	if (s->lost == s->told_lost)
		return;
	x->w.sink.loss(x->w.sink.ctx, LOSS_RING, s->lost - s->told_lost, s->now);
	s->told_lost = s->lost;
	vec_foreach (e, &s->entries)
		if (sim_entry(s, e->goid) == e)
			x->w.sink.account(x->w.sink.ctx, &e->a);
}

static void give_accounts(struct storming *x)
{
	uint64_t goids[256];
	size_t n = model_wants_accounts(x->w.model, goids, ARRAY_SIZE(goids));

	for (size_t i = 0; i < n && i < ARRAY_SIZE(goids); i++) {
		struct sim_entry *e = sim_entry(&x->s, goids[i]);

		if (e)
			x->w.sink.account(x->w.sink.ctx, &e->a);
	}
}

/* Off for a while: nothing is recorded; memory goes on. */
static void turn_off_and_on(struct storming *x)
{
	struct sim *s = &x->s;
	uint64_t from;

	if (!x->storm->gaps || rand() % 4)
		return;
	from = s->now;
	s->off = true;
	drain(x, UINT64_MAX);
	x->w.sink.gap(x->w.sink.ctx, from, 0);
	sim_run(s, from + (uint64_t)rand() % (300 * MS));
	if (rand() % 2)
		look(x, NULL, 0, false);
	sim_run(s, s->now + 1);
	s->off = false;
	s->epoch = s->now;
	x->w.sink.gap(x->w.sink.ctx, from, s->now);
}

/* As the collector does it: a look, what is wanted again, what was lost, the end of the interval. */
static void refresh(struct storming *x, bool whole)
{
	uint64_t wanted[256];
	size_t n;

	if (!x->storm->no_memory) {
		look(x, NULL, 0, whole);
		n = model_wants(x->w.model, wanted, ARRAY_SIZE(wanted));
		if (n) {
			sim_run(&x->s, x->s.now + 15 * MS);
			look(x, wanted, n < ARRAY_SIZE(wanted) ? n : ARRAY_SIZE(wanted), whole);
		}
	}
	drain(x, x->s.now);
	tell_loss(x);
	give_accounts(x);
	x->w.sink.now(x->w.sink.ctx, x->s.now);
	model_refresh(x->w.model, x->s.now);
}

/* ---- checks ----------------------------------------------------------------------------------- */

/* What must hold at any time. */
static void check_sound(struct storming *x)
{
	struct picture p = all_of(&x->w);
	struct hash seen = {0};
	uint64_t states = p.summary.goroutines;

	assert_int_equal(p.n, states);
	for (size_t i = 0; i < p.n; i++) {
		const struct row *r = p.rows[i].row;

		assert_true(r->goid);
		assert_int_equal(hash_get(&seen, r->goid), HASH_NONE);
		assert_true(!r->g || hash_get(&seen, r->g) == HASH_NONE);
		hash_put(&seen, r->goid, 1);
		if (r->g)
			hash_put(&seen, r->g, 1);
		assert_true(r->state != GS_DEAD && r->state != GS_IDLE);
		if (!x->storm->no_probes) {
			assert_int_equal(row_times_sum(&r->times), r->counted - r->first);
			assert_true(row_times_sum(&r->interval) <= p.context.interval + 30 * MS);
		}
	}
	hash_free(&seen);
}

static void check_times(const struct storming *x, const struct sim_g *g, const struct row *r)
{
	uint64_t t[SIM_KINDS];

	memcpy(t, g->times, sizeof(t));
	t[sim_folded(g) <= GS_WAITING ? sim_folded(g) : 0] += x->s.now - g->since;
	assert_int_equal(r->times.running, t[GS_RUNNING]);
	assert_int_equal(r->times.runnable, t[GS_RUNNABLE]);
	assert_int_equal(r->times.waiting, t[GS_WAITING]);
	assert_int_equal(r->times.syscall, t[GS_SYSCALL]);
	assert_int_equal(r->times.unknown, 0);
}

static void check_true(struct storming *x)
{
	size_t alive = 0;

	for (size_t i = 0; i < SIM_G; i++) {
		const struct sim_g *g = &x->s.g[i];
		struct row r;

		if (!sim_alive(g)) {
			assert_false(is_there(&x->w, g->goid));
			continue;
		}
		/* Without memory nobody can know those that have never moved. */
		if (x->storm->no_memory && !is_there(&x->w, g->goid))
			continue;
		alive++;
		r = row_of(&x->w, g->goid);
		assert_int_equal(r.g, g->addr);
		assert_int_equal(r.raw, g->raw);
		assert_int_equal(r.state, sim_folded(g));
		if (x->storm->ages_true && r.bound == AGE_EXACT)
			assert_int_equal(r.since, g->since);
		if (x->storm->ages_true && r.bound == AGE_MIN)
			assert_true(r.since >= g->since);
		if (x->storm->times_true)
			check_times(x, g, &r);
	}
	assert_int_equal(all_of(&x->w).n, alive);
	if (x->storm->counts_true) {
		assert_int_equal(header(&x->w).summary.created, x->s.created);
		assert_int_equal(header(&x->w).summary.ended, x->s.ended);
	}
}

/* ---- a storm ---------------------------------------------------------------------------------- */

static void begin(struct storming *x, const struct storm *storm, unsigned seed)
{
	struct model_options o = {
		.attached = 1 * S,
		.probes = !storm->no_probes,
		.memory = !storm->no_memory,
		.bypass = storm->sim.unseen,
		.syscall_times = !storm->sim.unseen,
	};

	srand(seed);
	*x = (struct storming){.storm = storm, .w = world_new(o)};
	sim_init(&x->s, &storm->sim, 1 * S);
	x->s.off = storm->no_probes;
	if (storm->in_motion)
		sim_run(&x->s, 1 * S + 30 * MS);
	else if (!storm->no_memory) {
		/* At attach nothing moves: the first look is the truth. */
		struct feed_fact facts[SIM_G];
		size_t n = 0;

		for (size_t i = 0; i < SIM_G; i++)
			n += sim_fact(&x->s.g[i], 1 * S, 1 * S, &facts[n]);
		x->w.sink.look(x->w.sink.ctx, &(struct feed_look){.t0 = 1 * S,
								  .t1 = 1 * S,
								  .complete = true,
								  .facts = facts,
								  .n = n});
	}
}

static void end(struct storming *x)
{
	world_free(&x->w);
	sim_free(&x->s);
}

/*
 * Nothing happens any more: one refresh later nothing may be wrong, or one after a loss was told, or
 * if some looks were partial, three.
 */
static void calm_down(struct storming *x)
{
	for (size_t i = 0; i < SIM_G; i++)
		x->s.g[i].ready = UINT64_MAX;
	for (int i = 0; i < 3; i++) {
		x->s.now += 100 * MS;
		refresh(x, true);
		/* What was lost is told at the end of the first. */
		if (!x->storm->partial && (i || !x->storm->sim.lose))
			check_true(x);
	}
	check_true(x);
}

static void storms(const struct storm *storm, unsigned n)
{
	for (unsigned seed = 1; seed <= n; seed++) {
		struct storming x;

		begin(&x, storm, seed);
		for (int i = 0; i < 12; i++) {
			sim_run(&x.s, x.s.now + (uint64_t)rand() % (200 * MS));
			turn_off_and_on(&x);
			refresh(&x, false);
			check_sound(&x);
		}
		calm_down(&x);
		end(&x);
	}
}

enum { SEEDS = 100 };

static void with_nothing_lost_states_ages_times_and_counts_are_exact(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS},
			       .times_true = true,
			       .ages_true = true,
			       .counts_true = true},
	       SEEDS);
}

static void with_late_goids_too(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS, .late_goid = true, .park_lag = true},
			       .times_true = true,
			       .ages_true = true,
			       .counts_true = true},
	       SEEDS);
}

static void with_looks_that_see_only_some(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS},
			       .partial = true,
			       .times_true = true,
			       .ages_true = true,
			       .counts_true = true},
	       SEEDS);
}

static void with_a_runtime_in_motion_at_attach(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS}, .in_motion = true, .ages_true = true},
	       SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS, .late_goid = true, .park_lag = true},
			       .in_motion = true,
			       .ages_true = true},
	       SEEDS);
}

static void with_records_lost(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS, .lose = 2}, .ages_true = true}, SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS, .lose = 2, .late_goid = true},
			       .ages_true = true},
	       SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS, .lose = 30}, .ages_true = true}, SEEDS);
}

static void with_goids_that_cannot_be_read(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS, .unread = 5}, .ages_true = true}, SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS, .unread = 5, .late_goid = true},
			       .ages_true = true},
	       SEEDS);
}

static void with_probes_off_at_times(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS}, .gaps = true, .ages_true = true}, SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS, .late_goid = true},
			       .gaps = true,
			       .partial = true,
			       .ages_true = true},
	       SEEDS);
}

static void with_changes_that_pass_casgstatus_by(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS, .unseen = true}}, SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS, .unseen = true}, .in_motion = true}, SEEDS);
}

static void with_everything_going_wrong_at_once(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS, .unseen = true, .lose = 5, .unread = 2},
			       .gaps = true,
			       .partial = true,
			       .in_motion = true},
	       SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS,
				       .late_goid = true,
				       .park_lag = true,
				       .unseen = true,
				       .lose = 5,
				       .unread = 2},
			       .gaps = true,
			       .partial = true,
			       .in_motion = true},
	       SEEDS);
}

static void from_probes_alone(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS},
			       .no_memory = true,
			       .ages_true = true,
			       .counts_true = true},
	       SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS, .late_goid = true},
			       .no_memory = true,
			       .in_motion = true,
			       .ages_true = true},
	       SEEDS);
}

static void from_memory_alone(void **state)
{
	(void)state;
	storms(&(struct storm){.sim = {.lag = 13 * MS}, .no_probes = true, .in_motion = true},
	       SEEDS);
	storms(&(struct storm){.sim = {.lag = 13 * MS, .unseen = true, .late_goid = true},
			       .no_probes = true,
			       .partial = true},
	       SEEDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_nothing_lost_states_ages_times_and_counts_are_exact),
		cmocka_unit_test(with_late_goids_too),
		cmocka_unit_test(with_looks_that_see_only_some),
		cmocka_unit_test(with_a_runtime_in_motion_at_attach),
		cmocka_unit_test(with_records_lost),
		cmocka_unit_test(with_goids_that_cannot_be_read),
		cmocka_unit_test(with_probes_off_at_times),
		cmocka_unit_test(with_changes_that_pass_casgstatus_by),
		cmocka_unit_test(with_everything_going_wrong_at_once),
		cmocka_unit_test(from_probes_alone),
		cmocka_unit_test(from_memory_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
