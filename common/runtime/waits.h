/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On what the waiting goroutines wait: channels by the sudogs of g.waiting, locks by the runtime's
 * table of semaphores (from Go 1.26 on by g.waiting too), conditions and descriptors by what their
 * frames hold, timers by g.
 *
 * The process goes on meanwhile. An object is told only where its end of the bond confirms it: a
 * sudog names the g, a semaphore lies in its queue, a pollDesc names itself and the g, a Cond's list
 * leads to the g. What is not confirmed is left out.
 */
#ifndef GOROUTOP_RUNTIME_WAITS_H
#define GOROUTOP_RUNTIME_WAITS_H

#include "base/hash.h"
#include "base/wait.h"
#include "runtime/runtime.h"

struct waits_pass;

/* One reading after the other; all zero at first. */
struct waits {
	struct wait_batch batch; /* the result, after a step that returned 0 */
	struct waits_pass *pass; /* the one under way */
	VEC(uint64_t) descs;	 /* pollDescs found by earlier ones, ascending */
	struct hash fds;	 /* pollDesc → place in fd_at */
	VEC(uint64_t) fd_at;	 /* internal/poll.FD of it */
};

/* Drops one that is under way. */
void waits_begin(struct waits *w);

/*
 * Reads on for some 20 ms: 1, there is more; 0, done; -errno (-ESRCH: the process is gone). The batch
 * is void from the first step on until one returns 0.
 */
int waits_step(struct waits *w, struct runtime *rt);

void waits_free(struct waits *w);

#endif
