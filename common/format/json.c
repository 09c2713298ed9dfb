// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One object a refresh, of schema goroutop/1 (INTERFACE.md): what is not known is null. The texts in
 * it were cleaned where they came in; they are looked at once more here, because one invalid byte
 * makes the whole line unreadable.
 */
#include <string.h>

#include "base/clock.h"
#include "format/json_groups.h"
#include "format/json_value.h"
#include "format/json_scheduler.h"
#include "format/json_waits.h"
#include "format/outputs.h"

/* ---- the header's facts ----------------------------------------------------------------------- */

static void put_target(yajl_gen g, const struct target_facts *t)
{
	open_map(g, "target");
	count(g, "pid", (uint64_t)t->pid);
	string(g, "comm", t->comm);
	string(g, "exe", t->exe);
	text(g, "go_version", t->go_version);
	text(g, "arch", t->arch);
	boolean(g, "stripped", t->stripped);
	text(g, "layout", t->layout);
	count_if(g, "threads", t->threads, t->threads);
	count_if(g, "gomaxprocs", t->gomaxprocs, t->gomaxprocs);
	boolean(g, "exited", t->exited);
	yajl_gen_map_close(g);
}

static void put_probe(yajl_gen g, const struct probe_facts *p)
{
	if (!p->present) {
		null(g, "probe");
		return;
	}
	open_map(g, "probe");
	text(g, "site", p->site);
	count(g, "sites", p->sites);
	text(g, "instruction", p->instruction);
	string(g, "cost", p->emulated ? "emulated" : "single-step");
	number_if(g, "ns_per_hit", p->ns_per_hit > 0, p->ns_per_hit);
	number_if(g, "attached_pct", true, p->attached_pct);
	yajl_gen_map_close(g);
}

/* Whether the last interval's transitions were counted, not only those of some before. */
static bool counts_now(const struct picture *p)
{
	return p->source.probe.present || !strcmp(p->source.mode, "replay");
}

static void put_source(yajl_gen g, const struct picture *p)
{
	const struct source_facts *s = &p->source;
	bool rate = counts_now(p) && p->has_interval && s->transitions_per_s >= 0;

	open_map(g, "source");
	string(g, "mode", s->mode);
	put_probe(g, &s->probe);
	/* Where there never were probes nobody counted; nor is any transition lost. */
	count_if(g, "transitions", s->counted, s->transitions);
	number_if(g, "transitions_per_s", rate, s->transitions_per_s);
	count(g, "lost", s->lost);
	count(g, "map_full", s->map_full);
	count(g, "unread", s->unread);
	count(g, "missed", s->missed);
	count(g, "torn", s->torn);
	count(g, "corrected", s->corrected);
	count(g, "bypassed", s->bypassed);
	/* Measured only where the cost of a hit is; without probes there is none. */
	number_if(g, "overhead_pct",
		  p->has_interval && (!s->probe.present || s->probe.ns_per_hit > 0),
		  s->overhead_pct);
	number_if(g, "self_cpu_pct", s->self_cpu_pct >= 0, s->self_cpu_pct);
	yajl_gen_map_close(g);
}

static void put_latency(yajl_gen g, const struct picture *p)
{
	const struct latency_summary *l = &p->summary.latency;
	bool interval = l->interval && counts_now(p);
	bool known = interval && l->count;

	if (!p->source.counted) {
		null(g, "sched_latency_ns");
		return;
	}
	open_map(g, "sched_latency_ns");
	count(g, "count", l->total);
	count_if(g, "p50", known, l->p50);
	count_if(g, "p90", known, l->p90);
	count_if(g, "p99", known, l->p99);
	count_if(g, "max", l->max, l->max);
	yajl_gen_map_close(g);
}

static void put_summary(yajl_gen g, const struct picture *p)
{
	const struct summary *s = &p->summary;

	open_map(g, "summary");
	count(g, "goroutines", s->goroutines);
	count(g, "system", s->system);
	count(g, "running", s->running);
	count(g, "runnable", s->runnable);
	count(g, "waiting", s->waiting);
	count(g, "syscall", s->syscall);
	count(g, "other", s->other);
	count(g, "created", s->created);
	count(g, "ended", s->ended);
	put_latency(g, p);
	yajl_gen_map_close(g);
}

/* ---- goroutines ------------------------------------------------------------------------------- */

static void put_place(yajl_gen g, const char *key, const struct name *n)
{
	if (!n->function) {
		null(g, key);
		return;
	}
	open_map(g, key);
	text(g, "function", n->function);
	text(g, "file", n->file);
	count_if(g, "line", n->line > 0, (uint64_t)n->line);
	yajl_gen_map_close(g);
}

static void put_times(yajl_gen g, const struct row *r, const struct row_context *ctx)
{
	bool known = r->flags & ROW_KNOWS_COUNTS;

	count_if(g, "transitions", known, r->transitions);
	count_if(g, "switches", known, r->switches);
	count_if(g, "observed_ns", known, row_times_sum(&r->times));
	count_if(g, "running_ns", known, r->times.running);
	count_if(g, "runnable_ns", known, r->times.runnable);
	count_if(g, "waiting_ns", known, r->times.waiting);
	count_if(g, "syscall_ns", known && ctx->syscall_times, r->times.syscall);
	count_if(g, "unknown_ns", known, r->times.unknown);
	count_if(g, "max_sched_latency_ns", known && r->max_latency, r->max_latency);
}

static void put_age(yajl_gen g, const struct row *r, const struct row_context *ctx)
{
	static const char *const bounds[] = {
		[AGE_EXACT] = "exact", [AGE_MIN] = "min", [AGE_ABOUT] = "about"};

	count_if(g, "age_ns", r->bound != AGE_UNKNOWN, row_age(r, ctx->now));
	text(g, "age_bound", r->bound != AGE_UNKNOWN ? bounds[r->bound] : NULL);
}

/* To have none is a fact. */
static void put_labels(yajl_gen g, const struct row *r)
{
	const struct label_set *s = r->label_set;

	if (!s && (r->labels || !(r->flags & ROW_KNOWS_MEMORY))) {
		null(g, "labels");
		return;
	}
	open_map(g, "labels");
	for (size_t i = 0; s && i < s->n; i++)
		string(g, s->v[i].key, s->v[i].value);
	yajl_gen_map_close(g);
}

static void put_row(yajl_gen g, const struct picture *p, const struct row *r)
{
	const struct row_context *ctx = &p->context;
	bool thread = r->flags & ROW_KNOWS_THREAD && r->tid;
	bool processor = r->flags & ROW_KNOWS_PROCESSOR && r->processor >= 0;

	yajl_gen_map_open(g);
	count(g, "goid", r->goid);
	string(g, "state", state_name(r->state));
	put_age(g, r, ctx);
	text(g, "reason", r->flags & ROW_KNOWS_REASON ? r->reason_text : NULL);
	count_if(g, "thread", thread, r->tid);
	count_if(g, "processor", processor, (uint64_t)r->processor);
	text(g, "start", r->start->function);
	put_place(g, "created_by", r->created);
	put_place(g, "where", r->where);
	text(g, "where_bound",
	     !r->where->function	  ? NULL
	     : r->flags & ROW_STACK_ABOUT ? "about"
					  : "exact");
	count_if(g, "parent", r->parent, r->parent);
	count_if(g, "waker", r->flags & ROW_KNOWS_WAKER && r->waker, r->waker);
	boolean(g, "system", r->flags & ROW_SYSTEM);
	count_if(g, "locked_thread", r->locked_tid, r->locked_tid);
	put_times(g, r, ctx);
	put_labels(g, r);
	json_waits(g, p, r);
	yajl_gen_map_close(g);
}

/* ---- the object ------------------------------------------------------------------------------- */

static void print(void *ctx, const char *s, size_t n)
{
	buf_put(ctx, s, n);
}

static void put_picture(yajl_gen g, const struct picture *p)
{
	char time[32];

	clock_iso8601(time, sizeof(time), clock_wall_at(p->time));
	yajl_gen_map_open(g);
	string(g, "schema", "goroutop/1");
	string(g, "time", time);
	count(g, "elapsed_ns", p->elapsed);
	put_target(g, &p->target);
	put_source(g, p);
	put_summary(g, p);
	json_alarms(g, p);
	json_scheduler(g, p);
	if (p->groups) {
		json_groups(g, p);
		yajl_gen_map_close(g);
		return;
	}
	put_raw(g, "goroutines");
	yajl_gen_array_open(g);
	for (size_t i = 0; i < p->n; i++)
		if (!(p->rows[i].row->flags & ROW_ENDED))
			put_row(g, p, p->rows[i].row);
	yajl_gen_array_close(g);
	yajl_gen_map_close(g);
}

void format_json(struct buf *out, const struct picture *p, struct format_options *o)
{
	yajl_gen g = yajl_gen_alloc(NULL);

	(void)o;
	if (!g) {
		out->failed = true;
		return;
	}
	yajl_gen_config(g, yajl_gen_print_callback, print, out);
	put_picture(g, p);
	yajl_gen_free(g);
	buf_putc(out, '\n');
}
