// SPDX-License-Identifier: GPL-2.0-or-later
/* The list of all g structs while the process adds to it, in made-up memory. */
#include "world.h"

enum { STRIDE = 512, FEW = 100, MORE = 200 };

static const uint64_t header = WORLD_BASE, first_array = WORLD_BASE + WORLD_PAGE,
		      second_array = WORLD_BASE + 2 * WORLD_PAGE;

static uint64_t g_at(size_t i)
{
	return WORLD_BASE + 16 * WORLD_PAGE + i * STRIDE;
}

static void set_allgs(struct world *w, uint64_t array, uint64_t len, uint64_t cap)
{
	put64(w, header, array);
	put64(w, header + 8, len);
	put64(w, header + 16, cap);
}

static void fill(struct world *w, uint64_t array, size_t first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put64(w, array + i * 8, g_at(first + i));
}

/* FEW goroutines in an array that is full. */
static struct world *world_with_few(void)
{
	struct world *w = world_new(26, 0);

	w->rt.allgs = header;
	fill(w, first_array, 0, FEW);
	set_allgs(w, first_array, FEW, FEW);
	return w;
}

static void assert_list(const struct world *w, size_t n)
{
	assert_int_equal(w->rt.list.known, n);
	assert_int_equal(w->rt.list.sorted.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(w->rt.list.sorted.v[i], g_at(i));
}

static void world_close(struct world *w)
{
	vec_free(&w->rt.list.sorted);
	world_free(w);
}

/* What the old array held is anybody's now. */
static void grow(struct world *w)
{
	fill(w, second_array, 0, MORE);
	fill(w, first_array, MORE, MORE);
	set_allgs(w, second_array, MORE, MORE);
}

static void grow_within_the_header(struct world *w)
{
	if (w->reads == 2)
		grow(w);
}

/* The header was read twice, and was the same: the array is next. */
static void grow_before_the_array_is_read(struct world *w)
{
	if (w->reads == 3)
		grow(w);
}

static void a_list_that_grows_meanwhile_is_read_again(void **state)
{
	static void (*const moments[])(struct world *) = {
		grow_within_the_header,
		grow_before_the_array_is_read,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		struct world *w = world_with_few();

		w->meanwhile = moments[i];
		assert_int_equal(g_list_update(&w->rt), 0);
		assert_list(w, MORE);
		world_close(w);
	}
}

static void append(struct world *w)
{
	fill(w, first_array, 0, FEW + w->reads);
	set_allgs(w, first_array, FEW + w->reads, MORE);
}

static void a_list_that_is_added_to_all_the_time_is_read(void **state)
{
	struct world *w = world_with_few();

	(void)state;
	set_allgs(w, first_array, FEW, MORE);
	w->meanwhile = append;
	assert_int_equal(g_list_update(&w->rt), 0);
	assert_list(w, FEW + 1); /* as many as at the first reading */
	world_close(w);
}

static void move(struct world *w)
{
	uint64_t now = le64(world_at(w, header));

	put64(w, header, now == first_array ? second_array : first_array);
}

static void move_after_the_array_was_read(struct world *w)
{
	if (w->reads % 4 == 0)
		move(w);
}

static void a_list_that_never_stands_still_is_refused(void **state)
{
	static void (*const moments[])(struct world *) = {move, move_after_the_array_was_read};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(moments); i++) {
		struct world *w = world_with_few();

		w->meanwhile = moments[i];
		assert_int_equal(g_list_update(&w->rt), -EIO);
		assert_true(w->reads < 40);
		assert_list(w, 0);
		world_close(w);
	}
}

static void a_length_that_is_stored_before_its_entry_is_no_loss(void **state)
{
	struct world *w = world_with_few();

	(void)state;
	set_allgs(w, first_array, FEW + 1, MORE);
	assert_int_equal(g_list_update(&w->rt), 0);
	assert_list(w, FEW);
	fill(w, first_array, 0, FEW + 1);
	assert_int_equal(g_list_update(&w->rt), 0);
	assert_list(w, FEW + 1);
	/* Only one is added at a time: more of them that are not there are none. */
	set_allgs(w, first_array, MORE, MORE);
	assert_int_equal(g_list_update(&w->rt), 0);
	assert_int_equal(w->rt.list.known, MORE - 1);
	assert_int_equal(w->rt.list.sorted.n, FEW + 1);
	world_close(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_that_grows_meanwhile_is_read_again),
		cmocka_unit_test(a_list_that_is_added_to_all_the_time_is_read),
		cmocka_unit_test(a_list_that_never_stands_still_is_refused),
		cmocka_unit_test(a_length_that_is_stored_before_its_entry_is_no_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
