// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "tracer_internal.h"

/* ---- what this thread is allowed --------------------------------------------------------------- */

static uint64_t effective_caps(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{0}};

	if (syscall(SYS_capget, &head, d))
		return 0;
	return d[0].effective | (uint64_t)d[1].effective << 32;
}

static bool have(int cap)
{
	return effective_caps() >> cap & 1;
}

static bool in_user_namespace(void)
{
	struct stat st;

	/* PROC_USER_INIT_INO, include/linux/proc_ns.h */
	return !stat("/proc/self/ns/user", &st) && st.st_ino != 0xEFFFFFFD;
}

/* The value behind "key" in a small file, as text; "" if there is none. */
static void read_value(char *dst, size_t size, const char *path, const char *key)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	const char *at;

	dst[0] = '\0';
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, key);
	if (!at)
		return;
	at += strlen(key);
	at += strspn(at, " \t");
	snprintf(dst, size, "%.*s", (int)strcspn(at, " ]\n"), at);
}

static bool confined_by_seccomp(void)
{
	char mode[8];

	read_value(mode, sizeof(mode), "/proc/self/status", "\nSeccomp:");
	return mode[0] > '0';
}

static void lockdown_level(char *dst, size_t size)
{
	read_value(dst, size, "/sys/kernel/security/lockdown", "[");
	if (!strcmp(dst, "none"))
		dst[0] = '\0';
}

/* ---- what is refused --------------------------------------------------------------------------- */

static int missing_capabilities(int errnum, const char *what, struct err *err)
{
	char paranoid[8];
	const char *both = !have(CAP_BPF) && !have(CAP_PERFMON) ? "CAP_BPF and CAP_PERFMON"
			   : !have(CAP_BPF)			? "CAP_BPF"
								: "CAP_PERFMON";

	read_value(paranoid, sizeof(paranoid), "/proc/sys/kernel/perf_event_paranoid", "");
	return err_set(err, EXIT_PERMISSION, errnum,
		       "no permission for probes: %s needs %s (kernel.perf_event_paranoid is %s): "
		       "run goroutop with sudo, or setcap "
		       "cap_bpf,cap_perfmon,cap_sys_ptrace,cap_sys_admin=p on it",
		       what, both, paranoid[0] ? paranoid : "unknown");
}

int diagnose_denied(int errnum, const char *what, struct err *err)
{
	char lockdown[32];
	bool admin = have(CAP_SYS_ADMIN);

	if (in_user_namespace())
		return err_set(
			err, EXIT_PERMISSION, errnum,
			"no permission for probes: capabilities of a user namespace (a "
			"rootless container) do not count for %s: run goroutop outside of it",
			what);
	if (!admin && !(have(CAP_BPF) && have(CAP_PERFMON)))
		return missing_capabilities(errnum, what, err);
	if (confined_by_seccomp())
		return err_set(
			err, EXIT_PERMISSION, errnum,
			"no permission for probes: a seccomp filter forbids %s: run goroutop "
			"outside of the container, or let its profile allow bpf and "
			"perf_event_open",
			what);
	lockdown_level(lockdown, sizeof(lockdown));
	if (lockdown[0])
		return err_set(err, EXIT_PERMISSION, errnum,
			       "no permission for probes: kernel lockdown (%s) may forbid %s: boot "
			       "with lockdown=none, or without secure boot",
			       lockdown, what);
	if (!admin)
		return err_set(err, EXIT_PERMISSION, errnum,
			       "no permission for probes: this kernel lets only CAP_SYS_ADMIN set "
			       "uprobes by perf events (CVE-2025-38466), and has no uprobe_multi "
			       "(Linux 6.6): run goroutop with sudo");
	return err_set(err, EXIT_PERMISSION, errnum,
		       "no permission for probes: a security module (SELinux, AppArmor, a BPF LSM) "
		       "refuses %s in spite of CAP_SYS_ADMIN: see its log (journalctl -k)",
		       what);
}

/* ---- what is not there ------------------------------------------------------------------------- */

static int check_ring_buffer(struct err *err)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "goroutop_probe", 0, 0,
				(uint32_t)sysconf(_SC_PAGESIZE), NULL);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	switch (-fd) {
	case EPERM:
	case EACCES:
		return diagnose_denied(-fd, "bpf(2)", err);
	case ENOSYS:
		return err_set(err, EXIT_FAILED, ENOSYS,
			       "this kernel has no bpf(2): it needs CONFIG_BPF_SYSCALL");
	case EINVAL:
		return err_set(
			err, EXIT_FAILED, EINVAL,
			"this kernel has no BPF ring buffer: probes need Linux 5.8 or newer");
	default:
		return err_set(err, EXIT_FAILED, -fd, "a BPF ring buffer can't be made: %s",
			       strerror(-fd));
	}
}

static int no_perf(int errnum, struct err *err)
{
	if (errnum == EACCES || errnum == EPERM)
		return diagnose_denied(errnum, "perf_event_open(2)", err);
	if (errnum == ENOSYS)
		return err_set(err, EXIT_FAILED, errnum,
			       "this kernel has no perf_event_open(2): it needs "
			       "CONFIG_PERF_EVENTS");
	if (errnum == ENODEV)
		return err_set(err, EXIT_FAILED, errnum,
			       "this kernel has no uprobes (no "
			       "/sys/bus/event_source/devices/uprobe/type): it needs "
			       "CONFIG_UPROBE_EVENTS, and /sys mounted");
	if (errnum == ENOENT)
		return err_set(err, EXIT_FAILED, errnum,
			       "this kernel has no uprobes: it needs CONFIG_UPROBE_EVENTS");
	return err_set(err, EXIT_FAILED, errnum, "perf_event_open(2) makes no uprobe: %s",
		       strerror(errnum));
}

static bool has_cookies(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, NULL) == 1;
}

int diagnose_method(enum attach_method *ret, size_t n_sites, struct err *err)
{
	int perf, r = check_ring_buffer(err);

	if (r)
		return r;
	if (attach_multi_known()) {
		*ret = ATTACH_MULTI;
		return 0;
	}
	perf = attach_perf_allowed();
	if (perf)
		return no_perf(-perf, err);
	if (n_sites > 1 && !has_cookies())
		return err_set(err, EXIT_FAILED, ENOTSUP,
			       "this program needs %zu probes (a profile-guided build), and this "
			       "kernel can't tell them apart: that needs Linux 5.15 or newer",
			       n_sites);
	*ret = ATTACH_PERF;
	return 0;
}

/* Before 5.11 maps count against the limit of locked memory; libbpf tries to raise that. */
static bool memory_lock_limited(void)
{
	struct rlimit limit;

	return !have(CAP_SYS_RESOURCE) && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	       limit.rlim_cur != RLIM_INFINITY;
}

int diagnose_load(int errnum, uint32_t max_goroutines, struct err *err)
{
	switch (errnum) {
	case EPERM:
	case EACCES:
		/* A ring buffer could be made, so it is not bpf(2) that is forbidden. */
		if (errnum == EPERM && memory_lock_limited())
			return err_set(err, EXIT_PERMISSION, errnum,
				       "no permission for probes: a table of %u goroutines is more "
				       "than may be locked in memory: raise the limit (ulimit -l "
				       "unlimited), give CAP_SYS_RESOURCE, or use Linux 5.11 or "
				       "newer",
				       max_goroutines);
		/* The verifier says EACCES too, of programs; then permission is not what lacks. */
		if (errnum == EPERM || !(have(CAP_SYS_ADMIN) || have(CAP_BPF)))
			return diagnose_denied(errnum, "loading a BPF program", err);
		break;
	case ENOMEM:
	case E2BIG:
		return err_set(err, EXIT_FAILED, errnum,
			       "no memory for a table of %u goroutines in the kernel: choose less "
			       "with --max-goroutines",
			       max_goroutines);
	}
	return err_set(err, EXIT_FAILED, errnum,
		       "this kernel refuses the BPF program (%s): its words are in the log; please "
		       "report them with the output of uname -a",
		       strerror(errnum));
}

/* ---- libbpf's own words ------------------------------------------------------------------------ */

/* Of a long verifier log the end tells the reason. */
enum { LINES_KEPT = 60 };

static const char *last_lines(const char *text)
{
	const char *p = text + strlen(text);

	for (int n = 0; p > text && n <= LINES_KEPT; p--)
		n += p[-1] == '\n';
	return p > text ? p + 1 : p;
}

static int to_log(enum libbpf_print_level level, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;
	char *line, *rest;

	if (level ==
	    LIBBPF_DEBUG) /* hundreds of lines at each load: the log would hold no others */
		return 0;
	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return 0;
	}
	rest = (char *)last_lines(text);
	while ((line = strsep(&rest, "\n")))
		if (*line)
			log_add(LOG_DEBUG, "%s", line);
	return 0;
}

void diagnose_redirect_libbpf(void)
{
	libbpf_set_print(to_log);
}
