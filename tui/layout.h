/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which columns find room in a line, and how wide each becomes. Pure. */
#ifndef GOROUTOP_TUI_LAYOUT_H
#define GOROUTOP_TUI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

enum {
	LAYOUT_MAX = 64,
	LAYOUT_GAP = 1,
	LAYOUT_CORE = 5, /* priority of the last column that makes a table; more is luxury */
};

/* What a column wants; see struct column. */
struct layout_item {
	int width, max_width, priority;
};

struct layout_slot {
	size_t item; /* which of the items */
	int x, width;
};

struct layout {
	struct layout_slot slots[LAYOUT_MAX];
	size_t n;
	bool more_left, more_right; /* columns are hidden by `shift`, or for lack of room */
};

/*
 * Lays out n ≤ LAYOUT_MAX items, from left to right in their order, in `width` columns.
 *
 * By themselves (`chosen` false) the items with the lowest priority come first, as long as those
 * that grow can still have half of what they would like; all of it, before one comes in whose
 * priority is above LAYOUT_CORE; and none before one that grows itself and is of the core: of two
 * names each is told in less room. Priority < 0 stays out. Chosen by
 * the user, items come as they stand while there is room, the first always.
 *
 * `shift` hides that many items that may be dropped (priority ≠ 0), from the left, so that those
 * which found no room can be looked at; it is cut to what makes sense, and that is returned.
 */
int layout_make(struct layout *ret, const struct layout_item *items, size_t n, bool chosen,
		int width, int shift);

#endif
