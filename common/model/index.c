// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "model/index.h"

static uint64_t key_at(const struct index *ix, const void *rows, uint32_t at)
{
	uint64_t key;

	memcpy(&key, (const char *)rows + at * ix->stride + ix->key, sizeof(key));
	return key;
}

/* The slot that holds key, or the free one where it would go; the index is never full. */
static size_t slot_of(const struct index *ix, const void *rows, uint64_t key)
{
	size_t i = hash_mix(key) & (ix->cap - 1);

	while (ix->slots[i] != INDEX_NONE && key_at(ix, rows, ix->slots[i]) != key)
		i = (i + 1) & (ix->cap - 1);
	return i;
}

uint32_t index_get(const struct index *ix, const void *rows, uint64_t key)
{
	return ix->n && key ? ix->slots[slot_of(ix, rows, key)] : INDEX_NONE;
}

/* A free slot for a key that is not there: no keys need be looked at. */
static void add(struct index *ix, uint64_t key, uint32_t at)
{
	size_t i = hash_mix(key) & (ix->cap - 1);

	while (ix->slots[i] != INDEX_NONE)
		i = (i + 1) & (ix->cap - 1);
	ix->slots[i] = at;
}

static bool grow(struct index *ix, const void *rows, uint32_t without, size_t n_rows)
{
	struct index big = *ix;

	big.cap = ix->cap ? ix->cap * 2 : 64;
	big.slots = malloc(big.cap * sizeof(*big.slots));
	if (!big.slots)
		return false;
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
	if ((ix->n + 1) * 4 > ix->cap * 3 && !grow(ix, rows, at, n_rows))
		return false;
	add(ix, key_at(ix, rows, at), at);
	ix->n++;
	return true;
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
		size_t home = hash_mix(key_at(ix, rows, ix->slots[i])) & mask;

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
		ix->slots[slot_of(ix, rows, key)] = to;
}

void index_free(struct index *ix)
{
	free(ix->slots);
	ix->slots = NULL;
	ix->n = ix->cap = 0;
}
