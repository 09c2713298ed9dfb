// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "process/permission.h"
#include "process/privilege.h"
#include "process/procfs.h"

const struct permission_capability permission_capabilities[] = {
	{CAP_BPF, "CAP_BPF", "loading the probe program", true},
	{CAP_PERFMON, "CAP_PERFMON", "setting probes", true},
	{CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
	 "setting probes where the kernel wants it (CVE-2025-38466)", true},
	{CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "processes of other users", false},
};
const size_t n_permission_capabilities = ARRAY_SIZE(permission_capabilities);

static int number_in(const char *path)
{
	char text[32], *end;
	long n;

	if (proc_read(AT_FDCWD, path, text, sizeof(text)) < 1)
		return PERMISSION_UNKNOWN;
	n = strtol(text, &end, 10);
	return end == text ? PERMISSION_UNKNOWN : (int)n;
}

/* "none [integrity] confidentiality": the one in brackets is in force. */
static void read_lockdown(char *dst, size_t size)
{
	char text[128];
	const char *at;

	dst[0] = '\0';
	if (proc_read(AT_FDCWD, "/sys/kernel/security/lockdown", text, sizeof(text)) < 1)
		return;
	at = strchr(text, '[');
	if (at)
		snprintf(dst, size, "%.*s", (int)strcspn(at + 1, "]"), at + 1);
}

static bool in_pid_namespace(void)
{
	struct stat st;

	/* PROC_PID_INIT_INO, include/linux/proc_ns.h */
	return !stat("/proc/self/ns/pid", &st) && st.st_ino != 0xEFFFFFFC;
}

void permission_look(struct permission *ret)
{
	char status[PROC_STATUS];
	uint64_t mode = 0;

	*ret = (struct permission){
		.uid = geteuid(),
		.user_namespace = privilege_in_user_namespace(),
		.pid_namespace = in_pid_namespace(),
		.yama = number_in("/proc/sys/kernel/yama/ptrace_scope"),
		.perf_event_paranoid = number_in("/proc/sys/kernel/perf_event_paranoid"),
		.unprivileged_bpf_off = number_in("/proc/sys/kernel/unprivileged_bpf_disabled"),
	};
	read_lockdown(ret->lockdown, sizeof(ret->lockdown));
	if (proc_read(AT_FDCWD, "/proc/self/status", status, sizeof(status)) > 0 &&
	    proc_status_numbers(status, "Seccomp", 10, &mode, 1) == 1)
		ret->seccomp = (int)mode;
}
