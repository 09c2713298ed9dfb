// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"
#include "process/privilege.h"
#include "runtime/match.h"
#include "source/reader.h"
#include "source/task.h"

enum phase { IDLE, ASKED, WORKING, ANSWERED };

struct reader {
	const struct target *target;
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	enum phase phase;	      /* under the lock */
	bool stop;		      /* under the lock */
	uint64_t since;		      /* when the job was asked for; under the lock */
	struct reader_answer answer;  /* the thread's while WORKING, the collector's otherwise */
	struct g_batch batch;	      /* likewise */
	VEC(uint64_t) addrs;	      /* likewise */
	const struct task_kind *task; /* of a READER_TASK; likewise */
	void *task_job;
	struct runtime *runtime; /* set once by READER_OPEN */
	void (*wake)(void *ctx);
	void *ctx;
	void (*closed)(void *ctx);
	void *closed_ctx;
};

static uint64_t thread_cpu(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static int open_runtime(struct reader *r)
{
	const struct target *t = r->target;
	const struct live_exe live = {t->exe, t->memory, t->bias, t->threads};

	if (r->runtime)
		return 0;
	return runtime_open_any(&r->runtime, &t->layout, &live, &r->answer.err);
}

static int work(struct reader *r)
{
	if (r->answer.job == READER_OPEN)
		return open_runtime(r);
	if (!r->runtime)
		return -EINVAL;
	if (r->answer.job == READER_TASK)
		return r->task->read(r->task_job, r->runtime);
	if (r->answer.job == READER_ALL) {
		r->answer.gomaxprocs = runtime_gomaxprocs(r->runtime);
		return runtime_read_all(r->runtime, &r->batch);
	}
	return runtime_read_some(r->runtime, r->addrs.v, r->addrs.n, &r->batch);
}

static bool wait_for_job(struct reader *r)
{
	bool stop;

	pthread_mutex_lock(&r->lock);
	while (r->phase != ASKED && !r->stop)
		pthread_cond_wait(&r->wanted, &r->lock);
	stop = r->stop;
	if (!stop)
		r->phase = WORKING;
	pthread_mutex_unlock(&r->lock);
	return !stop;
}

static void reader_free(struct reader *r)
{
	runtime_close(r->runtime);
	g_batch_free(&r->batch);
	vec_free(&r->addrs);
	pthread_cond_destroy(&r->wanted);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static void *reader_thread(void *arg)
{
	struct reader *r = arg;
	void (*closed)(void *);
	void *ctx;

	prctl(PR_SET_NAME, "reader");
	privilege_drop(); /* what it reads is open */
	while (wait_for_job(r)) {
		uint64_t cpu = thread_cpu();

		r->answer.result = work(r);
		r->answer.cpu_ns = thread_cpu() - cpu;
		pthread_mutex_lock(&r->lock);
		r->phase = ANSWERED;
		pthread_mutex_unlock(&r->lock);
		r->wake(r->ctx);
	}
	closed = r->closed;
	ctx = r->closed_ctx;
	reader_free(r);
	closed(ctx);
	return NULL;
}

int reader_start(struct reader **ret, const struct target *target, void (*wake)(void *ctx),
		 void *ctx, struct err *err)
{
	struct reader *r = calloc(1, sizeof(*r));
	pthread_t thread;
	int e;

	if (!r)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	r->target = target;
	r->wake = wake;
	r->ctx = ctx;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wanted, NULL);
	e = pthread_create(&thread, NULL, reader_thread, r);
	if (e) {
		reader_free(r);
		return err_set(err, EXIT_FAILED, e, "no thread could be started: %s", strerror(e));
	}
	pthread_detach(thread);
	*ret = r;
	return 0;
}

/* Takes the lock; true: it is idle, the job may be filled in and begin_job be called. */
static bool lock_idle(struct reader *r)
{
	pthread_mutex_lock(&r->lock);
	return r->phase == IDLE;
}

static void begin_job(struct reader *r, enum reader_job job)
{
	r->answer = (struct reader_answer){.job = job};
	r->phase = ASKED;
	r->since = clock_mono();
	pthread_cond_signal(&r->wanted);
}

bool reader_ask(struct reader *r, enum reader_job job, const uint64_t *addrs, size_t n)
{
	bool taken = lock_idle(r);

	if (taken) {
		r->addrs.n = 0;
		taken = !n || vec_append(&r->addrs, addrs, n);
	}
	if (taken)
		begin_job(r, job);
	pthread_mutex_unlock(&r->lock);
	return taken;
}

bool reader_ask_task(struct reader *r, const struct task_kind *kind, void *job)
{
	bool taken = lock_idle(r);

	if (taken) {
		r->task = kind;
		r->task_job = job;
		begin_job(r, READER_TASK);
	}
	pthread_mutex_unlock(&r->lock);
	return taken;
}

bool reader_is_idle(struct reader *r)
{
	bool idle = lock_idle(r);

	pthread_mutex_unlock(&r->lock);
	return idle;
}

bool reader_take(struct reader *r, struct reader_answer *ret)
{
	bool answered;

	pthread_mutex_lock(&r->lock);
	answered = r->phase == ANSWERED;
	if (answered) {
		*ret = r->answer;
		if (ret->job == READER_ALL || ret->job == READER_SOME)
			ret->batch = &r->batch;
		r->phase = IDLE;
	}
	pthread_mutex_unlock(&r->lock);
	return answered;
}

uint64_t reader_busy_for(struct reader *r)
{
	uint64_t since = 0;

	pthread_mutex_lock(&r->lock);
	if (r->phase == ASKED || r->phase == WORKING)
		since = r->since;
	pthread_mutex_unlock(&r->lock);
	return since ? clock_mono() - since : 0;
}

void reader_forget_look(struct reader *r)
{
	g_batch_free(&r->batch);
}

const struct runtime *reader_runtime(const struct reader *r)
{
	return r->runtime;
}

void reader_close(struct reader *r, void (*closed)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	r->closed = closed;
	r->closed_ctx = ctx;
	pthread_cond_signal(&r->wanted);
	pthread_mutex_unlock(&r->lock);
}
