/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept of the one goroutine that somebody looks at, beyond its row: where its time went in
 * the last minute, how long it waited for a processor, and whose child it is. It is kept from the
 * moment that it was asked for; what was before is known as far as its state had begun.
 */
#ifndef GOROUTOP_MODEL_DETAIL_PICTURE_H
#define GOROUTOP_MODEL_DETAIL_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/histogram.h"
#include "model/names.h"

enum detail_part { PART_RUNNING, PART_RUNNABLE, PART_SYSCALL, PART_WAITING, PART_OTHER, PARTS };

enum { STRIP_SLOTS = 240, ANCESTORS_MOST = 8 };
#define STRIP_SLOT (250 * NSEC_PER_MSEC)

/* ns of a slot by state; what is missing of a slot's length nobody saw. */
struct strip_slot {
	uint32_t part[PARTS];
};

struct detail_parent {
	uint64_t goid;
	bool alive;
	/* What it began with; of one that is gone, the line at which it made its child. */
	struct name name;
};

struct detail_picture {
	uint64_t goid;
	uint64_t since; /* when keeping began */
	bool samples;	/* between two refreshes nobody saw: parts are of the states found there */
	struct strip_slot strip[STRIP_SLOTS]; /* the last one ends at `upto` */
	uint64_t upto;
	struct histogram latency;			/* runnable → running, since `since` */
	struct detail_parent ancestors[ANCESTORS_MOST]; /* parent first */
	size_t n_ancestors;
};

#endif
