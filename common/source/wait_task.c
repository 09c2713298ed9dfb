// SPDX-License-Identifier: GPL-2.0-or-later
#include "runtime/waits.h"
#include "source/collector_internal.h"
#include "source/wait_task.h"

/* For a screen one part in so many of a CPU is what it may take. */
enum { SHARE = 10 };

struct job {
	struct waits waits;
};

static bool is_asked_for(const struct request *r, bool all)
{
	return all ? r->waits || filter_asks_waits(r->filter)
		   : r->view == VIEW_BLOCKED || r->waits || r->selected ||
			       filter_asks_waits(r->filter);
}

static bool wanted(void *state, void *job, const struct task_context *t)
{
	struct job *j = job;
	bool *read = state;

	if (!is_asked_for(t->request, t->all)) {
		*read = false;
		return false;
	}
	/* At once when somebody begins to look, then with each refresh. */
	if (!t->all && *read &&
	    (!t->refresh || t->now - t->cost.begun_at < SHARE * t->cost.cpu_last))
		return false;
	*read = true;
	waits_begin(&j->waits);
	return true;
}

static int read_some(void *job, struct runtime *rt)
{
	struct job *j = job;

	return waits_step(&j->waits, rt);
}

static bool merge(void *state, void *job, const struct task_context *t, int result)
{
	const struct feed_sink *sink = &t->collector->sink;
	struct job *j = job;

	(void)state;
	if (!result)
		sink->waits(sink->ctx, &j->waits.batch);
	return !result;
}

static void free_all(void *state, void *job)
{
	struct job *j = job;

	(void)state;
	waits_free(&j->waits);
}

const struct task_kind wait_task = {
	.name = "waits",
	.state_size = sizeof(bool),
	.job_size = sizeof(struct job),
	.wanted = wanted,
	.read = read_some,
	.merge = merge,
	.free = free_all,
};
