/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of the scheduler and its alarms: made-up looks. Include it after cmocka.h. */
#ifndef TESTS_UNIT_MODEL_SCHEDULER_BENCH_H
#define TESTS_UNIT_MODEL_SCHEDULER_BENCH_H

#include "model/alarm.h"
#include "model/scheduler.h"
#include "harness.h"

enum { PS = 4 };

/* A look at four Ps: goroutine 10 + i on P i and M 100 + i, or nothing. */
struct made_up {
	struct scheduler_p ps[PS];
	struct scheduler_m ms[PS];
	struct scheduler_facts facts;
};

static inline struct made_up quiet(uint64_t time)
{
	struct made_up l = {
		.facts = {.time = time, .n_ps = PS, .n_ms = PS, .knows_threads = true},
	};

	l.facts.knows = SCHEDULER_KNOWS_PS | SCHEDULER_KNOWS_MS | SCHEDULER_KNOWS_COUNTS |
			SCHEDULER_KNOWS_QUEUE | SCHEDULER_KNOWS_STOP | SCHEDULER_KNOWS_GC_PHASE;
	l.facts.idle_ps = PS;
	l.facts.process_state = 'S';
	for (int i = 0; i < PS; i++) {
		l.ps[i] = (struct scheduler_p){.id = i, .status = P_IDLE, .m = -1};
		l.ms[i] = (struct scheduler_m){.id = 100 + i,
					       .tid = 1000 + (uint32_t)i,
					       .p = -1,
					       .thread_state = 'S'};
	}
	return l;
}

static inline void run_on(struct made_up *l, int p, uint32_t tick)
{
	l->ps[p].status = P_RUNNING;
	l->ps[p].m = 100 + p;
	l->ps[p].tid = 1000 + (uint32_t)p;
	l->ps[p].goid = l->ms[p].goid = 10 + (uint64_t)p;
	l->ps[p].tick = tick;
	l->ms[p].p = p;
	l->ms[p].thread_state = 'R';
}

/* A look at a stop of the world for which P 1 is waited. */
static inline struct made_up stopping(uint64_t time, uint32_t tick)
{
	struct made_up l = quiet(time);

	run_on(&l, 1, tick);
	l.facts.stopping = true;
	l.facts.stop_wait = 1;
	l.ps[0].status = P_GCSTOP;
	return l;
}

struct bench {
	struct world world;
	struct scheduler *s;
};

static inline void bench_free(struct bench *b)
{
	scheduler_free(b->s);
	world_free(&b->world);
}

static inline struct bench bench_new(void)
{
	struct bench b = {.world = world_new(watching()), .s = scheduler_new()};

	assert_non_null(b.s);
	return b;
}

#define BENCH(b) _cleanup_(bench_free) struct bench b = bench_new()

static inline const struct alarms *take(struct bench *b, struct made_up l)
{
	l.facts.ps = l.ps;
	l.facts.ms = l.ms;
	scheduler_take(b->s, b->world.model, &l.facts);
	/* What was given may go: it was copied. */
	memset(&l, 0xa5, sizeof(l));
	return scheduler_alarms(b->s);
}

#endif
