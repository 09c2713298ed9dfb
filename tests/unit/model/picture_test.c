// SPDX-License-Identifier: GPL-2.0-or-later
/* Pictures: windows of sorted, filtered rows, the summary, who is new and who has ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"
#include "model/table.h"
#include "model/tree.h"

static void the_selected_row_comes_even_if_it_is_filtered_out(void **state)
{
	struct request request = {.count = 10, .selected = 17};
	struct filter *f;
	WORLD(w, watching());
	struct picture p;

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	assert_int_equal(filter_parse(&f, "state=waiting", NULL), 0);
	request.filter = f;
	p = picture_of(&w, request);
	assert_int_equal(p.matching, 1);
	assert_int_equal(p.selected_at, -1);
	assert_int_equal(p.selected->row->goid, 17);
	assert_string_equal(p.selected->row->start->function, "example.com/app/pool.(*worker).run");
	request.selected = 99;
	p = picture_of(&w, request);
	assert_null(p.selected);
	filter_free(f);
}

static void an_empty_table_is_an_empty_picture(void **state)
{
	WORLD(w, watching());
	struct picture p;

	(void)state;
	p = all_of(&w);
	assert_int_equal(p.n, 0);
	assert_int_equal(p.matching, 0);
	assert_int_equal(p.summary.goroutines, 0);
	assert_int_equal(p.elapsed, 0);
	assert_false(p.has_interval);
	model_refresh(w.model, 2 * S);
	p = picture_of(&w,
		       (struct request){.count = 5, .first = 100, .selected = 4, .follow = true});
	assert_int_equal(p.n, 0);
	assert_int_equal(p.selected_at, -1);
}

/* ---- the summary ------------------------------------------------------------------------------ */

static void check_summary(struct world *w, bool system)
{
	const struct summary s = picture_of(w, (struct request){.system = system}).summary;
	struct picture p = all_of(w);
	uint64_t count[CLASSES] = {0}, own = 0;

	for (size_t i = 0; i < p.n; i++) {
		const struct row *r = p.rows[i].row;

		own += (r->flags & ROW_SYSTEM) != 0;
		if (system || !(r->flags & ROW_SYSTEM))
			count[state_class(r->state)]++;
	}
	assert_int_equal(s.running, count[CLASS_RUNNING]);
	assert_int_equal(s.runnable, count[CLASS_RUNNABLE]);
	assert_int_equal(s.waiting, count[CLASS_WAITING]);
	assert_int_equal(s.syscall, count[CLASS_SYSCALL]);
	assert_int_equal(s.other, count[CLASS_OTHER]);
	assert_int_equal(s.system, own);
	assert_int_equal(s.goroutines, s.running + s.runnable + s.waiting + s.syscall + s.other);
}

static void the_summary_is_what_a_count_of_the_rows_gives(void **state)
{
	WORLD(w, watching());

	(void)state;
	srand(8);
	for (int round = 0; round < 300; round++) {
		struct feed_fact facts[40];
		size_t n = 0;

		for (uint64_t goid = 1; goid <= 40; goid++)
			if (rand() % 3)
				facts[n++] = random_fact(goid);
		look_at(&w, (uint64_t)(2 + round) * S, facts, n, rand() % 4);
		for (int i = 0; i < 10; i++)
			move(&w, (uint64_t)(2 + round) * S + 100 * MS + (uint64_t)i,
			     1 + (uint64_t)(rand() % 50), (uint8_t)(rand() % 12),
			     (uint8_t)(rand() % 12));
		if (rand() % 2)
			model_refresh(w.model, (uint64_t)(2 + round) * S + 500 * MS);
		check_summary(&w, false);
		check_summary(&w, true);
	}
}

static void the_filter_does_not_touch_the_summary(void **state)
{
	struct filter *f;
	WORLD(w, watching());
	struct picture p;

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	assert_int_equal(filter_parse(&f, "goid=1", NULL), 0);
	p = picture_of(&w, (struct request){.count = 10, .filter = f});
	assert_int_equal(p.matching, 1);
	assert_int_equal(p.summary.goroutines, 2);
	filter_free(f);
}

/* ---- refreshes -------------------------------------------------------------------------------- */

static size_t shown(struct world *w, uint32_t flag, bool ended)
{
	struct picture p = picture_of(w, (struct request){.count = SIZE_MAX, .ended = ended});
	size_t n = 0;

	for (size_t i = 0; i < p.n; i++)
		n += (p.rows[i].row->flags & flag) != 0;
	return n;
}

static void who_is_new_is_new_for_one_refresh(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	model_refresh(w.model, 2 * S + 10 * MS);
	assert_int_equal(shown(&w, ROW_NEW, false), 0); /* there before us */
	move(&w, 2 * S + 20 * MS, 17, GS_DEAD, GS_RUNNABLE);
	assert_int_equal(shown(&w, ROW_NEW, false), 1);
	model_refresh(w.model, 3 * S);
	assert_int_equal(shown(&w, ROW_NEW, false), 1);
	model_refresh(w.model, 4 * S);
	assert_int_equal(shown(&w, ROW_NEW, false), 0);
}

static void who_ended_is_shown_once_more_where_that_is_asked_for(void **state)
{
	WORLD(w, watching());
	struct picture p;

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(17, GS_RUNNING));
	model_refresh(w.model, 2 * S + 10 * MS);
	move(&w, 3 * S, 17, GS_RUNNING, GS_DEAD);
	assert_int_equal(shown(&w, ROW_ENDED, false), 0);
	assert_int_equal(shown(&w, ROW_ENDED, true), 1);
	model_refresh(w.model, 3 * S + 10 * MS);
	p = picture_of(&w, (struct request){.count = 10, .ended = true, .selected = 17});
	assert_int_equal(p.n, 2);
	assert_int_equal(p.matching, 2);
	assert_int_equal(p.summary.goroutines, 1);
	assert_int_equal(p.selected->row->goid, 17);
	assert_true(p.selected->row->flags & ROW_ENDED);
	/* Time goes on, but not for it. */
	assert_int_equal(row_age(p.selected->row, 3 * S + 900 * MS), 1 * S);
	assert_string_equal(columns[column_by_name("state", 5)].text(p.selected->row, NULL),
			    "ended");
	assert_int_equal(p.selected->row->times.running, 1 * S);
	assert_int_equal(p.selected->row->interval.running, 990 * MS);
	assert_int_equal(shown(&w, ROW_ENDED, false), 0);
	model_refresh(w.model, 4 * S);
	assert_int_equal(shown(&w, ROW_ENDED, true), 0);
}

static void who_came_and_went_between_two_refreshes_was_never_shown(void **state)
{
	WORLD(w, watching());

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	model_refresh(w.model, 2 * S + 10 * MS);
	move(&w, 3 * S, 17, GS_DEAD, GS_RUNNABLE);
	move(&w, 3 * S + 1, 17, GS_RUNNABLE, GS_RUNNING);
	move(&w, 3 * S + 2, 17, GS_RUNNING, GS_DEAD);
	model_refresh(w.model, 4 * S);
	assert_int_equal(shown(&w, ROW_ENDED, true), 0);
	assert_int_equal(header(&w).summary.created, 1);
	assert_int_equal(header(&w).summary.ended, 1);
}

static void rates_and_history_are_those_of_the_refreshes(void **state)
{
	WORLD(w, watching());
	struct picture p;

	(void)state;
	GLANCE(&w, 2 * S - MS, fact(1, GS_WAITING));
	model_refresh(w.model, 2 * S);
	p = header(&w);
	assert_true(p.summary.created_per_s < 0 && p.source.transitions_per_s < 0);
	assert_int_equal(p.n_history, 1);
	for (uint64_t goid = 10; goid < 20; goid++)
		move(&w, 2 * S + goid * MS, goid, GS_DEAD, GS_RUNNABLE);
	model_refresh(w.model, 2 * S + 500 * MS);
	p = header(&w);
	assert_true(p.summary.created_per_s == 20);
	assert_true(p.summary.ended_per_s == 0);
	assert_true(p.source.transitions_per_s == 20);
	assert_int_equal(p.n_history, 2);
	assert_int_equal(p.history[0], 1);
	assert_int_equal(p.history[1], 11);
	assert_int_equal(p.time, 2 * S + 500 * MS);
	assert_int_equal(p.elapsed, 1 * S + 500 * MS);
	assert_int_equal(p.context.interval, 500 * MS);
	for (uint64_t t = 3; t < 3 + PICTURE_HISTORY; t++)
		model_refresh(w.model, t * S);
	p = header(&w);
	assert_int_equal(p.n_history, PICTURE_HISTORY);
	assert_int_equal(p.history[0], 11);
}

static void what_many_took_is_given_back(void **state)
{
	enum { MANY = 40000, LITTLE = 8192 };
	struct feed_fact *facts = calloc(MANY, sizeof(*facts));
	struct request window = {.count = 50}, all = {.count = SIZE_MAX, .tree = true};
	WORLD(w, watching());
	struct model *m = w.model;

	(void)state;
	assert_non_null(facts);
	for (size_t i = 0; i < MANY; i++)
		facts[i] = fact(1 + i, GS_WAITING);
	look_at(&w, 2 * S, facts, 1, true);
	look_at(&w, 3 * S, facts, MANY, true);
	model_refresh(m, 3 * S + LATER);
	assert_int_equal(picture_of(&w, all).n, MANY);
	assert_int_equal(picture_of(&w, window).n, 50);
	assert_in_range(m->rows.cap, 51, LITTLE);
	assert_in_range(m->picture_rows.cap, 51, LITTLE);
	assert_int_equal(m->tree->nodes.cap + m->tree->lines.cap + m->tree->window.cap, 0);
	look_at(&w, 4 * S, facts, 1, true);
	assert_int_equal(m->ended.n, MANY - 1);
	for (uint64_t i = 5; i < 9; i++)
		model_refresh(m, i * S);
	assert_in_range(m->ended.cap + m->ended_before.cap, 0, LITTLE);
	assert_in_range(m->fresh.cap + m->shown_fresh.cap, 0, LITTLE);
	assert_in_range(m->graves.graves.cap + m->graves_before.graves.cap, 0, LITTLE);
	assert_in_range(m->graves.by_goid.cap + m->graves_before.by_goid.cap, 0, LITTLE);
	assert_int_equal(picture_of(&w, window).n, 1);
	free(facts);
}

static void latencies_are_those_of_the_last_interval(void **state)
{
	struct feed_latency told = {0};
	WORLD(w, watching());
	struct latency_summary l;

	(void)state;
	GLANCE(&w, 2 * S - MS, fact(17, GS_WAITING));
	model_refresh(w.model, 2 * S);
	assert_false(header(&w).summary.latency.interval);
	move(&w, 2 * S + 100 * MS, 17, GS_WAITING, GS_RUNNABLE);
	move(&w, 2 * S + 101 * MS, 17, GS_RUNNABLE, GS_RUNNING);
	model_refresh(w.model, 3 * S);
	l = header(&w).summary.latency;
	assert_true(l.interval);
	assert_int_equal(l.count, 1);
	assert_in_range(l.p50, 500000, 1100000);
	assert_int_equal(l.max, 1 * MS);
	model_refresh(w.model, 4 * S);
	l = header(&w).summary.latency;
	assert_int_equal(l.count, 0);
	assert_int_equal(l.total, 1);
	assert_int_equal(l.max, 1 * MS);
	/* the source knows better: it counts what the stream lost */
	told.bucket[19] = 1;
	told.bucket[24] = 3;
	w.sink.latency(w.sink.ctx, &told, 5 * S);
	model_refresh(w.model, 5 * S);
	l = header(&w).summary.latency;
	assert_int_equal(l.count, 3);
	assert_int_equal(l.total, 4);
	assert_in_range(l.p50, 1 << 24, 1 << 25);
	assert_true(l.max >= l.p50 / 2);
}

static void time_stands_still_when_the_target_is_gone(void **state)
{
	WORLD(w, watching());
	struct picture p;

	(void)state;
	LOOK(&w, 2 * S, fact(17, GS_WAITING));
	w.sink.end(w.sink.ctx, END_EXITED, 3 * S);
	model_refresh(w.model, 4 * S);
	model_refresh(w.model, 5 * S);
	p = all_of(&w);
	assert_int_equal(p.time, 3 * S);
	assert_int_equal(row_age(p.rows[0].row, p.context.now), 1 * S);
}

static void counters_of_loss_come_from_the_source(void **state)
{
	WORLD(w, watching());
	struct source_facts s;

	(void)state;
	for (int k = 0; k < LOSS_COUNT; k++)
		w.sink.loss(w.sink.ctx, (enum feed_loss)k, 10 + (uint64_t)k, 2 * S);
	w.sink.loss(w.sink.ctx, LOSS_RING, 5, 3 * S);
	s = header(&w).source;
	assert_int_equal(s.lost, 15);
	assert_int_equal(s.map_full, 11);
	assert_int_equal(s.unread, 12);
	assert_int_equal(s.missed, 13);
	assert_int_equal(s.torn, 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_selected_row_comes_even_if_it_is_filtered_out),
		cmocka_unit_test(an_empty_table_is_an_empty_picture),
		cmocka_unit_test(the_summary_is_what_a_count_of_the_rows_gives),
		cmocka_unit_test(the_filter_does_not_touch_the_summary),
		cmocka_unit_test(who_is_new_is_new_for_one_refresh),
		cmocka_unit_test(who_ended_is_shown_once_more_where_that_is_asked_for),
		cmocka_unit_test(who_came_and_went_between_two_refreshes_was_never_shown),
		cmocka_unit_test(rates_and_history_are_those_of_the_refreshes),
		cmocka_unit_test(what_many_took_is_given_back),
		cmocka_unit_test(latencies_are_those_of_the_last_interval),
		cmocka_unit_test(time_stands_still_when_the_target_is_gone),
		cmocka_unit_test(counters_of_loss_come_from_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
