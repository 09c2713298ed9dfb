// SPDX-License-Identifier: GPL-2.0-or-later
/* On what goroutines wait, in made-up memory: what is told. */
#include "waits_world.h"

static void channels_are_told_by_both_ends(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t full = chan_of(w, 3, 3), a = add_g(w, 5, "chan send"),
			 b = add_g(w, 6, "chan receive"), empty = chan_of(w, 0, 0);
		const struct wait_object *o;

		set_waiting(w, a, sudog_of(w, a, full, 0));
		set_waiting(w, b, sudog_of(w, b, empty, 0));
		o = object_of(read_all(w, &waits), 5, 0, WAY_SEND);
		assert_int_equal(o->kind, WAIT_CHAN);
		assert_int_equal(o->addr, full);
		assert_true(o->known);
		assert_int_equal(o->chan.used, 3);
		assert_int_equal(o->chan.capacity, 3);
		assert_int_equal(object_of(&waits.batch, 6, 0, WAY_RECEIVE)->addr, empty);
	}
}

static void a_select_waits_at_the_ends_that_its_queues_tell(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t x = chan_of(w, 0, 0), y = chan_of(w, 1, 1), z = chan_of(w, 0, 0);
		uint64_t first = add_g(w, 1, "select"), second = add_g(w, 2, "select");
		uint64_t fx = sudog_of(w, first, x, 0), fy = sudog_of(w, first, y, 0),
			 fz = sudog_of(w, first, z, 0), sx = sudog_of(w, second, x, 0);
		const uint64_t cases[] = {fx, fy, fz, sx};

		for (size_t i = 0; i < 4; i++)
			put8(w, at_field(w, cases[i], LF_SUDOG_ISSELECT), 1);
		put64(w, at_field(w, fx, LF_SUDOG_WAITLINK), fy);
		put64(w, at_field(w, fy, LF_SUDOG_WAITLINK), fz);
		set_waiting(w, first, fx);
		set_waiting(w, second, sx);
		/* x: both receive, the second behind the first; y: sends; z: in no queue */
		put64(w, at_field(w, x, LF_HCHAN_RECVQ_FIRST), fx);
		put64(w, at_field(w, sx, LF_SUDOG_PREV), fx);
		put64(w, at_field(w, y, LF_HCHAN_SENDQ_FIRST), fy);
		read_all(w, &waits);
		assert_int_equal(fact_of(&waits.batch, 1)->n, 3);
		assert_int_equal(object_of(&waits.batch, 2, 0, WAY_RECEIVE)->addr, x);
		for (uint32_t i = 0; i < 3; i++) {
			const struct wait_link *l =
				&waits.batch.links.v[fact_of(&waits.batch, 1)->first + i];
			uint64_t addr = waits.batch.objects.v[l->object].addr;

			assert_int_equal(l->way, addr == x   ? WAY_RECEIVE
						 : addr == y ? WAY_SEND
							     : WAY_UNKNOWN);
		}
	}
}

/* The table of semaphores with one tree of three and a waiter behind one of them. */
static void locks_are_told_by_the_queues_of_semaphores(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t table = world_alloc(w, GO_SEMAPHORE_QUEUES * 64);
		uint64_t mutex = world_alloc(w, 64) + 8, rw = world_alloc(w, 64);
		uint64_t a, b, c, sa, sb, sc;

		if (releases[i_].minor < 20) /* reasons that say so came with 1.20 */
			continue;
		a = add_g(w, 1, "sync.Mutex.Lock");
		b = add_g(w, 2, "sync.Mutex.Lock");
		c = add_g(w, 3, "sync.RWMutex.RLock");
		sa = sudog_of(w, a, 0, mutex + 4);
		sb = sudog_of(w, b, 0, mutex + 4);
		sc = sudog_of(w, c, 0, rw + 12);
		put32(w, mutex, 1 | 2 << 3);
		put32(w, rw + 16, (uint32_t)-5);
		put64(w, at_field(w, sa, LF_SUDOG_WAITLINK), sb);
		put64(w, at_field(w, sa, LF_SUDOG_NEXT), sc);
		put64(w,
		      at_field(w, table + ((mutex + 4) >> 3) % GO_SEMAPHORE_QUEUES * 64,
			       LF_SEMAROOT_TREAP),
		      sa);
		w->rt.globals[GG_SEMTABLE] = (struct go_global_place){.addr = table, .count = 64};
		read_all(w, &waits);
		assert_int_equal(object_of(&waits.batch, 1, 0, WAY_LOCK)->addr, mutex);
		assert_int_equal(object_of(&waits.batch, 2, 0, WAY_LOCK)->lock.state, 1 | 2 << 3);
		assert_int_equal(object_of(&waits.batch, 3, 0, WAY_RLOCK)->addr, rw);
		assert_int_equal(object_of(&waits.batch, 3, 0, WAY_RLOCK)->kind, WAIT_RWMUTEX);
		assert_int_equal(object_of(&waits.batch, 3, 0, WAY_RLOCK)->lock.readers, -5);
		assert_int_equal(waits.batch.objects.n, 2);
		/* A queue that holds what belongs into another one is no queue. */
		put_pair(w, sa, LF_SUDOG_ELEM, LF_SUDOG_ELEM_VU, mutex + 12);
		read_all(w, &waits);
		assert_null(fact_of(&waits.batch, 1));
	}
}

static void put_address(struct world *w, uint64_t interface, const uint8_t *ip, size_t n,
			uint64_t port)
{
	uint64_t addr = world_alloc(w, 64), bytes = world_alloc(w, n);

	memcpy(world_at(w, bytes), ip, n);
	put64(w, addr, bytes);
	put64(w, addr + 8, n);
	put64(w, addr + 16, n);
	put64(w, addr + 24, port);
	put64(w, interface, WORLD_BASE + 64); /* some type */
	put64(w, interface + 8, addr);
}

/* A net.netFD as Go 1.17 to 1.20 (pd at 24) or 1.21 on (at 32) has it. */
static uint64_t net_fd(struct world *w, uint64_t pd, uint64_t fd, int minor)
{
	static const uint8_t here[] = {10, 0, 0, 1}, there[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};
	uint64_t f = world_alloc(w, 160);

	put64(w, f + 16, fd);
	put64(w, f + (minor < 21 ? 24 : 32), pd);
	put64(w, f + 56, 2);
	put64(w, f + 64, 1);
	put_string(w, f + 80, "tcp");
	put_address(w, f + 96, here, 4, 80);
	put_address(w, f + 112, there, 16, 41234);
	return f;
}

static void descriptors_are_told_by_the_frames_and_confirmed(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t g = add_g(w, 9, "IO wait"), other = add_g(w, 10, "IO wait");
		uint64_t pd = desc_of(w, 7), lie = desc_of(w, 8);
		const struct wait_object *o;

		/* `other` has a pollDesc on its stack where another one waits, and one that is none. */
		put64(w, at_field(w, pd, LF_POLLDESC_WG), g);
		put64(w, at_field(w, lie, LF_POLLDESC_RG), other);
		put64(w, at_field(w, lie, LF_POLLDESC_SELF), pd);
		put_on_stack(w, other, 1, at_field(w, pd, LF_POLLDESC_WG));
		put_on_stack(w, other, 2, at_field(w, lie, LF_POLLDESC_RG));
		put_on_stack(w, other, 3, LIE);
		put_on_stack(w, g, 5, at_field(w, pd, LF_POLLDESC_WG));
		put_on_stack(w, g, 40, net_fd(w, pd, 7, releases[i_].minor));
		read_all(w, &waits);
		assert_null(fact_of(&waits.batch, 10));
		o = object_of(&waits.batch, 9, 0, WAY_WRITE);
		assert_int_equal(o->kind, WAIT_FD);
		assert_int_equal(o->fd.fd, 7);
		assert_string_equal(waits.batch.texts.v + o->fd.net, "tcp");
		assert_string_equal(waits.batch.texts.v + o->fd.local, "10.0.0.1:80");
		assert_string_equal(waits.batch.texts.v + o->fd.remote, "[2001:db8::7]:41234");
		/* Found once, it is found without the frames; its addresses too. */
		put_on_stack(w, g, 5, 0);
		put_on_stack(w, g, 40, 0);
		o = object_of(read_all(w, &waits), 9, 0, WAY_WRITE);
		assert_string_equal(waits.batch.texts.v + o->fd.local, "10.0.0.1:80");
		/* The number of the descriptor is another one now: whose addresses these are is unknown. */
		put64(w, at_field(w, pd, LF_POLLDESC_FD), 8);
		o = object_of(read_all(w, &waits), 9, 0, WAY_WRITE);
		assert_int_equal(o->fd.fd, 8);
		assert_int_equal(o->fd.local, 0);
	}
}

static void conditions_are_told_by_their_lists(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t cond = world_alloc(w, 64), list = cond + 16;
		uint64_t a = add_g(w, 1, "sync.Cond.Wait"), b = add_g(w, 2, "sync.Cond.Wait");
		bool by_g = releases[i_].minor >= 26;
		uint64_t sa = sudog_of(w, a, 0, by_g ? list : 0),
			 sb = sudog_of(w, b, 0, by_g ? list : 0);

		put64(w, at_field(w, list, LF_NOTIFYLIST_HEAD), sa);
		put64(w, at_field(w, list, LF_NOTIFYLIST_TAIL), sb);
		put64(w, at_field(w, sa, LF_SUDOG_NEXT), sb);
		put_on_stack(w, b, 30, cond);
		if (by_g) {
			set_waiting(w, a, sa);
			set_waiting(w, b, sb);
		}
		read_all(w, &waits);
		assert_int_equal(object_of(&waits.batch, 1, 0, WAY_WAIT)->addr, cond);
		assert_int_equal(object_of(&waits.batch, 2, 0, WAY_WAIT)->kind, WAIT_COND);
		if (by_g)
			continue;
		/* A list that does not end where it says is none. */
		put64(w, at_field(w, list, LF_NOTIFYLIST_TAIL), sa);
		read_all(w, &waits);
		assert_null(fact_of(&waits.batch, 2));
		put64(w, at_field(w, sb, LF_SUDOG_NEXT), sa);
		read_all(w, &waits);
		assert_null(fact_of(&waits.batch, 1));
	}
}

static void sleepers_have_a_due_time_and_nil_channels_nothing(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t g = add_g(w, 1, "sleep"), timer = world_alloc(w, 128);
		const struct wait_object *o;

		add_g(w, 2, "chan send (nil chan)");
		add_g(w, 3, "select (no cases)");
		put64(w, at_field(w, g, LF_G_TIMER), timer);
		if (w->rt.layout.offset[LF_G_SLEEPWHEN] >= 0)
			put64(w, at_field(w, g, LF_G_SLEEPWHEN), 123456789);
		else
			put64(w, at_field(w, timer, LF_TIMER_WHEN), 123456789);
		o = object_of(read_all(w, &waits), 1, 0, WAY_WAIT);
		assert_int_equal(o->kind, WAIT_TIMER);
		assert_int_equal(o->timer.due, 123456789);
		assert_int_equal(object_of(&waits.batch, 2, 0, WAY_SEND)->kind, WAIT_NEVER);
		assert_ptr_equal(object_of(&waits.batch, 2, 0, WAY_SEND),
				 object_of(&waits.batch, 3, 0, WAY_UNKNOWN));
	}
}

static void who_only_seems_to_wait_is_left_out(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t chan = chan_of(w, 0, 0), flap = add_g(w, 1, "chan receive"),
			 runs = add_g(w, 2, "chan receive"), stale = add_g(w, 3, "chan receive"),
			 lost = add_g(w, 4, "chan receive");

		set_waiting(w, flap, sudog_of(w, flap, chan, 0));
		put64(w, at_field(w, flap, LF_G_M), WORLD_BASE + 64);
		set_waiting(w, runs, sudog_of(w, runs, chan, 0));
		put32(w, at_field(w, runs, LF_G_ATOMICSTATUS), GS_RUNNING);
		/* a sudog that is another one's by now, one that was given back, one that is nowhere */
		set_waiting(w, stale, sudog_of(w, runs, chan, 0));
		set_waiting(w, lost, LIE);
		read_all(w, &waits);
		assert_int_equal(waits.batch.facts.n, 0);
		set_waiting(w, stale, sudog_of(w, stale, 0, 0));
		read_all(w, &waits);
		assert_int_equal(waits.batch.facts.n, 0);
	}
}

static void a_channel_that_makes_no_sense_is_named_and_not_described(void **state)
{
	(void)state;
	EACH_RELEASE(w, waits)
	{
		uint64_t chan = chan_of(w, 9, 3), g = add_g(w, 1, "chan receive"),
			 h = add_g(w, 2, "chan receive");

		set_waiting(w, g, sudog_of(w, g, chan, 0));
		set_waiting(w, h, sudog_of(w, h, LIE, 0));
		assert_false(object_of(read_all(w, &waits), 1, 0, WAY_RECEIVE)->known);
		assert_false(object_of(&waits.batch, 2, 0, WAY_RECEIVE)->known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channels_are_told_by_both_ends),
		cmocka_unit_test(a_select_waits_at_the_ends_that_its_queues_tell),
		cmocka_unit_test(locks_are_told_by_the_queues_of_semaphores),
		cmocka_unit_test(descriptors_are_told_by_the_frames_and_confirmed),
		cmocka_unit_test(conditions_are_told_by_their_lists),
		cmocka_unit_test(sleepers_have_a_due_time_and_nil_channels_nothing),
		cmocka_unit_test(who_only_seems_to_wait_is_left_out),
		cmocka_unit_test(a_channel_that_makes_no_sense_is_named_and_not_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
