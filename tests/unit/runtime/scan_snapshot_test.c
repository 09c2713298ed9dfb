// SPDX-License-Identifier: GPL-2.0-or-later
/* allgs looked for in the memory of a process that also has snapshots of it. */
#include "world.h"

#include "mini_exe.h"

enum { GS = 10, ROOM = 16 };

/* The executable's data lie at the beginning of the world. */
static struct world *world_of_mini(struct go_exe *exe)
{
	struct world *w = world_new(26, 0);

	w->rt.exe = exe;
	w->rt.bias = WORLD_BASE - MINI_DATA;
	w->rt.window = malloc(G_WINDOW);
	w->rt.hot_from = 0;
	w->rt.hot_to = 512;
	assert_non_null(w->rt.window);
	return w;
}

static uint64_t goroutines(struct world *w)
{
	uint64_t array = world_alloc(w, ROOM * 8);

	for (uint64_t i = 0; i < GS; i++) {
		uint64_t g = world_alloc(w, 512);

		put64(w, array + i * 8, g);
		put64(w, at_field(w, g, LF_G_GOID), i + 1);
		put32(w, at_field(w, g, LF_G_ATOMICSTATUS), GS_WAITING);
		put64(w, at_field(w, g, LF_G_STARTPC), MINI_TEXT + w->rt.bias);
		put64(w, at_field(w, g, LF_G_GOPC), MINI_TEXT + w->rt.bias + 8);
	}
	return array;
}

static void put_slice(struct world *w, uint64_t at, uint64_t array, uint64_t len, uint64_t cap)
{
	put64(w, at, array);
	put64(w, at + 8, len);
	put64(w, at + 16, cap);
}

/* A snapshot has no room: allgs[:n:n]. While the collector marks, it is often as long as allgs. */
static void of_slices_of_one_array_that_with_room_is_allgs(void **state)
{
	static const uint64_t places[][2] = {{0x100, 0x200}, {0x200, 0x100}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct go_exe *exe = mini_exe_open(mini_go_new());
		struct world *w = world_of_mini(exe);
		uint64_t array = goroutines(w);
		struct go_global_place found;

		put_slice(w, WORLD_BASE + places[i][0], array, GS, ROOM);
		put_slice(w, WORLD_BASE + places[i][1], array, GS, GS);
		assert_int_equal(scan_allgs(&w->rt, &found), 0);
		assert_int_equal(found.addr, MINI_DATA + places[i][0]);
		/* A shorter one is older, whatever room it says. */
		put_slice(w, WORLD_BASE + places[i][1], array, GS - 1, 2 * ROOM);
		assert_int_equal(scan_allgs(&w->rt, &found), 0);
		assert_int_equal(found.addr, MINI_DATA + places[i][0]);
		free(w->rt.window);
		go_exe_close(exe);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_slices_of_one_array_that_with_room_is_allgs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
