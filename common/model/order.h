/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of the order of rows from one picture to the next: by select.c and entry_key.c. */
#ifndef GOROUTOP_MODEL_ORDER_H
#define GOROUTOP_MODEL_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"
#include "model/column.h"

/* What an order of rows was found for: see select.h. */
struct order_key {
	uint64_t version, filter;
	struct sort_spec sort;
	bool system, ended;
};

/*
 * A row in an order; ties by goid. By place: the living, then those ended in this interval, then in
 * the last one.
 */
struct ranked {
	uint64_t key, goid;
	uint32_t at;
};
typedef VEC(struct ranked) ranked_rows;

/* The order of some rows that the last selection found. */
struct order {
	bool known;
	bool timeless; /* as long as the table is the same, so is the order */
	struct order_key key;
	ranked_rows rows; /* from the one numbered `from` on */
	size_t from, matching;
	uint64_t selected; /* goid */
	ssize_t selected_at;
	uint64_t keys_opened; /* as the key cache had it */
};

/*
 * Sort keys by place, from one selection to the next: entry_key.c makes them, table_touch and whoever
 * moves entries keep them true.
 */
struct key_cache {
	bool known;
	bool system; /* the runtime's own have keys as well */
	struct sort_spec sort;
	uint64_t texts;	 /* of an order by texts, what tells their ranks from others; else 0 */
	uint64_t now;	 /* what ages are counted up to: later than anything began */
	uint64_t opened; /* how often: who made stale ones anew since */
	VEC(uint64_t) keys;
};

enum { KEY_STALE = 0, KEY_HIDDEN = 1 }; /* sort_key gives numbers and ranks neither */

#endif
