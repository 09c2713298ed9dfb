// SPDX-License-Identifier: GPL-2.0-or-later
/* The scheduler read out of made-up memory: what is there, and what is a lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/internal.h"
#include "runtime/sched.h"

#define BASE 0x700000000000ull

enum {
	SIZE = 256 << 10,
	PS = 3,
	MS = 4,
	/* Where things lie, from BASE on. */
	AT_ALLGS = 0,
	AT_ALLP = 64,
	AT_ALLM = 128,
	AT_GCPHASE = 136,
	AT_SCHED = 256,
	AT_P_LIST = 1024,
	AT_PS = 8 << 10,
	P_SIZE = 8 << 10,
	AT_MS = 64 << 10,
	AT_GS = 128 << 10,
	STRUCT = 4 << 10,
};

static uint8_t bytes[SIZE];
static struct runtime rt;
static struct memory *memory;
static struct sched_facts facts;

static void put64(uint64_t at, uint64_t v)
{
	memcpy(bytes + at, &v, sizeof(v));
}

static void put32(uint64_t at, uint32_t v)
{
	memcpy(bytes + at, &v, sizeof(v));
}

static uint64_t p_at(int i)
{
	return AT_PS + (uint64_t)i * P_SIZE;
}

static uint64_t m_at(int i)
{
	return AT_MS + (uint64_t)i * STRUCT;
}

static uint64_t g_at(int i)
{
	return AT_GS + (uint64_t)i * STRUCT;
}

/* As in Go 1.26, about. */
static void set_layout(void)
{
	static const struct {
		enum layout_field field;
		int32_t offset;
	} known[] = {
		{LF_G_M, 48},
		{LF_G_ATOMICSTATUS, 144},
		{LF_G_GOID, 152},
		{LF_G_WAITREASON, 176},
		{LF_M_G0, 0},
		{LF_M_PROCID, 64},
		{LF_M_CURG, 184},
		{LF_M_P, 208},
		{LF_M_ID, 232},
		{LF_M_SPINNING, 276},
		{LF_M_BLOCKED, 277},
		{LF_M_INCGO, 280},
		{LF_M_ALLLINK, 352},
		{LF_P_ID, 0},
		{LF_P_STATUS, 4},
		{LF_P_SCHEDTICK, 16},
		{LF_P_M, 48},
		{LF_P_RUNQHEAD, 400},
		{LF_P_RUNQTAIL, 404},
		{LF_P_RUNNEXT, 2456},
		{LF_SCHED_GOIDGEN, 0},
		{LF_SCHED_MNEXT, 72},
		{LF_SCHED_NMIDLE, 64},
		{LF_SCHED_NPIDLE, 112},
		{LF_SCHED_NMSPINNING, 116},
		{LF_SCHED_RUNQ_SIZE, 144},
		{LF_SCHED_GCWAITING, 264},
		{LF_SCHED_STOPWAIT, 268},
	};

	for (size_t i = 0; i < LF_COUNT; i++)
		rt.layout.offset[i] = LAYOUT_NONE;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		rt.layout.offset[known[i].field] = known[i].offset;
}

/* Ps 0 … 2, of which P 1 runs goroutine 21 on M 1; Ms 0 … 3; g0s and goroutines. */
static void set_world(void)
{
	memset(bytes, 0, sizeof(bytes));
	put64(AT_ALLP, BASE + AT_P_LIST);
	put64(AT_ALLP + 8, PS);
	put64(AT_ALLP + 16, PS);
	for (int i = 0; i < PS; i++) {
		put64(AT_P_LIST + 8 * (uint64_t)i, BASE + p_at(i));
		put32(p_at(i), (uint32_t)i);
	}
	put32(p_at(1) + 4, SCHED_P_RUNNING);
	put64(p_at(1) + 48, BASE + m_at(1));
	put32(p_at(1) + 16, 77);
	put32(p_at(1) + 400, UINT32_MAX - 1); /* head and tail have wrapped */
	put32(p_at(1) + 404, 3);
	put64(p_at(1) + 2456, BASE + g_at(6));
	put64(AT_ALLM, BASE + m_at(0));
	for (int i = 0; i < MS; i++) {
		put64(m_at(i), BASE + g_at(i));
		put64(g_at(i) + 48, BASE + m_at(i));
		put64(m_at(i) + 64, 500 + (uint64_t)i);
		put64(m_at(i) + 232, (uint64_t)i);
		put64(m_at(i) + 352, i + 1 < MS ? BASE + m_at(i + 1) : 0);
	}
	put64(m_at(1) + 184, BASE + g_at(5));
	put64(m_at(1) + 208, BASE + p_at(1));
	bytes[m_at(2) + 276] = 1;
	put64(g_at(5) + 152, 21);
	put32(g_at(5) + 144, GS_RUNNING);
	put64(g_at(6) + 152, 22);
	put64(AT_SCHED, 64);
	put64(AT_SCHED + 72, MS);
	put32(AT_SCHED + 64, 2);
	put32(AT_SCHED + 112, 2);
	put32(AT_SCHED + 116, 1);
	put32(AT_SCHED + 144, 9);
	put32(AT_GCPHASE, SCHED_GC_MARK);
}

static int begin(void **state)
{
	const struct memory_piece piece = {BASE, bytes, SIZE};

	(void)state;
	memset(&rt, 0, sizeof(rt));
	memory = memory_image_new(&piece, 1);
	rt.mem = memory;
	rt.allgs = BASE + AT_ALLGS;
	rt.globals[GG_ALLP].addr = BASE + AT_ALLP;
	rt.globals[GG_ALLM].addr = BASE + AT_ALLM;
	rt.globals[GG_SCHED].addr = BASE + AT_SCHED;
	rt.globals[GG_GCPHASE].addr = BASE + AT_GCPHASE;
	set_layout();
	set_world();
	return memory ? 0 : -1;
}

static int finish(void **state)
{
	(void)state;
	memory_close(memory);
	sched_facts_free(&facts);
	return 0;
}

static uint32_t look(void)
{
	assert_int_equal(runtime_read_sched(&rt, SCHED_ALL_MS, &facts), 0);
	return facts.knows;
}

enum {
	ALL = SCHED_KNOWS_PS | SCHED_KNOWS_MS | SCHED_KNOWS_COUNTS | SCHED_KNOWS_QUEUE |
	      SCHED_KNOWS_STOP | SCHED_KNOWS_GC_PHASE
};

static void all_that_is_there_is_read(void **state)
{
	(void)state;
	assert_int_equal(look(), ALL);
	assert_int_equal(facts.ps.n, PS);
	assert_int_equal(facts.ps.v[1].status, SCHED_P_RUNNING);
	assert_int_equal(facts.ps.v[1].tick, 77);
	assert_int_equal(facts.ps.v[1].queue, 5);
	assert_int_equal(facts.ps.v[1].next_goid, 22);
	assert_int_equal(facts.ps.v[0].next_goid, 0);
	assert_int_equal(facts.ms.n, MS);
	assert_int_equal(facts.ms.v[1].goid, 21);
	assert_int_equal(facts.ms.v[1].tid, 501);
	assert_true(facts.ms.v[2].spinning);
	assert_ptr_equal(sched_p_of(&facts, &facts.ms.v[1]), &facts.ps.v[1]);
	assert_ptr_equal(sched_m_of(&facts, &facts.ps.v[1]), &facts.ms.v[1]);
	assert_null(sched_m_of(&facts, &facts.ps.v[0]));
	assert_int_equal(facts.idle_ms, 2);
	assert_int_equal(facts.idle_ps, 2);
	assert_int_equal(facts.spinning_ms, 1);
	assert_int_equal(facts.queue, 9);
	assert_false(facts.stopping);
	assert_int_equal(facts.gc_phase, SCHED_GC_MARK);
}

static void only_the_ms_that_hold_a_p_are_read_where_that_does(void **state)
{
	(void)state;
	assert_int_equal(runtime_read_sched(&rt, SCHED_HELD_MS, &facts), 0);
	assert_int_equal(facts.knows, ALL & ~SCHED_KNOWS_MS);
	assert_int_equal(facts.ms.n, 1);
	assert_int_equal(facts.ms.v[0].goid, 21);
	/* One that is none leaves the rest. */
	put64(p_at(0) + 48, BASE + g_at(0));
	assert_int_equal(runtime_read_sched(&rt, SCHED_HELD_MS, &facts), 0);
	assert_int_equal(facts.ms.n, 1);
}

static void a_stop_of_the_world_is_seen(void **state)
{
	(void)state;
	put32(AT_SCHED + 264, 1);
	put32(AT_SCHED + 268, 2);
	look();
	assert_true(facts.stopping);
	assert_int_equal(facts.stop_wait, 2);
}

static void ps_that_are_none_are_not_known(void **state)
{
	(void)state;
	put32(p_at(2), 7);
	assert_int_equal(look() & SCHED_KNOWS_PS, 0);
	assert_int_equal(facts.ps.n, 0);
	set_world();
	put32(p_at(0) + 4, SCHED_P_STATUSES);
	assert_int_equal(look() & SCHED_KNOWS_PS, 0);
	set_world();
	put64(AT_ALLP + 8, 1ull << 60);
	put64(AT_ALLP + 16, 1ull << 60);
	assert_int_equal(look() & SCHED_KNOWS_PS, 0);
	set_world();
	put64(AT_P_LIST, 0xdead000);
	assert_int_equal(look() & SCHED_KNOWS_PS, 0);
}

static void a_queue_that_is_too_long_is_not_known(void **state)
{
	(void)state;
	put32(p_at(1) + 404, 1000000);
	assert_int_equal(look(), ALL);
	assert_int_equal(facts.ps.v[1].queue, -1);
}

static void a_list_of_ms_that_never_ends_is_not_known(void **state)
{
	(void)state;
	put64(m_at(3) + 352, BASE + m_at(0));
	assert_int_equal(look() & SCHED_KNOWS_MS, 0);
	assert_int_equal(facts.ms.n, 0);
}

static void an_m_whose_g0_belongs_to_another_is_none(void **state)
{
	(void)state;
	put64(g_at(2) + 48, BASE + m_at(3));
	assert_int_equal(look() & SCHED_KNOWS_MS, 0);
}

static void a_sched_that_contradicts_what_lives_is_none(void **state)
{
	const uint32_t of_sched = SCHED_KNOWS_COUNTS | SCHED_KNOWS_QUEUE | SCHED_KNOWS_STOP;

	(void)state;
	put64(AT_SCHED, 20); /* goroutine 21 lives */
	assert_int_equal(look() & of_sched, 0);
	set_world();
	put64(AT_SCHED + 72, MS - 1); /* fewer Ms made than there are */
	assert_int_equal(look() & of_sched, 0);
	set_world();
	put32(AT_SCHED + 144, UINT32_MAX);
	assert_int_equal(look() & of_sched, of_sched & ~SCHED_KNOWS_QUEUE);
	set_world();
	put32(AT_SCHED + 264, 3);
	assert_int_equal(look() & of_sched, of_sched & ~SCHED_KNOWS_STOP);
}

static void a_phase_out_of_range_is_not_known(void **state)
{
	(void)state;
	put32(AT_GCPHASE, SCHED_GC_PHASES);
	assert_int_equal(look(), ALL & ~SCHED_KNOWS_GC_PHASE);
}

static void without_addresses_nothing_is_known(void **state)
{
	(void)state;
	memset(rt.globals, 0, sizeof(rt.globals));
	assert_int_equal(look(), 0);
}

/* Whatever stands in memory: nothing is read beyond it, nothing goes on for ever. */
static void noise_does_no_harm(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 200; round++) {
		set_world();
		for (int i = 0; i < 40; i++)
			put64((uint64_t)(rand() % (SIZE / 8)) * 8,
			      rand() % 2 ? BASE + (uint64_t)(rand() % (SIZE / 8)) * 8
					 : (uint64_t)rand() << 33);
		for (int i = 0; i < 10; i++)
			put64((uint64_t)(rand() % 64) * 8, (uint64_t)rand() << (rand() % 60));
		look();
		assert_true(facts.ps.n <= 1 << 14);
	}
}

int main(void)
{
#define SCHED_TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)
	const struct CMUnitTest tests[] = {
		SCHED_TEST(all_that_is_there_is_read),
		SCHED_TEST(only_the_ms_that_hold_a_p_are_read_where_that_does),
		SCHED_TEST(a_stop_of_the_world_is_seen),
		SCHED_TEST(ps_that_are_none_are_not_known),
		SCHED_TEST(a_queue_that_is_too_long_is_not_known),
		SCHED_TEST(a_list_of_ms_that_never_ends_is_not_known),
		SCHED_TEST(an_m_whose_g0_belongs_to_another_is_none),
		SCHED_TEST(a_sched_that_contradicts_what_lives_is_none),
		SCHED_TEST(a_phase_out_of_range_is_not_known),
		SCHED_TEST(without_addresses_nothing_is_known),
		SCHED_TEST(noise_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
