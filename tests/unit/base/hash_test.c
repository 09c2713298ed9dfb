// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"

static void missing_is_none(void **state)
{
	struct hash h = {0};

	(void)state;
	assert_int_equal(hash_get(&h, 1), HASH_NONE);
	assert_false(hash_del(&h, 1));
	assert_int_equal(hash_get(&h, 0), HASH_NONE);
}

/* Against a plain array, through growth, replacement and removal in random order. */
static void agrees_with_an_array(void **state)
{
	enum { KEYS = 500, STEPS = 200000 };
	uint32_t truth[KEYS + 1];
	struct hash h = {0};
	size_t live = 0;

	(void)state;
	srand(1);
	for (size_t k = 0; k <= KEYS; k++)
		truth[k] = HASH_NONE;
	for (int i = 0; i < STEPS; i++) {
		uint64_t key = 1 + rand() % KEYS;

		if (rand() % 2) {
			live += truth[key] == HASH_NONE;
			truth[key] = rand() % 1000;
			assert_true(hash_put(&h, key << 32, truth[key]));
		} else {
			assert_int_equal(hash_del(&h, key << 32), truth[key] != HASH_NONE);
			live -= truth[key] != HASH_NONE;
			truth[key] = HASH_NONE;
		}
		assert_int_equal(h.n, live);
		if (i % 1000)
			continue;
		for (uint64_t k = 1; k <= KEYS; k++)
			assert_int_equal(hash_get(&h, k << 32), truth[k]);
	}
	hash_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_is_none),
		cmocka_unit_test(agrees_with_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
