// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/denied.h"
#include "process/privilege.h"
#include "process/procfs.h"

/* What the kernel compares, as far as it can be seen from outside. */
struct parties {
	bool known;
	uint64_t uid[4], gid[4]; /* the target's real, effective, saved, file-system ids */
	bool same_ids;		 /* all of them ours */
	bool dumpable;
	bool more_caps; /* the target holds capabilities that we don't */
	bool can_ptrace;
	int yama; /* kernel.yama.ptrace_scope, 0 where there is none */
};

static int yama_scope(void)
{
	char text[16];

	if (proc_read(AT_FDCWD, "/proc/sys/kernel/yama/ptrace_scope", text, sizeof(text)) < 1)
		return 0;
	return atoi(text);
}

/*
 * The files (not the directory) of a process that is not dumpable belong to root: proc(5),
 * fs/proc/base.c task_dump_owner.
 */
static bool is_dumpable(int proc_fd, const struct parties *p)
{
	struct stat st;

	return fstatat(proc_fd, "environ", &st, AT_SYMLINK_NOFOLLOW) || st.st_uid == p->uid[1];
}

static void look(int proc_fd, struct parties *p)
{
	char ours[PROC_STATUS], theirs[PROC_STATUS];
	uint64_t our_caps = 0, their_caps = 0;

	*p = (struct parties){.yama = yama_scope(),
			      .can_ptrace = privilege_permitted(CAP_SYS_PTRACE)};
	if (proc_read(proc_fd, "status", theirs, sizeof(theirs)) < 0 ||
	    proc_read(AT_FDCWD, "/proc/self/status", ours, sizeof(ours)) < 0)
		return;
	p->known = proc_status_numbers(theirs, "Uid", 10, p->uid, 4) == 4 &&
		   proc_status_numbers(theirs, "Gid", 10, p->gid, 4) == 4;
	proc_status_numbers(ours, "CapPrm", 16, &our_caps, 1);
	proc_status_numbers(theirs, "CapPrm", 16, &their_caps, 1);
	p->more_caps = their_caps & ~our_caps;
	p->dumpable = is_dumpable(proc_fd, p);
	p->same_ids = true;
	for (int i = 0; i < 3; i++)
		if (p->uid[i] != geteuid() || p->gid[i] != getegid())
			p->same_ids = false;
}

static const char remedy[] = "run goroutop with sudo, or give it CAP_SYS_PTRACE";

static bool explain_yama(char *dst, size_t size, const struct parties *p)
{
	if (p->yama >= 3) {
		snprintf(dst, size,
			 "Yama forbids it to everyone (kernel.yama.ptrace_scope=%d): that stays so "
			 "until the next boot without this setting",
			 p->yama);
		return true;
	}
	if (p->yama < 1 || p->can_ptrace)
		return false;
	snprintf(dst, size, "Yama allows it to %s only (kernel.yama.ptrace_scope=%d): %s%s",
		 p->yama == 1 ? "a process's own ancestors" : "holders of CAP_SYS_PTRACE", p->yama,
		 remedy, p->yama == 1 ? ", or set kernel.yama.ptrace_scope=0" : "");
	return true;
}

static void explain_capable(char *dst, size_t size)
{
	if (privilege_in_user_namespace())
		snprintf(dst, size,
			 "the process is outside of our user namespace, where CAP_SYS_PTRACE does "
			 "not count: run goroutop outside of this container");
	else
		snprintf(dst, size,
			 "a security module (SELinux, AppArmor, a container's profile) refuses it "
			 "in "
			 "spite of CAP_SYS_PTRACE: see its log (journalctl -k, ausearch -m avc)");
}

void denied_explain(char *dst, size_t size, int proc_fd, enum denied_access access)
{
	struct parties p;

	look(proc_fd, &p);
	if (access == DENIED_ATTACH && p.yama >= 3)
		explain_yama(dst, size, &p);
	else if (p.can_ptrace)
		explain_capable(dst, size);
	else if (!p.known)
		snprintf(dst, size, "not permitted: %s", remedy);
	else if (!p.same_ids)
		snprintf(dst, size, "it runs as uid %u and gid %u, goroutop as %u and %u: %s",
			 (unsigned)p.uid[1], (unsigned)p.gid[1], (unsigned)geteuid(),
			 (unsigned)getegid(), remedy);
	else if (p.more_caps)
		snprintf(dst, size, "it holds capabilities that goroutop has not: %s", remedy);
	else if (!p.dumpable)
		snprintf(
			dst, size,
			"it is not dumpable (a set-user-id or unreadable executable, or by its own "
			"prctl): %s",
			remedy);
	else if (access != DENIED_ATTACH || !explain_yama(dst, size, &p))
		snprintf(dst, size,
			 "a security module (SELinux, AppArmor, a container's profile) may refuse "
			 "it: %s",
			 remedy);
}
