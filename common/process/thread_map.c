// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hash.h"
#include "process/process.h"
#include "process/procfs.h"

/*
 * Thread ids are used again after a thread's end, so what was read is believed for a second; and a
 * target whose memory names ids that do not exist makes us read no more often than 20 times one.
 */
#define BELIEVED NSEC_PER_SEC
#define PAUSE	 (NSEC_PER_SEC / 20)

enum { THREADS_MAX = 1 << 22 }; /* PID_MAX_LIMIT */

struct thread_map {
	const struct process *p;
	struct hash ours; /* the target's own id → the one in /proc */
	uint64_t read_at; /* 0: never */
};

struct thread_map *thread_map_new(const struct process *p)
{
	struct thread_map *m = calloc(1, sizeof(*m));

	if (m)
		m->p = p;
	return m;
}

void thread_map_free(struct thread_map *m)
{
	if (!m)
		return;
	hash_free(&m->ours);
	free(m);
}

/* The id of one thread in its innermost namespace, 0 when it is gone or the kernel does not say. */
static uint64_t own_id(int task, const char *name)
{
	char path[sizeof(((struct dirent *)0)->d_name) + 8], status[PROC_STATUS];
	uint64_t ids[PROC_MAX_NSPID];
	size_t n;

	snprintf(path, sizeof(path), "%s/status", name);
	if (proc_read(task, path, status, sizeof(status)) < 0)
		return 0;
	n = proc_status_numbers(status, "NSpid", 10, ids, PROC_MAX_NSPID);
	return n ? ids[n - 1] : 0;
}

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static void read_threads(struct thread_map *m)
{
	int fd = openat(m->p->proc_fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(cleanup_dir) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	hash_clear(&m->ours);
	m->read_at = clock_mono();
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir)) && m->ours.n < THREADS_MAX) {
		uint64_t id;

		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		id = own_id(dirfd(dir), d->d_name);
		if (id)
			hash_put(&m->ours, id, (uint32_t)atoi(d->d_name));
	}
}

pid_t thread_map_get(struct thread_map *m, uint64_t procid)
{
	uint64_t age;
	uint32_t tid;

	if (!procid || procid > INT32_MAX)
		return 0;
	if (m->p->same_pidns && m->p->call_pid == m->p->pid)
		return (pid_t)procid;
	age = clock_mono() - m->read_at;
	if (!m->read_at || age > BELIEVED)
		read_threads(m);
	tid = hash_get(&m->ours, procid);
	if (tid == HASH_NONE && age > PAUSE && age <= BELIEVED) {
		read_threads(m);
		tid = hash_get(&m->ours, procid);
	}
	return tid == HASH_NONE ? 0 : (pid_t)tid;
}

bool thread_map_has(struct thread_map *m, uint64_t procid)
{
	pid_t tid = thread_map_get(m, procid);
	char path[32];

	snprintf(path, sizeof(path), "task/%d", (int)tid);
	return tid && !faccessat(m->p->proc_fd, path, F_OK, 0);
}
