// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks in made-up memory, of a made-up executable whose functions all have frames of 16 bytes (the
 * last of them the saved frame pointer): what is found, and what becomes of lies.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "../golang/mini_go.h"
#include "runtime/internal.h"
#include "runtime/stack.h"

enum {
	FRAME = 16,
	GOEXIT = 10, /* this function is runtime.goexit */
	OFF_LO = 0,
	OFF_HI = 8,
	OFF_SP = 56,
	OFF_PC = 64,
	OFF_BP = 104,
	OFF_SYSCALLSP = 112,
	OFF_SYSCALLPC = 120,
	OFF_STATUS = 144,
	OFF_GOID = 152,
	OFF_SEQ = 177,
	OFF_STARTPC = 296,
	SIZE = 256 << 10,
};

#define BASE  0x700000000000ull
#define STACK (BASE + 0x2000) /* of the first goroutine */

struct world {
	struct memory memory; /* first: what the reader is given */
	uint8_t bytes[SIZE];
	size_t reads;
	uint64_t restless; /* the g whose count of stops changes at each read; 0: none */
	bool gone;
};

static uint8_t *at(struct world *w, uint64_t addr)
{
	return w->bytes + (addr - BASE);
}

static ssize_t world_read(const struct memory *m, uint64_t addr, void *dst, size_t n)
{
	struct world *w = (struct world *)m;

	w->reads++;
	if (w->gone)
		return -ESRCH;
	if (addr < BASE || addr - BASE >= SIZE)
		return 0;
	if (n > SIZE - (addr - BASE))
		n = SIZE - (addr - BASE);
	memcpy(dst, at(w, addr), n);
	if (w->restless)
		++*at(w, w->restless + OFF_SEQ);
	return (ssize_t)n;
}

static void put(struct world *w, uint64_t addr, uint64_t v)
{
	memcpy(at(w, addr), &v, sizeof(v));
}

/* An address in function i that a call returns to. */
static uint64_t pc_in(int i)
{
	return MINI_TEXT + (uint64_t)i * MINI_FUNC_SIZE + 8;
}

static int open_mini(struct go_exe **ret)
{
	struct mini_go *m = mini_go_new();
	struct err err;
	int fd = memfd_create("mini", MFD_CLOEXEC), r = -1;

	m->file[m->pctab + 1] = 2 * (FRAME + 1); /* pcsp: 16 instead of 0 */
	memcpy(m->file + m->funcname + 0x200, "runtime.goexit", 15);
	mini_put32(m, m->funcs + GOEXIT * MINI_RECORD + 4, 0x200);
	if (fd >= 0 && write(fd, m->file, sizeof(m->file)) == sizeof(m->file))
		r = go_exe_open(ret, fd, &err);
	close(fd);
	free(m);
	return r;
}

static int begin(void **state)
{
	static const struct {
		enum layout_field field;
		int32_t offset;
	} fields[] = {
		{LF_G_STACK_LO, OFF_LO},	 {LF_G_STACK_HI, OFF_HI},
		{LF_G_SCHED_SP, OFF_SP},	 {LF_G_SCHED_PC, OFF_PC},
		{LF_G_SCHED_BP, OFF_BP},	 {LF_G_SYSCALLSP, OFF_SYSCALLSP},
		{LF_G_SYSCALLPC, OFF_SYSCALLPC}, {LF_G_ATOMICSTATUS, OFF_STATUS},
		{LF_G_GOID, OFF_GOID},		 {LF_G_TRACKINGSEQ, OFF_SEQ},
		{LF_G_STARTPC, OFF_STARTPC},
	};
	struct world *w = calloc(1, sizeof(*w));
	struct runtime *rt = calloc(1, sizeof(*rt));
	struct go_exe *exe;

	if (!w || !rt || open_mini(&exe))
		return -1;
	w->memory.read = world_read;
	for (size_t i = 0; i < LF_COUNT; i++)
		rt->layout.offset[i] = LAYOUT_NONE;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		rt->layout.offset[fields[i].field] = fields[i].offset;
	rt->mem = &w->memory;
	rt->exe = exe;
	*state = rt;
	return 0;
}

static int finish(void **state)
{
	struct runtime *rt = *state;
	struct go_exe *exe = (struct go_exe *)rt->exe;
	struct world *w = (struct world *)rt->mem;

	runtime_close(rt);
	go_exe_close(exe);
	free(w);
	return 0;
}

static struct world *world_of(struct runtime *rt)
{
	return (struct world *)rt->mem;
}

/* A goroutine at BASE + goid × 0x200 that waits, n calls deep, in functions 0, 1, … n − 1 of 8. */
static uint64_t put_goroutine(struct runtime *rt, uint64_t goid, uint64_t lo, size_t size, size_t n)
{
	struct world *w = world_of(rt);
	uint64_t g = BASE + goid * 0x200, hi = lo + size, sp = hi - 64 - n * (FRAME + 8);
	uint64_t fp = sp + FRAME - 8;

	put(w, g + OFF_LO, lo);
	put(w, g + OFF_HI, hi);
	put(w, g + OFF_SP, sp);
	put(w, g + OFF_PC, pc_in(0));
	put(w, g + OFF_BP, fp);
	put(w, g + OFF_STATUS, GS_WAITING);
	put(w, g + OFF_GOID, goid);
	put(w, g + OFF_STARTPC, MINI_TEXT);
	for (size_t i = 1; i <= n; i++) {
		put(w, fp, i < n ? fp + FRAME + 8 : 0);
		put(w, fp + 8, i < n ? pc_in((int)(i % 8)) : pc_in(GOEXIT));
		fp += FRAME + 8;
	}
	return g;
}

static struct stack_batch batch;

static int read_them(struct runtime *rt, const uint64_t *g, size_t n)
{
	stack_batch_clear(&batch);
	return runtime_read_stacks(rt, g, n, &batch);
}

static const struct stack *stack_of(uint64_t goid, uint8_t *flags)
{
	vec_foreach (of, &batch.of)
		if (of->goid == goid) {
			*flags = of->flags;
			return &batch.stacks.v[of->stack];
		}
	fail_msg("goroutine %llu has none", (unsigned long long)goid);
	return NULL;
}

static void assert_stack(uint64_t goid, size_t n, uint8_t flags)
{
	uint8_t has;
	const struct stack *s = stack_of(goid, &has);

	assert_int_equal(has, flags);
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(batch.pcs.v[s->first + i], pc_in((int)(i % 8)));
}

/* ---- what is found ---------------------------------------------------------------------------- */

static void frame_pointers_lead_to_the_beginning(void **state)
{
	uint64_t g = put_goroutine(*state, 1, STACK, 0x2000, 5);

	assert_int_equal(read_them(*state, &g, 1), 0);
	assert_stack(1, 5, 0);
}

static void without_a_frame_pointer_the_sizes_lead_there(void **state)
{
	uint64_t g = put_goroutine(*state, 1, STACK, 0x2000, 5);

	put(world_of(*state), g + OFF_BP, 0);
	assert_int_equal(read_them(*state, &g, 1), 0);
	assert_stack(1, 5, 0);
	/* That of another frame skips none. */
	put(world_of(*state), g + OFF_BP, STACK + 0x2000 - 64);
	assert_int_equal(read_them(*state, &g, 1), 0);
	assert_stack(1, 5, 0);
}

static void a_system_calls_registers_go_before_the_schedulers(void **state)
{
	struct world *w = world_of(*state);
	uint64_t g = put_goroutine(*state, 1, STACK, 0x2000, 5), sp;

	memcpy(&sp, at(w, g + OFF_SP), 8);
	put(w, g + OFF_SYSCALLSP, sp);
	put(w, g + OFF_SYSCALLPC, pc_in(0));
	put(w, g + OFF_SP, 0x1234);
	put(w, g + OFF_STATUS, GS_SYSCALL);
	assert_int_equal(read_them(*state, &g, 1), 0);
	assert_stack(1, 5, 0);
}

static void equal_stacks_are_kept_once(void **state)
{
	uint64_t g[20];

	for (uint64_t i = 0; i < 20; i++)
		g[i] = put_goroutine(*state, i + 1, BASE + 0x8000 + i * 0x1000, 0x1000,
				     i % 2 ? 3 : 7);
	assert_int_equal(read_them(*state, g, 20), 0);
	assert_int_equal(batch.of.n, 20);
	assert_int_equal(batch.stacks.n, 2);
	for (uint64_t i = 0; i < 20; i++)
		assert_stack(i + 1, i % 2 ? 3 : 7, 0);
	/* Stacks that lie close are read together. */
	assert_true(world_of(*state)->reads < 30);
}

static void a_deep_stack_is_read_on_and_cut(void **state)
{
	uint64_t g = put_goroutine(*state, 1, STACK, 0x20000, 1000);

	assert_int_equal(read_them(*state, &g, 1), 0);
	assert_stack(1, 1000, 0);
	put_goroutine(*state, 1, STACK, 0x20000, STACK_DEPTH + 10);
	assert_int_equal(read_them(*state, &g, 1), 0);
	assert_stack(1, STACK_DEPTH, STACK_CUT);
}

static void one_that_never_stands_still_is_marked(void **state)
{
	struct world *w = world_of(*state);
	uint64_t g[2] = {put_goroutine(*state, 1, STACK, 0x1000, 3),
			 put_goroutine(*state, 2, STACK + 0x1000, 0x1000, 4)};

	w->restless = g[0];
	assert_int_equal(read_them(*state, g, 2), 0);
	assert_stack(1, 3, STACK_TORN);
	assert_stack(2, 4, 0);
}

static void of_one_that_runs_the_last_calls_are_a_guess(void **state)
{
	struct world *w = world_of(*state);
	uint64_t g = put_goroutine(*state, 1, STACK, 0x2000, 3);
	uint8_t flags;
	const struct stack *s;

	put(w, g + OFF_STATUS, GS_RUNNING);
	put(w, g + OFF_SP, 0);
	put(w, g + OFF_STARTPC, MINI_TEXT + 2 * MINI_FUNC_SIZE);
	assert_int_equal(read_them(*state, &g, 1), 0);
	s = stack_of(1, &flags);
	assert_int_equal(flags, STACK_RUNNING);
	/* Functions 1 and 2 made calls; whom 1 called nobody knows. */
	assert_int_equal(s->n, 2);
	assert_int_equal(batch.pcs.v[s->first], pc_in(1));
	assert_int_equal(batch.pcs.v[s->first + 1], pc_in(2));
	/* It says where it began, and no call from there is found: only that is sure. */
	put(w, g + OFF_STARTPC, MINI_TEXT + 5 * MINI_FUNC_SIZE);
	assert_int_equal(read_them(*state, &g, 1), 0);
	s = stack_of(1, &flags);
	assert_int_equal(s->n, 1);
	assert_int_equal(batch.pcs.v[s->first], (MINI_TEXT + 5 * MINI_FUNC_SIZE) | STACK_EXACT);
}

/* ---- lies ------------------------------------------------------------------------------------- */

static void a_circle_of_frame_pointers_ends(void **state)
{
	struct world *w = world_of(*state);
	uint64_t g = put_goroutine(*state, 1, STACK, 0x2000, 5), fp;
	uint8_t flags;

	memcpy(&fp, at(w, g + OFF_BP), 8);
	for (size_t i = 0; i < 5; i++)
		put(w, fp + i * (FRAME + 8), fp);
	put(w, fp + 3 * (FRAME + 8) + 8, 0x666); /* nor do the sizes lead anywhere */
	assert_int_equal(read_them(*state, &g, 1), 0);
	assert_true(stack_of(1, &flags)->n <= 5);
	assert_int_equal(flags, STACK_CUT);
}

static void registers_that_make_no_sense_give_no_stack(void **state)
{
	static const struct {
		int offset;
		uint64_t value;
	} lies[] = {
		{OFF_SP, 0},	      {OFF_SP, STACK - 8},   {OFF_SP, STACK + 0x2000},
		{OFF_SP, STACK + 3},  {OFF_SP, UINT64_MAX},  {OFF_LO, STACK + 0x3000},
		{OFF_HI, UINT64_MAX}, {OFF_HI, STACK + 7},   {OFF_LO, 0},
		{OFF_STATUS, 0xffff}, {OFF_STATUS, GS_DEAD}, {OFF_GOID, 0},
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		uint64_t g = put_goroutine(*state, 1, STACK, 0x2000, 5);

		put(world_of(*state), g + (uint64_t)lies[i].offset, lies[i].value);
		assert_int_equal(read_them(*state, &g, 1), 0);
		assert_true(batch.of.n <= 1);
		assert_int_equal(batch.pcs.n, 0);
	}
}

static void whatever_memory_holds_it_ends(void **state)
{
	struct runtime *rt = *state;
	struct world *w = world_of(rt);
	uint64_t g[30];

	srand(1);
	for (int turn = 0; turn < 300; turn++) {
		for (size_t i = 0; i < 30; i++) {
			g[i] = put_goroutine(rt, i + 1, BASE + 0x8000 + i * 0x1000, 0x1000,
					     (size_t)(rand() % 30) + 1);
			if (rand() % 8 == 0)
				g[i] += (uint64_t)rand() % 0x400;
		}
		for (int i = 0; i < 200; i++) {
			uint64_t addr = BASE + (uint64_t)rand() % (SIZE - 8);
			uint64_t v = rand() % 2 ? BASE + (uint64_t)rand() % SIZE
						: MINI_TEXT + (uint64_t)rand() % 0x400;

			put(w, addr & ~7ull, rand() % 3 ? v : (uint64_t)rand() << 32);
		}
		assert_int_equal(read_them(rt, g, 30), 0);
		vec_foreach (s, &batch.stacks)
			assert_true(s->first + s->n <= batch.pcs.n);
	}
}

static void what_is_not_mapped_is_left_out(void **state)
{
	uint64_t g[4] = {put_goroutine(*state, 1, STACK, 0x1000, 3), BASE + SIZE + 0x1000, 0x1000,
			 BASE + SIZE - 8};

	assert_int_equal(read_them(*state, g, 4), 0);
	assert_int_equal(batch.of.n, 1);
	assert_stack(1, 3, 0);
	world_of(*state)->gone = true;
	assert_int_equal(read_them(*state, g, 4), -ESRCH);
}

static void a_layout_without_registers_is_told(void **state)
{
	struct runtime *rt = *state;
	uint64_t g = put_goroutine(rt, 1, STACK, 0x1000, 3);

	rt->layout.offset[LF_G_SCHED_SP] = LAYOUT_NONE;
	assert_int_equal(read_them(rt, &g, 1), -ENOTSUP);
}

static int forget(void **state)
{
	(void)state;
	stack_batch_free(&batch);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(frame_pointers_lead_to_the_beginning),
		TEST(without_a_frame_pointer_the_sizes_lead_there),
		TEST(a_system_calls_registers_go_before_the_schedulers),
		TEST(equal_stacks_are_kept_once),
		TEST(a_deep_stack_is_read_on_and_cut),
		TEST(one_that_never_stands_still_is_marked),
		TEST(of_one_that_runs_the_last_calls_are_a_guess),
		TEST(a_circle_of_frame_pointers_ends),
		TEST(registers_that_make_no_sense_give_no_stack),
		TEST(whatever_memory_holds_it_ends),
		TEST(what_is_not_mapped_is_left_out),
		TEST(a_layout_without_registers_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
