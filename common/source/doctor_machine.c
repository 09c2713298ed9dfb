// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel offers and what we are permitted. */
#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "bpf/kernel.h"
#include "process/permission.h"
#include "process/privilege.h"
#include "process/thread.h"
#include "source/doctor_internal.h"

static const char sudo[] = "run goroutop with sudo, or: setcap "
			   "cap_bpf,cap_perfmon,cap_sys_ptrace,cap_sys_admin=p on it";

/* ---- the kernel ------------------------------------------------------------------------------- */

struct offer_row {
	const char *name;
	enum kernel_answer answer;
	enum doctor_mark without; /* how bad it is that it is not there */
	const char *yes, *no, *remedy;
};

static void say_offer(struct doctor *d, const struct offer_row *r)
{
	switch (r->answer) {
	case KERNEL_YES:
		doctor_say(d, DOCTOR_GOOD, r->name, "%s", r->yes);
		break;
	case KERNEL_NO:
		doctor_say(d, r->without, r->name, "%s", r->no);
		doctor_remedy(d, "%s", r->remedy);
		break;
	case KERNEL_DENIED:
		doctor_say(d, DOCTOR_LESS, r->name, "not permitted to us (see Permissions)");
		break;
	}
}

static void say_kernel(struct doctor *d, const struct kernel_offer *k)
{
	bool multi = k->uprobe_multi == KERNEL_YES, perf = k->perf_uprobes == KERNEL_YES;
	const struct offer_row rows[] = {
		{"BPF", k->bpf, DOCTOR_BAD, "probe programs load", "no bpf(2)",
		 "a kernel with CONFIG_BPF_SYSCALL"},
		{"ring buffer", k->ring_buffer, DOCTOR_BAD, "there", "not there",
		 "Linux 5.8 or newer"},
		{"uprobes", k->perf_uprobes, multi ? DOCTOR_LESS : DOCTOR_BAD, "by perf events",
		 "not by perf events", "a kernel with CONFIG_UPROBE_EVENTS, and /sys mounted"},
		{"uprobe_multi", k->uprobe_multi, perf ? DOCTOR_FACT : DOCTOR_BAD,
		 "there: any number of sites at once", "not there (perf events do)",
		 perf ? "" : "Linux 6.6 or newer"},
		{"cookies", k->cookies, multi ? DOCTOR_FACT : DOCTOR_LESS,
		 "there: builds with several probe sites (PGO) can be watched",
		 "not there: builds with several probe sites (PGO) are watched from memory alone",
		 "Linux 5.15 or newer"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		say_offer(d, &rows[i]);
}

static void say_sampling(struct doctor *d)
{
	struct thread_sampler *s;

	privilege_raise();
	s = thread_sampler_open();
	privilege_lower();
	if (s)
		doctor_say(d, DOCTOR_GOOD, "sampling",
			   "works: the lines of goroutines that run for long");
	else
		doctor_say(d, DOCTOR_FACT, "sampling", "of the own processes alone, at most");
	thread_sampler_close(s);
}

static void say_trial(struct doctor *d)
{
	double emulated, stepped;
	struct err err = {0};
	int r;

	privilege_raise();
	r = kernel_try(1, &emulated, &stepped, &err);
	privilege_lower();
	if (r) {
		doctor_say_err(d, err.status == EXIT_PERMISSION ? DOCTOR_LESS : DOCTOR_BAD,
			       "probes", &err);
		return;
	}
	doctor_say(d, DOCTOR_GOOD, "probes",
		   "work, tried on goroutop itself: a hit costs %.1f µs where the instruction "
		   "is emulated, %.1f µs where it is single-stepped",
		   emulated / NSEC_PER_USEC, stepped / NSEC_PER_USEC);
}

/* ---- permissions ------------------------------------------------------------------------------ */

static void say_user(struct doctor *d, const struct permission *p)
{
	const struct passwd *pw = getpwuid(p->uid);

	doctor_say(d, DOCTOR_FACT, "user", "%s (uid %u)%s%s", pw ? pw->pw_name : "unknown",
		   (unsigned)p->uid, p->user_namespace ? ", in a user namespace of its own" : "",
		   p->pid_namespace ? ", in a PID namespace of its own" : "");
	if (p->user_namespace)
		doctor_remedy(d, "capabilities of a user namespace do not count for probes: run "
				 "goroutop outside of it");
}

static void say_capabilities(struct doctor *d)
{
	bool admin = privilege_permitted(CAP_SYS_ADMIN);

	for (size_t i = 0; i < n_permission_capabilities; i++) {
		const struct permission_capability *c = &permission_capabilities[i];
		bool has = privilege_permitted(c->number);

		/* CAP_SYS_ADMIN holds the two that were split off from it. */
		if (has)
			doctor_say(d, DOCTOR_GOOD, c->name, "held: %s", c->what);
		else if (admin && c->in_admin)
			doctor_say(d, DOCTOR_GOOD, c->name, "not held, CAP_SYS_ADMIN includes it");
		else
			doctor_say(d, DOCTOR_LESS, c->name, "not held: %s", c->what);
		if (!has && !(admin && c->in_admin))
			doctor_remedy(d, "%s", sudo);
	}
}

static void say_yama(struct doctor *d, const struct permission *p)
{
	static const char *const meaning[] = {
		"a user may read the memory of the own processes",
		"only ancestors may read a process's memory, and who holds CAP_SYS_PTRACE",
		"only who holds CAP_SYS_PTRACE may read a process's memory",
		"nobody may read a process's memory",
	};
	bool ptrace = privilege_permitted(CAP_SYS_PTRACE);
	enum doctor_mark mark = p->yama >= 3		? DOCTOR_BAD
				: p->yama < 1 || ptrace ? DOCTOR_GOOD
							: DOCTOR_LESS;

	if (p->yama == PERMISSION_UNKNOWN || p->yama < 0) {
		doctor_say(d, DOCTOR_GOOD, "Yama", "not in this kernel: %s", meaning[0]);
		return;
	}
	doctor_say(d, mark, "Yama", "kernel.yama.ptrace_scope is %d: %s", p->yama,
		   meaning[p->yama > 3 ? 3 : p->yama]);
	if (p->yama >= 3)
		doctor_remedy(d, "stays so until the next boot without this setting");
	else if (mark == DOCTOR_LESS)
		doctor_remedy(d, "run goroutop with sudo%s",
			      p->yama == 1 ? ", or set kernel.yama.ptrace_scope=0" : "");
}

static void say_settings(struct doctor *d, const struct permission *p)
{
	const struct {
		const char *name;
		int value;
	} settings[] = {{"perf_event_paranoid", p->perf_event_paranoid},
			{"unprivileged_bpf_disabled", p->unprivileged_bpf_off}};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (settings[i].value != PERMISSION_UNKNOWN)
			doctor_say(d, DOCTOR_FACT, settings[i].name, "%d", settings[i].value);
}

static void say_confinement(struct doctor *d, const struct permission *p)
{
	if (p->lockdown[0] && strcmp(p->lockdown, "none")) {
		doctor_say(d, DOCTOR_LESS, "lockdown",
			   "%s: the kernel may forbid BPF to read memory", p->lockdown);
		doctor_remedy(d, "boot with lockdown=none, or without secure boot");
	}
	if (p->seccomp > 0) {
		doctor_say(d, DOCTOR_LESS, "seccomp",
			   "a filter confines us (a container's profile)");
		doctor_remedy(d, "let it allow bpf and perf_event_open, or run goroutop outside");
	}
}

void doctor_machine(struct doctor *d)
{
	struct kernel_offer offer;
	struct permission p;
	struct utsname un;

	doctor_section(d, "Kernel");
	if (!uname(&un))
		doctor_say(d, DOCTOR_FACT, "version", "%s %s %s", un.sysname, un.release,
			   un.machine);
	privilege_raise();
	kernel_ask(&offer);
	privilege_lower();
	say_kernel(d, &offer);
	say_trial(d);
	say_sampling(d);

	permission_look(&p);
	doctor_section(d, "Permissions");
	say_user(d, &p);
	say_capabilities(d);
	say_yama(d, &p);
	say_confinement(d, &p);
	say_settings(d, &p);
}
