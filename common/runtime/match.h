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
 * As runtime_open, for any layout that go_exe_layout gave: one that is LAYOUT_UNKNOWN, and one of the
 * table that does not fit (a runtime that was changed after its release), is looked for in the live
 * process. runtime_layout of *ret tells what was found. It takes up to two seconds when the process is
 * quiet. -EAGAIN: too early to tell, try again; -ESRCH: the process is gone; -ENOTSUP with EXIT_TARGET
 * and the reason: which check failed, what stays ambiguous or was not found.
 */
int runtime_open_any(struct runtime **ret, const struct layout *layout, const struct live_exe *live,
		     struct err *err);

/*
 * The one layout of the table that passes all live checks. Rows of which the fields that we read are
 * at the same places count as one; where others differ between them, those are not known. -ENOENT:
 * none passes; -ENOTUNIQ: several do; *err says which.
 */
int layout_match(struct layout *layout, const struct live_exe *live, struct err *err);

#endif
