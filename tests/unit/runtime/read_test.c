// SPDX-License-Identifier: GPL-2.0-or-later
/* The bulk reader on made-up memory: what it finds, and what it does with lies. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/internal.h"

enum {
	PAGE = 4096,
	PAGES = 8192,
	MANY = 70000,
	SIZE = PAGES * PAGE,
	G_STRIDE = 416,
	OFF_M = 48,
	OFF_STATUS = 144,
	OFF_GOID = 152,
	OFF_REASON = 176,
	OFF_GOPC = 296,
	OFF_STARTPC = 312,
	OFF_PROCID = 72,
	OFF_CURG = 192,
};

#define BASE 0x700000000000ull

/* Memory at BASE, of which single pages can be taken away. */
struct world {
	struct memory memory; /* first: what the reader is given */
	uint8_t bytes[SIZE];
	bool unmapped[PAGES];
	size_t reads;
	bool gone;
};

static ssize_t world_read(const struct memory *m, uint64_t addr, void *dst, size_t n)
{
	struct world *w = (struct world *)m;
	size_t got = 0;

	w->reads++;
	if (w->gone)
		return -ESRCH;
	while (got < n) {
		uint64_t at = addr + got - BASE;
		size_t part = PAGE - at % PAGE;

		if (addr + got < BASE || at >= SIZE || w->unmapped[at / PAGE])
			break;
		if (part > n - got)
			part = n - got;
		memcpy((uint8_t *)dst + got, w->bytes + at, part);
		got += part;
	}
	return (ssize_t)got;
}

static void put64(struct world *w, uint64_t addr, uint64_t v)
{
	memcpy(w->bytes + (addr - BASE), &v, sizeof(v));
}

static void put_g(struct world *w, uint64_t g, uint64_t goid, uint32_t status, uint8_t reason,
		  uint64_t m)
{
	uint8_t *p = w->bytes + (g - BASE);

	put64(w, g + OFF_M, m);
	memcpy(p + OFF_STATUS, &status, sizeof(status));
	put64(w, g + OFF_GOID, goid);
	p[OFF_REASON] = reason;
	put64(w, g + OFF_GOPC, 0x1000 + goid);
	put64(w, g + OFF_STARTPC, 0x2000 + goid);
}

/* The slice header is at BASE, the array at BASE + PAGE, the g structs from BASE + 64 pages on. */
static uint64_t g_at(size_t i)
{
	return BASE + 64 * PAGE + i * G_STRIDE;
}

static void set_allgs(struct world *w, uint64_t len, uint64_t cap)
{
	put64(w, BASE, BASE + PAGE);
	put64(w, BASE + 8, len);
	put64(w, BASE + 16, cap);
}

static int begin(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct runtime *rt = calloc(1, sizeof(*rt));

	if (!w || !rt)
		return -1;
	w->memory.read = world_read;
	for (size_t i = 0; i < LF_COUNT; i++)
		rt->layout.offset[i] = LAYOUT_NONE;
	rt->layout.offset[LF_G_M] = OFF_M;
	rt->layout.offset[LF_G_ATOMICSTATUS] = OFF_STATUS;
	rt->layout.offset[LF_G_GOID] = OFF_GOID;
	rt->layout.offset[LF_G_WAITREASON] = OFF_REASON;
	rt->layout.offset[LF_G_GOPC] = OFF_GOPC;
	rt->layout.offset[LF_G_STARTPC] = OFF_STARTPC;
	rt->layout.offset[LF_M_PROCID] = OFF_PROCID;
	rt->layout.offset[LF_M_CURG] = OFF_CURG;
	rt->hot_from = OFF_M;
	rt->hot_to = OFF_STARTPC + 8;
	rt->mem = &w->memory;
	rt->allgs = BASE;
	rt->window = malloc(256 << 10);
	*state = rt;
	return rt->window ? 0 : -1;
}

static int finish(void **state)
{
	struct runtime *rt = *state;
	struct world *w = (struct world *)rt->mem;

	runtime_close(rt);
	free(w);
	return 0;
}

static struct world *world_of(struct runtime *rt)
{
	return (struct world *)rt->mem;
}

/* n goroutines with goids 1 … n, all waiting for reason 14, entered in a shuffled order. */
static void populate(struct world *w, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put_g(w, g_at(i), i + 1, GS_WAITING, 14, 0);
		put64(w, BASE + PAGE + (i * 7919 % n) * 8, g_at(i));
	}
	set_allgs(w, n, n);
}

static const struct g_facts *find(const struct g_batch *b, uint64_t goid)
{
	const struct g_facts *found = NULL;

	vec_foreach (f, &b->facts) {
		if (f->goid != goid)
			continue;
		assert_null(found); /* once, never twice */
		found = f;
	}
	return found;
}

static void every_goroutine_is_read_once(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	struct g_batch b = {0};

	populate(w, 1000);
	assert_int_equal(runtime_read_all(rt, &b), 0);
	assert_true(b.complete);
	assert_true(b.t0 && b.t0 <= b.t1);
	assert_int_equal(b.facts.n, 1000);
	assert_int_equal(b.unreadable, 0);
	for (uint64_t goid = 1; goid <= 1000; goid++) {
		const struct g_facts *f = find(&b, goid);

		assert_non_null(f);
		assert_int_equal(f->g, g_at(goid - 1));
		assert_int_equal(f->status, GS_WAITING);
		assert_int_equal(f->reason, 14);
		assert_int_equal(f->gopc, 0x1000 + goid);
		assert_int_equal(f->startpc, 0x2000 + goid);
		assert_int_equal(f->tid, 0);
		assert_int_equal(f->p, -1);
		assert_false(f->extra_m);
	}
	/* In pieces, not one read a goroutine. */
	assert_true(w->reads < 50);
	g_batch_free(&b);
}

/* To check a layout: from the first to the last, none twice; and the list is known whole. */
static void of_very_many_a_sample_is_read(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	uint64_t array = BASE + SIZE - MANY * 8, last = 0;
	struct g_batch b = {0};

	for (size_t i = 0; i < MANY; i++) {
		put_g(w, g_at(i), i + 1, GS_WAITING, 14, 0);
		put64(w, array + i * 8, g_at(i));
	}
	set_allgs(w, MANY, MANY);
	put64(w, BASE, array);
	assert_int_equal(g_read_sample(rt, &b), 0);
	assert_false(b.complete);
	assert_int_equal(b.total, 32 << 10);
	assert_int_equal(b.facts.n, 32 << 10);
	assert_int_equal(b.facts.v[0].goid, 1);
	vec_foreach (f, &b.facts) {
		assert_true(f->goid > last);
		last = f->goid;
	}
	assert_int_equal(last, MANY);
	assert_int_equal(runtime_count(rt), MANY);

	assert_int_equal(runtime_read_all(rt, &b), 0);
	assert_int_equal(b.facts.n, MANY);
	g_batch_free(&b);
}

static void what_is_new_is_added(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	struct g_batch b = {0};

	populate(w, 100);
	assert_int_equal(runtime_read_all(rt, &b), 0);
	for (size_t i = 100; i < 150; i++) {
		/* Below, between and above what is known. */
		uint64_t g = i % 2 ? g_at(i + 100) : BASE + 32 * PAGE + (i - 100) * G_STRIDE;

		put_g(w, g, i + 1, GS_RUNNABLE, 0, 0);
		put64(w, BASE + PAGE + i * 8, g);
	}
	set_allgs(w, 150, 200);
	assert_int_equal(runtime_read_all(rt, &b), 0);
	assert_int_equal(b.facts.n, 150);
	for (uint64_t goid = 1; goid <= 150; goid++)
		assert_non_null(find(&b, goid));
	g_batch_free(&b);
}

static void idle_and_dead_are_no_goroutines(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	struct g_batch b = {0};

	populate(w, 4);
	put_g(w, g_at(0), 1, GS_IDLE, 0, 0);
	put_g(w, g_at(1), 2, GS_DEAD, 0, 0);
	put_g(w, g_at(2), 0, GS_RUNNING, 0, 0);
	put_g(w, g_at(3), 4, GS_WAITING | GS_SCAN, 14, 0);
	assert_int_equal(runtime_read_all(rt, &b), 0);
	assert_int_equal(b.facts.n, 1);
	assert_int_equal(b.unreadable, 0);
	assert_int_equal(b.facts.v[0].status, GS_WAITING);
	g_batch_free(&b);
}

static void threads_come_from_the_machine(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	struct g_batch b = {0};
	uint64_t m = BASE + 40 * PAGE;

	populate(w, 2);
	put64(w, m + OFF_PROCID, 4711);
	put64(w, m + OFF_CURG, g_at(0));
	put_g(w, g_at(0), 1, GS_RUNNING, 0, m);
	put_g(w, g_at(1), 2, GS_SYSCALL, 0, 0x12345); /* no pointer */
	assert_int_equal(runtime_read_all(rt, &b), 0);
	assert_int_equal(find(&b, 1)->tid, 4711);
	assert_int_equal(find(&b, 2)->tid, 0);
	g_batch_free(&b);
}

static void a_flap_is_told_by_reason_or_by_machine(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	struct g_batch b = {0};
	uint64_t m = BASE + 40 * PAGE;

	populate(w, 3);
	put_g(w, g_at(0), 1, GS_WAITING, 31, m); /* stopping the world, by reason */
	put_g(w, g_at(1), 2, GS_WAITING, 14, m);
	put_g(w, g_at(2), 3, GS_RUNNING, 31, m);
	rt->flap_reasons = (uint64_t)1 << 31;
	assert_int_equal(runtime_read_all(rt, &b), 0);
	assert_true(find(&b, 1)->flap);
	assert_false(find(&b, 2)->flap);
	assert_false(find(&b, 3)->flap);
	rt->flap_reasons = 0; /* Go ≤ 1.19 */
	assert_int_equal(runtime_read_all(rt, &b), 0);
	assert_true(find(&b, 1)->flap);
	assert_true(find(&b, 2)->flap);
	assert_false(find(&b, 3)->flap);
	g_batch_free(&b);
}

static void what_cannot_be_read_is_counted(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	struct g_batch b = {0};
	size_t hit = 0;

	populate(w, 300);
	w->unmapped[(g_at(150) - BASE) / PAGE] = true;
	for (size_t i = 0; i < 300; i++) {
		size_t first = (g_at(i) + rt->hot_from - BASE) / PAGE;
		size_t last = (g_at(i) + rt->hot_to - 1 - BASE) / PAGE;

		hit += w->unmapped[first] || w->unmapped[last];
	}
	assert_true(hit >= 9);
	assert_int_equal(runtime_read_all(rt, &b), 0);
	assert_int_equal(b.unreadable, hit);
	assert_int_equal(b.facts.n, 300 - hit);
	g_batch_free(&b);
}

static void lies_are_not_believed(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	struct g_batch b = {0};

	assert_int_equal(runtime_read_all(rt, &b), -EAGAIN); /* nothing there yet */
	populate(w, 10);
	set_allgs(w, (uint64_t)1 << 60, (uint64_t)1 << 60);
	assert_int_equal(runtime_read_all(rt, &b), -EIO);
	set_allgs(w, 10, 9);
	assert_int_equal(runtime_read_all(rt, &b), -EIO);
	set_allgs(w, 10, 10);
	put64(w, BASE, BASE + SIZE); /* the array is not mapped */
	assert_int_equal(runtime_read_all(rt, &b), -EIO);
	put64(w, BASE, 3);
	assert_int_equal(runtime_read_all(rt, &b), -EIO);
	set_allgs(w, 10, 10);
	put64(w, BASE + PAGE, 1);	     /* no pointers */
	put64(w, BASE + PAGE + 8, BASE - 8); /* not mapped */
	put64(w, BASE + PAGE + 16, g_at(0)); /* the same one three times */
	put64(w, BASE + PAGE + 24, g_at(0));
	put64(w, BASE + PAGE + 32, g_at(0));
	put_g(w, g_at(0), 1, 0xffffffff, 255, 0);
	assert_int_equal(runtime_read_all(rt, &b), 0);
	for (uint64_t goid = 1; goid <= 10; goid++)
		find(&b, goid); /* none twice */
	assert_true(b.unreadable >= 1);
	set_allgs(w, 5, 10); /* it never shrinks */
	assert_int_equal(runtime_read_all(rt, &b), -EIO);
	w->gone = true;
	assert_int_equal(runtime_read_all(rt, &b), -ESRCH);
	g_batch_free(&b);
}

static void some_are_read_by_address(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	uint64_t wanted[] = {g_at(70), 0, g_at(3), BASE + SIZE + 8};
	struct g_batch b = {0};

	populate(w, 100);
	assert_int_equal(runtime_read_some(rt, wanted, 4, &b), 0);
	assert_false(b.complete);
	assert_int_equal(b.facts.n, 2);
	assert_int_equal(b.unreadable, 1);
	assert_non_null(find(&b, 71));
	assert_non_null(find(&b, 4));
	g_batch_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_goroutine_is_read_once, begin, finish),
		cmocka_unit_test_setup_teardown(of_very_many_a_sample_is_read, begin, finish),
		cmocka_unit_test_setup_teardown(what_is_new_is_added, begin, finish),
		cmocka_unit_test_setup_teardown(idle_and_dead_are_no_goroutines, begin, finish),
		cmocka_unit_test_setup_teardown(threads_come_from_the_machine, begin, finish),
		cmocka_unit_test_setup_teardown(a_flap_is_told_by_reason_or_by_machine, begin,
						finish),
		cmocka_unit_test_setup_teardown(what_cannot_be_read_is_counted, begin, finish),
		cmocka_unit_test_setup_teardown(lies_are_not_believed, begin, finish),
		cmocka_unit_test_setup_teardown(some_are_read_by_address, begin, finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
