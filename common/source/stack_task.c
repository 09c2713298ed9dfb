// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/clock.h"
#include "base/vec.h"
#include "runtime/stack.h"
#include "source/collector_internal.h"
#include "source/stack_task.h"

enum {
	SLICE = 4096,		/* stacks read in one turn of the reader: 10 to 20 ms */
	JOB_MOST = 100 * 1000,	/* of one job for a screen, which shows what it got and goes on */
	FIRST_MOST = 10 * 1000, /* of those that nobody looks at, the first time */
	SHARE = 100,		/* one part in so many of a CPU is what they may take */
	NS_GUESS = 3000,	/* what a stack takes, until that has been measured */
	SHOWN_MOST = 4096,
};

_Static_assert(STACK_EXACT == FRAME_EXACT && (int)STACK_RUNNING == STACK_IS_GUESS &&
		       (int)STACK_TORN == STACK_IS_TORN && (int)STACK_CUT == STACK_IS_CUT,
	       "the feed's words are the runtime's");

struct state {
	VEC(uint64_t) shown; /* goids on the screen */
	size_t cursor;	     /* of model_wants_stacks */
	uint64_t settled_at; /* when the rest was last read; 0: never */
	uint64_t ns;	     /* what a stack takes; 0: not measured */
};

struct job {
	VEC(uint64_t) addrs;
	size_t at; /* those before it are read */
	bool rest; /* some of them nobody looks at */
	struct stack_batch batch;
};

/* ---- what is wanted --------------------------------------------------------------------------- */

/* Whether the picture depends on where every goroutine stands. */
static bool needs_all(const struct request *r)
{
	static const char where[] = "where";

	return r->count == SIZE_MAX || r->stacks == STACKS_ALL || filter_asks_where(r->filter) ||
	       (r->sort.column >= 0 && !strcmp(columns[r->sort.column].name, where)) ||
	       r->view == VIEW_BLOCKED ||
	       (r->view == VIEW_GROUPS && r->groups.by.kind == GROUP_WHERE);
}

static void want_shown(struct state *s, struct job *j, const struct task_context *t)
{
	const struct model *m = t->collector->model;
	uint64_t selected = t->request->selected;

	if (!vec_reserve(&j->addrs, s->shown.n + 1))
		return;
	j->addrs.n = model_wants_stacks_of(m, s->shown.v, s->shown.n, t->refresh, j->addrs.v,
					   s->shown.n);
	if (selected)
		j->addrs.n += model_wants_stacks_of(m, &selected, 1, t->refresh,
						    j->addrs.v + j->addrs.n, 1);
}

/* How many that nobody looks at may be read now. */
static size_t allowance(const struct state *s, uint64_t now)
{
	uint64_t n;

	if (!s->settled_at)
		return FIRST_MOST;
	n = (now - s->settled_at) / SHARE / (s->ns ? s->ns : NS_GUESS);
	return n < JOB_MOST ? (size_t)n : JOB_MOST;
}

static void want_rest(struct state *s, struct job *j, const struct task_context *t, size_t most)
{
	struct model *m = t->collector->model;
	size_t n;

	if (!most || !vec_reserve(&j->addrs, j->addrs.n + most))
		return;
	n = model_wants_stacks(m, &s->cursor, t->refresh, j->addrs.v + j->addrs.n, most);
	j->addrs.n += n;
	j->rest = true;
}

static bool wanted(void *state, void *job, const struct task_context *t)
{
	struct state *s = state;
	struct job *j = job;

	j->addrs.n = j->at = 0;
	j->rest = false;
	want_shown(s, j, t);
	if (needs_all(t->request))
		want_rest(s, j, t, t->all ? model_count(t->collector->model) : JOB_MOST);
	else if (t->refresh)
		want_rest(s, j, t, allowance(s, t->now));
	return j->addrs.n;
}

/* ---- reading: the reader's thread -------------------------------------------------------------- */

static int read_some(void *job, struct runtime *rt)
{
	struct job *j = job;
	size_t n = j->addrs.n - j->at < SLICE ? j->addrs.n - j->at : SLICE;
	int r;

	if (!j->at)
		stack_batch_clear(&j->batch);
	r = runtime_read_stacks(rt, j->addrs.v + j->at, n, &j->batch);
	if (r)
		return r;
	j->at += n;
	return j->at < j->addrs.n;
}

/* ---- what was read ---------------------------------------------------------------------------- */

static void give(const struct collector *c, const struct stack_batch *b)
{
	struct feed_stack *stacks = malloc(b->stacks.n * sizeof(*stacks) + 1);
	struct feed_stack_of *of = malloc(b->of.n * sizeof(*of) + 1);
	const struct feed_stacks feed = {
		.t0 = b->t0,
		.t1 = b->t1,
		.frames = b->pcs.v,
		.n_frames = b->pcs.n,
		.stacks = stacks,
		.n_stacks = b->stacks.n,
		.of = of,
		.n_of = b->of.n,
	};

	for (size_t i = 0; stacks && i < b->stacks.n; i++)
		stacks[i] = (struct feed_stack){b->stacks.v[i].first, b->stacks.v[i].n};
	for (size_t i = 0; of && i < b->of.n; i++)
		of[i] = (struct feed_stack_of){
			.goid = b->of.v[i].goid,
			.g = b->of.v[i].g,
			.stack = b->of.v[i].stack,
			.flags = b->of.v[i].flags,
		};
	if (stacks && of)
		c->sink.stacks(c->sink.ctx, &feed);
	free(stacks);
	free(of);
}

static bool merge(void *state, void *job, const struct task_context *t, int result)
{
	struct state *s = state;
	struct job *j = job;

	if (j->rest)
		s->settled_at = t->now;
	if (result)
		return false;
	if (j->addrs.n)
		s->ns = t->cost.cpu_last / j->addrs.n + 1;
	give(t->collector, &j->batch);
	return true;
}

static void remember_shown(void *state, const struct task_context *t, struct picture *p)
{
	struct state *s = state;

	s->shown.n = 0;
	if (t->all || !vec_reserve(&s->shown, SHOWN_MOST))
		return;
	for (size_t i = 0; i < p->n && i < SHOWN_MOST; i++)
		s->shown.v[s->shown.n++] = p->rows[i].row->goid;
}

static void free_all(void *state, void *job)
{
	struct state *s = state;
	struct job *j = job;

	vec_free(&s->shown);
	vec_free(&j->addrs);
	stack_batch_free(&j->batch);
}

const struct task_kind stack_task = {
	.name = "stacks",
	.state_size = sizeof(struct state),
	.job_size = sizeof(struct job),
	.wanted = wanted,
	.read = read_some,
	.merge = merge,
	.show = remember_shown,
	.free = free_all,
};
