/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The collector: owns the model, feeds it from probes and memory, merges, refreshes, and makes
 * pictures. Everything here runs on one thread; the tracer's and the reader's are behind it.
 *
 * A refresh: the reader looks at the memory between t0 and t1; the stream is drained beyond t1; the
 * look is merged; what disagrees is read once more after the time that a transition may lag behind
 * its event; then the interval is closed.
 */
#ifndef GOROUTOP_SOURCE_COLLECTOR_H
#define GOROUTOP_SOURCE_COLLECTOR_H

#include <stdint.h>

#include "base/err.h"
#include "source/session.h"

struct collector;

struct collector_options {
	const struct session_options *session;
	void (*wake)(void *ctx); /* from any thread: collector_step has something to do */
	void *ctx;
};

/*
 * Opens the target and attaches: as long as that takes. After a failure too the threads that were
 * started wind up by collector_close.
 */
struct collector *collector_new(const struct collector_options *options); /* NULL: no memory */
int collector_open(struct collector *c, struct err *err);

/*
 * What is to be shown from now on. The filter is borrowed until the next call. Call it before
 * collector_step whenever it has changed.
 */
void collector_request(struct collector *c, const struct request *request);

/* A picture for a new request or a new interval was made: what it lacks may be read now. */
void collector_begin_round(struct collector *c);

enum {
	NEWS_REFRESH = 1, /* an interval was closed: there is a new picture */
	NEWS_END =
		2, /* the target has ended, or is no longer what it was; the picture is the last */
	NEWS_MORE = 4, /* more is known of what is shown: a picture made now is better */
};

/*
 * Does what is due; returns what is new. With NEWS_END *err may be set: why the session failed, or,
 * with EXIT_DONE as its status, what is to be said of the target's end.
 */
unsigned collector_step(struct collector *c, struct err *err);

/* When collector_step should be called next even if nobody wakes it, CLOCK_MONOTONIC ns. */
uint64_t collector_due(const struct collector *c);

/* Readable when the target exits; −1: there is none. */
int collector_exit_fd(const struct collector *c);

/* That descriptor is readable: the next step shall see why. */
void collector_look_at_life(struct collector *c);

void collector_set_delay(struct collector *c, uint64_t delay);

/* Whether events and looks are held back: the picture stands still. */
void collector_pause(struct collector *c, bool paused);

/* As model_picture, with the target's and the source's facts; valid until the next call. */
int collector_picture(struct collector *c, const struct request *request, struct picture *ret);

/*
 * Ends it. `closed` is called, on whatever thread comes last, when nothing uses the collector's
 * strings and nothing is attached any more; a reader that is stuck delays it for ever.
 */
void collector_close(struct collector *c, void (*closed)(void *ctx), void *ctx);

/* Frees the model, the names and the target: after `closed`, once no picture points at them. */
void collector_free(struct collector *c);

#endif
