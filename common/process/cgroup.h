/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much CPU time a process may use, and how often it was held back: cgroups, version 1 and 2. */
#ifndef GOROUTOP_PROCESS_CGROUP_H
#define GOROUTOP_PROCESS_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "process/process.h"

/* Where this machine has the cgroups that bound CPU time. */
struct cgroup_mount {
	int fd;		 /* of the directory; −1: there is none */
	bool v1;	 /* the old hierarchy of the cpu controller */
	char root[4096]; /* what of the hierarchy is mounted: its path there, "/" for all of it */
};
void cgroup_mount_find(struct cgroup_mount *ret);
void cgroup_mount_close(struct cgroup_mount *m);

struct cgroup_cpu {
	bool known;	       /* false: no such cgroup, or not readable */
	double quota;	       /* CPUs; 0: no bound */
	uint64_t periods;      /* of the bound, in which it ran; since the cgroup was made */
	uint64_t throttled;    /* of these, in how many it was held back */
	uint64_t throttled_ns; /* for how long, summed over CPUs */
};

/*
 * What holds for the process: of its cgroup and all those above, the one with the least quota counts.
 */
void cgroup_cpu_read(const struct cgroup_mount *m, const struct process *p, struct cgroup_cpu *ret);

/* For tests: the same for a path below the mount. */
void cgroup_cpu_read_path(const struct cgroup_mount *m, const char *path, struct cgroup_cpu *ret);

/* The path of a process's cgroup out of the text of /proc/PID/cgroup; false when there is none. */
bool cgroup_path_parse(const char *text, bool v1, char *dst, size_t size);

#endif
