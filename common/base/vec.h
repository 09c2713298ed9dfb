/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing arrays. VEC(struct row) declares { struct row *v; size_t n, cap; }; all zero is empty.
 * What can fail for lack of memory returns false and leaves the array as it was.
 */
#ifndef GOROUTOP_BASE_VEC_H
#define GOROUTOP_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define VEC(T)                 \
	struct {               \
		T *v;          \
		size_t n, cap; \
	}

/* Makes room for `want` elements of `size` bytes in *v; false: no memory, or the size overflows. */
bool vec_grow_raw(void **v, size_t *cap, size_t want, size_t size);

#define vec_reserve(a, want) \
	((want) <= (a)->cap || vec_grow_raw((void **)&(a)->v, &(a)->cap, (want), sizeof(*(a)->v)))

/* Appends x; false for lack of memory. */
#define vec_push(a, x) (vec_reserve((a), (a)->n + 1) ? ((a)->v[(a)->n++] = (x), true) : false)

/* Appends k elements copied from p, which may be NULL if k is 0; false for lack of memory. */
#define vec_append(a, p, k)                                                                    \
	(!(k) ||                                                                               \
	 (vec_reserve((a), (a)->n + (k))                                                       \
		  ? (memcpy((a)->v + (a)->n, (p), (k) * sizeof(*(a)->v)), (a)->n += (k), true) \
		  : false))

/* Gives back the room of an empty array where `want` elements to come need little of it. */
#define vec_slim(a, want)                                     \
	do {                                                  \
		if ((a)->cap > 4096 && (want) < (a)->cap / 8) \
			vec_free(a);                          \
	} while (0)

#define vec_free(a)                    \
	do {                           \
		free((a)->v);          \
		(a)->v = NULL;         \
		(a)->n = (a)->cap = 0; \
	} while (0)

#define vec_foreach(it, a) for (__typeof__(&*(a)->v) it = (a)->v; it && it < (a)->v + (a)->n; it++)

#endif
