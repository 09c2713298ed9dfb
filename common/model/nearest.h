/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of rows that are offered one by one, those that stand nearest to one end: the first of them, or
 * the last. They are gathered until there are twice as many as wanted; then the farther half goes,
 * and what comes later is mostly farther still, which one comparison of two numbers tells.
 */
#ifndef GOROUTOP_MODEL_NEAREST_H
#define GOROUTOP_MODEL_NEAREST_H

#include "base/vec.h"
#include "model/select.h"

/* What puts rows in order. */
struct ranking {
	const struct model *m;
	const struct request *request;
	const struct row_context *ctx;
	bool exact; /* equal keys leave only the goids to compare (entry_key.h) */
	/* NULL: place_row. Whom it shows beyond the living has a goid when offered. */
	void (*row)(const void *rows, uint32_t at, struct row *ret);
	const void *rows;
};

/* The order of rows whose keys are equal but leave more than the goids to compare. */
int ranked_rows_compare(const struct ranking *by, const struct ranked *a, const struct ranked *b);

/* The order of `one`, whose goid may be 0 and is filled in where it is needed, and another. */
static inline int ranked_compare(const struct ranking *by, struct ranked *one,
				 const struct ranked *other)
{
	if (one->key != other->key)
		return one->key < other->key ? -1 : 1;
	if (!by->exact)
		return ranked_rows_compare(by, one, other);
	if (!one->goid)
		one->goid = place_entry(by->m, one->at)->goid;
	return (one->goid > other->goid) - (one->goid < other->goid);
}

struct nearest {
	const struct ranking *by;
	ranked_rows v;	/* in no order, until it is closed */
	size_t room;	/* how many are wanted; SIZE_MAX: all */
	size_t offered; /* also those that were not taken */
	bool last;	/* the last ones are wanted */
	bool full;
	struct ranked bound; /* full: what is farther is not among them */
	bool failed;	     /* for lack of memory some are missing */
};

/* For nearest_offer, of one that is not beyond the bound. */
void nearest_take(struct nearest *n, struct ranked *one);

static inline void nearest_offer(struct nearest *n, struct ranked *one)
{
	n->offered++;
	if (!n->full || (ranked_compare(n->by, one, &n->bound) < 0) != n->last)
		nearest_take(n, one);
}

/* Leaves those that were wanted, in order. */
void nearest_close(struct nearest *n);

/* Of all that were taken leaves the `count` ones from the one numbered `first` on, in order. */
void nearest_cut(struct nearest *n, size_t first, size_t count);

#endif
