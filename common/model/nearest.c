// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "base/hash.h"
#include "model/nearest.h"

/* ---- the order of two ------------------------------------------------------------------------- */

static void row_of(const struct ranking *by, uint32_t at, struct row *ret)
{
	if (by->row)
		by->row(by->rows, at, ret);
	else
		place_row(by->m, at, ret);
}

int ranked_rows_compare(const struct ranking *by, const struct ranked *a, const struct ranked *b)
{
	struct row x, y;

	row_of(by, a->at, &x);
	row_of(by, b->at, &y);
	return sort_compare(&by->request->sort, &x, &y, by->ctx);
}

static int compare(const void *a, const void *b, void *by)
{
	struct ranked one = *(const struct ranked *)a;

	return ranked_compare(by, &one, b);
}

static void sort(const struct ranking *by, struct ranked *v, size_t n)
{
	if (n > 1)
		qsort_r(v, n, sizeof(*v), compare, (void *)by);
}

static void swap(struct ranked *a, struct ranked *b)
{
	struct ranked t = *a;

	*a = *b;
	*b = t;
}

/*
 * Puts the rows that come before all others into v[0..k), in no order, and the next one into v[k];
 * k < n.
 */
static void split(const struct ranking *by, struct ranked *v, size_t n, size_t k)
{
	uint64_t random = n;

	while (n > 1) {
		size_t low = 0, last = n - 1;

		random = hash_mix(random + k);
		swap(&v[random % n], &v[last]);
		for (size_t i = 0; i < last; i++)
			if (ranked_compare(by, &v[i], &v[last]) < 0)
				swap(&v[i], &v[low++]);
		swap(&v[low], &v[last]);
		if (low == k)
			return;
		if (k < low) {
			n = low;
		} else {
			v += low + 1;
			n -= low + 1;
			k -= low + 1;
		}
	}
}

/* Leaves n rows from the one numbered `from` on. */
static void keep(ranked_rows *v, size_t from, size_t n)
{
	for (size_t i = 0; from && i < n; i++)
		v->v[i] = v->v[from + i];
	v->n = n;
}

/* ---- those nearest to an end ------------------------------------------------------------------ */

static void drop_farther(struct nearest *n)
{
	size_t at = n->last ? n->v.n - n->room : n->room;

	split(n->by, n->v.v, n->v.n, at);
	n->bound = n->v.v[at];
	n->full = true;
	keep(&n->v, n->last ? at : 0, n->room);
}

void nearest_take(struct nearest *n, struct ranked *one)
{
	if (!one->goid)
		one->goid = place_entry(n->by->m, one->at)->goid;
	if (!vec_push(&n->v, *one)) {
		n->failed = true;
		return;
	}
	if (n->v.n / 2 >= n->room)
		drop_farther(n);
}

void nearest_close(struct nearest *n)
{
	if (n->v.n > n->room)
		drop_farther(n);
	sort(n->by, n->v.v, n->v.n);
}

void nearest_cut(struct nearest *n, size_t first, size_t count)
{
	struct ranked *v = n->v.v;
	size_t all = n->v.n;

	if (first >= all) {
		n->v.n = 0;
		return;
	}
	if (first)
		split(n->by, v, all, first);
	all -= first;
	if (count < all) {
		split(n->by, v + first, all, count);
		all = count;
	}
	sort(n->by, v + first, all);
	keep(&n->v, first, all);
}
