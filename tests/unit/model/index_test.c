// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "model/index.h"

enum { ROWS = 700, KEYS = 900, STEPS = 60000 };

struct thing {
	uint32_t other;
	uint64_t key;
};

static struct thing rows[ROWS];
static size_t n;
static uint64_t step_of_keys;

static uint64_t key_of(int i)
{
	return (uint64_t)i * step_of_keys;
}

static void check(const struct index *ix)
{
	size_t with_key = 0;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].key)
			assert_int_equal(index_get(ix, rows, rows[i].key), i);
		with_key += rows[i].key != 0;
	}
	assert_int_equal(ix->n, with_key);
	assert_int_equal(index_get(ix, rows, key_of(KEYS + 1)), INDEX_NONE);
	assert_int_equal(index_get(ix, rows, 0), INDEX_NONE);
}

/* As the table does it: rows come at the end, the last takes the place of the one that goes. */
static void use(struct index ix)
{
	ix.stride = sizeof(struct thing);
	ix.key = offsetof(struct thing, key);
	n = 0;
	srand(2);
	for (int step = 0; step < STEPS; step++) {
		uint64_t key = key_of(1 + rand() % KEYS);
		uint32_t at = index_get(&ix, rows, key);

		if (at == INDEX_NONE && n < ROWS) {
			/* every eighth has no key at first */
			bool late = rand() % 8 == 0;

			rows[n] = (struct thing){.key = late ? 0 : key};
			if (!late)
				assert_true(index_put(&ix, rows, (uint32_t)n));
			n++;
			if (late && rand() % 2) {
				rows[n - 1].key = key;
				assert_true(index_put_among(&ix, rows, (uint32_t)n - 1, n));
			}
		} else if (at != INDEX_NONE) {
			index_del(&ix, rows, key);
			if (at != n - 1) {
				index_move(&ix, rows, rows[n - 1].key, at);
				rows[at] = rows[n - 1];
			}
			n--;
		}
		if (step % 500 == 0)
			check(&ix);
	}
	check(&ix);
	index_free(&ix);
	assert_int_equal(index_get(&ix, rows, key_of(1)), INDEX_NONE);
}

/* With keys that are neighbours and such that are not, however the index takes them. */
static void agrees_with_the_array_that_it_indexes(void **state)
{
	static const uint64_t steps[] = {1, 448, 1 << 20};
	static const struct index shapes[] = {{0}, {.near = 4}, {.skip = 6, .near = 5}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		for (size_t k = 0; k < ARRAY_SIZE(shapes); k++) {
			step_of_keys = steps[i];
			use(shapes[k]);
		}
}

/* In a line of the processor's cache, however many there are. */
static void neighbours_have_their_homes_side_by_side(void **state)
{
	struct index ix = {.cap = 1 << 21, .near = 4};

	(void)state;
	for (uint64_t goid = 1 << 20; goid < (1 << 20) + 1600; goid++)
		assert_int_equal(index_home(&ix, goid), index_home(&ix, goid & ~15ull) + goid % 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_array_that_it_indexes),
		cmocka_unit_test(neighbours_have_their_homes_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
