/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live process: who it is, and whether it still is (DESIGN.md laws 7 and 8). It is held by a
 * pidfd, its start time and open descriptors of its executable and memory, so that a reused PID is
 * never taken for it.
 */
#ifndef GOROUTOP_PROCESS_PROCESS_H
#define GOROUTOP_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct process {
	pid_t pid;  /* in our PID namespace */
	int pidfd;  /* −1 where the kernel has none (< 5.3) */
	int exe_fd; /* /proc/PID/exe, O_RDONLY: works for deleted and container executables */
	uint64_t start_time; /* field 22 of /proc/PID/stat, clock ticks since boot */
	uint64_t exe_dev, exe_ino;
	char comm[64];	/* as /proc/PID/comm, cleaned */
	char exe[4096]; /* readlink of /proc/PID/exe, cleaned; "" if not permitted */
	char *cmdline;	/* arguments joined by spaces, cleaned; never NULL */
	uid_t uid;
	uint64_t
		started; /* CLOCK_MONOTONIC ns of its start (may be "negative": before boot is 0) */
};

/*
 * Opens pid. EXIT_TARGET: no such process, a kernel thread, a zombie, a thread of another process
 * (says of which). EXIT_PERMISSION: its executable may not be read (says what would lift it).
 */
int process_open(struct process **ret, pid_t pid, struct err *err);
void process_close(struct process *p);

enum process_life { PROCESS_ALIVE, PROCESS_EXITED, PROCESS_EXECED };

/* Whether it is still the one that was opened, with the executable that it had. */
enum process_life process_life(const struct process *p);

/* The bias of its executable by /proc/PID/auxv, given AT_PHDR's link-time address; 0 or -errno. */
int process_load_bias(const struct process *p, uint64_t phdr_vaddr, uint64_t *ret);

struct process_usage {
	uint64_t cpu_ns; /* user and system time since its start */
	unsigned threads;
	uint64_t rss; /* bytes */
	char state;   /* R S D T t Z … */
};
int process_usage(const struct process *p, struct process_usage *ret);

/*
 * Thread ids: the runtime's m.procid is the id in the target's own PID namespace. Maps those to
 * ours by the NSpid lines of /proc/PID/task. When target and tool share a namespace it is the
 * identity and nothing is read.
 */
struct thread_map;
struct thread_map *thread_map_new(const struct process *p);
void thread_map_free(struct thread_map *m);
/* Our id of the target's own thread id, or 0 when there is none; reads /proc anew when unknown. */
pid_t thread_map_get(struct thread_map *m, uint64_t procid);

#endif
