/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target opened: the process, its executable, what is known of its runtime, and what is permitted.
 * Made once, then only read; the threads of a session share it.
 */
#ifndef GOROUTOP_SOURCE_TARGET_H
#define GOROUTOP_SOURCE_TARGET_H

#include "base/err.h"
#include "golang/executable.h"
#include "golang/sites.h"
#include "process/memory.h"
#include "process/process.h"
#include "process/thread.h"

struct target {
	pid_t pid;
	int exe_fd;		 /* names the inode to probe, whatever became of its path */
	struct process *process; /* NULL until a command has execed */
	struct go_exe *exe;
	struct layout layout;  /* LAYOUT_UNKNOWN: no_layout says why; until memory tells it */
	struct go_site *sites; /* n_sites of them; none: no_probes says why */
	size_t n_sites;
	bool sees_syscalls; /* every one is seen by the sites: they go through casgstatus, or are added */
	struct memory *memory; /* NULL: no_memory says why */
	struct thread_map *threads;
	struct thread_sampler *sampler; /* NULL: none, or not permitted */
	uint64_t bias;			/* valid with memory */
	struct err no_probes, no_memory, no_layout;
};

/*
 * Opens a running process. What fails and leaves nothing to watch is an error (EXIT_TARGET,
 * EXIT_PERMISSION); a way that is not open while the other may be is told by no_probes and
 * no_memory. Raises the privileges for its own time.
 */
int target_open(struct target *t, pid_t pid, struct err *err);

/* The first half for a command that has not execed yet: its executable, by path. */
int target_open_command(struct target *t, pid_t pid, const char *exe, struct err *err);

/* The second half, after its exec: the process, which must run that very inode; its memory. */
int target_open_process(struct target *t, struct err *err);

/*
 * Adds the sites of syscalls that bypass casgstatus (Go ≥ 1.26). Fails with the reason when they cannot
 * be probed: then the sites are what they were.
 */
int target_add_syscall_sites(struct target *t, struct err *err);

void target_close(struct target *t);

#endif
