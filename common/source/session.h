/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watching one target: the threads behind a picture (DESIGN.md, "Three threads").
 *
 *   tracer     attaches, drains, detaches; never reads the target's memory
 *   reader     reads the target's memory, and may be stuck in the kernel for it: then it is left
 *              behind, and the others go on
 *   collector  owns the model, merges, makes pictures
 *
 * The screen posts requests and takes pictures; no call on this interface waits for the target but
 * session_wait.
 */
#ifndef GOROUTOP_SOURCE_SESSION_H
#define GOROUTOP_SOURCE_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "model/feed.h"
#include "model/picture.h"

struct command;

enum source_mode { SOURCE_AUTO, SOURCE_PROBE, SOURCE_MEMORY };

struct session_options {
	pid_t pid;
	enum source_mode mode;
	uint64_t delay;		 /* refresh interval, ns */
	uint32_t max_goroutines; /* 0: by the number at attach */
	bool no_waker;		 /* who woke a goroutine is not asked */
	double max_overhead;	 /* percent of the target's CPU time, or of one CPU; 0: no bound */
	bool drop;		 /* once attached, all privileges go for good: session_state */
	bool syscalls;		 /* syscalls that bypass casgstatus are probed too */
	/*
	 * `-- COMMAND`: not NULL when pid is this command's, not released yet. The session opens its
	 * executable, attaches, releases it, and compares /proc/PID/exe afterwards. The session has
	 * a reference of its own.
	 */
	struct command *command;
	struct radar_options radar; /* of the leak radar */
	/*
	 * Batch: called on the collector's thread at each refresh with all rows; the picture is
	 * valid only during the call. NULL: pictures are copied and taken by session_picture.
	 */
	void (*on_picture)(void *ctx, const struct picture *p);
	/* -F events: every transition in order, and what was lost of them. On the collector's thread. */
	const struct feed_sink *events;
	void *ctx;
};

enum session_state { SESSION_OPENING, SESSION_LIVE, SESSION_ENDED, SESSION_FAILED };

struct session;

/*
 * Starts the threads; what goes wrong later is told by session_state. 0 or -errno. request and
 * filter as in session_request, for the first picture.
 */
int session_start(struct session **ret, const struct session_options *options,
		  const struct request *request, const char *filter, struct err *err);

/*
 * The state; of SESSION_FAILED *err says why (err may be NULL); of SESSION_ENDED its text, if there is
 * one, is to be told. With options.drop it takes the calling thread's privileges, as the session's
 * own are gone.
 */
enum session_state session_state(struct session *s, struct err *err);

/* Waits until it is no longer opening, or the time-out (ms, −1: none) is over. */
enum session_state session_wait(struct session *s, int timeout_ms, struct err *err);

/* Readable when there is a new picture or a new state. */
int session_fd(const struct session *s);

/* What to show from now on. `filter` is copied text, NULL or "" for none; it has been parsed. */
void session_request(struct session *s, const struct request *request, const char *filter);
void session_set_delay(struct session *s, uint64_t delay_ns);
void session_pause(struct session *s, bool paused);

/* Takes the newest picture, NULL when there is none since the last one was taken. */
struct picture *session_picture(struct session *s);
void picture_free(struct picture *p);

/*
 * Ends it: probes stop hitting at once; the threads wind up behind the caller's back. Pictures
 * already taken stay valid until they are freed.
 */
void session_close(struct session *s);

/* At the end of the program: waits up to timeout_ms for closed sessions to detach. */
void session_drain(int timeout_ms);

#endif
