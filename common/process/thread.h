/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread of a process, as the kernel sees it. */
#ifndef GOROUTOP_PROCESS_THREAD_H
#define GOROUTOP_PROCESS_THREAD_H

#include <stddef.h>
#include <stdint.h>

#include "process/process.h"

/* Its state, R S D T t Z …; 0: there is no such thread, or it cannot be told. */
char process_thread_state(const struct process *p, pid_t tid);

/*
 * Where a thread executes user code just now: watches it for `ms` by the CPU clock and gives the
 * last address, 0 when it did not run or may not be watched. Needs the privileges raised for another
 * user's process (perf_event_open(2)). Blocks for that time.
 */
enum { THREAD_PC_MAX = 16 };
void process_thread_pcs(const pid_t *tids, size_t n, unsigned ms, uint64_t *pcs);

#endif
