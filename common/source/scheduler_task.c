// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One look is some reads for each P and M: 50 µs for a small program. Only while the runtime waits
 * for a P to stop it looks again, every 10 ms, to tell a stop that is stuck from many short ones.
 */
#include <poll.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "model/alarm.h"
#include "model/scheduler.h"
#include "process/cgroup.h"
#include "process/thread.h"
#include "runtime/sched.h"
#include "source/collector_internal.h"
#include "source/scheduler_task.h"

enum {
	STOP_PAUSE_MS = 10, /* between two looks at a stop that is pending … */
	STOP_LOOKS = 13,    /* … until it is longer than an alarm's threshold */
	SAMPLE_TRIES = 8,
	SAMPLE_MS = 6,	  /* of threads, for where they execute */
	THREADS_MAX = 64, /* whose state is asked of the kernel */
};

_Static_assert((int)SCHED_KNOWS_PS == SCHEDULER_KNOWS_PS &&
		       (int)SCHED_KNOWS_MS == SCHEDULER_KNOWS_MS &&
		       (int)SCHED_KNOWS_COUNTS == SCHEDULER_KNOWS_COUNTS &&
		       (int)SCHED_KNOWS_QUEUE == SCHEDULER_KNOWS_QUEUE &&
		       (int)SCHED_KNOWS_STOP == SCHEDULER_KNOWS_STOP &&
		       (int)SCHED_KNOWS_GC_PHASE == SCHEDULER_KNOWS_GC_PHASE &&
		       (int)SCHED_P_STATUSES == P_STATUSES && (int)SCHED_GC_PHASES == GC_PHASES,
	       "the model's words are the runtime's");

/* What the model is told, with room of its own. */
struct said {
	struct scheduler_facts facts;
	VEC(struct scheduler_p) ps;
	VEC(struct scheduler_m) ms;
};

struct job {
	/* Asked. */
	const struct process *process;
	struct thread_sampler *sampler;
	bool threads; /* states of all threads that hold a goroutine, and where they execute */
	enum sched_ms ms;
	bool mounted; /* `mount` was looked for */
	struct cgroup_mount mount;
	/* Read. */
	struct sched_facts sched, again;
	struct said said;
	int looks; /* at a stop that is pending */
};

struct state {
	struct scheduler *scheduler;
	struct scheduler_picture picture; /* the last one */
};

/* ---- reading: the reader's thread -------------------------------------------------------------- */

/* Reasons under which a goroutine waits for all Ps (src/runtime/runtime2.go, Go 1.20 to 1.27). */
static const char *asks(const struct runtime *rt, const struct sched_m *m)
{
	static const char *const reasons[] = {"stopping the world", "GC mark termination",
					      "flushing proc caches"};
	const char *reason = m->flap ? runtime_wait_reason(rt, m->reason) : NULL;

	for (size_t i = 0; reason && i < ARRAY_SIZE(reasons); i++)
		if (!strcmp(reason, reasons[i]))
			return reasons[i];
	return NULL;
}

static void say_ms(struct said *s, const struct runtime *rt, const struct sched_facts *f)
{
	s->ms.n = 0;
	vec_foreach (m, &f->ms) {
		const struct sched_p *p = sched_p_of(f, m);
		struct scheduler_m to = {
			.id = m->id,
			.tid = (uint32_t)m->tid,
			.goid = m->goid,
			.p = p ? p->id : -1,
			.spinning = m->spinning,
			.blocked = m->blocked,
			.in_c = m->in_c,
			.asks = asks(rt, m),
		};

		if (!vec_push(&s->ms, to))
			return;
	}
}

static void say_ps(struct said *s, const struct sched_facts *f)
{
	s->ps.n = 0;
	vec_foreach (p, &f->ps) {
		const struct sched_m *m = sched_m_of(f, p);
		struct scheduler_p to = {
			.id = p->id,
			.status = (uint8_t)p->status,
			.tick = p->tick,
			.queue = p->queue,
			.next = p->next_goid,
			.m = m ? m->id : -1,
			.tid = m ? (uint32_t)m->tid : 0,
			.goid = m ? m->goid : 0,
		};

		if (!vec_push(&s->ps, to))
			return;
	}
}

static void say(struct job *j, const struct runtime *rt)
{
	const struct sched_facts *f = &j->sched;
	uint64_t pending = j->said.facts.pending;

	say_ps(&j->said, f);
	say_ms(&j->said, rt, f);
	j->said.facts = (struct scheduler_facts){
		.time = f->t1,
		.knows = f->knows,
		.ps = j->said.ps.v,
		.n_ps = j->said.ps.n,
		.ms = j->said.ms.v,
		.n_ms = j->said.ms.n,
		.idle_ps = f->idle_ps,
		.idle_ms = f->idle_ms,
		.spinning_ms = f->spinning_ms,
		.queue = f->queue,
		.stop_wait = f->stop_wait,
		.stopping = f->stopping,
		.gc_phase = (uint8_t)f->gc_phase,
		.pending = pending,
	};
}

/* ---- a stop that is pending -------------------------------------------------------------------- */

static bool is_pending(const struct runtime *rt, const struct sched_facts *f)
{
	if (f->knows & SCHED_KNOWS_STOP && f->stopping)
		return f->stop_wait > 0;
	vec_foreach (m, &f->ms)
		if (asks(rt, m))
			return true;
	return false;
}

/* Whether some P that runs has not been switched between two looks. */
static bool same_holder(const struct sched_facts *a, const struct sched_facts *b)
{
	for (size_t i = 0; i < a->ps.n && i < b->ps.n; i++)
		if (a->ps.v[i].status == SCHED_P_RUNNING && b->ps.v[i].status == SCHED_P_RUNNING &&
		    a->ps.v[i].tick == b->ps.v[i].tick)
			return true;
	return false;
}

/* Another look at a stop; true: it is still the same, and worth another. */
static bool look_again(struct job *j, struct runtime *rt)
{
	poll(NULL, 0, STOP_PAUSE_MS);
	if (runtime_read_sched(rt, j->ms, &j->again) || !is_pending(rt, &j->again) ||
	    !same_holder(&j->sched, &j->again))
		return false;
	j->said.facts.pending += j->again.t1 - j->said.facts.time;
	j->said.facts.time = j->again.t1;
	return ++j->looks < STOP_LOOKS;
}

/* ---- threads ----------------------------------------------------------------------------------- */

static bool is_wanted(const struct job *j, const struct scheduler_m *m)
{
	return m->tid && m->goid && (j->threads || m->p >= 0);
}

static const struct sched_m *same_m(const struct sched_facts *f, int64_t id)
{
	vec_foreach (m, &f->ms)
		if (m->id == id)
			return m;
	return NULL;
}

/* Whether an M holds the goroutine and the P that it was said to hold, without a switch between. */
static bool is_unmoved(const struct job *j, const struct scheduler_m *m)
{
	const struct sched_m *now = same_m(&j->again, m->id);
	const struct sched_p *p = now ? sched_p_of(&j->again, now) : NULL;

	if (!now || now->goid != m->goid || (p ? p->id : -1) != m->p)
		return false;
	return !p || ((size_t)m->p < j->said.ps.n && j->said.ps.v[m->p].tick == p->tick);
}

/*
 * Between the look and the kernel's word a goroutine may have parked: then its thread sleeps, and
 * rightly. Who is off CPU must hold the same goroutine afterwards, on a P that has not switched.
 */
static void settle_states(struct job *j, struct runtime *rt)
{
	if (runtime_read_sched(rt, j->ms, &j->again))
		return;
	for (size_t i = 0; i < j->said.ms.n; i++) {
		struct scheduler_m *m = &j->said.ms.v[i];

		if (m->thread_state && m->thread_state != 'R' && !is_unmoved(j, m))
			m->thread_state = 0;
	}
}

static void ask_states(struct job *j, struct runtime *rt)
{
	bool off = false;
	size_t n = 0;

	for (size_t i = 0; i < j->said.ms.n && n < THREADS_MAX; i++) {
		struct scheduler_m *m = &j->said.ms.v[i];

		if (!is_wanted(j, m))
			continue;
		m->thread_state = process_thread_state(j->process, (pid_t)m->tid);
		off = off || m->thread_state != 'R';
		n++;
	}
	j->said.facts.knows_threads = true;
	if (off)
		settle_states(j, rt);
}

/* Where they execute who hold up a stop; and on the screen all who run. */
static void ask_pcs(struct job *j)
{
	pid_t tids[THREAD_PC_MAX];
	uint64_t pcs[THREAD_PC_MAX];
	size_t at[THREAD_PC_MAX], n = 0;

	if (!j->threads && !j->said.facts.pending)
		return;
	for (size_t i = 0; i < j->said.ms.n && n < THREAD_PC_MAX; i++) {
		const struct scheduler_m *m = &j->said.ms.v[i];

		if (!m->tid || !m->goid || m->p < 0 || m->asks || m->thread_state != 'R')
			continue;
		tids[n] = (pid_t)m->tid;
		at[n++] = i;
	}
	/* On a busy machine none may have its turn in so short a time. */
	for (int tries = 0; n && tries < SAMPLE_TRIES; tries++) {
		size_t left = 0;

		process_thread_pcs(j->sampler, tids, n, SAMPLE_MS, pcs);
		for (size_t i = 0; i < n; i++) {
			j->said.ms.v[at[i]].pc = pcs[i];
			tids[left] = tids[i];
			at[left] = at[i];
			left += !pcs[i];
		}
		n = j->said.facts.pending ? left : 0;
	}
}

static void ask_kernel(struct job *j)
{
	struct process_usage usage;
	struct cgroup_cpu cpu;

	if (!process_usage(j->process, &usage))
		j->said.facts.process_state = usage.state;
	if (!j->mounted)
		cgroup_mount_find(&j->mount);
	j->mounted = true;
	cgroup_cpu_read(&j->mount, j->process, &cpu);
	j->said.facts.quota = (struct scheduler_quota){
		.known = cpu.known,
		.cpus = cpu.quota,
		.periods = cpu.periods,
		.throttled = cpu.throttled,
	};
}

static int read_scheduler(void *job, struct runtime *rt)
{
	struct job *j = job;
	int r;

	if (!j->looks) {
		j->said.facts.pending = 0;
		r = runtime_read_sched(rt, j->ms, &j->sched);
		if (r)
			return r;
		say(j, rt);
	}
	if (is_pending(rt, &j->sched) && look_again(j, rt))
		return 1;
	ask_states(j, rt);
	ask_pcs(j);
	ask_kernel(j);
	return 0;
}

/* ---- the collector's thread -------------------------------------------------------------------- */

static bool wants_scheduler(void *state, void *job, const struct task_context *t)
{
	const struct collector *c = t->collector;
	struct state *s = state;
	struct job *j = job;

	/* A new request is worth a look only if it is the first for this screen. */
	if (!t->refresh && !(t->request->view == VIEW_SCHEDULER && !j->threads))
		return false;
	if (!s->scheduler)
		s->scheduler = scheduler_new();
	j->process = c->target.process;
	j->sampler = c->target.sampler;
	j->threads = t->all || t->request->view == VIEW_SCHEDULER;
	j->ms = j->threads ? SCHED_ALL_MS : SCHED_HELD_MS;
	j->looks = 0;
	return s->scheduler && j->process;
}

static bool merge_scheduler(void *state, void *job, const struct task_context *t, int result)
{
	struct state *s = state;
	struct job *j = job;

	if (result)
		return false;
	scheduler_take(s->scheduler, t->collector->model, &j->said.facts);
	return true;
}

static void show_scheduler(void *state, const struct task_context *t, struct picture *p)
{
	static const struct alarms none;
	struct state *s = state;
	const struct alarms *alarms = s->scheduler ? scheduler_alarms(s->scheduler) : &none;

	p->alarms = alarms->v;
	p->n_alarms = p->target.exited ? 0 : alarms->n;
	if (!s->scheduler || !(t->all || t->request->view == VIEW_SCHEDULER))
		return;
	if (scheduler_show(s->scheduler, t->collector->model, &s->picture))
		p->scheduler = &s->picture;
}

static void free_scheduler(void *state, void *job)
{
	struct state *s = state;
	struct job *j = job;

	scheduler_free(s->scheduler);
	if (j->mounted)
		cgroup_mount_close(&j->mount);
	sched_facts_free(&j->sched);
	sched_facts_free(&j->again);
	vec_free(&j->said.ps);
	vec_free(&j->said.ms);
}

const struct task_kind scheduler_task = {
	.name = "scheduler",
	.state_size = sizeof(struct state),
	.job_size = sizeof(struct job),
	.wanted = wants_scheduler,
	.read = read_scheduler,
	.merge = merge_scheduler,
	.show = show_scheduler,
	.free = free_scheduler,
};
