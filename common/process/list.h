/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All processes of this machine, from /proc: cheap facts only; which are Go is the caller's. */
#ifndef GOROUTOP_PROCESS_LIST_H
#define GOROUTOP_PROCESS_LIST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"

struct process_entry {
	pid_t pid;
	uid_t uid;
	uint64_t start_time; /* clock ticks since boot; with pid the identity */
	uint64_t cpu_ns;
	unsigned threads;
	char state;
	char comm[64]; /* cleaned */
	char command
		[256]; /* arguments joined, cleaned, cut; comm in brackets when there are none */
};

typedef VEC(struct process_entry) process_entries;

/*
 * Appends the live user processes (no kernel threads, no zombies) by ascending pid; -errno. Reading
 * a command line takes the process's memory map for a moment: one that is stuck in the kernel with
 * that locked makes us wait, as it makes ps(1).
 */
int process_list(process_entries *ret);

#endif
