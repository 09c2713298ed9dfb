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
 * Where threads execute user code, by the CPU clock, for a moment. What is open can be used without
 * privileges: it holds an event a CPU, which is off while nobody asks.
 */
struct thread_sampler;

/* Needs the privileges raised; NULL: not permitted, or not to be had. */
struct thread_sampler *thread_sampler_open(void);
void thread_sampler_close(struct thread_sampler *s);

/*
 * Watches n threads for `ms` and gives the last address of each; 0: it did not run, or may not be
 * watched. Without a sampler (NULL) each thread gets an event of its own, which a user may set on
 * the own processes (kernel.perf_event_paranoid ≤ 2): THREAD_PC_MAX of them at most. Blocks for that
 * time; for one thread at once.
 */
enum { THREAD_PC_MAX = 16 };
void process_thread_pcs(struct thread_sampler *s, const pid_t *tids, size_t n, unsigned ms,
			uint64_t *pcs);

#endif
