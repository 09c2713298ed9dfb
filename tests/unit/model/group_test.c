// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups: counted by what changes, they are what a count of all would give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"
#include "groups.h"

/* ---- what is seen ----------------------------------------------------------------------------- */

static const struct group_row *group_named(struct world *w, enum group_kind kind, const char *name)
{
	const struct group_row *r = row_named(groups_of(w, by(kind)), name);

	if (!r)
		fail_msg("no group %s", name);
	return r;
}

#define SITE "example.com/app/pool.New:42"

/* ---- what is counted -------------------------------------------------------------------------- */

static void goroutines_are_counted_by_each_key(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(3, GS_WAITING),
	     fact(4, GS_RUNNABLE));
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->count, 3);
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->waiting, 2);
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->runnable, 1);
	assert_int_equal(group_named(&w, GROUP_START, "main.main")->running, 1);
	assert_int_equal(group_named(&w, GROUP_STATE, "waiting")->count, 2);
	assert_int_equal(group_named(&w, GROUP_REASON, "chan receive")->count, 2);
	assert_int_equal(group_named(&w, GROUP_REASON, "(running)")->count, 1);
	assert_int_equal(group_named(&w, GROUP_THREAD, "100")->count, 1);
	assert_int_equal(group_named(&w, GROUP_THREAD, "(none)")->count, 3);
	assert_int_equal(groups_of(&w, by(GROUP_SITE))->goroutines, 4);
}

static void the_runtimes_own_are_left_out_unless_asked_for(void **state)
{
	struct feed_fact own = fact(2, GS_WAITING);
	struct request request = by(GROUP_STATE);
	WORLD(w, watching());

	(void)state;
	own.startpc = PC_FORCEGC;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), own);
	move(&w, 3 * S, 1, GS_WAITING, GS_RUNNABLE);
	assert_null(row_named(groups_of(&w, request), "waiting"));
	request.system = true;
	assert_int_equal(row_named(groups_of(&w, request), "waiting")->count, 1);
	assert_int_equal(row_named(groups_of(&w, request), "waiting")->oldest, 1 * S);
	request.system = false;
	assert_int_equal(row_named(groups_of(&w, request), "runnable")->oldest, 0);
}

static void a_filter_leaves_what_matches_and_makes_changes_unknown(void **state)
{
	struct request request = by(GROUP_SITE);
	const struct group_row *r;
	struct filter *f;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(3, GS_RUNNABLE));
	assert_int_equal(filter_parse(&f, "state=waiting", NULL), 0);
	request.filter = f;
	assert_true(groups_of(&w, request)->filtered);
	assert_int_equal(groups_of(&w, request)->total, 1);
	r = row_named(groups_of(&w, request), SITE);
	assert_int_equal(r->count, 1);
	assert_false(r->knows_delta || r->knows_minute || r->knows_sums || r->created_per_s >= 0);
	filter_free(f);
}

static void what_is_not_known_is_a_group_without_a_name(void **state)
{
	const struct groups_picture *p;
	char filter[100];
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING));
	move(&w, 3 * S, 9, GS_WAITING, GS_RUNNABLE);
	p = groups_of(&w, by(GROUP_SITE));
	assert_false(row_named(p, "–")->known);
	assert_false(group_filter_text(filter, sizeof(filter), p, row_named(p, "–")));
}

/* ---- what changes ----------------------------------------------------------------------------- */

static void changes_count_from_the_first_look_whenever_they_are_asked_for(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING));
	model_refresh(w.model, 2 * S + LATER);
	LOOK(&w, 3 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(3, GS_WAITING),
	     fact(4, GS_WAITING));
	model_refresh(w.model, 3 * S + LATER);
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->delta, 2);
	assert_int_equal(group_named(&w, GROUP_START, "example.com/app/pool.(*worker).run")->delta,
			 2);
	assert_int_equal(group_named(&w, GROUP_STATE, "running")->delta, 0);
	assert_true(group_named(&w, GROUP_STATE, "waiting")->knows_delta);
	assert_int_equal(group_named(&w, GROUP_STATE, "waiting")->delta, 2);
}

static void the_last_minute_is_a_window_that_moves(void **state)
{
	struct feed_fact facts[200];
	const struct group_row *r;
	WORLD(w, watching());

	(void)state;
	/* One more every second, for two minutes. */
	for (uint64_t i = 0; i < 120; i++) {
		facts[i] = fact(2 + i, GS_WAITING);
		look_at(&w, (2 + i) * S, facts, i + 1, true);
		model_refresh(w.model, (2 + i) * S + LATER);
	}
	r = group_named(&w, GROUP_SITE, SITE);
	assert_int_equal(r->delta, 119);
	assert_in_range(r->minute, 58, 63);
	assert_int_equal(r->n_history, GROUP_HISTORY);
	for (size_t i = 1; i < r->n_history; i++)
		assert_int_equal(r->history[i] - r->history[i - 1], 2);
}

static void births_and_ends_are_told_a_second(void **state)
{
	const struct group_row *r;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(3, GS_WAITING));
	model_refresh(w.model, 2 * S + 100 * MS);
	assert_true(group_named(&w, GROUP_SITE, SITE)->created_per_s < 0);
	LOOK(&w, 3 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(4, GS_WAITING),
	     fact(5, GS_WAITING));
	model_refresh(w.model, 4 * S + 100 * MS);
	r = group_named(&w, GROUP_SITE, SITE);
	assert_true(r->created_per_s == 1);
	assert_true(r->ended_per_s == 0.5);
	model_refresh(w.model, 5 * S + 100 * MS);
	assert_true(group_named(&w, GROUP_SITE, SITE)->created_per_s == 0);
}

static void who_lives_when_a_grouping_is_opened_was_not_created_since(void **state)
{
	const char *worker = "example.com/app/pool.(*worker).run";
	const struct group_row *r;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING));
	model_refresh(w.model, 2 * S + LATER);
	LOOK(&w, 3 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(3, GS_WAITING));
	model_refresh(w.model, 3 * S + LATER);
	assert_true(group_named(&w, GROUP_START, worker)->created_per_s < 0);
	LOOK(&w, 4 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(3, GS_WAITING),
	     fact(4, GS_WAITING));
	model_refresh(w.model, 4 * S + LATER);
	r = group_named(&w, GROUP_START, worker);
	assert_true(r->created_per_s == 1);
	assert_true(r->ended_per_s == 0);
}

static void the_oldest_is_found_again_when_it_has_moved(void **state)
{
	enum { N = 200 };
	struct feed_fact facts[N];
	WORLD(w, watching());

	(void)state;
	for (uint64_t i = 0; i < N; i++)
		facts[i] = fact(2 + i, GS_WAITING);
	look_at(&w, 2 * S, facts, N, true);
	/* Each in its turn: more than are remembered. */
	for (uint64_t i = 0; i < N; i++) {
		assert_int_equal(group_named(&w, GROUP_SITE, SITE)->oldest, w.model->time - 2 * S);
		move(&w, 3 * S + i * MS, 2 + i, GS_WAITING, GS_RUNNABLE);
	}
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->oldest, (N - 1) * MS);
}

/* ---- sums ------------------------------------------------------------------------------------- */

static void cpu_time_is_that_of_the_living_and_the_ended(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(2, GS_WAITING), fact(3, GS_RUNNABLE));
	move(&w, 3 * S, 3, GS_RUNNABLE, GS_RUNNING);
	model_refresh(w.model, 4 * S);
	/* It runs, and nobody has told of it since. */
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->cpu, 1 * S);
	model_refresh(w.model, 5 * S);
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->cpu, 2 * S);
	assert_true(group_named(&w, GROUP_SITE, SITE)->cpu_pct == 100);
	move(&w, 5 * S + 500 * MS, 3, GS_RUNNING, GS_DEAD);
	model_refresh(w.model, 6 * S);
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->cpu, 2 * S + 500 * MS);
	assert_true(group_named(&w, GROUP_SITE, SITE)->cpu_pct == 50);
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->ended, 1);
	assert_int_equal(group_named(&w, GROUP_SITE, SITE)->life, 3 * S + 500 * MS);
}

static void the_kernels_sums_have_who_was_never_seen(void **state)
{
	const struct feed_site site = {.gopc = PC_SITE,
				       .created = 1000,
				       .ended = 998,
				       .switches = 2000,
				       .max_latency = 7 * MS,
				       .running = 499 * MS,
				       .runnable = 2 * MS,
				       .waiting = 497 * MS};
	const struct group_row *r;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	model_refresh(w.model, 2 * S + LATER);
	w.sink.sites(w.sink.ctx, &site, 1, 3 * S);
	model_refresh(w.model, 3 * S + LATER);
	r = group_named(&w, GROUP_SITE, SITE);
	assert_int_equal(r->count, 0);
	assert_int_equal(r->created, 1000);
	assert_int_equal(r->ended, 998);
	assert_int_equal(r->cpu, 499 * MS);
	assert_int_equal(r->life, 1 * MS);
	assert_int_equal(r->latency, 1000);
	assert_int_equal(r->max_latency, 7 * MS);
	assert_true(r->created_per_s == 1000);
}

static void label_values_are_groups_once_they_are_read(void **state)
{
	const struct label tenant[] = {{"tenant", "acme"}}, other[] = {{"route", "/"}};
	const struct feed_labels told[] = {
		{.labels = 0x100, .readable = true, .v = tenant, .n = 1},
		{.labels = 0x200, .readable = true, .v = other, .n = 1},
	};
	struct feed_fact facts[] = {fact(1, GS_WAITING), fact(2, GS_WAITING), fact(3, GS_WAITING),
				    fact(4, GS_WAITING)};
	struct request request = by(GROUP_LABEL);
	struct label_want wants[4];
	WORLD(w, watching());

	(void)state;
	snprintf(request.groups.by.label, sizeof(request.groups.by.label), "tenant");
	facts[0].labels = facts[1].labels = 0x100;
	facts[2].labels = 0x200;
	look_at(&w, 2 * S, facts, ARRAY_SIZE(facts), true);
	assert_int_equal(row_named(groups_of(&w, request), "–")->count, 3);
	assert_int_equal(row_named(groups_of(&w, request), "(none)")->count, 1);
	assert_int_equal(model_wants_labels(w.model, wants, ARRAY_SIZE(wants)), 2);
	w.sink.labels(w.sink.ctx, told, ARRAY_SIZE(told));
	assert_null(row_named(groups_of(&w, request), "–"));
	assert_int_equal(row_named(groups_of(&w, request), "acme")->count, 2);
	assert_int_equal(row_named(groups_of(&w, request), "(none)")->count, 2);
}

static void a_label_that_is_too_long_is_cut_at_a_character(void **state)
{
	char value[201] = "";
	const struct label tenant[] = {{"tenant", value}};
	const struct feed_labels told = {.labels = 0x100, .readable = true, .v = tenant, .n = 1};
	struct feed_fact f = fact(1, GS_WAITING);
	struct request request = by(GROUP_LABEL);
	const struct groups_picture *p;
	struct label_want want;
	char filter[100];
	WORLD(w, watching());

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(value); i += 2)
		memcpy(value + i, "ä", 2);
	snprintf(request.groups.by.label, sizeof(request.groups.by.label), "tenant");
	f.labels = 0x100;
	look_at(&w, 2 * S, &f, 1, true);
	assert_int_equal(model_wants_labels(w.model, &want, 1), 1);
	w.sink.labels(w.sink.ctx, &told, 1);
	p = groups_of(&w, request);
	assert_int_equal(p->n, 1);
	assert_int_equal(strlen(p->rows[0].text), sizeof(p->rows[0].text) - 2);
	assert_memory_equal(p->rows[0].text, value, strlen(p->rows[0].text));
	/* What is cut off is not the value that a filter would look for. */
	assert_false(group_filter_text(filter, sizeof(filter), p, &p->rows[0]));
}

/* ---- names ------------------------------------------------------------------------------------ */

static void check_filter(struct world *w, const char *text, uint64_t count)
{
	struct request request = {.count = SIZE_MAX};
	struct filter *f;
	struct err err;

	if (filter_parse(&f, text, &err))
		fail_msg("%s: %s", text, err.text);
	request.filter = f;
	assert_int_equal(picture_of(w, request).matching, count);
	filter_free(f);
}

static void a_group_is_a_filter(void **state)
{
	struct feed_fact facts[] = {fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(3, GS_SYSCALL)};
	WORLD(w, watching());

	(void)state;
	look_at(&w, 2 * S, facts, ARRAY_SIZE(facts), true);
	for (int kind = 0; kind < GROUP_LABEL; kind++) {
		const struct groups_picture *p = groups_of(&w, by((enum group_kind)kind));

		for (size_t i = 0; i < p->n; i++) {
			char text[600];

			if (group_filter_text(text, sizeof(text), p, &p->rows[i]))
				check_filter(&w, text, p->rows[i].count);
		}
	}
}

static void keys_are_parsed_and_others_refused(void **state)
{
	struct group_by g;
	struct err err;

	(void)state;
	assert_int_equal(group_by_parse("where", &g, &err), 0);
	assert_int_equal(g.kind, GROUP_WHERE);
	assert_int_equal(group_by_parse("label=tenant", &g, &err), 0);
	assert_string_equal(g.label, "tenant");
	assert_true(group_by_parse("label", &g, &err) < 0);
	assert_true(group_by_parse("label=", &g, &err) < 0);
	assert_true(group_by_parse("sites", &g, &err) < 0);
	assert_int_equal(err.status, EXIT_USAGE);
}

static void groups_are_sorted_and_cut_to_a_window(void **state)
{
	struct request request = by(GROUP_STATE);
	const struct groups_picture *p;
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING), fact(2, GS_WAITING), fact(3, GS_WAITING));
	p = groups_of(&w, request);
	assert_string_equal(p->rows[0].text, "waiting");
	request.groups.dir = SORT_ASC;
	assert_string_equal(groups_of(&w, request)->rows[0].text, "running");
	request.groups.first = 1;
	request.groups.count = 1;
	p = groups_of(&w, request);
	assert_int_equal(p->total, 2);
	assert_int_equal(p->n, 1);
	assert_string_equal(p->rows[0].text, "waiting");
}

/* ---- whole after anything --------------------------------------------------------------------- */

static void random_look(struct world *w, uint64_t now)
{
	struct feed_fact facts[60];
	size_t n = 0;

	for (uint64_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (rand() % 3)
			facts[n++] = random_fact(1 + i);
	look_at(w, now, facts, n, rand() % 2);
}

static void random_change(struct world *w, uint64_t now)
{
	static const uint8_t states[] = {GS_RUNNABLE, GS_RUNNING, GS_SYSCALL, GS_WAITING, GS_DEAD};
	uint64_t goid = 1 + (uint64_t)(rand() % 60);

	if (rand() % 8 == 0) {
		random_look(w, now);
	} else if (rand() % 6 == 0) {
		model_refresh(w->model, now);
	} else {
		const struct row *r = model_row(w->model, goid);

		move(w, now, goid, r ? r->raw : GS_DEAD,
		     r ? states[rand() % (int)ARRAY_SIZE(states)] : GS_RUNNABLE);
	}
}

static void check_group(struct model *m, struct grouping *g, uint32_t i)
{
	const struct group *group = &g->groups.v[i];
	uint64_t count[2][CLASSES] = {0}, ran = 0, since = UINT64_MAX;
	const struct entry *oldest = group_oldest(m, g, i);

	vec_foreach (e, &m->live) {
		bool system = e->flags & ROW_SYSTEM;

		if (group_of_key(m, g, group_key(m, g, e)) != i)
			continue;
		count[system][state_class(e->state)]++;
		ran += e->times[TIME_RUNNING];
		if (e->bound != AGE_UNKNOWN && (g->system || !system) && e->since < since)
			since = e->since;
	}
	for (int s = 0; s < 2; s++)
		for (int c = 0; c < CLASSES; c++)
			assert_int_equal(group->count[s][c], count[s][c]);
	assert_int_equal(oldest ? oldest->since : UINT64_MAX, since);
	if (g->by.kind == GROUP_SITE)
		assert_int_equal(group->ran, ran);
}

/* Every group against a count of all rows. */
static void check_groups(struct world *w, enum group_kind kind)
{
	struct request request = by(kind);
	struct model *m = w->model;
	struct grouping *g;

	request.system = rand() % 2;
	groups_of(w, request);
	g = &m->groups->by[m->groups->asked && m->groups->by[1].by.kind == kind];
	assert_int_equal(g->by.kind, kind);
	for (uint32_t i = 0; i < g->groups.n; i++)
		check_group(m, g, i);
}

static void counted_by_changes_they_are_as_counted_anew(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		struct model_options o = watching();

		srand(seed);
		o.probes = seed % 4;
		WORLD(w, o);
		for (uint64_t i = 0; i < 1200; i++) {
			random_change(&w, 2 * S + i * 10 * MS);
			if (i % 7 == 0)
				check_groups(&w, rand() % 3 ? (enum group_kind)(seed % GROUP_LABEL)
							    : GROUP_SITE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goroutines_are_counted_by_each_key),
		cmocka_unit_test(the_runtimes_own_are_left_out_unless_asked_for),
		cmocka_unit_test(a_filter_leaves_what_matches_and_makes_changes_unknown),
		cmocka_unit_test(what_is_not_known_is_a_group_without_a_name),
		cmocka_unit_test(changes_count_from_the_first_look_whenever_they_are_asked_for),
		cmocka_unit_test(the_last_minute_is_a_window_that_moves),
		cmocka_unit_test(births_and_ends_are_told_a_second),
		cmocka_unit_test(who_lives_when_a_grouping_is_opened_was_not_created_since),
		cmocka_unit_test(the_oldest_is_found_again_when_it_has_moved),
		cmocka_unit_test(cpu_time_is_that_of_the_living_and_the_ended),
		cmocka_unit_test(the_kernels_sums_have_who_was_never_seen),
		cmocka_unit_test(label_values_are_groups_once_they_are_read),
		cmocka_unit_test(a_label_that_is_too_long_is_cut_at_a_character),
		cmocka_unit_test(a_group_is_a_filter),
		cmocka_unit_test(keys_are_parsed_and_others_refused),
		cmocka_unit_test(groups_are_sorted_and_cut_to_a_window),
		cmocka_unit_test(counted_by_changes_they_are_as_counted_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
