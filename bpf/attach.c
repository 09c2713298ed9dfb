// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Setting the probes. Not by libbpf's own attach: where the kernel has no uprobe PMU that falls back
 * to writing tracefs definitions, which outlive us when we are killed; and libbpf 1.1 does not know
 * uprobe_multi. What is set here is held by descriptors alone, and goes with them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "tracer_internal.h"

/* ---- perf events ------------------------------------------------------------------------------ */

static int uprobe_pmu(void)
{
	_cleanup_fd_ int fd =
		open("/sys/bus/event_source/devices/uprobe/type", O_RDONLY | O_CLOEXEC);
	char text[16];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return -ENODEV;
	text[n] = '\0';
	return atoi(text);
}

static int open_event(const char *path, uint64_t offset, pid_t pid)
{
	int type = uprobe_pmu(), fd;
	struct perf_event_attr attr = {
		.type = (uint32_t)type,
		.size = PERF_ATTR_SIZE_VER5, /* what 5.8 knows is enough */
		.uprobe_path = (uintptr_t)path,
		.probe_offset = offset,
	};

	if (type < 0)
		return type;
	fd = (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int attach_perf_allowed(void)
{
	/* Permission is looked at first, then the missing path (perf_uprobe_event_init). */
	int fd = open_event(NULL, 0, 0);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	return fd == -EINVAL || fd == -EFAULT ? 0 : fd;
}

static void keep(struct holder_fds *fds, int fd)
{
	fds->fd[fds->n++] = fd;
}

/* By a link (5.15), which carries the cookie. One site goes without: the event holds the program. */
static int bind_program(struct holder_fds *fds, int prog_fd, int event_fd, size_t site, bool one)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = site);
	int fd = bpf_link_create(prog_fd, event_fd, BPF_PERF_EVENT, &opts);

	if (fd >= 0)
		keep(fds, fd);
	else if (!one || ioctl(event_fd, PERF_EVENT_IOC_SET_BPF, prog_fd))
		return fd;
	return 0;
}

static int attach_perf(struct holder_fds *fds, const struct attach_request *q)
{
	int r = 0;

	for (size_t i = 0; !r && i < q->n; i++) {
		r = open_event(q->path, q->offsets[i], q->pid);
		if (r < 0)
			break;
		keep(fds, r);
		r = bind_program(fds, q->prog_fd, r, i, q->n == 1);
	}
	return r;
}

/* ---- uprobe_multi ----------------------------------------------------------------------------- */

/* union bpf_attr of BPF_LINK_CREATE as 6.6 has it; older headers lack this part. */
struct link_create_multi {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, multi_flags, pid;
	uint32_t zero;
};

static int link_create_multi(struct link_create_multi *attr)
{
	int fd;

	attr->attach_type = GT_TRACE_UPROBE_MULTI;
	fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));
	return fd < 0 ? -errno : fd;
}

static int attach_multi(struct holder_fds *fds, const struct attach_request *q)
{
	uint64_t cookies[GT_MAX_SITES];
	struct link_create_multi attr = {
		.prog_fd = (uint32_t)q->prog_fd,
		.path = (uintptr_t)q->path,
		.offsets = (uintptr_t)q->offsets,
		.cookies = (uintptr_t)cookies,
		.cnt = (uint32_t)q->n,
		.pid = (uint32_t)q->pid,
	};
	int fd;

	for (size_t i = 0; i < q->n; i++)
		cookies[i] = i;
	fd = link_create_multi(&attr);
	if (fd < 0)
		return fd;
	keep(fds, fd);
	return 0;
}

bool attach_multi_known(void)
{
	const struct bpf_insn exit_0[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = GT_TRACE_UPROBE_MULTI);
	_cleanup_fd_ int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "goroutop_probe", "GPL", exit_0,
					      ARRAY_SIZE(exit_0), &opts);
	uint64_t offset = 0;
	struct link_create_multi attr = {
		.prog_fd = (uint32_t)prog,
		.path = (uintptr_t) "/", /* no regular file: EBADF, where it comes to that */
		.offsets = (uintptr_t)&offset,
		.cnt = 1,
	};
	int fd = prog < 0 ? prog : link_create_multi(&attr);

	if (fd >= 0)
		close(fd);
	return fd == -EBADF;
}

/* ---- both ------------------------------------------------------------------------------------- */

static int explain(int errnum, const struct attach_request *q, struct err *err)
{
	switch (errnum) {
	case EACCES:
	case EPERM:
		return diagnose_denied(errnum, "setting a probe", err);
	case ESRCH:
		return err_set(err, EXIT_TARGET, errnum, "the process %d has ended", (int)q->pid);
	case ENOENT:
		return err_set(err, EXIT_TARGET, errnum, "its executable is gone: %s", q->path);
	case EMFILE:
	case ENFILE:
		return err_set(err, EXIT_FAILED, errnum,
			       "too many open files for %zu probes: raise the limit (ulimit -n)",
			       q->n);
	case EAGAIN:
		return err_set(err, EXIT_FAILED, errnum,
			       "no process could be started to hold the probe: raise the limit "
			       "(ulimit -u, or pids.max of the cgroup)");
	case 524: /* ENOTSUPP, the kernel's own: arch_uprobe_analyze_insn */
		return err_set(err, EXIT_FAILED, ENOTSUP,
			       "the kernel can't probe the instruction at this place");
	case EIO:
		return err_set(err, EXIT_FAILED, errnum,
			       "the file system of the executable can't be probed: copy it to "
			       "another one and start it from there");
	default:
		return err_set(err, EXIT_FAILED, errnum, "a probe can't be set: %s",
			       strerror(errnum));
	}
}

/* In the holder. */
static int attach_all(struct holder_fds *fds, void *request)
{
	const struct attach_request *q = request;

	return q->method == ATTACH_MULTI ? attach_multi(fds, q) : attach_perf(fds, q);
}

int attach_sites(struct attachment *ret, const struct attach_request *q, struct err *err)
{
	int r = holder_start(&ret->holder, attach_all, (void *)q, q->settle);

	return r ? explain(-r, q, err) : 0;
}

void attach_undo_begin(struct attachment *a)
{
	holder_kill(&a->holder);
}

void attach_undo(struct attachment *a)
{
	holder_end(&a->holder);
}
