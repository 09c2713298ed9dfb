// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose turn it is on the reader's thread. A look that is wanted goes before every slice of a task. */
#include <stdlib.h>

#include "base/clock.h"
#include "source/collector_internal.h"

struct task {
	void *state, *job;
	struct task_cost cost;
};

int collector_make_tasks(struct collector *c)
{
	c->tasks = calloc(n_task_kinds + 1, sizeof(*c->tasks));
	if (!c->tasks)
		return -1;
	for (size_t i = 0; i < n_task_kinds; i++) {
		c->tasks[i].state = calloc(1, task_kinds[i]->state_size + 1);
		c->tasks[i].job = calloc(1, task_kinds[i]->job_size + 1);
		if (!c->tasks[i].state || !c->tasks[i].job)
			return -1;
	}
	return 0;
}

void collector_free_tasks(struct collector *c)
{
	for (size_t i = 0; c->tasks && i < n_task_kinds; i++) {
		const struct task_kind *k = task_kinds[i];

		if (k->free && c->tasks[i].state && c->tasks[i].job)
			k->free(c->tasks[i].state, c->tasks[i].job);
		free(c->tasks[i].state);
		free(c->tasks[i].job);
	}
	free(c->tasks);
}

static struct task_context context_of(struct collector *c, const struct task *t, uint64_t now)
{
	return (struct task_context){
		.collector = c,
		.request = &c->request,
		.all = c->session->on_picture,
		.refresh = c->refreshing,
		.now = now,
		.cost = t->cost,
	};
}

void collector_begin_round(struct collector *c)
{
	if (c->reader && c->runtime_open && !c->paused && !c->ended)
		c->left = n_task_kinds;
}

static void end_turn(struct collector *c)
{
	c->task = TASK_NONE;
	c->turn = (c->turn + 1) % n_task_kinds;
}

/* An output that waits for all of it waits as long as there is progress. */
static void wait_longer(struct collector *c, uint64_t now)
{
	if (c->refreshing && c->session->on_picture && c->deadline < now + output_patience)
		c->deadline = now + output_patience;
}

/* Asks for the first slice of the next task that wants one. */
static void next_task(struct collector *c, uint64_t now)
{
	while (c->left) {
		const struct task_kind *kind = task_kinds[c->turn];
		struct task *t = &c->tasks[c->turn];
		struct task_context context = context_of(c, t, now);

		c->left--;
		if (kind->wanted(t->state, t->job, &context)) {
			t->cost.begun_at = now;
			t->cost.cpu_last = 0;
			c->task = TASK_ASKED;
			reader_ask_task(c->reader, kind, t->job);
			wait_longer(c, now);
			return;
		}
		end_turn(c);
	}
}

void collector_turn(struct collector *c, uint64_t now)
{
	if (!c->reader || !reader_is_idle(c->reader) || c->look == LOOK_HELD)
		return;
	if (c->look == LOOK_WANTED) {
		if (reader_ask(c->reader, c->look_job, c->look_addrs.v, c->look_addrs.n))
			c->look = LOOK_ASKED;
		return;
	}
	if (c->task == TASK_MORE) {
		c->task = TASK_ASKED;
		reader_ask_task(c->reader, task_kinds[c->turn], c->tasks[c->turn].job);
	} else if (c->task == TASK_NONE && c->look == LOOK_NONE && !c->again_at) {
		next_task(c, now);
	}
}

bool collector_task_answered(struct collector *c, uint64_t now)
{
	struct task *t = &c->tasks[c->turn];
	struct task_context context;
	bool news;

	t->cost.cpu_last += c->answer.cpu_ns;
	t->cost.cpu_total += c->answer.cpu_ns;
	if (c->answer.result == 1) {
		c->task = TASK_MORE;
		wait_longer(c, now);
		return false;
	}
	context = context_of(c, t, now);
	news = task_kinds[c->turn]->merge(t->state, t->job, &context, c->answer.result);
	end_turn(c);
	return news;
}

void collector_show(struct collector *c, struct picture *p)
{
	for (size_t i = 0; i < n_task_kinds; i++) {
		struct task_context context = context_of(c, &c->tasks[i], p->time);

		if (task_kinds[i]->show)
			task_kinds[i]->show(c->tasks[i].state, &context, p);
	}
}
