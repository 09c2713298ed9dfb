// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* The slot that holds key, or the free one where it would go; the table is never full. */
static size_t hash_slot(const struct hash *h, uint64_t key)
{
	size_t i = hash_mix(key) & (h->cap - 1);

	while (h->keys[i] && h->keys[i] != key)
		i = (i + 1) & (h->cap - 1);
	return i;
}

uint32_t hash_get(const struct hash *h, uint64_t key)
{
	size_t i;

	if (!h->n || !key)
		return HASH_NONE;
	i = hash_slot(h, key);
	return h->keys[i] ? h->values[i] : HASH_NONE;
}

static bool hash_grow(struct hash *h)
{
	struct hash big = {.n = h->n, .cap = h->cap ? h->cap * 2 : 64};

	big.keys = calloc(big.cap, sizeof(*big.keys));
	big.values = malloc(big.cap * sizeof(*big.values));
	if (!big.keys || !big.values) {
		free(big.keys);
		free(big.values);
		return false;
	}
	for (size_t i = 0; i < h->cap; i++) {
		size_t to;

		if (!h->keys[i])
			continue;
		to = hash_slot(&big, h->keys[i]);
		big.keys[to] = h->keys[i];
		big.values[to] = h->values[i];
	}
	hash_free(h);
	*h = big;
	return true;
}

bool hash_put(struct hash *h, uint64_t key, uint32_t value)
{
	size_t i;

	if ((h->n + 1) * 4 > h->cap * 3 && !hash_grow(h))
		return false;
	i = hash_slot(h, key);
	if (!h->keys[i]) {
		h->keys[i] = key;
		h->n++;
	}
	h->values[i] = value;
	return true;
}

bool hash_del(struct hash *h, uint64_t key)
{
	size_t hole, i;

	if (!h->n || !key)
		return false;
	hole = hash_slot(h, key);
	if (!h->keys[hole])
		return false;
	for (i = (hole + 1) & (h->cap - 1); h->keys[i]; i = (i + 1) & (h->cap - 1)) {
		size_t home = hash_mix(h->keys[i]) & (h->cap - 1);

		/* Move it into the hole unless its home lies behind the hole, cyclically. */
		if (((i - home) & (h->cap - 1)) < ((i - hole) & (h->cap - 1)))
			continue;
		h->keys[hole] = h->keys[i];
		h->values[hole] = h->values[i];
		hole = i;
	}
	h->keys[hole] = 0;
	h->n--;
	return true;
}

void hash_clear(struct hash *h)
{
	if (h->cap > 4096 && h->n < h->cap / 64)
		hash_free(h);
	else if (h->n)
		memset(h->keys, 0, h->cap * sizeof(*h->keys));
	h->n = 0;
}

void hash_free(struct hash *h)
{
	free(h->keys);
	free(h->values);
	*h = (struct hash){0};
}
