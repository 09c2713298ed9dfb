/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live process: who it is, and whether it still is (DESIGN.md laws 7 and 8). It is held by an
 * open /proc/PID, a pidfd and an open descriptor of its executable, so that a reused PID is never
 * taken for it: a name looked up below proc_fd fails once the process is gone.
 */
#ifndef GOROUTOP_PROCESS_PROCESS_H
#define GOROUTOP_PROCESS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct process {
	pid_t pid; /* its number in /proc */
	/*
	 * Its number for system calls (perf_event_open): the same, but where /proc was mounted in
	 * another PID namespace than ours (`unshare -pf` without --mount-proc). 0: it is not
	 * visible from our namespace; then nothing can be bound to it.
	 */
	pid_t call_pid;
	int proc_fd; /* the directory /proc/PID */
	int pidfd;   /* −1 where the kernel has none (< 5.3), and when call_pid is 0 */
	int exe_fd;  /* /proc/PID/exe, O_RDONLY: works for deleted and container executables */
	int mm_fd; /* tells whether its address space still is the one opened; −1: not to be had */
	uint64_t start_time; /* field 22 of /proc/PID/stat, clock ticks since boot */
	uint64_t exe_dev, exe_ino;
	uint64_t phdr;	  /* AT_PHDR of its auxiliary vector; 0: not permitted */
	char comm[64];	  /* as /proc/PID/comm, cleaned */
	char exe[4096];	  /* readlink of /proc/PID/exe, cleaned; "" if not permitted */
	char *cmdline;	  /* arguments joined by spaces, cleaned; never NULL */
	uid_t uid;	  /* effective */
	uint64_t started; /* CLOCK_MONOTONIC ns of its start; 0 if that was before boot's zero */
	bool same_pidns;  /* its PID namespace is ours: thread ids in its memory are ours too */
};

/*
 * Opens pid. EXIT_TARGET: no such process, a kernel thread, a zombie, a thread of another process
 * (says of which). EXIT_PERMISSION: its executable may not be read (says what would lift it).
 * Needs the privileges raised for a process of another user.
 */
int process_open(struct process **ret, pid_t pid, struct err *err);
void process_close(struct process *p);

enum process_life { PROCESS_ALIVE, PROCESS_EXITED, PROCESS_EXECED };

/* Whether it is still the one that was opened, with the executable that it had. Never blocks. */
enum process_life process_life(const struct process *p);

/*
 * The bias of its executable by its auxiliary vector, given AT_PHDR's link-time address; 0, -EACCES
 * when the vector could not be read, -EINVAL when it makes no sense with phdr_vaddr.
 */
int process_load_bias(const struct process *p, uint64_t phdr_vaddr, uint64_t *ret);

/* How a program in the kernel may recognise it (gt_config.identity in bpf/goroutine.h). */
struct process_pidns {
	bool initial; /* we are in the first PID namespace: call_pid is what the kernel calls it */
	bool same;    /* its namespace is ours */
	uint64_t
		dev; /* of our namespace, as the kernel numbers devices inside: major << 20 | minor */
	uint64_t ino;
};
/* p NULL: a child of ours that is not opened yet. */
int process_pidns(const struct process *p, struct process_pidns *ret);

struct process_usage {
	uint64_t cpu_ns; /* user and system time since its start */
	unsigned threads;
	uint64_t rss; /* bytes */
	char state;   /* R S D T t Z … */
};
int process_usage(const struct process *p, struct process_usage *ret);

/*
 * Thread ids: the runtime's m.procid is the id in the target's own PID namespace. Maps those to
 * the numbers of /proc/PID/task by their NSpid lines. When target and tool share a namespace it is
 * the identity and nothing is read.
 */
struct thread_map;
struct thread_map *thread_map_new(const struct process *p); /* borrows p; NULL: no memory */
void thread_map_free(struct thread_map *m);
/* Our id of the target's own thread id, or 0 when there is none. Reads /proc anew when its picture
 * is older than a second, or when the id is unknown, but not more than 20 times a second. */
pid_t thread_map_get(struct thread_map *m, uint64_t procid);

/* Whether there is such a thread now: looked up in /proc, whatever the namespace. */
bool thread_map_has(struct thread_map *m, uint64_t procid);

#endif
