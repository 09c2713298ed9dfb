// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "process/privilege.h"
#include "source/target.h"

/* All that the file tells: needed for probes and for memory alike. */
static int open_executable(struct target *t, struct err *err)
{
	const struct go_version *v;
	int r = go_exe_open(&t->exe, t->exe_fd, err);

	if (r)
		return r;
	r = go_exe_layout(t->exe, &t->layout, err);
	if (r == -ENOTSUP && t->layout.origin == LAYOUT_UNKNOWN) {
		t->no_layout = *err;
		*err = (struct err){0};
	} else if (r) {
		return r;
	}
	v = &go_exe_info(t->exe)->version;
	go_sites_find(t->exe, &t->sites, &t->n_sites, &t->no_probes);
	t->sees_syscalls = v->major && go_version_cmp(v, 26, 0) < 0;
	return 0;
}

int target_add_syscall_sites(struct target *t, struct err *err)
{
	_cleanup_free_ struct go_site *more = NULL;
	struct go_site *all;
	size_t n;
	int r = go_syscall_sites_find(t->exe, &more, &n, err);

	if (r)
		return r;
	if (t->n_sites + n > GO_SITES_MAX)
		return err_set(
			err, EXIT_TARGET, E2BIG,
			"its syscalls have %zu places and its other changes %zu: more than %d "
			"can't be probed",
			n, t->n_sites, GO_SITES_MAX);
	all = reallocarray(t->sites, t->n_sites + n + 1, sizeof(*all));
	if (!all)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	memcpy(all + t->n_sites, more, n * sizeof(*all));
	t->sites = all;
	t->n_sites += n;
	t->sees_syscalls = true;
	return 0;
}

static void open_memory(struct target *t)
{
	int r = memory_open(&t->memory, t->process, &t->no_memory);

	if (!r)
		r = process_load_bias(t->process, go_exe_info(t->exe)->phdr_vaddr, &t->bias);
	if (!r) {
		t->threads = thread_map_new(t->process);
		t->sampler = thread_sampler_open();
		if (t->threads)
			return;
		r = -ENOMEM;
	}
	if (!t->no_memory.text[0])
		err_set(&t->no_memory, EXIT_PERMISSION, -r,
			"the load address of process %d cannot be told: %s", (int)t->pid,
			strerror(-r));
	memory_close(t->memory);
	t->memory = NULL;
}

static int open_all(struct target *t, struct err *err)
{
	int r = process_open(&t->process, t->pid, err);

	if (r)
		return r;
	t->exe_fd = fcntl(t->process->exe_fd, F_DUPFD_CLOEXEC, 0);
	if (t->exe_fd < 0)
		return err_set(err, EXIT_FAILED, errno, "no file descriptor left: %s",
			       strerror(errno));
	r = open_executable(t, err);
	if (r)
		return err_prefix(err, "process %d (%s)", (int)t->pid, t->process->comm);
	open_memory(t);
	return 0;
}

int target_open(struct target *t, pid_t pid, struct err *err)
{
	int r;

	*t = (struct target){.pid = pid, .exe_fd = -1};
	privilege_raise();
	r = open_all(t, err);
	privilege_lower();
	if (r)
		target_close(t);
	return r;
}

int target_open_command(struct target *t, pid_t pid, const char *exe, struct err *err)
{
	int r;

	*t = (struct target){.pid = pid};
	t->exe_fd = open(exe, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (t->exe_fd < 0)
		return err_set(err, EXIT_TARGET, errno, "%s: %s", exe, strerror(errno));
	r = open_executable(t, err);
	if (r) {
		r = err_prefix(err, "%s", exe);
		target_close(t);
	}
	return r;
}

static int same_inode(const struct target *t, struct err *err)
{
	struct stat st;

	if (fstat(t->exe_fd, &st))
		return err_set(err, EXIT_FAILED, errno, "fstat: %s", strerror(errno));
	if (st.st_dev != t->process->exe_dev || st.st_ino != t->process->exe_ino)
		return err_set(
			err, EXIT_TARGET, ESTALE,
			"the command runs another executable (%s) than the one that was probed; "
			"start it, then attach by PID",
			t->process->exe);
	return 0;
}

int target_open_process(struct target *t, struct err *err)
{
	int r;

	privilege_raise();
	r = process_open(&t->process, t->pid, err);
	if (!r)
		r = same_inode(t, err);
	if (!r)
		open_memory(t);
	privilege_lower();
	return r;
}

void target_close(struct target *t)
{
	free(t->sites);
	thread_map_free(t->threads);
	thread_sampler_close(t->sampler);
	memory_close(t->memory);
	go_exe_close(t->exe);
	process_close(t->process);
	if (t->exe_fd >= 0)
		close(t->exe_fd);
	*t = (struct target){.exe_fd = -1};
}
