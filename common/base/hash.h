/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash table from u64 to u32 (an index into an array of the caller's), open addressing with
 * linear probing, 12 bytes a slot, at most 3/4 full. Key 0 is not a key.
 */
#ifndef GOROUTOP_BASE_HASH_H
#define GOROUTOP_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
	uint64_t *keys;	  /* 0: free slot */
	uint32_t *values; /* as many */
	size_t n, cap;	  /* cap is 0 or a power of two */
};

#define HASH_NONE UINT32_MAX

/* The value of key, or HASH_NONE. */
uint32_t hash_get(const struct hash *h, uint64_t key);

/* Sets key (≠ 0) to value (≠ HASH_NONE), replacing; false for lack of memory. */
bool hash_put(struct hash *h, uint64_t key, uint32_t value);

/* Removes key; false if it was not there. Shifts back: no tombstones gather in a long life. */
bool hash_del(struct hash *h, uint64_t key);

/* Empties it; of one that is much too large for what was in it the room is given back. */
void hash_clear(struct hash *h);
void hash_free(struct hash *h);

/* A good mix of 64 bits, for whoever needs one (splitmix64's finaliser). */
static inline uint64_t hash_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ull;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebull;
	return x ^ (x >> 31);
}

#endif
