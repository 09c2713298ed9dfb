// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/human.h"
#include "base/text.h"
#include "model/alarm.h"

const char *alarm_kind_name(enum alarm_kind kind)
{
	static const char *const names[ALARM_KINDS] = {
		[ALARM_STOP] = "stop",
		[ALARM_NO_P_RUNS] = "no_p_runs",
		[ALARM_THROTTLED] = "throttled",
		[ALARM_GOMAXPROCS] = "gomaxprocs",
	};

	return (unsigned)kind < ALARM_KINDS ? names[kind] : "unknown";
}

static void raise(struct alarms *a, enum alarm_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void raise(struct alarms *a, enum alarm_kind kind, const char *fmt, ...)
{
	va_list args;

	if (a->n == ALARMS_MAX)
		return;
	a->v[a->n].kind = kind;
	va_start(args, fmt);
	text_vprint(a->v[a->n].text, sizeof(a->v[a->n].text), fmt, args);
	va_end(args);
	a->n++;
}

/* ---- the world, or a phase of the collector, waits --------------------------------------------- */

static void judge_stop(const struct alarm_facts *f, struct alarms *ret)
{
	const struct alarm_who *who = f->holders;
	char age[HUMAN_MAX], others[32] = "", where[sizeof(who->where) + 4] = "";

	if (!f->what || f->pending <= ALARM_STOP_AFTER)
		return;
	human_age(age, sizeof(age), f->pending);
	if (!f->n_holders) {
		raise(ret, ALARM_STOP, "%s for over %s", f->what, age);
		return;
	}
	if (who->where[0])
		snprintf(where, sizeof(where), " (%s)", who->where);
	if (f->n_holders > 1)
		snprintf(others, sizeof(others), " and %zu more", f->n_holders - 1);
	raise(ret, ALARM_STOP, "%s for over %s, held up by %llu%s%s", f->what, age,
	      (unsigned long long)who->goid, where, others);
}

/* ---- nothing runs ------------------------------------------------------------------------------ */

/* Goroutines in queues; what is not known counts for none. */
static uint64_t queued(const struct scheduler_facts *f)
{
	uint64_t n = f->knows & SCHEDULER_KNOWS_QUEUE ? (uint64_t)f->queue : 0;

	for (size_t i = 0; i < f->n_ps; i++)
		n += (f->ps[i].queue > 0 ? (uint64_t)f->ps[i].queue : 0) + (f->ps[i].next != 0);
	return n;
}

/* Whether any P was given something to run between two looks. */
static bool ticked(const struct scheduler_facts *a, const struct scheduler_facts *b)
{
	if (a->n_ps != b->n_ps)
		return true;
	for (size_t i = 0; i < a->n_ps; i++)
		if (a->ps[i].tick != b->ps[i].tick)
			return true;
	return false;
}

/* Whether the thread of a P that runs is on CPU, or waits for one, or may be for all we know. */
static bool executes(const struct scheduler_facts *f)
{
	for (size_t i = 0; i < f->n_ms; i++)
		if (f->ms[i].p >= 0 && (!f->ms[i].thread_state || f->ms[i].thread_state == 'R'))
			return true;
	return false;
}

static void judge_idle(const struct alarm_facts *f, struct alarms *ret)
{
	const struct scheduler_facts *now = f->now, *before = f->before;
	bool stopped = now->process_state == 'T' || now->process_state == 't';
	uint64_t n = queued(now);

	if (!before || !n || !queued(before) || now->time - before->time < ALARM_IDLE_AFTER ||
	    !(now->knows & before->knows & SCHEDULER_KNOWS_PS) || now->stopping)
		return;
	if (ticked(now, before) || !now->knows_threads || executes(now) || executes(before))
		return;
	raise(ret, ALARM_NO_P_RUNS, "%llu goroutine%s runnable, but no P runs: %s",
	      (unsigned long long)n, n == 1 ? " is" : "s are",
	      stopped ? "the process is stopped" : "its threads are held off the CPU");
}

/* ---- its cgroup -------------------------------------------------------------------------------- */

static void judge_quota(const struct alarm_facts *f, struct alarms *ret)
{
	const struct scheduler_quota *q = &f->now->quota;
	size_t procs = f->now->knows & SCHEDULER_KNOWS_PS ? f->now->n_ps : 0;
	char with[48] = "";
	double most;

	if (!q->known || q->cpus <= 0)
		return;
	if (procs)
		snprintf(with, sizeof(with), ", GOMAXPROCS %zu", procs);
	if (f->before && f->before->quota.known && q->periods > f->before->quota.periods &&
	    q->throttled >= f->before->quota.throttled) {
		double pct = 100.0 * (double)(q->throttled - f->before->quota.throttled) /
			     (double)(q->periods - f->before->quota.periods);

		if (pct >= ALARM_THROTTLED_PCT)
			raise(ret, ALARM_THROTTLED,
			      "CPU throttled in %.0f%% of its periods by its cgroup (quota %.1f%s)",
			      pct, q->cpus, with);
	}
	/* Go 1.25's own choice for a quota is its ceiling, and never less than 2. */
	most = fmax(ceil(q->cpus), 2);
	if ((double)procs > most)
		raise(ret, ALARM_GOMAXPROCS,
		      "GOMAXPROCS is %zu, but its cgroup grants %.1f CPUs: set GOMAXPROCS=%.0f",
		      procs, q->cpus, most);
}

void alarms_judge(const struct alarm_facts *f, struct alarms *ret)
{
	ret->n = 0;
	judge_stop(f, ret);
	judge_idle(f, ret);
	judge_quota(f, ret);
}
