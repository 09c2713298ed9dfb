// SPDX-License-Identifier: GPL-2.0-or-later
/* The alarms and the scheduler of a picture, as members of the JSON object. */
#include "base/gstatus.h"
#include "format/json_scheduler.h"
#include "format/json_value.h"
#include "model/alarm.h"
#include "model/scheduler_picture.h"

void json_alarms(yajl_gen g, const struct picture *p)
{
	put_raw(g, "alarms");
	yajl_gen_array_open(g);
	for (size_t i = 0; i < p->n_alarms; i++) {
		yajl_gen_map_open(g);
		string(g, "kind", alarm_kind_name(p->alarms[i].kind));
		string(g, "text", p->alarms[i].text);
		yajl_gen_map_close(g);
	}
	yajl_gen_array_close(g);
}

/* ---- distributions ----------------------------------------------------------------------------- */

static void put_histogram(yajl_gen g, const char *key, const struct histogram *h, bool known)
{
	put_raw(g, key);
	if (!known) {
		yajl_gen_null(g);
		return;
	}
	yajl_gen_array_open(g);
	for (unsigned b = 0; b < HISTOGRAM_BUCKETS - 1; b++) {
		if (!h->bucket[b])
			continue;
		yajl_gen_map_open(g);
		count(g, "from_ns", b ? 1ull << b : 0);
		count(g, "count", h->bucket[b]);
		yajl_gen_map_close(g);
	}
	yajl_gen_array_close(g);
}

static void put_percentiles(yajl_gen g, const char *key, const struct percentiles *p, bool known)
{
	put_raw(g, key);
	if (!known) {
		yajl_gen_null(g);
		return;
	}
	yajl_gen_map_open(g);
	count(g, "count", p->count);
	count_if(g, "p50", p->count, p->p50);
	count_if(g, "p90", p->count, p->p90);
	count_if(g, "p99", p->count, p->p99);
	yajl_gen_map_close(g);
}

static void put_spread(yajl_gen g, const char *key, const struct spread *s)
{
	put_raw(g, key);
	if (!s->known) {
		yajl_gen_null(g);
		return;
	}
	yajl_gen_map_open(g);
	put_percentiles(g, "total_ns", &s->all, true);
	put_percentiles(g, "interval_ns", &s->last, s->has_interval);
	put_histogram(g, "total", &s->total, true);
	put_histogram(g, "interval", &s->interval, s->has_interval);
	yajl_gen_map_close(g);
}

/* ---- Ps and threads ---------------------------------------------------------------------------- */

static void put_goroutine(yajl_gen g, const struct scheduler_goroutine *r, uint64_t now)
{
	static const char *const bounds[] = {
		[AGE_EXACT] = "exact", [AGE_MIN] = "min", [AGE_ABOUT] = "about"};
	bool aged = r->goid && r->bound != AGE_UNKNOWN;

	count_if(g, "goid", r->goid, r->goid);
	count_if(g, "age_ns", aged, now > r->since ? now - r->since : 0);
	text(g, "age_bound", aged ? bounds[r->bound] : NULL);
}

static void put_state(yajl_gen g, char state)
{
	const char s[] = {state, '\0'};

	text(g, "thread_state", s);
}

static void put_ps(yajl_gen g, const struct scheduler_picture *s)
{
	put_raw(g, "ps");
	if (!(s->knows & SCHEDULER_KNOWS_PS)) {
		yajl_gen_null(g);
		return;
	}
	yajl_gen_array_open(g);
	for (size_t i = 0; i < s->n_ps; i++) {
		const struct scheduler_row *p = &s->ps[i];

		yajl_gen_map_open(g);
		count(g, "id", (uint64_t)p->id);
		string(g, "status", scheduler_p_status_name(p->status));
		count_if(g, "m", p->m >= 0, (uint64_t)p->m);
		count_if(g, "thread", p->tid, p->tid);
		put_state(g, p->thread_state);
		count_if(g, "queue", p->queue >= 0, (uint64_t)p->queue);
		count_if(g, "next", p->next, p->next);
		put_goroutine(g, &p->running, s->time);
		yajl_gen_map_close(g);
	}
	yajl_gen_array_close(g);
}

static void put_threads(yajl_gen g, const char *key, const struct scheduler_thread *v, size_t n,
			uint64_t now)
{
	put_raw(g, key);
	yajl_gen_array_open(g);
	for (size_t i = 0; i < n; i++) {
		yajl_gen_map_open(g);
		count_if(g, "m", v[i].m >= 0, (uint64_t)v[i].m);
		count_if(g, "thread", v[i].tid, v[i].tid);
		put_state(g, v[i].thread_state);
		put_goroutine(g, &v[i].running, now);
		yajl_gen_map_close(g);
	}
	yajl_gen_array_close(g);
}

void json_scheduler(yajl_gen g, const struct picture *p)
{
	const struct scheduler_picture *s = p->scheduler;
	bool counts, stop;

	put_raw(g, "scheduler");
	if (!s) {
		yajl_gen_null(g);
		return;
	}
	counts = s->knows & SCHEDULER_KNOWS_COUNTS;
	stop = s->knows & SCHEDULER_KNOWS_STOP;
	yajl_gen_map_open(g);
	count_if(g, "gomaxprocs", s->knows & SCHEDULER_KNOWS_PS, s->n_ps);
	count_if(g, "idle_ps", counts, (uint64_t)s->idle_ps);
	count_if(g, "ms", s->knows & SCHEDULER_KNOWS_MS, s->n_ms);
	count_if(g, "idle_ms", counts, (uint64_t)s->idle_ms);
	count_if(g, "spinning_ms", counts, (uint64_t)s->spinning_ms);
	count_if(g, "global_queue", s->knows & SCHEDULER_KNOWS_QUEUE, (uint64_t)s->queue);
	text(g, "gc_phase",
	     s->knows & SCHEDULER_KNOWS_GC_PHASE ? scheduler_gc_phase_name(s->gc_phase) : NULL);
	if (stop)
		boolean(g, "stopping", s->stopping);
	else
		null(g, "stopping");
	put_ps(g, s);
	put_threads(g, "off_cpu", s->off, s->n_off, s->time);
	put_threads(g, "busy", s->busy, s->n_busy, s->time);
	put_spread(g, "latency", &s->latency);
	put_spread(g, "run", &s->run);
	yajl_gen_map_close(g);
}
