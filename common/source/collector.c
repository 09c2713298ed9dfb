// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "source/collector_internal.h"

enum {
	WANTS_MAX = 4096,    /* goroutines read again in one refresh */
	ACCOUNTS_MAX = 4096, /* entries fetched one by one in one refresh */
};

/* A command's runtime that has not begun yet is looked for again so much later. */
static const uint64_t open_retry = 2 * NSEC_PER_MSEC;
/* The first refresh waits longer for the memory than collector_patience. */
static const uint64_t first_patience = 2 * NSEC_PER_SEC;

struct collector *collector_new(const struct collector_options *options)
{
	struct collector *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->session = options->session;
	c->wake = options->wake;
	c->ctx = options->ctx;
	c->delay = options->session->delay;
	c->target.exe_fd = -1;
	c->users = 1; /* collector_close itself */
	if (collector_make_tasks(c)) {
		collector_free(c);
		return NULL;
	}
	return c;
}

int collector_open(struct collector *c, struct err *err)
{
	int r = collector_attach(c, err);

	if (!r)
		r = collector_make_model(c, err);
	if (r)
		return r;
	c->next = clock_mono();
	c->refreshed_at = c->attached;
	c->refreshed_cpu = clock_process_cpu();
	return 0;
}

/* ---- feeding ---------------------------------------------------------------------------------- */

/* Who ended meanwhile memory tells; without it, that the kernel has no entry any more. */
static void recover(struct collector *c)
{
	uint64_t since = clock_mono();
	int r = live_accounts(c->live, &c->sink);

	if (r < 0)
		log_add(LOG_WARNING, "what the lost records told can't be read: %s", strerror(-r));
	else if (r && !c->reader)
		c->sink.accounted(c->sink.ctx, since);
}

static void feed_losses(struct collector *c, uint64_t now)
{
	const struct feed_sink *events = c->session->events;
	struct live_counts counts;
	bool records_lost;

	if (!c->live)
		return;
	live_counts(c->live, &counts);
	for (int k = 0; k < LOSS_COUNT; k++) {
		uint64_t n = counts.loss[k] - c->counts.loss[k];

		if (!n)
			continue;
		c->sink.loss(c->sink.ctx, k, n, now);
		if (events && events->loss)
			events->loss(events->ctx, k, n, now);
	}
	records_lost = counts.loss[LOSS_RING] != c->counts.loss[LOSS_RING];
	if (now > c->refreshed_at)
		c->transitions_per_s = (double)(counts.transitions - c->counts.transitions) *
				       NSEC_PER_SEC / (double)(now - c->refreshed_at);
	c->counts = counts;
	/* What the stream lost the map has: the kernel's own accounts make every row right. */
	c->lost = records_lost;
	if (records_lost)
		recover(c);
}

static void feed_accounts(struct collector *c)
{
	uint64_t goids[ACCOUNTS_MAX];
	size_t n;

	if (!c->live)
		return;
	n = model_wants_accounts(c->model, goids, ACCOUNTS_MAX);
	for (size_t i = 0; i < n && i < ACCOUNTS_MAX; i++) {
		struct feed_account a;

		if (!live_account(c->live, goids[i], &a))
			c->sink.account(c->sink.ctx, &a);
	}
}

/* ---- a refresh -------------------------------------------------------------------------------- */

static bool wants_stacks(const struct collector *c)
{
	return c->session->on_picture && c->request.stacks == STACKS_ALL;
}

static void begin_refresh(struct collector *c, uint64_t now)
{
	c->refreshing = true;
	c->began = now;
	c->look_turn = TURN_FIRST;
	c->again_at = 0;
	c->deadline = now + (wants_stacks(c) ? stacks_patience
			     : c->first_done ? collector_patience
					     : first_patience);
	if (c->look == LOOK_NONE)
		collector_want_refresh(c, now);
	if (c->live)
		live_flush(c->live);
	c->next = now + c->delay;
}

static unsigned close_refresh(struct collector *c, uint64_t now)
{
	struct feed_latency latency;

	feed_losses(c, now);
	feed_accounts(c);
	if (c->live && !live_latency(c->live, &latency))
		c->sink.latency(c->sink.ctx, &latency, now);
	if (c->live)
		live_sites(c->live, &c->sink, now);
	c->sink.now(c->sink.ctx, now);
	model_refresh(c->model, now);
	collector_cost(c, now);
	collector_measure(c, now);
	c->refreshing = false;
	c->first_done = true;
	c->again_at = 0;
	return NEWS_REFRESH;
}

/*
 * The look has been merged: what disagreed is read again, once, when the lag is over. Then it is the
 * tasks' turn.
 */
static void look_done(struct collector *c, uint64_t now)
{
	uint64_t none;

	c->look = LOOK_NONE;
	if (!c->refreshing || c->look_turn == TURN_LAST)
		return;
	if (c->look_turn == TURN_FIRST && model_wants(c->model, &none, 0))
		c->again_at = now + MERGE_LAG;
	else
		collector_begin_round(c);
}

/* True: all of it has been given. */
static bool give_look(struct collector *c)
{
	bool whole;

	do
		whole = collector_give_look(c);
	while (!whole && !collector_may_part(c));
	return whole;
}

static bool look_again(struct collector *c, enum look_turn turn)
{
	uint64_t addrs[WANTS_MAX];
	size_t n = model_wants(c->model, addrs, WANTS_MAX);

	c->again_at = 0;
	c->look_turn = turn;
	if (!n || !c->reader || !c->runtime_open)
		return false;
	collector_want_look(c, READER_SOME, addrs, n < WANTS_MAX ? n : WANTS_MAX);
	if (c->live)
		live_flush(c->live);
	return true;
}

/* ---- answers of the reader -------------------------------------------------------------------- */

static unsigned end(struct collector *c, enum feed_end how, uint64_t now)
{
	if (c->ended)
		return 0;
	c->ended = true;
	c->sink.end(c->sink.ctx, how, now);
	return close_refresh(c, now) | NEWS_END;
}

static unsigned take_answer(struct collector *c, uint64_t now, struct err *err)
{
	if (!c->reader || !reader_take(c->reader, &c->answer))
		return 0;
	if (c->answer.job == READER_OPEN) {
		struct err why = {0};
		int r = collector_opened(c, &c->answer, &why);

		if (r == -EAGAIN) {
			c->open_at = now + open_retry;
		} else if (r && c->answer.result != -ESRCH && c->life == PROCESS_ALIVE) {
			*err = why;
			return end(c, END_DETACHED, now);
		} else if (!r && c->refreshing && c->look == LOOK_NONE) {
			/* The first picture waits for it. */
			collector_want_look(c, READER_ALL, NULL, 0);
		}
		return 0;
	}
	if (c->answer.job == READER_TASK)
		return collector_task_answered(c, now) && !c->refreshing ? NEWS_MORE : 0;
	if (c->answer.gomaxprocs)
		c->gomaxprocs = c->answer.gomaxprocs;
	if (c->answer.result) {
		/* Gone (the process's life tells) or nonsense: this refresh does without. */
		c->look = LOOK_NONE;
		return 0;
	}
	c->look = LOOK_HELD;
	c->given = 0;
	collector_look_cost(c);
	if (c->live && c->drained < c->answer.batch->t1)
		live_flush(c->live);
	return 0;
}

static unsigned check_life(struct collector *c, uint64_t now)
{
	if (c->ended || !c->target.process || c->life != PROCESS_ALIVE)
		return 0;
	c->life = process_life(c->target.process);
	if (c->life == PROCESS_ALIVE)
		return 0;
	if (c->live)
		live_flush(c->live);
	c->refreshing = true;
	c->began = now;
	c->deadline = now + collector_patience;
	return 0;
}

/* The target is gone: what the stream still holds is fed, then the last picture is made. */
static unsigned check_end(struct collector *c, uint64_t now, struct err *err)
{
	if (c->life == PROCESS_ALIVE || c->ended)
		return 0;
	if (c->live && c->drained < c->began && now < c->deadline)
		return 0;
	if (c->life == PROCESS_EXECED)
		err_set(err, EXIT_DONE, 0,
			"process %d runs another program since its exec; goroutop %d watches it",
			(int)c->target.pid, (int)c->target.pid);
	return end(c, c->life == PROCESS_EXECED ? END_EXECED : END_EXITED, now);
}

/* Whether something is under way that a refresh should not be closed without. */
static bool is_waiting(const struct collector *c)
{
	/* A command's runtime takes a moment to begin: the first picture has every goroutine. */
	if (!c->first_done && c->reader && !c->runtime_open)
		return true;
	if (c->look != LOOK_NONE || c->again_at || c->task != TASK_NONE || c->left)
		return true;
	return c->live && c->drained < c->began;
}

static bool may_close(struct collector *c, uint64_t now)
{
	if (c->look == LOOK_HELD && c->given)
		return false; /* what is left needs nobody's patience */
	if (now >= c->deadline)
		return true;
	if (is_waiting(c))
		return false;
	return c->look_turn == TURN_LAST || !look_again(c, TURN_LAST);
}

unsigned collector_step(struct collector *c, struct err *err)
{
	uint64_t now = clock_mono();
	unsigned news = 0;

	if (c->ended || c->paused)
		return 0;
	collector_take_events(c);
	if (c->refreshing || now >= c->next)
		check_life(c, now);
	news |= take_answer(c, now, err);
	news |= check_end(c, now, err);
	if (c->ended)
		return news;
	if (!c->refreshing && now >= c->next)
		begin_refresh(c, now);
	if (c->look == LOOK_HELD && c->drained >= c->answer.batch->t1 && give_look(c))
		look_done(c, now);
	if (c->again_at && now >= c->again_at && !look_again(c, TURN_AGAIN))
		collector_begin_round(c);
	if (c->open_at && now >= c->open_at) {
		c->open_at = 0;
		reader_ask(c->reader, READER_OPEN, NULL, 0);
	}
	collector_turn(c, now);
	if (c->refreshing && c->life == PROCESS_ALIVE && may_close(c, now))
		news |= close_refresh(c, now);
	return news;
}

uint64_t collector_due(const struct collector *c)
{
	if (c->ended || c->paused)
		return UINT64_MAX;
	if (c->open_at)
		return c->open_at;
	if (c->again_at)
		return c->again_at;
	if (c->look == LOOK_HELD && c->given)
		return 0; /* the rest of it */
	if (c->left && c->task == TASK_NONE && c->look == LOOK_NONE)
		return 0; /* a round was begun after the step */
	return c->refreshing ? c->deadline : c->next;
}

void collector_request(struct collector *c, const struct request *request)
{
	c->request = *request;
}

int collector_exit_fd(const struct collector *c)
{
	if (c->paused || !c->target.process || c->life != PROCESS_ALIVE)
		return -1;
	return c->target.process->pidfd;
}

void collector_look_at_life(struct collector *c)
{
	c->next = clock_mono();
}

void collector_set_delay(struct collector *c, uint64_t delay)
{
	uint64_t now = clock_mono();

	c->delay = delay;
	if (c->next > now + delay)
		c->next = now + delay;
}

void collector_pause(struct collector *c, bool paused)
{
	if (c->paused && !paused)
		c->next = clock_mono(); /* what was held back is shown at once */
	c->paused = paused;
}

/* ---- the end ---------------------------------------------------------------------------------- */

static void user_gone(void *ctx)
{
	struct collector *c = ctx;

	if (!__atomic_sub_fetch(&c->users, 1, __ATOMIC_ACQ_REL))
		c->closed(c->closed_ctx);
}

void collector_close(struct collector *c, void (*closed)(void *ctx), void *ctx)
{
	c->closed = closed;
	c->closed_ctx = ctx;
	if (c->live)
		live_close(c->live, user_gone, c);
	if (c->reader)
		reader_close(c->reader, user_gone, c);
	c->live = NULL;
	c->reader = NULL;
	user_gone(c);
}

void collector_free(struct collector *c)
{
	if (!c)
		return;
	model_free(c->model);
	names_free(c->names);
	target_close(&c->target);
	vec_free(&c->batch);
	vec_free(&c->gaps);
	vec_free(&c->look_addrs);
	vec_free(&c->part);
	vec_free(&c->shown);
	collector_free_tasks(c);
	free(c);
}
