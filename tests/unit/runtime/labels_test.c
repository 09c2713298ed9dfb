// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of pprof labels in both representations, and memory that lies about them. */
#include <stdio.h>

#include "runtime/labels.h"
#include "world.h"

enum { BUCKET = 272 };

static uint64_t g_with(struct world *w, uint64_t labels)
{
	uint64_t g = world_alloc(w, 512);

	put64(w, at_field(w, g, LF_G_LABELS), labels);
	return g;
}

/* A slice of n (key, value), as Go ≥ 1.24 has it; returns the address of its header. */
static uint64_t slice_of(struct world *w, const char *const (*pairs)[2], size_t n)
{
	uint64_t header = world_alloc(w, 24), list = world_alloc(w, n * 32 + 8);

	put64(w, header, list);
	put64(w, header + 8, n);
	put64(w, header + 16, n);
	for (size_t i = 0; i < n; i++) {
		put_string(w, list + i * 32, pairs[i][0]);
		put_string(w, list + i * 32 + 16, pairs[i][1]);
	}
	return header;
}

static void put_slot(struct world *w, uint64_t bucket, size_t i, const char *key, const char *value)
{
	put8(w, bucket + i, 0x80 + (uint8_t)i);
	put_string(w, bucket + 8 + i * 16, key);
	put_string(w, bucket + 8 + 128 + i * 16, value);
}

/* A map header with `count` entries and 2^b buckets at `buckets`; returns the word that holds it. */
static uint64_t map_of(struct world *w, uint64_t count, uint8_t b, uint64_t buckets, uint64_t old)
{
	uint64_t word = world_alloc(w, 8), h = world_alloc(w, 64);

	put64(w, word, h);
	put64(w, at_field(w, h, LF_HMAP_COUNT), count);
	put8(w, at_field(w, h, LF_HMAP_B), b);
	put64(w, at_field(w, h, LF_HMAP_BUCKETS), buckets);
	put64(w, at_field(w, h, LF_HMAP_OLDBUCKETS), old);
	return word;
}

static void expect(const struct g_labels *l, size_t i, const char *key, const char *value)
{
	assert_true(i < l->v.n);
	assert_string_equal(l->v.v[i].key, key);
	assert_string_equal(l->v.v[i].value, value);
}

static void a_slice_of_labels_is_read_by_key(void **state)
{
	static const char *const pairs[][2] = {{"route", "/orders"}, {"a", ""}, {"user", "ünï"}};
	struct world *w = world_new(26, 0);
	struct g_labels l = {0};
	uint64_t at = slice_of(w, pairs, 3);

	(void)state;
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), 0);
	assert_int_equal(l.v.n, 3);
	expect(&l, 0, "a", "");
	expect(&l, 1, "route", "/orders");
	expect(&l, 2, "user", "ünï");
	at = slice_of(w, pairs, 0);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), 0);
	assert_int_equal(l.v.n, 0);
	g_labels_free(&l);
	world_free(w);
}

static void a_map_of_labels_is_read_through_overflowing_buckets(void **state)
{
	struct world *w = world_new(19, 8);
	uint64_t bucket = world_alloc(w, BUCKET), more = world_alloc(w, BUCKET), at;
	struct g_labels l = {0};
	char key[8], value[8];

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		snprintf(key, sizeof(key), "k%zu", 9 - i);
		snprintf(value, sizeof(value), "v%zu", 9 - i);
		put_slot(w, i < 8 ? bucket : more, i % 8, key, value);
	}
	put64(w, bucket + BUCKET - 8, more);
	at = map_of(w, 10, 0, bucket, 0);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), 0);
	assert_int_equal(l.v.n, 10);
	expect(&l, 0, "k0", "v0");
	expect(&l, 9, "k9", "v9");
	/* No map at all: no labels. */
	at = world_alloc(w, 8);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), 0);
	assert_int_equal(l.v.n, 0);
	g_labels_free(&l);
	world_free(w);
}

static void a_map_that_grows_is_read_in_old_and_new_buckets(void **state)
{
	struct world *w = world_new(23, 8);
	uint64_t buckets = world_alloc(w, 4 * BUCKET), old = world_alloc(w, 2 * BUCKET), at;
	struct g_labels l = {0};

	(void)state;
	/* The first old bucket has moved, and says so; the second one has not. */
	put_slot(w, buckets, 0, "moved", "1");
	put_slot(w, old, 0, "stale", "x");
	put8(w, old, 2);
	put_slot(w, old + BUCKET, 3, "waits", "2");
	at = map_of(w, 2, 2, buckets, old);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), 0);
	assert_int_equal(l.v.n, 2);
	expect(&l, 0, "moved", "1");
	expect(&l, 1, "waits", "2");
	g_labels_free(&l);
	world_free(w);
}

static void a_map_whose_count_is_not_found_is_refused(void **state)
{
	struct world *w = world_new(20, 0);
	uint64_t bucket = world_alloc(w, BUCKET), at;
	struct g_labels l = {0};

	(void)state;
	put_slot(w, bucket, 0, "one", "1");
	at = map_of(w, 2, 0, bucket, 0);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), -EIO);
	assert_int_equal(l.v.n, 0);
	world_free(w);
	g_labels_free(&l);
}

static void endless_and_huge_maps_are_refused(void **state)
{
	static const struct {
		uint64_t count;
		uint8_t b;
	} lies[] = {{1ull << 60, 0}, {3, 63}, {3, 255}, {65, 4}};
	struct world *w = world_new(20, 0);
	uint64_t bucket = world_alloc(w, BUCKET), at;
	struct g_labels l = {0};

	(void)state;
	put_slot(w, bucket, 0, "one", "1");
	put64(w, bucket + BUCKET - 8, bucket); /* overflows into itself */
	at = map_of(w, 3, 0, bucket, 0);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), -EIO);
	assert_true(w->reads < 200);
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		at = map_of(w, lies[i].count, lies[i].b, bucket, 0);
		assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), -EIO);
	}
	/* Buckets that are not there, or no addresses. */
	at = map_of(w, 1, 0, 0x10, 0);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), -EIO);
	at = map_of(w, 1, 0, WORLD_BASE + WORLD_SIZE + 64, 0);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), -EIO);
	g_labels_free(&l);
	world_free(w);
}

static void lying_slices_are_refused(void **state)
{
	static const char *const pair[][2] = {{"k", "v"}};
	static const struct {
		uint64_t ptr, len, cap;
	} lies[] = {
		{WORLD_BASE, 1ull << 60, 1ull << 60},
		{WORLD_BASE, 2, 1},
		{8, 1, 1},
		{WORLD_BASE, LABELS_MAX + 1, LABELS_MAX + 1},
		{~0ull, 1, 1},
		{WORLD_BASE + WORLD_SIZE - 16, 1, 1},
	};
	struct world *w = world_new(24, 0);
	struct g_labels l = {0};
	uint64_t at, list;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		at = world_alloc(w, 24);
		put64(w, at, lies[i].ptr);
		put64(w, at + 8, lies[i].len);
		put64(w, at + 16, lies[i].cap);
		assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), -EIO);
	}
	/* A key of a petabyte, a text that is not mapped. */
	at = slice_of(w, pair, 1);
	list = le64(world_at(w, at));
	put64(w, list + 8, 1ull << 50);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), -EIO);
	put64(w, list + 8, 1);
	put64(w, list + 16, 0xdead);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), -EIO);
	/* Pointers that are none. */
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, 7), 7, &l), -EIO);
	assert_int_equal(runtime_read_labels(&w->rt, 3, at, &l), -EIO);
	g_labels_free(&l);
	world_free(w);
}

static void long_values_are_cut_between_characters(void **state)
{
	struct world *w = world_new(25, 0);
	const char *pair[][2] = {{"k", "v"}};
	struct g_labels l = {0};
	char text[3000];
	uint64_t at, list;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + LABEL_VALUE_MAX - 1, "ü", 2); /* the cut goes through it */
	at = slice_of(w, pair, 1);
	list = le64(world_at(w, at));
	put_string_n(w, list + 16, text, sizeof(text));
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), 0);
	assert_int_equal(strlen(l.v.v[0].value), LABEL_VALUE_MAX - 1 + strlen("…"));
	assert_string_equal(l.v.v[0].value + LABEL_VALUE_MAX - 1, "…");
	/* A NUL does not hide what follows it. */
	put_string_n(w, list + 16, "a\0b", 3);
	assert_int_equal(runtime_read_labels(&w->rt, g_with(w, at), at, &l), 0);
	assert_string_equal(l.v.v[0].value, "a\377b");
	g_labels_free(&l);
	world_free(w);
}

static uint64_t moving_g;

static void drop_labels(struct world *w)
{
	if (w->reads == 3)
		put64(w, at_field(w, moving_g, LF_G_LABELS), 0);
}

static void a_set_that_was_dropped_meanwhile_is_not_believed(void **state)
{
	static const char *const pairs[][2] = {{"k", "v"}};
	struct world *w = world_new(26, 1);
	struct g_labels l = {0};
	uint64_t at = slice_of(w, pairs, 1);

	(void)state;
	moving_g = g_with(w, at);
	w->meanwhile = drop_labels;
	assert_int_equal(runtime_read_labels(&w->rt, moving_g, at, &l), -EAGAIN);
	assert_int_equal(l.v.n, 0);
	g_labels_free(&l);
	world_free(w);
}

static void random_memory_is_survived(void **state)
{
	static const int minors[] = {17, 22, 24, 27};
	uint64_t seed = 88172645463325252ull;

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(minors); k++) {
		struct world *w = world_new(minors[k], minors[k] == 27 ? 1 : 0);
		struct g_labels l = {0};

		for (int round = 0; round < 300; round++) {
			uint64_t g = WORLD_BASE + 64, at = WORLD_BASE + 8192;

			for (size_t i = 0; i < 16384; i += 8) {
				uint64_t v;

				seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
				/* Mostly addresses within, small numbers and zeros. */
				v = seed % 4 == 0   ? WORLD_BASE + (seed >> 8) % 16384 / 8 * 8
				    : seed % 4 == 1 ? (seed >> 8) % 70
				    : seed % 4 == 2 ? 0
						    : seed;
				put64(w, WORLD_BASE + i, v);
			}
			put64(w, at_field(w, g, LF_G_LABELS), at);
			w->reads = 0;
			runtime_read_labels(&w->rt, g, at, &l);
			assert_true(l.v.n <= LABELS_MAX);
			assert_true(w->reads <= 512 * 64);
			for (size_t i = 0; i < l.v.n; i++)
				assert_true(strlen(l.v.v[i].key) <= LABEL_KEY_MAX);
		}
		g_labels_free(&l);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slice_of_labels_is_read_by_key),
		cmocka_unit_test(a_map_of_labels_is_read_through_overflowing_buckets),
		cmocka_unit_test(a_map_that_grows_is_read_in_old_and_new_buckets),
		cmocka_unit_test(a_map_whose_count_is_not_found_is_refused),
		cmocka_unit_test(endless_and_huge_maps_are_refused),
		cmocka_unit_test(lying_slices_are_refused),
		cmocka_unit_test(long_values_are_cut_between_characters),
		cmocka_unit_test(a_set_that_was_dropped_meanwhile_is_not_believed),
		cmocka_unit_test(random_memory_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
