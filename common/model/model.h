/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of goroutines: what the feed says, merged by the rule of DESIGN.md law 1. Pure: no
 * libbpf, no curses, no /proc, no clock. Owned by one thread.
 */
#ifndef GOROUTOP_MODEL_MODEL_H
#define GOROUTOP_MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/column.h"
#include "model/feed.h"
#include "model/filter.h"
#include "model/group_picture.h"
#include "model/histogram.h"
#include "model/names.h"
#include "model/picture.h"
#include "model/row.h"

struct model;

struct model_options {
	struct names *names; /* borrowed */
	uint64_t attached;   /* when watching began */
	bool probes;	     /* transitions come; false: only looks, ages are from samples */
	bool memory;	     /* looks come; false: a birth or a first transition makes a row */
	bool bypass;	     /* casgstatus does not see syscalls (Go ≥ 1.26): differences that
				* go-runtime.md §3 explains count as bypassed */
	bool syscall_times;  /* see row_context */
	struct radar_options radar; /* all 0: radar_default */
};

struct model *model_new(const struct model_options *options); /* NULL: no memory */
void model_free(struct model *m);

/* The model as a listener. */
struct feed_sink model_sink(struct model *m);

/* How many goroutines it has, the runtime's own included. */
size_t model_count(const struct model *m);

/* The row of a goroutine, or NULL; valid until the next feed. */
const struct row *model_row(const struct model *m, uint64_t goid);

/*
 * g addresses that the model wants read again (disagreements to be repeated, unread events, rows
 * whose memory facts are missing): at most max are written; returns how many there are.
 */
size_t model_wants(const struct model *m, uint64_t *addrs, size_t max);

/* goids whose totals the stream could not give (a record was lost): an account is wanted. */
size_t model_wants_accounts(const struct model *m, uint64_t *goids, size_t max);

/*
 * g addresses of goroutines whose stack is not known as it is now, because it was never read or they
 * have moved since. Of those goids; or, from *cursor on and around, of all, for as many as there is
 * room, and of no more than a part of a million at once. again: of those too that may have moved unseen (running, and in system calls of Go ≥ 1.26).
 * At most max are written; returns how many.
 */
size_t model_wants_stacks_of(const struct model *m, const uint64_t *goids, size_t n, bool again,
			     uint64_t *addrs, size_t max);
size_t model_wants_stacks(struct model *m, size_t *cursor, bool again, uint64_t *addrs, size_t max);

/* A pointer to labels that are to be read, and a goroutine that has it. */
struct label_want {
	uint64_t g, labels;
};

/* Labels not read yet: at most max are written; returns how many there are. */
size_t model_wants_labels(struct model *m, struct label_want *wants, size_t max);

/*
 * Closes a refresh interval at `now`: rates, shares, histories, which rows are new or ended. Call
 * once per refresh, before model_picture.
 */
void model_refresh(struct model *m, uint64_t now);

/*
 * Makes the picture that a request asks for; *ret is overwritten and points into the model: valid
 * until the next call on it. Sorting and selecting happen here. 0 or -ENOMEM.
 */
int model_picture(struct model *m, const struct request *request, struct picture *ret);

#endif
