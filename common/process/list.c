// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "process/list.h"
#include "process/procfs.h"

enum { LIST_MAX = 1 << 22 }; /* the kernel's own limit of PIDs, PID_MAX_LIMIT */

static void fill_command(int dirfd, struct process_entry *e)
{
	char args[PROC_SMALL];
	ssize_t n = proc_read(dirfd, "cmdline", args, sizeof(args));
	size_t len = n > 0 ? proc_join_arguments(args, (size_t)n) : 0;

	if (len)
		text_clean(e->command, sizeof(e->command), args, len, false);
	else
		snprintf(e->command, sizeof(e->command), "[%s]", e->comm);
}

/* False: not to be listed (a kernel thread, a zombie, gone meanwhile). */
static bool look_at(int proc, const char *name, struct process_entry *e)
{
	_cleanup_fd_ int dirfd = openat(proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct proc_stat st;
	struct stat owner; /* of the directory: the effective user, dumpable or not */

	if (dirfd < 0 || fstat(dirfd, &owner) || proc_stat_read(dirfd, &st) ||
	    st.flags & PROC_PF_KTHREAD || st.state == 'Z' || st.state == 'X')
		return false;
	*e = (struct process_entry){
		.pid = atoi(name),
		.uid = owner.st_uid,
		.start_time = st.start_ticks,
		.cpu_ns = proc_ticks_ns(st.cpu_ticks),
		.threads = st.threads,
		.state = st.state,
	};
	text_clean(e->comm, sizeof(e->comm), st.comm, sizeof(st.comm), false);
	fill_command(dirfd, e);
	return true;
}

static int by_pid(const void *a, const void *b)
{
	const struct process_entry *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int process_list(process_entries *ret)
{
	_cleanup_(cleanup_dir) DIR *dir = opendir("/proc");
	size_t before = ret->n;
	struct dirent *d;

	if (!dir)
		return -errno;
	while ((d = readdir(dir)) && ret->n - before < LIST_MAX) {
		struct process_entry e;

		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		if (look_at(dirfd(dir), d->d_name, &e) && !vec_push(ret, e)) {
			ret->n = before;
			return -ENOMEM;
		}
	}
	if (ret->n > before)
		qsort(ret->v + before, ret->n - before, sizeof(*ret->v), by_pid);
	return 0;
}
