// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "process/denied.h"
#include "process/process.h"
#include "process/procfs.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum {
	CMDLINE_MAX = 64 << 10,	      /* of a megabyte of arguments nobody reads more */
	PID_NS_INIT_INO = 0xEFFFFFFC, /* include/linux/proc_ns.h; the same since 3.8 */
	OPEN_TRIES = 3, /* a process that execs more often than that while we look is not opened */
};

/* ---- who it is: what everybody may read ------------------------------------------------------- */

static int no_such(struct err *err, pid_t pid)
{
	if (access("/proc/self/stat", R_OK))
		return err_set(
			err, EXIT_FAILED, ENOENT,
			"/proc is not mounted, or belongs to another PID namespace: mount -t "
			"proc proc /proc");
	return err_set(err, EXIT_TARGET, ESRCH, "no process with PID %d", (int)pid);
}

static int open_directory(struct process *p, struct err *err)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)p->pid);
	p->proc_fd = p->pid > 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (p->proc_fd >= 0)
		return 0;
	if (p->pid > 0 && errno != ENOENT && errno != ESRCH)
		return err_set(err, EXIT_FAILED, errno, "%s: %s", path, strerror(errno));
	return no_such(err, p->pid);
}

static int check_kind(struct process *p, const struct proc_stat *st, const char *status,
		      struct err *err)
{
	uint64_t tgid = 0, uid[2] = {0};

	if (proc_status_numbers(status, "Tgid", 10, &tgid, 1) == 1 && tgid != (uint64_t)p->pid)
		return err_set(err, EXIT_TARGET, ESRCH,
			       "%d is a thread of process %llu: give that PID", (int)p->pid,
			       (unsigned long long)tgid);
	if (st->flags & PROC_PF_KTHREAD)
		return err_set(err, EXIT_TARGET, ESRCH, "%d (%s) is a thread of the kernel",
			       (int)p->pid, p->comm);
	if (st->state == 'Z' || st->state == 'X')
		return err_set(err, EXIT_TARGET, ESRCH,
			       "process %d (%s) has ended: its parent has not waited for it yet",
			       (int)p->pid, p->comm);
	if (proc_status_numbers(status, "Uid", 10, uid, 2) == 2)
		p->uid = (uid_t)uid[1];
	return 0;
}

/* Start times count CLOCK_BOOTTIME, which goes on while the machine sleeps. */
static uint64_t monotonic_start(uint64_t start_ticks)
{
	int64_t mono = (int64_t)clock_mono(), asleep, start;
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	asleep = ts.tv_sec * (int64_t)NSEC_PER_SEC + ts.tv_nsec - mono;
	start = (int64_t)proc_ticks_ns(start_ticks) - asleep;
	return start > 0 ? (uint64_t)start : 0;
}

/*
 * /proc may show the numbers of an outer PID namespace while system calls take those of ours. NSpid
 * lists a process's numbers from /proc's namespace inwards; ours is as deep as our own list is long.
 */
static void find_call_pid(struct process *p, const char *status)
{
	uint64_t its[PROC_MAX_NSPID], ours[PROC_MAX_NSPID];
	char self[PROC_STATUS];
	size_t n_its = proc_status_numbers(status, "NSpid", 10, its, PROC_MAX_NSPID);
	size_t depth = 0;

	if (proc_read(AT_FDCWD, "/proc/self/status", self, sizeof(self)) > 0)
		depth = proc_status_numbers(self, "NSpid", 10, ours, PROC_MAX_NSPID);
	if (!depth || !n_its) { /* a kernel without PID namespaces */
		p->call_pid = p->pid;
		p->same_pidns = true;
	} else if (n_its >= depth) {
		p->call_pid = (pid_t)its[depth - 1];
		p->same_pidns = n_its == depth;
	}
}

static int read_status(struct process *p, struct err *err)
{
	char status[PROC_STATUS];
	struct proc_stat st;
	int r = proc_stat_read(p->proc_fd, &st);

	if (r || proc_read(p->proc_fd, "status", status, sizeof(status)) < 0)
		return r == -EPROTO ? err_set(err, EXIT_FAILED, EPROTO,
					      "/proc/%d/stat has an unknown format", (int)p->pid)
				    : no_such(err, p->pid);
	text_clean(p->comm, sizeof(p->comm), st.comm, sizeof(st.comm), false);
	r = check_kind(p, &st, status, err);
	if (r)
		return r;
	p->start_time = st.start_ticks;
	p->started = monotonic_start(st.start_ticks);
	find_call_pid(p, status);
	return 0;
}

/* ---- what holds it ---------------------------------------------------------------------------- */

/* The number in /proc of the process behind a pidfd, or −1 where fdinfo does not say. */
static long long pidfd_number(int pidfd)
{
	char path[48], info[PROC_SMALL];
	uint64_t pid;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if (proc_read(AT_FDCWD, path, info, sizeof(info)) < 0 ||
	    proc_status_numbers(info, "Pid", 10, &pid, 1) != 1)
		return -1;
	return (long long)pid;
}

/*
 * The pidfd is looked up by number, as /proc/PID was: both are the same process if that directory
 * still is alive afterwards (no reuse so far), which confirm() tests, and both numbers are of it.
 */
static void open_pidfd(struct process *p)
{
	long long number;

	if (p->call_pid <= 0)
		return;
	p->pidfd = (int)syscall(SYS_pidfd_open, p->call_pid, 0);
	if (p->pidfd < 0) {
		if (errno == ESRCH || errno == EINVAL)
			p->call_pid = 0;
		return;
	}
	number = pidfd_number(p->pidfd);
	if (number < 0 || number == p->pid)
		return;
	close(take_fd(&p->pidfd));
	p->call_pid = 0; /* another process of ours has that number: not visible from here */
	p->same_pidns = false;
}

static int exe_denied(const struct process *p, int errnum, struct err *err)
{
	char why[600];
	struct stat st;

	if (errnum == ENOENT || errnum == ESRCH)
		return err_set(err, EXIT_TARGET, ESRCH, "process %d (%s) is ending", (int)p->pid,
			       p->comm);
	if (errnum != EACCES && errnum != EPERM)
		return err_set(err, EXIT_FAILED, errnum, "the executable of process %d (%s): %s",
			       (int)p->pid, p->comm, strerror(errnum));
	if (!fstatat(p->proc_fd, "exe", &st, 0))
		return err_set(err, EXIT_PERMISSION, errnum,
			       "the executable of process %d (%s) may be run, but not read: run "
			       "goroutop with sudo, or make the file readable",
			       (int)p->pid, p->comm);
	denied_explain(why, sizeof(why), p->proc_fd, DENIED_READ);
	return err_set(err, EXIT_PERMISSION, errnum, "no permission to look at process %d (%s): %s",
		       (int)p->pid, p->comm, why);
}

static int open_exe(struct process *p, struct err *err)
{
	char link[PATH_MAX];
	struct stat st;
	ssize_t n;

	p->exe_fd = openat(p->proc_fd, "exe", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (p->exe_fd < 0 || fstat(p->exe_fd, &st))
		return exe_denied(p, errno, err);
	p->exe_dev = st.st_dev;
	p->exe_ino = st.st_ino;
	n = readlinkat(p->proc_fd, "exe", link, sizeof(link) - 1);
	text_clean(p->exe, sizeof(p->exe), link, n > 0 ? (size_t)n : 0, false);
	return 0;
}

static uint64_t read_phdr(const struct process *p)
{
	Elf64_auxv_t auxv[64]; /* the kernel's saved_auxv holds at most 2 × 33 words */
	_cleanup_fd_ int fd = openat(p->proc_fd, "auxv", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, auxv, sizeof(auxv));

	for (ssize_t i = 0; i < n / (ssize_t)sizeof(auxv[0]); i++)
		if (auxv[i].a_type == AT_PHDR)
			return auxv[i].a_un.a_val;
	return 0;
}

static char *read_cmdline(const struct process *p)
{
	_cleanup_free_ char *raw = malloc(CMDLINE_MAX);
	ssize_t n = raw ? proc_read(p->proc_fd, "cmdline", raw, CMDLINE_MAX) : 0;
	size_t size;
	char *text;

	n = n > 0 ? (ssize_t)proc_join_arguments(raw, (size_t)n) : 0;
	size = (size_t)n * 3 + 1; /* a byte may become U+FFFD */
	text = malloc(size);
	if (text)
		text_clean(text, size, raw ? raw : "", (size_t)n, false);
	return text;
}

/*
 * Whether the address space that mm_fd was opened on is still in use. A read of one byte can't
 * succeed, entries of pagemap have eight; but before that is looked at, a dead address space
 * answers "end of file" (fs/proc/task_mmu.c, pagemap_read; so since 4.4). No lock is taken.
 */
static bool mm_alive(const struct process *p)
{
	struct stat st;
	char byte;

	if (p->mm_fd >= 0)
		return pread(p->mm_fd, &byte, 1, 0) != 0;
	/* A kernel without CONFIG_PROC_PAGE_MONITOR: by the executable, which may be the same. */
	if (fstatat(p->proc_fd, "exe", &st, 0))
		return true; /* not permitted (any more): nothing against it */
	return st.st_dev == p->exe_dev && st.st_ino == p->exe_ino;
}

static void close_fds(struct process *p)
{
	int *fds[] = {&p->mm_fd, &p->exe_fd, &p->pidfd, &p->proc_fd};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (*fds[i] >= 0)
			close(take_fd(fds[i]));
}

/* Everything once; PROCESS_EXECED in *life when it has to be done again. */
static int open_once(struct process *p, enum process_life *life, struct err *err)
{
	int r = open_directory(p, err);

	if (r)
		return r;
	r = read_status(p, err);
	if (r)
		return r;
	open_pidfd(p);
	p->mm_fd = openat(p->proc_fd, "pagemap", O_RDONLY | O_CLOEXEC);
	r = open_exe(p, err);
	if (r)
		return r;
	p->phdr = read_phdr(p);
	free(p->cmdline);
	p->cmdline = read_cmdline(p);
	if (!p->cmdline)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	*life = process_life(p);
	return 0;
}

static void cleanup_process(struct process **p)
{
	process_close(*p);
}

int process_open(struct process **ret, pid_t pid, struct err *err)
{
	_cleanup_(cleanup_process) struct process *p = calloc(1, sizeof(*p));
	enum process_life life = PROCESS_EXECED;

	if (!p)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	p->proc_fd = p->pidfd = p->exe_fd = p->mm_fd = -1;
	p->pid = pid;
	for (int i = 0; life == PROCESS_EXECED && i < OPEN_TRIES; i++) {
		int r;

		close_fds(p);
		r = open_once(p, &life, err);
		if (r)
			return r;
	}
	if (life == PROCESS_EXITED)
		return no_such(err, pid);
	if (life == PROCESS_EXECED)
		return err_set(err, EXIT_TARGET, EAGAIN,
			       "process %d (%s) replaces its executable all the time", (int)pid,
			       p->comm);
	*ret = take_ptr(p);
	return 0;
}

void process_close(struct process *p)
{
	if (!p)
		return;
	close_fds(p);
	free(p->cmdline);
	free(p);
}

/* ---- afterwards ------------------------------------------------------------------------------- */

static bool has_exited(const struct process *p)
{
	struct pollfd pfd = {.fd = p->pidfd, .events = POLLIN};
	struct proc_stat st;

	if (p->pidfd >= 0)
		return poll(&pfd, 1, 0) > 0;
	if (proc_stat_read(p->proc_fd, &st) || st.start_ticks != p->start_time)
		return true;
	return st.state == 'Z' || st.state == 'X';
}

/* The address space goes before the process does: an ending process is no exec. */
static bool is_ending(const struct process *p)
{
	struct proc_stat st;

	return proc_stat_read(p->proc_fd, &st) || st.flags & PROC_PF_EXITING;
}

enum process_life process_life(const struct process *p)
{
	if (has_exited(p))
		return PROCESS_EXITED;
	if (mm_alive(p))
		return PROCESS_ALIVE;
	return is_ending(p) ? PROCESS_EXITED : PROCESS_EXECED;
}

int process_load_bias(const struct process *p, uint64_t phdr_vaddr, uint64_t *ret)
{
	uint64_t bias = p->phdr - phdr_vaddr;

	if (!p->phdr)
		return -EACCES;
	/* Bits that a page's mapping can't change, and the half of addresses that is user space. */
	if (bias & 0xfff || bias >> 63)
		return -EINVAL;
	*ret = bias;
	return 0;
}

int process_pidns(const struct process *p, struct process_pidns *ret)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st))
		return -errno;
	/* bpf_get_ns_current_pid_tgid compares with the kernel's own dev_t, not with stat's. */
	*ret = (struct process_pidns){
		.initial = st.st_ino == PID_NS_INIT_INO,
		.same = !p || (p->same_pidns && p->call_pid),
		.dev = (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev),
		.ino = st.st_ino,
	};
	return 0;
}

int process_usage(const struct process *p, struct process_usage *ret)
{
	struct proc_stat st;
	int r = proc_stat_read(p->proc_fd, &st);

	if (r)
		return r;
	*ret = (struct process_usage){
		.cpu_ns = proc_ticks_ns(st.cpu_ticks),
		.threads = st.threads,
		.rss = st.rss_pages * (uint64_t)sysconf(_SC_PAGESIZE),
		.state = st.state,
	};
	return 0;
}
