/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash index over an array of structs that have a u64 key in them: 4 bytes a slot, the keys stay
 * where they are. (base/hash.h holds its keys: 12 bytes; two of those over a million goroutines are
 * 50 MB, two of these 16.) Key 0 is not a key; keys are distinct; at most INDEX_ROWS rows.
 */
#ifndef GOROUTOP_MODEL_INDEX_H
#define GOROUTOP_MODEL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

#define INDEX_NONE UINT32_MAX
#define INDEX_ROWS ((1u << 26) - 1)

struct index {
	/* Place and, above it, six bits that the key gives, so that few other keys are looked at. */
	uint32_t *slots; /* INDEX_NONE: free */
	size_t n, cap;	 /* cap is 0 or a power of two */
	size_t stride;	 /* bytes of an element */
	size_t key;	 /* where in it the key is */
	/*
	 * Slots of keys that differ in the `near` bits above the lowest `skip` ones only are looked for
	 * side by side: who comes after another in memory is mostly asked for after it. But whole
	 * groups of keys meet then, not single ones, so it stays half empty, and groups small.
	 */
	unsigned skip, near;
};

/* Where the slot of a key is looked for first. */
static inline size_t index_home(const struct index *ix, uint64_t key)
{
	uint64_t part = key >> ix->skip;
	uint64_t low = part & ((1ull << ix->near) - 1);

	return (hash_mix(part >> ix->near) << ix->near | low) & (ix->cap - 1);
}

/* The place in `rows` of the element with that key, or INDEX_NONE. */
uint32_t index_get(const struct index *ix, const void *rows, uint64_t key);

/*
 * Adds rows[at], whose key is not in the index yet; false for lack of memory. The rows [0, at) that
 * have a key must all be in it: it is built anew from them when it grows.
 */
bool index_put(struct index *ix, const void *rows, uint32_t at);

/* Like index_put for a row in the midst of the array, n_rows long. */
bool index_put_among(struct index *ix, const void *rows, uint32_t at, size_t n_rows);

/* Makes room for n elements at once; rows[0, n_rows) are all that have a key. False: no memory. */
bool index_reserve(struct index *ix, const void *rows, size_t n_rows, size_t n);

/* Brings the place of a key that will be asked for soon into the cache. */
static inline void index_prefetch(const struct index *ix, uint64_t key)
{
	if (ix->cap)
		__builtin_prefetch(&ix->slots[index_home(ix, key)]);
}

void index_del(struct index *ix, const void *rows, uint64_t key);

/* The element with that key is about to be moved to rows[to]. */
void index_move(struct index *ix, const void *rows, uint64_t key, uint32_t to);

void index_free(struct index *ix);

#endif
