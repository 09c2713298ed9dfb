// SPDX-License-Identifier: GPL-2.0-or-later
/* The one place that knows the wire and translates it into model/feed.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "process/privilege.h"
#include "source/live_internal.h"

_Static_assert((int)GT_F_FLAP == FEED_FLAP && (int)GT_F_UNREAD == FEED_UNREAD &&
		       (int)GT_F_BIRTH == FEED_BIRTH && (int)GT_F_MISSED == FEED_MISSED &&
		       (int)GT_F_STALE_ID == FEED_STALE_ID,
	       "the wire's flags are the feed's");

struct feed_transition wire_transition(const struct gt_record *r)
{
	return (struct feed_transition){
		.time = r->time,
		.goid = r->goid,
		.g = r->g,
		.waker = r->waker,
		.tid = r->tid,
		.sequence = r->sequence,
		.old_state = r->old_state,
		.new_state = r->new_state,
		.reason = r->reason,
		.flags = r->flags,
	};
}

struct feed_account wire_account(uint64_t goid, const struct gt_entry *e)
{
	return (struct feed_account){
		.goid = goid,
		.g = e->g,
		.first = e->first,
		.since = e->since,
		.last = e->last,
		.running = e->running,
		.runnable = e->runnable,
		.waiting = e->waiting,
		.syscall = e->syscall,
		.unknown = e->unknown,
		.max_latency = e->max_latency,
		.waker = e->waker,
		.transitions = e->transitions,
		.switches = e->switches,
		.tid = e->tid,
		.raw = e->raw,
		.folded = e->folded,
		.reason = e->reason,
		.flags = e->flags,
	};
}

static struct gt_value wire_value(struct go_value v)
{
	static const uint32_t kind[] = {
		[GO_VALUE_REGISTER] = GT_REGISTER,
		[GO_VALUE_CONST] = GT_CONST,
		[GO_VALUE_STACK] = GT_STACK,
	};

	return (struct gt_value){.kind = kind[v.kind], .number = v.number};
}

static struct tracer_site wire_site(const struct go_site *s)
{
	return (struct tracer_site){
		.file_offset = s->file_offset,
		.emulated = s->emulated,
		.site = {.gp = wire_value(s->gp),
			 .old_status = wire_value(s->old_status),
			 .new_status = wire_value(s->new_status),
			 .vaddr = s->vaddr,
			 .return_sp = s->return_sp,
			 .return_in_lr = s->return_in_lr,
			 .made = s->made},
	};
}

/* What system calls know the target by; a command's process is ours, of our own namespace. */
static pid_t call_pid(const struct target *t)
{
	return t->process ? t->process->call_pid : t->pid;
}

/* Which ids the kernel's program can compare and report (DESIGN.md, Configuration). */
static void set_identity(struct gt_config *c, const struct target *t)
{
	struct process_pidns ns;

	c->identity = GT_ID_NONE;
	c->tgid = call_pid(t);
	if (process_pidns(t->process, &ns))
		return;
	if (ns.initial) {
		c->identity = GT_ID_INIT;
	} else if (ns.same) {
		c->identity = GT_ID_PIDNS;
		c->pidns_dev = ns.dev;
		c->pidns_ino = ns.ino;
	}
}

static int32_t layout_off(const struct target *t, enum layout_field f)
{
	return t->layout.offset[f];
}

/* go-runtime.md §3: preemption by signals came with Go 1.14, coroutines with 1.22, the rest with 1.26. */
static uint32_t bypasses(const struct go_version *v)
{
	uint32_t b = GT_BYPASS_PREEMPTION;

	if (go_version_cmp(v, 22, 0) >= 0)
		b |= GT_BYPASS_COROUTINES;
	if (go_version_cmp(v, 26, 0) >= 0)
		b |= GT_BYPASS_SYSCALLS | GT_BYPASS_LEAKS;
	return b;
}

static struct gt_config make_config(const struct live_options *o)
{
	const struct target *t = o->target;
	const struct go_exe_info *info = go_exe_info(t->exe);
	struct gt_config c = {
		.goid_late = go_version_cmp(&info->version, 24, 0) < 0,
		.off_goid = layout_off(t, LF_G_GOID),
		.off_waitreason = layout_off(t, LF_G_WAITREASON),
		.off_m = layout_off(t, LF_G_M),
		.off_procid = layout_off(t, LF_M_PROCID),
		.off_gopc = layout_off(t, LF_G_GOPC),
		.off_curg = o->no_waker ? -1 : layout_off(t, LF_M_CURG),
		.reg_g = info->arch == GO_ARCH_ARM64 ? 28 : 14,
		.stream = 1,
		.flap_reasons = o->flap_reasons,
		.bypasses = bypasses(&info->version),
	};
	struct go_func park_m;

	set_identity(&c, t);
	if (go_version_cmp(&info->version, 20, 0) < 0 &&
	    go_func_find(t->exe, "runtime.park_m", &park_m)) {
		c.park_lo = park_m.entry;
		c.park_hi = park_m.end;
	}
	return c;
}

int wire_options(const struct live_options *o, struct tracer_options *to, struct err *err)
{
	const struct target *t = o->target;
	struct tracer_site *sites;

	*to = (struct tracer_options){
		.config = make_config(o),
		.n_sites = t->n_sites,
		.max_goroutines = o->max_goroutines,
		.pid = call_pid(t),
		.settle = privilege_drop,
	};
	if (!to->pid)
		return err_set(err, EXIT_PERMISSION, ESRCH,
			       "process %d is outside of goroutop's PID namespace, where it cannot "
			       "be probed: run goroutop outside of this container, or in the "
			       "process's own namespace (nsenter -t %d -p)",
			       (int)t->pid, (int)t->pid);
	sites = calloc(t->n_sites, sizeof(*sites));
	if (!sites)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	for (size_t i = 0; i < t->n_sites; i++)
		sites[i] = wire_site(&t->sites[i]);
	to->sites = sites;
	/* The descriptor names the inode, whatever its path now leads to. */
	snprintf(to->exe_path, sizeof(to->exe_path), "/proc/self/fd/%d", t->exe_fd);
	return 0;
}
