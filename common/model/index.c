// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/large.h"
#include "model/index.h"

enum { TAG_SHIFT = 26 };

static uint64_t key_at(const struct index *ix, const void *rows, uint32_t at)
{
	uint64_t key;

	memcpy(&key, (const char *)rows + at * ix->stride + ix->key, sizeof(key));
	return key;
}

static uint32_t row_of(uint32_t slot)
{
	return slot == INDEX_NONE ? INDEX_NONE : slot & INDEX_ROWS;
}

/* What the slot of a key that stands in rows[at] holds. */
static uint32_t slot_for(uint64_t key, uint32_t at)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15ull >> 58) << TAG_SHIFT | at;
}

/* The slot that holds key, or the free one where it would go; the index is never full. */
static size_t slot_of(const struct index *ix, const void *rows, uint64_t key)
{
	size_t i = index_home(ix, key);
	uint32_t tag = slot_for(key, 0);

	for (; ix->slots[i] != INDEX_NONE; i = (i + 1) & (ix->cap - 1)) {
		uint32_t slot = ix->slots[i];

		if ((slot & ~INDEX_ROWS) == tag && key_at(ix, rows, slot & INDEX_ROWS) == key)
			break;
	}
	return i;
}

uint32_t index_get(const struct index *ix, const void *rows, uint64_t key)
{
	return ix->n && key ? row_of(ix->slots[slot_of(ix, rows, key)]) : INDEX_NONE;
}

/* A free slot for a key that is not there: no keys need be looked at. */
static void add(struct index *ix, uint64_t key, uint32_t at)
{
	size_t i = index_home(ix, key);

	while (ix->slots[i] != INDEX_NONE)
		i = (i + 1) & (ix->cap - 1);
	ix->slots[i] = slot_for(key, at);
}

static bool grow(struct index *ix, const void *rows, uint32_t without, size_t n_rows, size_t cap)
{
	struct index big = *ix;

	big.cap = cap;
	big.slots = malloc(big.cap * sizeof(*big.slots));
	if (!big.slots)
		return false;
	large_memory(big.slots, big.cap * sizeof(*big.slots));
	memset(big.slots, 0xff, big.cap * sizeof(*big.slots));
	for (size_t i = 0; i < n_rows; i++) {
		uint64_t key = key_at(ix, rows, (uint32_t)i);

		if (key && i != without)
			add(&big, key, (uint32_t)i);
	}
	free(ix->slots);
	*ix = big;
	return true;
}

bool index_put_among(struct index *ix, const void *rows, uint32_t at, size_t n_rows)
{
	if ((ix->n + 1) * 2 > ix->cap && !grow(ix, rows, at, n_rows, ix->cap ? ix->cap * 2 : 64))
		return false;
	add(ix, key_at(ix, rows, at), at);
	ix->n++;
	return true;
}

bool index_reserve(struct index *ix, const void *rows, size_t n_rows, size_t n)
{
	size_t cap = ix->cap ? ix->cap : 64;

	while (n * 2 > cap)
		cap *= 2;
	return cap == ix->cap || grow(ix, rows, INDEX_NONE, n_rows, cap);
}

bool index_put(struct index *ix, const void *rows, uint32_t at)
{
	return index_put_among(ix, rows, at, at);
}

void index_del(struct index *ix, const void *rows, uint64_t key)
{
	size_t mask = ix->cap - 1, hole, i;

	if (!ix->n || !key)
		return;
	hole = slot_of(ix, rows, key);
	if (ix->slots[hole] == INDEX_NONE)
		return;
	for (i = (hole + 1) & mask; ix->slots[i] != INDEX_NONE; i = (i + 1) & mask) {
		size_t home = index_home(ix, key_at(ix, rows, row_of(ix->slots[i])));

		/* Move it into the hole unless its home lies behind the hole, cyclically. */
		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		ix->slots[hole] = ix->slots[i];
		hole = i;
	}
	ix->slots[hole] = INDEX_NONE;
	ix->n--;
}

void index_move(struct index *ix, const void *rows, uint64_t key, uint32_t to)
{
	if (ix->n && key)
		ix->slots[slot_of(ix, rows, key)] = slot_for(key, to);
}

void index_free(struct index *ix)
{
	free(ix->slots);
	ix->slots = NULL;
	ix->n = ix->cap = 0;
}
