// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A session is the collector's thread and the mail between it and the screen: requests one way,
 * pictures the other. It lives until its last user is gone: the handle, the thread, the collector's
 * own threads, and every picture that was taken.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "process/privilege.h"
#include "source/collector.h"
#include "source/command.h"
#include "source/session.h"
#include "source/snapshot.h"

struct session {
	struct session_options options;
	struct collector *collector;
	int wake_fd; /* to the collector's thread */
	int news_fd; /* to the screen */
	int users;   /* atomic */

	pthread_mutex_t lock;
	pthread_cond_t changed; /* state */
	/* Under the lock: */
	enum session_state state;
	struct err err;
	bool stop, pause;
	bool asked; /* request or filter are new */
	uint64_t delay;
	struct request request; /* its filter is the collector's thread's own, below */
	char *filter_text;
	struct picture *newest;

	/* The collector's thread alone: a filter and its text. A new one would void what the model keeps. */
	struct filter *filter;
	char *filter_of;
};

/* Sessions that are not wholly wound up, for session_drain. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t gone;
	int n;
} open_sessions = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

static void count_sessions(int by)
{
	pthread_mutex_lock(&open_sessions.lock);
	open_sessions.n += by;
	pthread_cond_broadcast(&open_sessions.gone);
	pthread_mutex_unlock(&open_sessions.lock);
}

/* For pthread_cond_timedwait, which waits by wall time unless told otherwise. */
static struct timespec deadline_in(int ms)
{
	struct timespec ts;
	uint64_t until;

	clock_gettime(CLOCK_REALTIME, &ts);
	until = (uint64_t)ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec + (ms > 0 ? ms : 0) * NSEC_PER_MSEC;
	return (struct timespec){.tv_sec = until / NSEC_PER_SEC, .tv_nsec = until % NSEC_PER_SEC};
}

void session_drain(int timeout_ms)
{
	const struct timespec ts = deadline_in(timeout_ms);

	pthread_mutex_lock(&open_sessions.lock);
	while (open_sessions.n)
		if (pthread_cond_timedwait(&open_sessions.gone, &open_sessions.lock, &ts))
			break;
	pthread_mutex_unlock(&open_sessions.lock);
}

static void signal_fd(int fd)
{
	uint64_t one = 1;
	ssize_t ignored = write(fd, &one, sizeof(one));

	(void)ignored; /* it can only be full, and then it is readable already */
}

static void clear_fd(int fd)
{
	uint64_t count;
	ssize_t ignored = read(fd, &count, sizeof(count));

	(void)ignored;
}

static void wake_collector(void *ctx)
{
	signal_fd(((struct session *)ctx)->wake_fd);
}

static void session_unref(void *ctx)
{
	struct session *s = ctx;

	if (__atomic_sub_fetch(&s->users, 1, __ATOMIC_ACQ_REL))
		return;
	collector_free(s->collector);
	command_unref(s->options.command);
	filter_free(s->filter);
	free(s->filter_text);
	free(s->filter_of);
	close(s->wake_fd);
	close(s->news_fd);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- the collector's thread ------------------------------------------------------------------- */

static void set_state(struct session *s, enum session_state state, const struct err *err)
{
	pthread_mutex_lock(&s->lock);
	s->state = state;
	if (err)
		s->err = *err;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->news_fd);
}

static void take_filter(struct session *s, const char *text)
{
	if (s->filter && s->filter_of && !strcmp(s->filter_of, text))
		return;
	filter_free(s->filter);
	s->filter = NULL;
	filter_parse(&s->filter, text, NULL);
	free(s->filter_of);
	s->filter_of = strdup(text);
}

/* Takes what the screen wants; true if that changes the picture. False with *stop at the end. */
static bool take_request(struct session *s, struct request *request, bool *stop)
{
	_cleanup_free_ char *text = NULL;
	uint64_t delay;
	bool asked, pause;

	pthread_mutex_lock(&s->lock);
	*stop = s->stop;
	asked = s->asked;
	s->asked = false;
	*request = s->request;
	text = asked ? take_ptr(s->filter_text) : NULL;
	delay = s->delay;
	pause = s->pause;
	pthread_mutex_unlock(&s->lock);

	collector_set_delay(s->collector, delay);
	collector_pause(s->collector, pause);
	if (asked)
		take_filter(s, text ? text : "");
	request->filter = s->filter;
	return asked;
}

static void publish(struct session *s, const struct request *request, bool refreshed)
{
	struct picture *copy, *old;
	struct picture p;

	if (collector_picture(s->collector, request, &p))
		return;
	if (s->options.on_picture) {
		if (refreshed)
			s->options.on_picture(s->options.ctx, &p);
		return;
	}
	copy = picture_copy(&p, session_unref, s);
	if (!copy)
		return;
	__atomic_add_fetch(&s->users, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&s->lock);
	/* Once it is closed nobody takes it, and it would keep the session for ever. */
	old = s->stop ? copy : s->newest;
	if (!s->stop)
		s->newest = copy;
	pthread_mutex_unlock(&s->lock);
	if (old)
		picture_free(old);
	signal_fd(s->news_fd);
}

static void wait_for_work(struct session *s)
{
	uint64_t due = collector_due(s->collector), now = clock_mono();
	struct pollfd fds[] = {
		{.fd = s->wake_fd, .events = POLLIN},
		{.fd = collector_exit_fd(s->collector), .events = POLLIN},
	};
	uint64_t wait = due > now ? due - now : 0;
	const struct timespec ts = {.tv_sec = wait / NSEC_PER_SEC, .tv_nsec = wait % NSEC_PER_SEC};

	ppoll(fds, ARRAY_SIZE(fds), due == UINT64_MAX ? NULL : &ts, NULL);
	if (fds[0].revents)
		clear_fd(s->wake_fd);
	if (fds[1].revents)
		collector_look_at_life(s->collector);
}

static void watch(struct session *s)
{
	struct request request;
	struct err err = {0};
	bool stop = false;

	for (;;) {
		bool asked = take_request(s, &request, &stop);
		unsigned news;

		if (stop)
			return;
		collector_request(s->collector, &request);
		news = collector_step(s->collector, &err);
		if (asked || news & (NEWS_REFRESH | NEWS_MORE))
			publish(s, &request, news & NEWS_REFRESH);
		/* Rows that have come into the window may lack something that memory has. */
		if (!s->options.on_picture && (asked || news & NEWS_REFRESH))
			collector_begin_round(s->collector);
		if (news & NEWS_END)
			set_state(s, err.status ? SESSION_FAILED : SESSION_ENDED, &err);
		wait_for_work(s);
	}
}

/* The tracer has detached and the reader has let go: what is left are pictures and the handle. */
static void session_wound_up(void *ctx)
{
	count_sessions(-1);
	session_unref(ctx);
}

static void *session_thread(void *arg)
{
	struct session *s = arg;
	struct err err = {0};

	prctl(PR_SET_NAME, "collector");
	if (collector_open(s->collector, &err)) {
		set_state(s, SESSION_FAILED, &err);
	} else {
		set_state(s, SESSION_LIVE, NULL);
		watch(s);
	}
	/* The handle stays: the screen may still ask for the error. */
	collector_close(s->collector, session_wound_up, s);
	return NULL;
}

/* ---- the screen's side ------------------------------------------------------------------------ */

static struct session *session_new(const struct session_options *options)
{
	struct session *s = calloc(1, sizeof(*s));
	const struct collector_options co = {.session = s ? &s->options : NULL,
					     .wake = wake_collector,
					     .ctx = s};

	if (!s)
		return NULL;
	s->options = *options;
	command_ref(s->options.command);
	s->delay = options->delay;
	s->request.sort.column = -1;
	s->users = 2; /* the handle, and the thread until it is wound up */
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->news_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	s->collector = collector_new(&co);
	return s;
}

int session_start(struct session **ret, const struct session_options *options,
		  const struct request *request, const char *filter, struct err *err)
{
	struct session *s = session_new(options);
	pthread_t thread;
	int r = ENOMEM;

	if (s && s->collector && s->wake_fd >= 0 && s->news_fd >= 0) {
		session_request(s, request, filter);
		count_sessions(1);
		r = pthread_create(&thread, NULL, session_thread, s);
		if (r)
			count_sessions(-1);
	}
	if (r) {
		err_set(err, EXIT_FAILED, r, "watching could not begin: %s", strerror(r));
		if (s) {
			s->users = 1;
			session_unref(s);
		}
		return -r;
	}
	pthread_detach(thread);
	*ret = s;
	return 0;
}

enum session_state session_state(struct session *s, struct err *err)
{
	enum session_state state;

	pthread_mutex_lock(&s->lock);
	state = s->state;
	if (err)
		*err = s->err;
	pthread_mutex_unlock(&s->lock);
	if (s->options.drop && state != SESSION_OPENING)
		privilege_drop();
	return state;
}

enum session_state session_wait(struct session *s, int timeout_ms, struct err *err)
{
	struct timespec ts = deadline_in(timeout_ms);

	pthread_mutex_lock(&s->lock);
	while (s->state == SESSION_OPENING) {
		if (timeout_ms < 0)
			pthread_cond_wait(&s->changed, &s->lock);
		else if (pthread_cond_timedwait(&s->changed, &s->lock, &ts))
			break;
	}
	pthread_mutex_unlock(&s->lock);
	return session_state(s, err);
}

int session_fd(const struct session *s)
{
	return s->news_fd;
}

void session_request(struct session *s, const struct request *request, const char *filter)
{
	pthread_mutex_lock(&s->lock);
	s->request = *request;
	free(s->filter_text);
	s->filter_text = filter && *filter ? strdup(filter) : NULL;
	s->asked = true;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->wake_fd);
}

void session_set_delay(struct session *s, uint64_t delay_ns)
{
	pthread_mutex_lock(&s->lock);
	s->delay = delay_ns;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->wake_fd);
}

void session_pause(struct session *s, bool paused)
{
	pthread_mutex_lock(&s->lock);
	s->pause = paused;
	pthread_mutex_unlock(&s->lock);
	signal_fd(s->wake_fd);
}

struct picture *session_picture(struct session *s)
{
	struct picture *p;

	clear_fd(s->news_fd);
	pthread_mutex_lock(&s->lock);
	p = take_ptr(s->newest);
	pthread_mutex_unlock(&s->lock);
	return p;
}

void session_close(struct session *s)
{
	struct picture *p;

	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_mutex_unlock(&s->lock);
	p = session_picture(s);
	if (p)
		picture_free(p);
	signal_fd(s->wake_fd);
	session_unref(s);
}
