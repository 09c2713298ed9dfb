// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stacks of arm64 in made-up memory: a return address lies at SP, or in the link register as long as
 * a function has no frame. Those of the executable have none at their first instruction, and 16
 * bytes behind it.
 */
#include "world.h"

#include "mini_exe.h"
#include "runtime/stack.h"

enum { ASYNC_PREEMPT = 8, SIGPANIC = 9, GOEXIT = 10, STACK = 4096, JUNK = 0x12345 };

static uint64_t entry_of(int i)
{
	return MINI_TEXT + (uint64_t)i * MINI_FUNC_SIZE;
}

/* An address in function i that a call returns to. */
static uint64_t pc_in(int i)
{
	return entry_of(i) + 8;
}

static void name_function(struct mini_go *m, int i, uint32_t at, const char *name)
{
	memcpy(m->file + m->funcname + at, name, strlen(name) + 1);
	mini_put32(m, m->funcs + i * MINI_RECORD + 4, at);
}

static struct go_exe *open_mini(void)
{
	/* pcsp: 0 at the first of the instructions of 4 bytes, then 16 */
	static const uint8_t frames[] = {2, 1, 2 * 16, MINI_FUNC_SIZE, 0};
	struct mini_go *m = mini_go_new();

	m->file[offsetof(Elf64_Ehdr, e_machine)] = EM_AARCH64;
	m->file[mini_offset(MINI_PCLN) + 6] = 4;
	memcpy(m->file + m->pctab + 0x40, frames, sizeof(frames));
	for (int i = 0; i < MINI_FUNCS; i++)
		mini_put32(m, m->funcs + i * MINI_RECORD + 16, 0x40);
	name_function(m, ASYNC_PREEMPT, 0x200, "runtime.asyncPreempt");
	name_function(m, SIGPANIC, 0x220, "runtime.sigpanic");
	name_function(m, GOEXIT, 0x240, "runtime.goexit");
	return mini_exe_open(m);
}

struct arm64 {
	struct world *w;
	struct go_exe *exe;
	uint64_t g, sp;
};

/* A goroutine that waits with these registers and words from its stack pointer on. */
static struct arm64 goroutine(uint64_t pc, uint64_t lr, const uint64_t *words, size_t n)
{
	struct arm64 a = {.w = world_new(26, 0), .exe = open_mini()};
	struct world *w = a.w;
	const struct layout_row *row = layout_table_find(&w->exe.info.version, GO_ARCH_ARM64);
	uint64_t lo;

	assert_non_null(row);
	layout_from_row(&w->rt.layout, row, LAYOUT_TABLE);
	w->rt.exe = a.exe;
	a.g = world_alloc(w, 512);
	lo = world_alloc(w, STACK);
	a.sp = lo + STACK / 2;
	put64(w, at_field(w, a.g, LF_G_STACK_LO), lo);
	put64(w, at_field(w, a.g, LF_G_STACK_HI), lo + STACK);
	put64(w, at_field(w, a.g, LF_G_SCHED_SP), a.sp);
	put64(w, at_field(w, a.g, LF_G_SCHED_PC), pc);
	put64(w, at_field(w, a.g, LF_G_SCHED_LR), lr);
	put32(w, at_field(w, a.g, LF_G_ATOMICSTATUS), GS_WAITING);
	put64(w, at_field(w, a.g, LF_G_GOID), 1);
	for (size_t i = 0; i < n; i++)
		put64(w, a.sp + i * 8, words[i]);
	return a;
}

static void assert_frames(struct arm64 *a, uint8_t flags, const uint64_t *pcs, size_t n)
{
	struct stack_batch b = {0};

	assert_int_equal(runtime_read_stacks(&a->w->rt, &a->g, 1, &b), 0);
	assert_int_equal(b.of.n, 1);
	assert_int_equal(b.of.v[0].flags, flags);
	assert_int_equal(b.stacks.v[0].n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(b.pcs.v[i], pcs[i]);
	stack_batch_free(&b);
	stack_reader_free(a->w->rt.stacks);
	go_exe_close(a->exe);
	world_free(a->w);
}

/* What is at SP, and the frame's other word. */
#define RETURN(pc) (pc), JUNK
#define ASSERT_FRAMES(a, flags, ...)                             \
	assert_frames(a, flags, (const uint64_t[]){__VA_ARGS__}, \
		      sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void a_frame_has_its_return_address_at_sp(void **state)
{
	const uint64_t words[] = {RETURN(pc_in(1)), RETURN(pc_in(GOEXIT))};
	struct arm64 a = goroutine(pc_in(0), JUNK * 8, words, ARRAY_SIZE(words));

	(void)state;
	ASSERT_FRAMES(&a, 0, pc_in(0), pc_in(1));
}

static void at_a_functions_entry_the_link_register_leads_on(void **state)
{
	const uint64_t words[] = {RETURN(pc_in(2)), RETURN(pc_in(GOEXIT))};
	struct arm64 a = goroutine(entry_of(0), pc_in(1), words, ARRAY_SIZE(words));
	struct arm64 new = goroutine(entry_of(0), pc_in(GOEXIT), NULL, 0);

	(void)state;
	ASSERT_FRAMES(&a, 0, entry_of(0) | STACK_EXACT, pc_in(1), pc_in(2));
	ASSERT_FRAMES(&new, 0, entry_of(0) | STACK_EXACT);
}

static void the_link_register_leads_on_once(void **state)
{
	struct arm64 a = goroutine(entry_of(0), entry_of(1) + 4, NULL, 0);

	(void)state;
	ASSERT_FRAMES(&a, STACK_CUT, entry_of(0) | STACK_EXACT, entry_of(1) + 4);
}

static void an_injected_call_keeps_the_link_register_below_the_frame(void **state)
{
	static const int injected[] = {ASYNC_PREEMPT, SIGPANIC};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(injected); i++) {
		const uint64_t with_frame[] = {RETURN(pc_in(3)), RETURN(JUNK), RETURN(pc_in(4)),
					       RETURN(pc_in(GOEXIT))};
		const uint64_t without[] = {RETURN(entry_of(3)), RETURN(pc_in(4)),
					    RETURN(pc_in(GOEXIT))};
		struct arm64 a = goroutine(pc_in(injected[i]), 0, with_frame,
					   ARRAY_SIZE(with_frame)),
			     b = goroutine(pc_in(injected[i]), 0, without, ARRAY_SIZE(without));

		ASSERT_FRAMES(&a, 0, pc_in(injected[i]), pc_in(3) | STACK_EXACT, pc_in(4));
		ASSERT_FRAMES(&b, 0, pc_in(injected[i]), entry_of(3) | STACK_EXACT, pc_in(4));
	}
}

/* Nothing ran there: what was injected returns to where the call would have. */
static void a_call_of_nil_is_its_callers(void **state)
{
	const uint64_t words[] = {RETURN(pc_in(4)), RETURN(pc_in(4)), RETURN(pc_in(GOEXIT))};
	struct arm64 a = goroutine(pc_in(SIGPANIC), 0, words, ARRAY_SIZE(words));

	(void)state;
	ASSERT_FRAMES(&a, 0, pc_in(SIGPANIC), pc_in(4) | STACK_EXACT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_has_its_return_address_at_sp),
		cmocka_unit_test(at_a_functions_entry_the_link_register_leads_on),
		cmocka_unit_test(the_link_register_leads_on_once),
		cmocka_unit_test(an_injected_call_keeps_the_link_register_below_the_frame),
		cmocka_unit_test(a_call_of_nil_is_its_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
