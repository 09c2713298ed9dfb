/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of a runtime whose release is not known, by the live process (DESIGN.md law 6): first
 * all layouts of the table, and only if none fits, a search.
 */
#ifndef GOROUTOP_RUNTIME_MATCH_H
#define GOROUTOP_RUNTIME_MATCH_H

#include "runtime/runtime.h"

/* Where a layout is looked for: what runtime_open wants. */
struct live_exe {
	const struct go_exe *exe;
	const struct memory *mem;
	uint64_t bias;
	struct thread_map *threads;
};

/*
 * Fills *layout, which is LAYOUT_UNKNOWN but may have texts of wait reasons. 0; -EAGAIN: too early
 * to tell, try again; -ESRCH: the process is gone; -ENOTSUP with EXIT_TARGET and the reason: what
 * stays ambiguous or was not found. A layout that is known already is left as it is. It takes up to a
 * second when the process is quiet. What it makes still has to pass runtime_open.
 */
int layout_settle(struct layout *layout, const struct live_exe *live, struct err *err);

/*
 * The one layout of the table that passes all live checks. Rows of which the fields that we read are
 * at the same places count as one; where others differ between them, those are not known. -ENOENT:
 * none passes; -ENOTUNIQ: several do; *err says which.
 */
int layout_match(struct layout *layout, const struct live_exe *live, struct err *err);

#endif
