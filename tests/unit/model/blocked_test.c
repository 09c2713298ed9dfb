// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutines by what they wait on, who may have a lock, and the words for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"
#include "model/table.h"

enum { CHAN = 0xc000100000, MUTEX = 0xc000200000, OTHER = 0xc000300000, MOST = 16 };

/* A reading put together by hand; facts in the order of the g addresses. */
struct reading {
	struct wait_batch batch;
	struct wait_fact facts[MOST];
	struct wait_link links[MOST];
	struct wait_object objects[MOST];
	char texts[64];
};

static void begin(struct reading *r, uint64_t t0)
{
	*r = (struct reading){0};
	r->batch.t0 = t0;
	r->batch.t1 = t0 + MS;
	r->batch.facts.v = r->facts;
	r->batch.links.v = r->links;
	r->batch.objects.v = r->objects;
	r->batch.texts.v = r->texts;
	r->batch.texts.n = sizeof(r->texts);
}

static uint32_t object(struct reading *r, enum wait_kind kind, uint64_t addr)
{
	for (uint32_t i = 0; i < r->batch.objects.n; i++)
		if (r->objects[i].addr == addr && r->objects[i].kind == kind)
			return i;
	assert_true(r->batch.objects.n < MOST);
	r->objects[r->batch.objects.n] =
		(struct wait_object){.addr = addr, .kind = kind, .known = true};
	if (kind == WAIT_MUTEX)
		r->objects[r->batch.objects.n].lock.state = 1;
	return (uint32_t)r->batch.objects.n++;
}

static void waits(struct reading *r, uint64_t goid, enum wait_kind kind, uint64_t addr,
		  enum wait_way way)
{
	struct wait_fact *f = r->batch.facts.n ? &r->facts[r->batch.facts.n - 1] : NULL;

	if (!f || f->goid != goid) {
		f = &r->facts[r->batch.facts.n++];
		*f = (struct wait_fact){g_of(goid), goid, (uint32_t)r->batch.links.n, 0};
	}
	r->links[r->batch.links.n++] = (struct wait_link){object(r, kind, addr), way};
	f->n++;
	assert_true(r->batch.links.n < MOST && r->batch.facts.n < MOST);
}

static void tell_waits(struct world *w, const struct reading *r)
{
	w->sink.waits(w->sink.ctx, &r->batch);
}

static const struct request blocked = {.view = VIEW_BLOCKED, .blocked = {.count = SIZE_MAX}};

static const struct blocked_picture *blocked_of(struct world *w, struct request request)
{
	const struct blocked_picture *p = picture_of(w, request).blocked;

	assert_non_null(p);
	return p;
}

/* Three at a mutex, two at a channel (one from a select that sends twice), one at both ends. */
static void populate(struct world *w, struct reading *r)
{
	LOOK(w, 2 * S, fact(1, GS_WAITING), fact(2, GS_WAITING), fact(3, GS_WAITING),
	     fact(4, GS_WAITING), fact(5, GS_WAITING), fact(6, GS_RUNNING));
	begin(r, 3 * S);
	for (uint64_t goid = 1; goid <= 3; goid++)
		waits(r, goid, WAIT_MUTEX, MUTEX, WAY_LOCK);
	waits(r, 4, WAIT_CHAN, CHAN, WAY_SEND);
	waits(r, 4, WAIT_CHAN, CHAN, WAY_SEND);
	waits(r, 5, WAIT_CHAN, CHAN, WAY_RECEIVE);
	waits(r, 5, WAIT_TIMER, OTHER, WAY_WAIT);
	tell_waits(w, r);
	w->sink.now(w->sink.ctx, 4 * S);
}

static void objects_have_those_who_wait_for_them(void **state)
{
	WORLD(w, watching());
	const struct blocked_picture *p;
	struct reading r;

	(void)state;
	assert_false(blocked_of(&w, blocked)->read);
	populate(&w, &r);
	p = blocked_of(&w, blocked);
	assert_true(p->read);
	assert_int_equal(p->goroutines, 5);
	assert_int_equal(p->total, 3);
	/* All are as old: the most first, and what the world outside ends at the end. */
	assert_int_equal(p->rows[0].addr, MUTEX);
	assert_int_equal(p->rows[0].waiters, 3);
	assert_int_equal(p->rows[0].ways.by_way[WAY_LOCK], 3);
	assert_string_equal(p->rows[0].word, "mutex");
	assert_string_equal(p->rows[0].name, "0xc000200000");
	assert_int_equal(p->rows[0].age, 2 * S);
	assert_int_equal(p->rows[0].bound, AGE_MIN);
	assert_int_equal(p->rows[1].addr, CHAN);
	assert_int_equal(p->rows[1].waiters, 2);
	assert_int_equal(p->rows[1].ways.by_way[WAY_SEND], 1);
	assert_string_equal(p->rows[1].word, "chan");
	assert_string_equal(p->rows[1].state, "unbuffered, 1 receiver, 1 sender");
	assert_int_equal(p->rows[2].kind, WAIT_TIMER);
	assert_int_equal(p->rows[2].addr, 0);
	assert_null(header(&w).blocked);
}

static void what_has_not_changed_is_not_added_up_again(void **state)
{
	WORLD(w, watching());
	struct request most = blocked;
	struct reading r;

	(void)state;
	most.blocked.sort = BLOCKED_BY_WAITERS;
	populate(&w, &r);
	assert_int_equal(blocked_of(&w, blocked)->rows[0].waiters, 3);
	w.model->waits.sums.v[0].waiters = 77;
	assert_int_equal(blocked_of(&w, blocked)->rows[0].waiters, 77);
	assert_int_equal(blocked_of(&w, blocked)->goroutines, 5);
	/* Another order, or an event. */
	assert_int_equal(blocked_of(&w, most)->rows[0].waiters, 3);
	w.model->waits.sums.v[0].waiters = 77;
	move(&w, 5 * S, 6, GS_RUNNING, GS_WAITING);
	assert_int_equal(blocked_of(&w, most)->rows[0].waiters, 3);
}

static void the_oldest_come_first_or_the_most(void **state)
{
	WORLD(w, watching());
	struct request most = blocked;
	const struct blocked_picture *p;
	struct reading r;

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_RUNNING), fact(2, GS_RUNNING), fact(3, GS_RUNNING));
	move(&w, 3 * S, 1, GS_RUNNING, GS_WAITING);
	move(&w, 4 * S, 2, GS_RUNNING, GS_WAITING);
	move(&w, 5 * S, 3, GS_RUNNING, GS_WAITING);
	begin(&r, 6 * S);
	waits(&r, 1, WAIT_CHAN, CHAN, WAY_SEND);
	waits(&r, 2, WAIT_MUTEX, MUTEX, WAY_LOCK);
	waits(&r, 3, WAIT_MUTEX, MUTEX, WAY_LOCK);
	tell_waits(&w, &r);
	w.sink.now(w.sink.ctx, 7 * S);
	p = blocked_of(&w, blocked);
	assert_int_equal(p->rows[0].addr, CHAN);
	assert_int_equal(p->rows[0].age, 4 * S);
	assert_int_equal(p->rows[0].bound, AGE_EXACT);
	assert_int_equal(p->rows[1].oldest, 2);
	most.blocked.sort = BLOCKED_BY_WAITERS;
	assert_int_equal(blocked_of(&w, most)->rows[0].addr, MUTEX);
	most.blocked.reversed = true;
	assert_int_equal(blocked_of(&w, most)->rows[0].addr, CHAN);
	most.blocked = (struct blocked_request){.first = 1, .count = 1};
	p = blocked_of(&w, most);
	assert_int_equal(p->n, 1);
	assert_int_equal(p->first, 1);
	assert_int_equal(p->rows[0].addr, MUTEX);
	assert_int_equal(p->total, 2);
}

static void a_row_has_what_was_read_until_it_moves(void **state)
{
	WORLD(w, watching());
	const struct waits_picture *p;
	const struct wait_fact *f;
	struct reading r;
	struct row row;

	(void)state;
	populate(&w, &r);
	p = header(&w).waits;
	row = row_of(&w, 4);
	f = waits_of(p, &row);
	assert_non_null(f);
	assert_int_equal(f->n, 2);
	row = row_of(&w, 6);
	assert_null(waits_of(p, &row));
	/* Woken and waiting again: on what, the reading cannot say. */
	move(&w, 4 * S, 4, GS_WAITING, GS_RUNNABLE);
	row = row_of(&w, 4);
	assert_null(waits_of(p, &row));
	move(&w, 4 * S + MS, 4, GS_RUNNABLE, GS_RUNNING);
	move(&w, 4 * S + 2 * MS, 4, GS_RUNNING, GS_WAITING);
	row = row_of(&w, 4);
	assert_null(waits_of(p, &row));
}

/* Without events: 15 goroutines wait each for a lock of its own, and at the next reading for others. */
static uint64_t wait_for_locks(struct world *w, uint64_t first, size_t n)
{
	uint64_t now = 3 * S;
	struct reading r;

	for (size_t i = 0; i < n; i += MOST - 1) {
		begin(&r, now += MS);
		for (uint64_t goid = 1; goid < MOST; goid++)
			waits(&r, goid, WAIT_MUTEX, first + 64 * (i + goid), WAY_LOCK);
		tell_waits(w, &r);
	}
	begin(&r, now += MS);
	tell_waits(w, &r);
	w->sink.now(w->sink.ctx, now);
	return now;
}

static void who_had_a_lock_that_nobody_waits_for_is_forgotten(void **state)
{
	enum { LOCKS = 40000 };
	struct model_options o = watching();
	struct reading r;
	uint64_t now;

	(void)state;
	o.probes = false;
	WORLD(w, o);
	now = wait_for_locks(&w, MUTEX, LOCKS);
	assert_non_null(waits_woken_from(w.model, MUTEX + 64));
	assert_in_range(w.model->waits.woken.n, LOCKS, LOCKS + MOST);
	/* For one of them somebody waits again, later. */
	w.sink.now(w.sink.ctx, now + 61 * S);
	begin(&r, now + 61 * S);
	waits(&r, 1, WAIT_MUTEX, MUTEX + 64 * 100, WAY_LOCK);
	tell_waits(&w, &r);
	assert_int_equal(w.model->waits.woken.n, 1);
	assert_int_equal(waits_woken_from(w.model, MUTEX + 64 * 100)->addr, MUTEX + 64 * 100);
	assert_null(waits_woken_from(w.model, MUTEX + 64));
}

/* An event of a goroutine that was woken, and by whom. */
static void wake(struct world *w, uint64_t time, uint64_t goid, uint64_t waker)
{
	struct feed_transition t = event(time, goid, GS_WAITING, GS_RUNNABLE);

	t.waker = waker;
	tell(w, t);
}

static const struct blocked_row *mutex_row(struct world *w)
{
	const struct blocked_picture *p = blocked_of(w, blocked);

	for (size_t i = 0; i < p->n; i++)
		if (p->rows[i].addr == MUTEX)
			return &p->rows[i];
	fail();
	return NULL;
}

static void who_was_woken_last_probably_has_the_lock(void **state)
{
	WORLD(w, watching());
	const struct blocked_row *row;
	struct reading r;

	(void)state;
	populate(&w, &r);
	assert_int_equal(mutex_row(&w)->holder, HOLDER_UNKNOWN);
	wake(&w, 5 * S, 1, 6);
	w.sink.now(w.sink.ctx, 7 * S);
	row = mutex_row(&w);
	assert_int_equal(row->holder, HOLDER_WOKEN);
	assert_int_equal(row->holder_goid, 1);
	assert_int_equal(row->holder_age, 2 * S);
	assert_false(row->holder_weak);
	/* Who waits for something else is not woken from the lock. */
	wake(&w, 8 * S, 4, 1);
	assert_int_equal(mutex_row(&w)->holder_goid, 1);
}

static void who_woke_one_that_waits_again_was_quicker(void **state)
{
	WORLD(w, watching());
	struct reading r;

	(void)state;
	populate(&w, &r);
	wake(&w, 5 * S, 1, 6);
	move(&w, 5 * S + MS, 1, GS_RUNNABLE, GS_RUNNING);
	move(&w, 5 * S + 2 * MS, 1, GS_RUNNING, GS_WAITING);
	begin(&r, 6 * S);
	for (uint64_t goid = 1; goid <= 3; goid++)
		waits(&r, goid, WAIT_MUTEX, MUTEX, WAY_LOCK);
	tell_waits(&w, &r);
	assert_int_equal(mutex_row(&w)->holder, HOLDER_WAKER);
	assert_int_equal(mutex_row(&w)->holder_goid, 6);
	/* It has ended: nobody is left to guess. */
	move(&w, 7 * S, 6, GS_RUNNING, GS_DEAD);
	assert_int_equal(mutex_row(&w)->holder, HOLDER_UNKNOWN);
}

static void a_lock_that_is_free_is_nobodys(void **state)
{
	WORLD(w, watching());
	struct reading r;

	(void)state;
	populate(&w, &r);
	wake(&w, 5 * S, 1, 6);
	r.batch.t0 = 6 * S;
	r.objects[object(&r, WAIT_MUTEX, MUTEX)].lock.state = 2 << 3;
	tell_waits(&w, &r);
	assert_int_equal(mutex_row(&w)->holder, HOLDER_NONE);
}

static void without_events_who_left_alone_has_it(void **state)
{
	struct model_options options = watching();

	(void)state;
	options.probes = false;
	for (int leavers = 1; leavers <= 2; leavers++) {
		WORLD(w, options);
		struct reading r;

		populate(&w, &r);
		begin(&r, 6 * S);
		for (uint64_t goid = 1 + (uint64_t)leavers; goid <= 3; goid++)
			waits(&r, goid, WAIT_MUTEX, MUTEX, WAY_LOCK);
		tell_waits(&w, &r);
		assert_int_equal(mutex_row(&w)->holder,
				 leavers == 1 ? HOLDER_WOKEN : HOLDER_UNKNOWN);
		if (leavers == 1)
			assert_int_equal(mutex_row(&w)->holder_goid, 1);
	}
}

static void a_filter_and_the_runtimes_own_leave_others_out(void **state)
{
	WORLD(w, watching());
	struct request request = blocked;
	struct feed_fact own = fact(7, GS_WAITING);
	struct filter *filter;
	struct reading r;
	struct err err;

	(void)state;
	own.startpc = PC_FORCEGC;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(2, GS_WAITING), own);
	begin(&r, 3 * S);
	waits(&r, 1, WAIT_MUTEX, MUTEX, WAY_LOCK);
	waits(&r, 2, WAIT_MUTEX, MUTEX, WAY_LOCK);
	waits(&r, 7, WAIT_MUTEX, MUTEX, WAY_LOCK);
	tell_waits(&w, &r);
	assert_int_equal(mutex_row(&w)->waiters, 2);
	request.system = true;
	assert_int_equal(blocked_of(&w, request)->rows[0].waiters, 3);
	assert_int_equal(filter_parse(&filter, "goid=2", &err), 0);
	request.filter = filter;
	assert_int_equal(blocked_of(&w, request)->rows[0].waiters, 1);
	filter_free(filter);
	assert_int_equal(filter_parse(&filter, "waits:0xc000200000", &err), 0);
	assert_true(filter_asks_waits(filter));
	request = (struct request){.count = SIZE_MAX, .filter = filter};
	assert_int_equal(picture_of(&w, request).matching, 2);
	filter_free(filter);
	assert_int_equal(filter_parse(&filter, "!waits:chan", &err), 0);
	request.filter = filter;
	assert_int_equal(picture_of(&w, request).matching, 2);
	filter_free(filter);
}

static void words_say_what_is_known(void **state)
{
	static const char texts[] = "\0tcp\0"
				    "10.0.0.1:80\0"
				    "ev\x1bil:1";
	static const struct wait_count two = {.by_way = {[WAY_RECEIVE] = 2}};
	struct wait_object o[] = {
		{.addr = CHAN,
		 .kind = WAIT_CHAN,
		 .known = true,
		 .chan = {.used = 3, .capacity = 1284, .closed = true}},
		{.addr = CHAN, .kind = WAIT_CHAN, .known = true, .chan = {.due = 65 * S}},
		{.addr = MUTEX, .kind = WAIT_MUTEX, .known = true, .lock = {.state = 5 | 7 << 3}},
		{.addr = MUTEX,
		 .kind = WAIT_RWMUTEX,
		 .known = true,
		 .lock = {.readers = -7, .leaving = 2}},
		{.addr = MUTEX, .kind = WAIT_RWMUTEX, .known = true, .lock = {.readers = -7}},
		{.addr = OTHER, .kind = WAIT_WAITGROUP, .known = true, .group = {.counter = 4}},
		{.addr = OTHER,
		 .kind = WAIT_FD,
		 .known = true,
		 .fd = {.fd = 7, .net = 1, .local = 5, .remote = 17}},
		{.addr = OTHER, .kind = WAIT_CHAN},
	};
	static const struct {
		enum wait_way way;
		const char *text;
	} expected[] = {
		{WAY_RECEIVE, "to receive from chan 0xc000100000, 3 of 1,284 used, 2 receivers, no "
			      "senders, closed"},
		{WAY_RECEIVE, "to receive from chan 0xc000100000, of a timer due in 1m05s"},
		{WAY_LOCK, "to lock mutex 0xc000200000, locked, starving: handed over in turn, 7 "
			   "waiting"},
		{WAY_RLOCK,
		 "to read-lock rwmutex 0xc000200000, a writer waits for readers to leave"},
		{WAY_LOCK, "to lock rwmutex 0xc000200000, held by a writer"},
		{WAY_WAIT, "waitgroup 0xc000300000, 4 not done"},
		{WAY_READ, "to read from fd 7 tcp 10.0.0.1:80 ↔ ev\ufffdil:1"},
		{WAY_SEND, "to send to chan 0xc000300000"},
	};
	const struct wait_count counts[ARRAY_SIZE(o)] = {two, two, two, two, two, two, two, two};
	const struct waits_picture p = {.objects = o, .counts = counts, .texts = texts};
	char text[200];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(o); i++) {
		const struct wait_link l = {i, expected[i].way};

		wait_describe(text, sizeof(text), &p, &l, 0);
		assert_string_equal(text, expected[i].text);
	}
	/* A text that does not fit is cut, not broken. */
	wait_describe(text, 20, &p, &(struct wait_link){0, WAY_RECEIVE}, 0);
	assert_string_equal(text, "to receive from cha");
}

static void a_copy_says_the_same(void **state)
{
	WORLD(w, watching());
	struct waits_picture *copy;
	const struct waits_picture *p;
	const struct wait_fact *facts[2];
	struct row four, five;
	struct reading r;
	char a[200], b[200];

	(void)state;
	populate(&w, &r);
	strcpy(r.texts + 1, "tcp");
	r.objects[object(&r, WAIT_CHAN, CHAN)].kind = WAIT_FD;
	r.objects[object(&r, WAIT_FD, CHAN)].fd.net = 1;
	r.objects[object(&r, WAIT_FD, CHAN)].fd.local =
		r.objects[object(&r, WAIT_FD, CHAN)].fd.remote = 0;
	tell_waits(&w, &r);
	p = header(&w).waits;
	four = row_of(&w, 4);
	five = row_of(&w, 5);
	facts[0] = waits_of(p, &five);
	facts[1] = waits_of(p, &four);
	copy = waits_picture_copy(p, facts, 2);
	assert_non_null(copy);
	for (uint32_t i = 0; i < 2; i++) {
		const struct wait_fact *f = waits_of(copy, &four);

		assert_int_equal(f->n, 2);
		wait_describe(a, sizeof(a), p, &p->links[facts[1]->first + i], 0);
		wait_describe(b, sizeof(b), copy, &copy->links[f->first + i], 0);
		assert_string_equal(a, b);
		assert_non_null(strstr(b, "tcp"));
	}
	assert_non_null(waits_of(copy, &five));
	free(copy);
	assert_null(waits_picture_copy(p, facts, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_have_those_who_wait_for_them),
		cmocka_unit_test(what_has_not_changed_is_not_added_up_again),
		cmocka_unit_test(the_oldest_come_first_or_the_most),
		cmocka_unit_test(a_row_has_what_was_read_until_it_moves),
		cmocka_unit_test(who_was_woken_last_probably_has_the_lock),
		cmocka_unit_test(who_had_a_lock_that_nobody_waits_for_is_forgotten),
		cmocka_unit_test(who_woke_one_that_waits_again_was_quicker),
		cmocka_unit_test(a_lock_that_is_free_is_nobodys),
		cmocka_unit_test(without_events_who_left_alone_has_it),
		cmocka_unit_test(a_filter_and_the_runtimes_own_leave_others_out),
		cmocka_unit_test(words_say_what_is_known),
		cmocka_unit_test(a_copy_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
