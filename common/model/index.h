/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hash index over an array of structs that have a u64 key in them: 4 bytes a slot, the keys stay
 * where they are. (base/hash.h holds its keys: 12 bytes; two of those over a million goroutines are
 * 50 MB, two of these 16.) Key 0 is not a key; keys are distinct.
 */
#ifndef GOROUTOP_MODEL_INDEX_H
#define GOROUTOP_MODEL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index {
	uint32_t *slots; /* INDEX_NONE: free */
	size_t n, cap;	 /* cap is 0 or a power of two */
	size_t stride;	 /* bytes of an element */
	size_t key;	 /* where in it the key is */
};

/* The place in `rows` of the element with that key, or INDEX_NONE. */
uint32_t index_get(const struct index *ix, const void *rows, uint64_t key);

/*
 * Adds rows[at], whose key is not in the index yet; false for lack of memory. The rows [0, at) that
 * have a key must all be in it: it is built anew from them when it grows.
 */
bool index_put(struct index *ix, const void *rows, uint32_t at);

/* Like index_put for a row in the midst of the array, n_rows long. */
bool index_put_among(struct index *ix, const void *rows, uint32_t at, size_t n_rows);

void index_del(struct index *ix, const void *rows, uint64_t key);

/* The element with that key is about to be moved to rows[to]. */
void index_move(struct index *ix, const void *rows, uint64_t key, uint32_t to);

void index_free(struct index *ix);

#endif
