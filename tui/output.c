// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "tui/output.h"

enum { PENDING_MAX = 4 << 20 };

struct output {
	int fd, wake_fd;
	size_t at_once; /* as much as a write that was polled for takes without waiting */
	pthread_mutex_t lock;
	pthread_cond_t room;
	/* Under the lock: */
	struct buf pending;
	size_t written; /* of pending */
	bool finished;
	bool begun; /* the last byte written was not the end of a line */
};

struct output *output_new(int fd)
{
	struct output *o = calloc(1, sizeof(*o));
	struct stat st;

	if (!o)
		return NULL;
	o->fd = fd;
	o->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* A file never makes us wait; a pipe that polls writable takes PIPE_BUF (pipe(7)). */
	o->at_once = !fstat(fd, &st) && S_ISREG(st.st_mode) ? (size_t)1 << 20 : 4096;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->room, NULL);
	return o;
}

void output_free(struct output *o)
{
	if (!o)
		return;
	close(o->wake_fd);
	buf_free(&o->pending);
	pthread_cond_destroy(&o->room);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

/* Moves what is not yet written to the front, once that is the smaller part. */
static void compact(struct output *o)
{
	size_t left = o->pending.len - o->written;

	if (o->written < left)
		return;
	memmove(o->pending.p, o->pending.p + o->written, left + 1);
	o->pending.len = left;
	o->written = 0;
}

void output_give(struct output *o, const char *text, size_t n)
{
	uint64_t one = 1;
	ssize_t ignored;

	pthread_mutex_lock(&o->lock);
	while (o->pending.len - o->written > PENDING_MAX && !o->finished)
		pthread_cond_wait(&o->room, &o->lock);
	if (!o->finished) {
		if (o->written)
			compact(o);
		buf_put(&o->pending, text, n);
	}
	pthread_mutex_unlock(&o->lock);
	ignored = write(o->wake_fd, &one, sizeof(one));
	(void)ignored; /* it can only be full, and then it is readable already */
}

static bool is_pending(struct output *o)
{
	bool pending;

	pthread_mutex_lock(&o->lock);
	pending = o->written < o->pending.len;
	pthread_mutex_unlock(&o->lock);
	return pending;
}

void output_poll(struct output *o, struct pollfd fds[OUTPUT_FDS])
{
	/* Without events POLLERR still tells that nobody reads any more. */
	fds[0] = (struct pollfd){.fd = o->fd, .events = is_pending(o) ? POLLOUT : 0};
	fds[1] = (struct pollfd){.fd = o->wake_fd, .events = POLLIN};
}

/* One write of what is pending; the lock is not held while it lasts, for pending may only grow. */
static int write_some(struct output *o)
{
	char chunk[64 * 1024];
	ssize_t n;

	pthread_mutex_lock(&o->lock);
	n = (ssize_t)(o->pending.len - o->written);
	if ((size_t)n > o->at_once)
		n = (ssize_t)o->at_once;
	if ((size_t)n > sizeof(chunk))
		n = sizeof(chunk);
	if (n)
		memcpy(chunk, o->pending.p + o->written, (size_t)n);
	pthread_mutex_unlock(&o->lock);
	if (!n)
		return 0;
	n = write(o->fd, chunk, (size_t)n);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	pthread_mutex_lock(&o->lock);
	if (n)
		o->begun = chunk[n - 1] != '\n';
	o->written += (size_t)n;
	if (o->written == o->pending.len) {
		buf_clear(&o->pending);
		o->written = 0;
	}
	pthread_cond_broadcast(&o->room);
	pthread_mutex_unlock(&o->lock);
	return n ? 1 : 0;
}

int output_write(struct output *o, const struct pollfd fds[OUTPUT_FDS])
{
	uint64_t count;

	if (fds[1].revents) {
		ssize_t ignored = read(o->wake_fd, &count, sizeof(count));

		(void)ignored;
	}
	if (fds[0].revents & POLLOUT) {
		int r = write_some(o);

		return r < 0 ? r : 0;
	}
	/* A pipe or socket without a reader; of a terminal that is gone writing would fail with EIO. */
	if (fds[0].revents & (POLLERR | POLLHUP))
		return -EPIPE;
	return 0;
}

/* Forgets what lies behind the line that was begun. */
static void cut_to_line(struct output *o)
{
	const char *end;

	pthread_mutex_lock(&o->lock);
	if (o->written < o->pending.len) {
		const char *from = o->pending.p + o->written;

		end = o->begun ? memchr(from, '\n', o->pending.len - o->written) : NULL;
		o->pending.len = end ? (size_t)(end + 1 - o->pending.p) : o->written;
	}
	pthread_mutex_unlock(&o->lock);
}

int output_finish(struct output *o, int stop_fd)
{
	uint64_t until = clock_mono() + NSEC_PER_SEC;
	bool cut = false;

	pthread_mutex_lock(&o->lock);
	o->finished = true;
	pthread_cond_broadcast(&o->room);
	pthread_mutex_unlock(&o->lock);
	while (is_pending(o)) {
		struct pollfd fds[OUTPUT_FDS + 1];
		uint64_t now = clock_mono();
		int r;

		if (now >= until && !cut) {
			cut = true;
			cut_to_line(o);
			continue;
		}
		output_poll(o, fds);
		fds[OUTPUT_FDS] = (struct pollfd){.fd = cut ? stop_fd : -1, .events = POLLIN};
		poll(fds, OUTPUT_FDS + 1, cut ? -1 : (int)((until - now) / NSEC_PER_MSEC) + 1);
		if (fds[OUTPUT_FDS].revents)
			return 0;
		r = output_write(o, fds);
		if (r < 0)
			return r;
	}
	return 0;
}

int output_failed(int r)
{
	/* As a program that SIGPIPE ended: whoever closed the pipe has had enough. */
	if (r == -EPIPE)
		return 128 + SIGPIPE;
	fprintf(stderr, "goroutop: the output could not be written: %s\n", strerror(-r));
	return EXIT_FAILED;
}

int output_flushed(int status)
{
	return fflush(stdout) ? output_failed(-errno) : status;
}
