// SPDX-License-Identifier: GPL-2.0-or-later
/* How a target was understood: the process, its executable, its layout, its probe sites. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "process/cgroup.h"
#include "source/doctor_internal.h"
#include "source/targets.h"

enum { COMMAND_MAX = 200 };

static void say_quota(struct doctor *d, const struct process *p)
{
	struct cgroup_mount mount;
	struct cgroup_cpu cpu;

	cgroup_mount_find(&mount);
	cgroup_cpu_read(&mount, p, &cpu);
	cgroup_mount_close(&mount);
	if (!cpu.known)
		doctor_say(d, DOCTOR_FACT, "CPU quota", "not known: its cgroup can't be read");
	else if (cpu.quota > 0)
		doctor_say(d, DOCTOR_FACT, "CPU quota", "%.1f CPUs, by its cgroup", cpu.quota);
	else
		doctor_say(d, DOCTOR_FACT, "CPU quota", "none");
}

static void say_process(struct doctor *d, const struct target *t)
{
	const struct process *p = t->process;
	const struct passwd *pw = getpwuid(p->uid);
	struct process_usage usage;

	doctor_say(d, DOCTOR_FACT, "process", "%d, %s", (int)p->pid, p->comm);
	doctor_say(d, DOCTOR_FACT, "command", "%.*s", COMMAND_MAX, p->cmdline);
	doctor_say(d, DOCTOR_FACT, "user", "%s (uid %u)", pw ? pw->pw_name : "unknown",
		   (unsigned)p->uid);
	doctor_say(d, DOCTOR_FACT, "PID namespace", "%s",
		   p->same_pidns ? "goroutop's own"
		   : p->call_pid ? "another one: thread ids are translated by NSpid"
				 : "not visible from goroutop's: no probe can be bound to it");
	say_quota(d, p);
	if (!process_usage(p, &usage))
		doctor_say(d, DOCTOR_FACT, "threads", "%u", usage.threads);
}

static void say_executable(struct doctor *d, const struct target *t)
{
	const struct go_exe_info *i = go_exe_info(t->exe);

	doctor_say(d, DOCTOR_FACT, "file", "%s", t->process->exe);
	if (i->version.text[0])
		doctor_say(d, DOCTOR_GOOD, "Go version", "%s, by %s%s", i->version.text,
			   i->version_from, i->version.prerelease ? "; not a release" : "");
	else
		doctor_say(d, DOCTOR_LESS, "Go version", "not known: %s tells only its age",
			   i->version_from);
	if (i->main_module[0])
		doctor_say(d, DOCTOR_FACT, "main module", "%s", i->main_module);
	doctor_say(d, DOCTOR_FACT, "build", "%s, %s, %s", go_arch_name(i->arch),
		   i->pie ? "position-independent (PIE)" : "at a fixed address",
		   i->dynamic ? "dynamically linked (cgo or an external linker)"
			      : "statically linked");
	doctor_say(d, DOCTOR_FACT, "symbols", "%s, %s",
		   i->stripped ? "stripped: no symbol table" : "a symbol table",
		   i->has_dwarf ? "DWARF" : "no DWARF");
	doctor_say(d, DOCTOR_GOOD, "pclntab", "%s", i->pclntab_from);
	doctor_say(d, DOCTOR_FACT, "Go code", "0x%llx–0x%llx", (unsigned long long)i->text,
		   (unsigned long long)i->etext);
}

/* ---- probe sites ------------------------------------------------------------------------------ */

static const char *register_name(enum go_arch arch, uint32_t n, char dst[8])
{
	static const char *const amd64[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"};

	if (arch == GO_ARCH_AMD64 && n < ARRAY_SIZE(amd64))
		snprintf(dst, 8, "%s", amd64[n]);
	else
		snprintf(dst, 8, "%c%u", arch == GO_ARCH_AMD64 ? 'r' : 'x', n % 100);
	return dst;
}

static const char *value_name(enum go_arch arch, const struct go_value *v, char dst[16])
{
	char name[8];

	if (v->kind == GO_VALUE_CONST)
		snprintf(dst, 16, "%u", v->number);
	else if (v->kind == GO_VALUE_STACK)
		snprintf(dst, 16, "[sp+0x%x]", v->number);
	else
		snprintf(dst, 16, "%s", register_name(arch, v->number, name));
	return dst;
}

/* What the process has there now: others may probe the same place. */
static const char *live_bytes(const struct target *t, const struct go_site *s, bool *good)
{
	uint8_t now[sizeof(s->bytes)];

	*good = true;
	if (!t->memory || memory_read_all(t->memory, s->vaddr + t->bias, now, s->n_bytes))
		return "not compared with the live process";
	if (!memcmp(now, s->bytes, s->n_bytes))
		return "the live process has the same bytes";
	if (now[0] == 0xcc && !memcmp(now + 1, s->bytes + 1, s->n_bytes - 1))
		return "somebody else probes it too, which does no harm";
	*good = false;
	return "the live process has other bytes: it was changed after it was loaded";
}

static void say_site(struct doctor *d, const struct target *t, const struct go_site *s)
{
	enum go_arch arch = go_exe_info(t->exe)->arch;
	char hex[3 * sizeof(s->bytes) + 1] = "", gp[16], from[16], to[16];
	const char *live;
	bool good;

	for (size_t i = 0; i < s->n_bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", s->bytes[i]);
	live = live_bytes(t, s, &good);
	doctor_say(d,
		   !good	 ? DOCTOR_BAD
		   : s->emulated ? DOCTOR_GOOD
				 : DOCTOR_LESS,
		   s->where, "%s (%s) at 0x%llx, %s; g in %s, from %s, to %s; %s", s->instruction,
		   hex, (unsigned long long)s->vaddr,
		   s->emulated ? "which the kernel emulates"
			       : "single-stepped: each hit costs some ten times as much",
		   value_name(arch, &s->gp, gp), value_name(arch, &s->old_status, from),
		   value_name(arch, &s->new_status, to), live);
}

static void say_sites(struct doctor *d, const struct target *t)
{
	if (!t->n_sites) {
		doctor_say_err(d, DOCTOR_LESS, "sites", &t->no_probes);
		return;
	}
	doctor_say(d, DOCTOR_GOOD, "sites",
		   t->n_sites == 1 ? "%zu: runtime.casgstatus, which sees every change of state"
				   : "%zu: runtime.casgstatus and its copies in a PGO build",
		   t->n_sites);
	for (size_t i = 0; i < t->n_sites; i++)
		say_site(d, t, &t->sites[i]);
}

/* Which syscalls are seen, and by what. */
static void say_syscalls(struct doctor *d, const struct target *t)
{
	struct go_site *sites;
	struct err err = {0};
	size_t n;

	if (!t->n_sites)
		return;
	if (t->sees_syscalls) {
		doctor_say(d, DOCTOR_GOOD, "syscalls", "all of them go through casgstatus");
		return;
	}
	if (go_syscall_sites_find(t->exe, &sites, &n, &err)) {
		doctor_say_err(d, DOCTOR_LESS, "syscalls", &err);
		return;
	}
	doctor_say(d, DOCTOR_GOOD, "syscalls",
		   "they bypass casgstatus; with --syscalls there are %zu sites more", n);
	for (size_t i = 0; i < n; i++)
		say_site(d, t, &sites[i]);
	free(sites);
}

/* ---- the whole -------------------------------------------------------------------------------- */

static void say_verdict(struct doctor *d, const struct doctor_live *live)
{
	static const struct {
		enum doctor_mark mark;
		const char *text;
	} verdicts[2][2] = {
		{{DOCTOR_BAD, "neither probes nor memory: it cannot be watched"},
		 {DOCTOR_LESS, "probes alone: goroutines show once they move"}},
		{{DOCTOR_LESS, "memory alone: what happens between two looks is not seen"},
		 {DOCTOR_GOOD, "probes and memory: every goroutine, every change of state"}},
	};

	doctor_section(d, "Verdict");
	doctor_say(d, verdicts[live->memory][live->probes].mark, "watching", "%s",
		   verdicts[live->memory][live->probes].text);
	if (!live->memory && !live->probes)
		d->status = EXIT_PERMISSION;
}

static void refuse(struct doctor *d, const struct err *err)
{
	doctor_say_err(d, DOCTOR_BAD, "target", err);
	d->status = err->status;
}

void doctor_target(struct doctor *d, const char *name)
{
	struct target t;
	struct doctor_live live = {0};
	struct err err = {0};
	pid_t pid;

	doctor_section(d, "Target");
	if (target_find(name, &pid, &err) < 0 || target_open(&t, pid, &err) < 0) {
		refuse(d, &err);
		return;
	}
	say_process(d, &t);
	doctor_section(d, "Executable");
	say_executable(d, &t);
	doctor_section(d, "Probe sites");
	say_sites(d, &t);
	say_syscalls(d, &t);
	doctor_live(d, &t, &live);
	if (d->status == EXIT_DONE)
		say_verdict(d, &live);
	target_close(&t);
}
