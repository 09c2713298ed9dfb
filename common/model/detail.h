/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping the details of one goroutine: for the files of the model alone. */
#ifndef GOROUTOP_MODEL_DETAIL_H
#define GOROUTOP_MODEL_DETAIL_H

#include "model/detail_picture.h"

struct model;
struct entry;
struct request;

struct detail {
	uint64_t goid; /* 0: nobody's */
	uint64_t since, until;
	uint64_t slot;			      /* the newest: the number of slots since time 0 */
	struct strip_slot strip[STRIP_SLOTS]; /* by number, modulo */
	struct histogram latency;
	struct detail_picture picture;
};

/* Its state until t was the one it has; to be called before that changes. unknown: nobody saw it. */
void detail_until(struct model *m, const struct entry *e, uint64_t t, bool unknown);

/* Of the request's selected goroutine, if it asks for its stack; else *ret is NULL. */
void detail_picture(struct model *m, const struct request *request,
		    const struct detail_picture **ret);

#endif
