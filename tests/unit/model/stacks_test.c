// SPDX-License-Identifier: GPL-2.0-or-later
/* Where goroutines stand: what the feed says of stacks, and how long it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "harness.h"
#include "model/table.h"

/* Frames that the made-up binary knows; those inlined into each other have the same. */
enum {
	AT_PARK = 0x5000,
	AT_LOCK = 0x5100,
	AT_WORK = 0x5200,
	AT_START = 0x5300,
	AT_OWN = 0x5400,
	AT_SLEEP = 0x5500
};

static size_t made_up_frames(void *ctx, uint64_t frame, struct frame *ret, size_t max)
{
	(void)ctx;
	assert_true(max >= 2);
	memset(ret, 0, 2 * sizeof(*ret));
	ret->entry = frame & ~0xffull;
	switch (frame & ~FRAME_EXACT) {
	case AT_PARK:
		ret->name = (struct name){"runtime.gopark", "/go/src/runtime/proc.go", 400, false};
		return 1;
	case AT_LOCK: /* sync.(*Mutex).Lock, inlined into the user's */
		ret[0].name = (struct name){"sync.(*Mutex).Lock", "/go/mutex.go", 46, false};
		ret[0].inlined = true;
		ret[1].name = (struct name){"main.locking", "/src/main.go", 7, false};
		return 2;
	case AT_WORK:
		ret->name = (struct name){"main.work[go.shape.int]", "/src/work.go", 33, false};
		return 1;
	case AT_START:
		ret->name = (struct name){"main.start.gowrap1", "/src/main.go", 3, false};
		ret->wrapper = true;
		return 1;
	case AT_OWN:
		ret->name = (struct name){"runtime.bgsweep", "/go/mgcsweep.go", 300, false};
		return 1;
	case AT_SLEEP:
		ret->name = (struct name){"time.Sleep", "/go/src/runtime/time.go", 363, false};
		return 1;
	default:
		return 0;
	}
}

static struct world frames_world(struct model_options options)
{
	const struct names_source source = {.pc = made_up_pc,
					    .reason = made_up_reason,
					    .frames = made_up_frames};

	return world_with(names_new(&source), options);
}

#define FRAMES_WORLD(w) _cleanup_(world_free) struct world w = frames_world(watching())

/* Goroutine `goid` has these frames, read in [t0, t0 + 1 ms]. */
static void give(struct world *w, uint64_t t0, uint64_t goid, uint8_t flags, size_t n,
		 const uint64_t *frames)
{
	const struct feed_stack stack = {0, (uint32_t)n};
	const struct feed_stack_of of = {.goid = goid, .g = g_of(goid), .flags = flags};
	const struct feed_stacks s = {.t0 = t0,
				      .t1 = t0 + MS,
				      .frames = frames,
				      .n_frames = n,
				      .stacks = &stack,
				      .n_stacks = 1,
				      .of = &of,
				      .n_of = 1};

	w->sink.stacks(w->sink.ctx, &s);
}

#define GIVE(w, t0, goid, flags, ...)                                           \
	do {                                                                    \
		const uint64_t frames_[] = {__VA_ARGS__};                       \
		give((w), (t0), (goid), (flags), ARRAY_SIZE(frames_), frames_); \
	} while (0)

static size_t wanted(struct world *w, bool again)
{
	uint64_t addrs[16];
	size_t cursor = 0;

	return model_wants_stacks(w->model, &cursor, again, addrs, ARRAY_SIZE(addrs));
}

static void where_is_the_users_own_line_through_what_was_inlined(void **state)
{
	FRAMES_WORLD(w);
	struct row r;

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(2, GS_WAITING), fact(3, GS_WAITING));
	GIVE(&w, 2 * S, 1, 0, AT_PARK, AT_LOCK, AT_WORK);
	GIVE(&w, 2 * S, 2, 0, AT_PARK, AT_WORK, AT_START);
	GIVE(&w, 2 * S, 3, 0, AT_PARK, AT_OWN);
	r = row_of(&w, 1);
	assert_string_equal(r.where->function, "main.locking");
	assert_int_equal(r.where->line, 7);
	assert_false(r.flags & ROW_STACK_ABOUT);
	assert_string_equal(row_of(&w, 2).where->function, "main.work[...]");
	/* The runtime's own have none: it is the function that they began with. */
	assert_string_equal(row_of(&w, 3).where->function, "runtime.bgsweep");
}

/* Functions of the runtime have names of other packages, where these are linked to them. */
static void the_runtimes_own_is_told_by_its_file_as_well(void **state)
{
	FRAMES_WORLD(w);
	(void)state;
	LOOK(&w, 2 * S, fact(7, GS_WAITING));
	GIVE(&w, 2 * S, 7, 0, AT_PARK, AT_SLEEP, AT_WORK, AT_START);
	assert_string_equal(row_of(&w, 7).where->file, "/src/work.go");
}

static void a_stack_holds_until_its_goroutine_moves(void **state)
{
	FRAMES_WORLD(w);

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	assert_int_equal(wanted(&w, true), 1);
	GIVE(&w, 2 * S, 1, 0, AT_PARK, AT_WORK);
	assert_int_equal(wanted(&w, true), 0);
	LOOK(&w, 3 * S, fact(1, GS_WAITING));
	assert_int_equal(wanted(&w, true), 0);
	move(&w, 4 * S, 1, GS_WAITING, GS_RUNNABLE);
	assert_int_equal(wanted(&w, true), 1);
	assert_true(row_of(&w, 1).flags & ROW_STACK_OLD);
	/* What was read before it moved again is old already. */
	move(&w, 6 * S, 1, GS_RUNNABLE, GS_RUNNING);
	GIVE(&w, 5 * S, 1, 0, AT_PARK, AT_WORK);
	assert_true(row_of(&w, 1).flags & ROW_STACK_OLD);
	assert_int_equal(wanted(&w, false), 1);
	/* One that runs is read again and again, but not for every picture. */
	GIVE(&w, 7 * S, 1, STACK_IS_GUESS, AT_WORK);
	assert_int_equal(wanted(&w, true), 1);
	assert_int_equal(wanted(&w, false), 0);
	assert_int_equal(wanted(&w, true), 1);
	assert_true(row_of(&w, 1).flags & ROW_STACK_GUESS);
}

static void by_samples_a_stop_more_makes_a_stack_old(void **state)
{
	struct model_options options = watching();
	struct feed_fact f = fact(1, GS_WAITING);

	(void)state;
	options.probes = false;
	_cleanup_(world_free) struct world w = frames_world(options);
	LOOK(&w, 2 * S, f);
	GIVE(&w, 2 * S, 1, 0, AT_PARK, AT_WORK);
	LOOK(&w, 3 * S, f);
	assert_int_equal(wanted(&w, true), 0);
	f.tracking_seq++;
	LOOK(&w, 4 * S, f);
	assert_int_equal(wanted(&w, true), 1);
}

static void a_picture_has_the_lines_that_it_was_asked_for(void **state)
{
	FRAMES_WORLD(w);
	struct picture p;
	const struct stack_shown *s;

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(2, GS_WAITING), fact(3, GS_WAITING));
	GIVE(&w, 2 * S, 1, 0, AT_PARK, AT_LOCK, AT_START);
	GIVE(&w, 2 * S, 2, 0, AT_PARK, AT_LOCK, AT_START);
	assert_null(all_of(&w).stacks);
	p = picture_of(&w,
		       (struct request){.count = SIZE_MAX, .stacks = STACKS_ALL, .selected = 2});
	/* Nothing, and the one that two have. */
	assert_int_equal(p.stacks->n, 2);
	assert_int_equal(p.stacks->n_of, 3);
	s = stack_of_selected(&p);
	assert_int_equal(s->n, 4);
	assert_string_equal(s->lines[0].function, "runtime.gopark");
	assert_true(s->lines[0].hidden && !s->lines[0].user);
	assert_true(s->lines[1].inlined && !s->lines[1].user && !s->lines[1].hidden);
	assert_true(s->lines[2].user && !s->lines[2].inlined);
	assert_int_equal(s->lines[1].pc, s->lines[2].pc);
	assert_true(s->lines[3].wrapper && s->lines[3].hidden);
	p = picture_of(&w, (struct request){.stacks = STACKS_SELECTED, .selected = 3});
	assert_int_equal(stack_of_selected(&p)->n, 0);
	assert_int_equal(stack_of_row(&p, 0)->n, 0);
}

static void what_nobody_has_any_more_is_forgotten(void **state)
{
	FRAMES_WORLD(w);

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING), fact(2, GS_WAITING));
	GIVE(&w, 2 * S, 2, 0, AT_PARK, AT_LOCK);
	for (uint64_t i = 0; i < 100 * 1000; i++)
		GIVE(&w, 3 * S, 1, 0, AT_PARK, AT_WORK, 0x100000 + i);
	/* Places are used again: with all of them kept they would be beyond. */
	assert_true(row_of(&w, 1).stack < 20000);
	assert_string_equal(row_of(&w, 2).where->function, "main.locking");
	assert_string_equal(row_of(&w, 1).where->function, "main.work[...]");
}

/* Few but long ones fill the room too. */
static void stacks_that_nobody_has_any_more_make_room(void **state)
{
	enum { DEEP = 1 << 20, MANY = 20 };
	uint64_t *frames = calloc(DEEP, sizeof(*frames));
	FRAMES_WORLD(w);

	(void)state;
	assert_non_null(frames);
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	for (uint64_t i = 0; i < MANY; i++) {
		frames[0] = AT_WORK;
		frames[1] = 0x1000 + i;
		give(&w, 2 * S, 1, 0, DEEP, frames);
	}
	assert_in_range(w.model->stacks.all.n, 2, 8);
	assert_string_equal(row_of(&w, 1).where->function, "main.work[...]");
	free(frames);
}

static void lies_of_a_feed_are_left_out(void **state)
{
	FRAMES_WORLD(w);
	const uint64_t frames[] = {AT_PARK, AT_WORK};
	const struct feed_stack stacks[] = {{0, 2}, {1, 2}, {UINT32_MAX, 1}, {0, 0}};
	struct feed_stack_of of = {.goid = 1, .g = g_of(1)};
	const struct feed_stacks s = {.t0 = 3 * S,
				      .t1 = 3 * S,
				      .frames = frames,
				      .n_frames = 2,
				      .stacks = stacks,
				      .n_stacks = 4,
				      .of = &of,
				      .n_of = 1};

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	for (of.stack = 1; of.stack < 6; of.stack++) {
		w.sink.stacks(w.sink.ctx, &s);
		assert_null(row_of(&w, 1).where->function);
	}
	of.stack = 0;
	of.g = 0x1234; /* another life */
	w.sink.stacks(w.sink.ctx, &s);
	assert_null(row_of(&w, 1).where->function);
	of.goid = 77;
	w.sink.stacks(w.sink.ctx, &s);
}

/* ---- the one that somebody looks at ----------------------------------------------------------- */

static uint64_t sum_of(const struct detail_picture *d, enum detail_part part)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < STRIP_SLOTS; i++)
		sum += d->strip[i].part[part];
	return sum;
}

static const struct detail_picture *look_closely(struct world *w, uint64_t goid)
{
	return picture_of(w, (struct request){.stacks = STACKS_SELECTED, .selected = goid}).detail;
}

static void the_strip_has_every_moment_of_its_minute(void **state)
{
	FRAMES_WORLD(w);
	const struct detail_picture *d;

	(void)state;
	LOOK(&w, 2 * S, fact(1, GS_WAITING));
	w.sink.now(w.sink.ctx, 12 * S);
	d = look_closely(&w, 1);
	/* It has waited since we know it. */
	assert_int_equal(sum_of(d, PART_WAITING), 10 * S);
	move(&w, 13 * S, 1, GS_WAITING, GS_RUNNABLE);
	move(&w, 13 * S + 5 * MS, 1, GS_RUNNABLE, GS_RUNNING);
	move(&w, 15 * S, 1, GS_RUNNING, GS_WAITING);
	w.sink.now(w.sink.ctx, 20 * S);
	d = look_closely(&w, 1);
	assert_int_equal(sum_of(d, PART_RUNNABLE), 5 * MS);
	assert_int_equal(sum_of(d, PART_RUNNING), 2 * S - 5 * MS);
	assert_int_equal(sum_of(d, PART_WAITING), 16 * S);
	assert_int_equal(histogram_count(&d->latency), 1);
	/* A minute, and no more. */
	w.sink.now(w.sink.ctx, 500 * S);
	d = look_closely(&w, 1);
	assert_true(sum_of(d, PART_WAITING) <= 60 * S && sum_of(d, PART_WAITING) > 59 * S);
	assert_int_equal(sum_of(d, PART_RUNNING), 0);
	assert_null(all_of(&w).detail);
}

static void ancestors_are_told_as_far_as_they_are_known(void **state)
{
	FRAMES_WORLD(w);
	struct feed_fact child = fact(3, GS_WAITING), parent = fact(2, GS_WAITING);
	const struct detail_picture *d;

	(void)state;
	child.parent = 2;
	parent.parent = 1;
	LOOK(&w, 2 * S, parent, child);
	d = look_closely(&w, 3);
	assert_int_equal(d->n_ancestors, 2);
	assert_true(d->ancestors[0].alive && !d->ancestors[1].alive);
	assert_string_equal(d->ancestors[0].name.function, "example.com/app/pool.(*worker).run");
	/* Of one that is gone it is known where it made its child. */
	assert_string_equal(d->ancestors[1].name.function, "example.com/app/pool.New");
	parent.parent = 3;
	LOOK(&w, 3 * S, parent, child);
	assert_int_equal(look_closely(&w, 3)->n_ancestors, ANCESTORS_MOST);
	assert_null(look_closely(&w, 99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_is_the_users_own_line_through_what_was_inlined),
		cmocka_unit_test(the_runtimes_own_is_told_by_its_file_as_well),
		cmocka_unit_test(a_stack_holds_until_its_goroutine_moves),
		cmocka_unit_test(by_samples_a_stop_more_makes_a_stack_old),
		cmocka_unit_test(a_picture_has_the_lines_that_it_was_asked_for),
		cmocka_unit_test(what_nobody_has_any_more_is_forgotten),
		cmocka_unit_test(stacks_that_nobody_has_any_more_make_room),
		cmocka_unit_test(lies_of_a_feed_are_left_out),
		cmocka_unit_test(the_strip_has_every_moment_of_its_minute),
		cmocka_unit_test(ancestors_are_told_as_far_as_they_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
