// SPDX-License-Identifier: GPL-2.0-or-later
/* The facts in a picture's header that are not the model's: target, source, cost. */
#include "base/clock.h"
#include "source/collector_internal.h"

/* Memory that has not answered for this long is said not to answer (DESIGN.md, Three threads). */
static const uint64_t stuck_after = 2 * NSEC_PER_SEC;

void collector_measure(struct collector *c, uint64_t now)
{
	uint64_t cpu = clock_process_cpu();
	struct process_usage usage;

	if (now > c->refreshed_at)
		c->self_cpu_pct =
			100.0 * (double)(cpu - c->refreshed_cpu) / (double)(now - c->refreshed_at);
	c->refreshed_cpu = cpu;
	c->refreshed_at = now;
	if (c->target.process && !process_usage(c->target.process, &usage))
		c->threads = usage.threads;
	c->serial++;
}

static const char *mode_name(const struct collector *c)
{
	if (!c->probing)
		return "memory";
	return c->target.memory && c->session->mode != SOURCE_PROBE ? "probe+memory" : "probe";
}

static struct target_facts target_facts(const struct collector *c)
{
	const struct target *t = &c->target;
	const struct go_exe_info *info = go_exe_info(t->exe);
	const struct process *p = t->process;

	return (struct target_facts){
		.pid = t->pid,
		.comm = p ? p->comm : "",
		.exe = p ? p->exe : "",
		.command = p ? p->cmdline : "",
		.started = p ? p->started : c->attached,
		.go_version = info->version.text,
		.arch = go_arch_name(info->arch),
		.layout = layout_origin_name(t->layout.origin),
		.stripped = info->stripped,
		.exited = c->life == PROCESS_EXITED,
		.execed = c->life == PROCESS_EXECED,
		.threads = c->threads,
		.gomaxprocs = c->gomaxprocs,
	};
}

static struct probe_facts probe_facts(const struct collector *c)
{
	const struct go_site *site = c->target.sites;

	if (!c->probing)
		return (struct probe_facts){0};
	return (struct probe_facts){
		.present = true,
		.site = site->where,
		.sites = c->target.n_sites,
		.instruction = site->instruction,
		.emulated = site->emulated,
		.ns_per_hit = live_ns_per_hit(c->live),
		.attached_pct = c->attached_pct,
	};
}

/* Adds to what the model said of the source (corrections, missed …) what the collector knows. */
static void source_facts(const struct collector *c, struct source_facts *s)
{
	s->mode = mode_name(c);
	s->why = c->why;
	s->self_cpu_pct = c->self_cpu_pct;
	s->probe = probe_facts(c);
	/* What probes have counted stays when they are given up: a counter never falls. */
	if (!c->live)
		return;
	s->counted = true;
	s->transitions = c->counts.transitions;
	s->lost = c->counts.loss[LOSS_RING];
	s->map_full = c->counts.loss[LOSS_MAP_FULL];
	s->unread = c->counts.loss[LOSS_UNREAD];
	s->missed = c->counts.loss[LOSS_MISSED];
	s->bypassed += c->counts.bypassed;
	s->torn = c->counts.loss[LOSS_TORN];
	if (!c->probing)
		return;
	s->transitions_per_s = c->transitions_per_s;
	s->overhead_pct = c->overhead_pct;
}

int collector_picture(struct collector *c, const struct request *request, struct picture *ret)
{
	int r = model_picture(c->model, request, ret);

	if (r)
		return r;
	ret->serial = c->serial;
	ret->target = target_facts(c);
	source_facts(c, &ret->source);
	ret->source.memory_stuck = c->reader && reader_busy_for(c->reader) > stuck_after;
	collector_remember_shown(c, ret);
	collector_show(c, ret);
	return 0;
}
