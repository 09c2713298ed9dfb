// SPDX-License-Identifier: GPL-2.0-or-later
/* On what goroutines wait: processes that mean harm, or make no sense, are survived. */
#include "waits_world.h"

static void lists_in_circles_come_to_an_end(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t table = world_alloc(w, GO_SEMAPHORE_QUEUES * 64), c = chan_of(w, 0, 0);
		uint64_t g = add_g(w, 1, "select"), s = sudog_of(w, g, c, 0),
			 t = sudog_of(w, g, c, 0);

		put8(w, at_field(w, s, LF_SUDOG_ISSELECT), 1);
		put8(w, at_field(w, t, LF_SUDOG_ISSELECT), 1);
		put64(w, at_field(w, s, LF_SUDOG_WAITLINK), t);
		put64(w, at_field(w, t, LF_SUDOG_WAITLINK), s);
		put64(w, at_field(w, s, LF_SUDOG_PREV), t);
		put64(w, at_field(w, t, LF_SUDOG_PREV), s);
		set_waiting(w, g, s);
		if (releases[i_].minor >= 20) {
			uint64_t m = add_g(w, 2, "sync.Mutex.Lock"),
				 q = sudog_of(w, m, 0, WORLD_BASE + 4);

			put64(w, at_field(w, q, LF_SUDOG_WAITLINK), q);
			put64(w, at_field(w, q, LF_SUDOG_NEXT), q);
			put64(w,
			      at_field(w,
				       table + ((WORLD_BASE + 4) >> 3) % GO_SEMAPHORE_QUEUES * 64,
				       LF_SEMAROOT_TREAP),
			      q);
			w->rt.globals[GG_SEMTABLE] =
				(struct go_global_place){.addr = table, .count = 64};
		}
		read_all(w, &waits);
		assert_int_equal(fact_of(&waits.batch, 1)->n, 2);
		assert_true(w->reads < 3000);
	}
}

enum { LISTS = 20, LISTS_READS = 8000 };

static void does_not_go_on_for_ever(struct world *w)
{
	assert_true(w->reads < LISTS_READS);
}

/* Each begins with one who waits, and then goes round and round among those that nobody knows. */
static void lists_of_conditions_come_to_an_end(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t stranger = sudog_of(w, WORLD_BASE + 64, 0, 0);

		put64(w, at_field(w, stranger, LF_SUDOG_NEXT), stranger);
		for (size_t i = 0; i < LISTS; i++) {
			uint64_t g = add_g(w, i + 1, "sync.Cond.Wait"), cond = world_alloc(w, 64);
			uint64_t s = sudog_of(w, g, 0, 0), list = cond + 16;

			put64(w, at_field(w, s, LF_SUDOG_NEXT), stranger);
			put64(w, at_field(w, list, LF_NOTIFYLIST_HEAD), s);
			put64(w, at_field(w, list, LF_NOTIFYLIST_TAIL), list);
			put_on_stack(w, g, 30, cond);
		}
		w->meanwhile = does_not_go_on_for_ever;
		read_all(w, &waits);
		assert_int_equal(waits.batch.facts.n, 0);
	}
}

/* The number of a descriptor lies where a timer has its due time. */
static void what_is_of_two_kinds_is_two_objects(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t a = add_g(w, 1, "IO wait"), b = add_g(w, 2, "sleep"), pd = desc_of(w, 7);
		const uint64_t due = 0x7fffffff00000000;
		const struct wait_object *o;

		if (w->rt.layout.offset[LF_G_SLEEPWHEN] < 0)
			continue;
		put64(w, at_field(w, pd, LF_POLLDESC_RG), a);
		put_on_stack(w, a, 5, at_field(w, pd, LF_POLLDESC_RG));
		put64(w, at_field(w, b, LF_G_TIMER), pd);
		put64(w, at_field(w, b, LF_G_SLEEPWHEN), due);
		o = object_of(read_all(w, &waits), 1, 0, WAY_READ);
		assert_int_equal(o->kind, WAIT_FD);
		assert_int_equal(o->fd.net, 0);
		o = object_of(&waits.batch, 2, 0, WAY_WAIT);
		assert_int_equal(o->kind, WAIT_TIMER);
		assert_int_equal(o->timer.due, due);
	}
}

/* The layout may come out of the process's own debugging information. */
static void fields_before_the_stacks_end_are_refused(void **state)
{
	static const enum layout_field fields[] = {
		LF_G_ATOMICSTATUS, LF_G_WAITREASON, LF_G_GOID,	LF_G_M,
		LF_G_WAITING,	   LF_G_SCHED_SP,   LF_G_TIMER, LF_G_SLEEPWHEN,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		EACH_RELEASE(w, waits)
		{
			add_g(w, 1, "sleep");
			w->rt.layout.offset[LF_G_STACK_HI] = 16;
			w->rt.layout.offset[fields[i]] = 8;
			assert_int_equal(waits_step(&waits, &w->rt), -ENOTSUP);
		}
}

static void random_memory_is_survived(void **state)
{
	static const char *const whys[] = {"chan receive", "select", "IO wait", "sync.Cond.Wait",
					   "sleep"};
	uint64_t seed = 88172645463325252ull;

	(void)state;
	EACH_RELEASE(w, waits)
	{
		for (size_t i = 0; i < 20; i++)
			add_g(w, i + 1, whys[i % ARRAY_SIZE(whys)]);
		w->rt.globals[GG_SEMTABLE] =
			(struct go_global_place){.addr = WORLD_BASE + 8192, .count = 64};
		for (int round = 0; round < 60; round++) {
			/* All but the head of the list, with addresses within, small numbers and zeros. */
			for (uint64_t at = WORLD_BASE + 64; at < w->next; at += 8) {
				seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
				if (seed % 3)
					put64(w, at,
					      seed % 3 == 1
						      ? WORLD_BASE + (seed >>
								      8) % (w->next - WORLD_BASE) /
									     8 * 8
						      : (seed >> 8) % 70);
			}
			vec_foreach (g, &w->rt.list.sorted) {
				size_t nth = (size_t)(g - w->rt.list.sorted.v);

				put32(w, at_field(w, *g, LF_G_ATOMICSTATUS), GS_WAITING);
				put64(w, at_field(w, *g, LF_G_M), 0);
				put8(w, at_field(w, *g, LF_G_WAITREASON),
				     reason(w, whys[nth % ARRAY_SIZE(whys)]));
				put64(w, at_field(w, *g, LF_G_STACK_HI), *g + 1500);
				put64(w, at_field(w, *g, LF_G_SCHED_SP), *g);
			}
			read_all(w, &waits);
			vec_foreach (f, &waits.batch.facts)
				assert_true(f->first + f->n <= waits.batch.links.n);
			vec_foreach (l, &waits.batch.links)
				assert_true(l->object < waits.batch.objects.n && l->way < WAYS);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_in_circles_come_to_an_end),
		cmocka_unit_test(lists_of_conditions_come_to_an_end),
		cmocka_unit_test(what_is_of_two_kinds_is_two_objects),
		cmocka_unit_test(fields_before_the_stacks_end_are_refused),
		cmocka_unit_test(random_memory_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
