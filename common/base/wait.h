/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goroutines wait on, as read from memory at one moment: plain data, the same for the reader,
 * the feed and the model.
 *
 * A goroutine (struct wait_fact) has links, one an object that it waits on: a select has several.
 * Objects are each there once. Texts are offsets into the batch's texts, 0: unknown.
 */
#ifndef GOROUTOP_BASE_WAIT_H
#define GOROUTOP_BASE_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

enum wait_kind {
	WAIT_CHAN,
	WAIT_MUTEX,
	WAIT_RWMUTEX,
	WAIT_WAITGROUP,
	WAIT_SEMAPHORE, /* of what is not known */
	WAIT_COND,
	WAIT_FD,
	WAIT_TIMER,
	WAIT_NEVER, /* a nil channel, a select without cases: nothing will wake it */
	WAIT_KINDS
};

/* Something that a goroutine has while others wait for it. */
static inline bool wait_is_lock(unsigned kind)
{
	return kind == WAIT_MUTEX || kind == WAIT_RWMUTEX;
}

/* What it wants of the object. */
enum wait_way {
	WAY_UNKNOWN,
	WAY_RECEIVE,
	WAY_SEND,
	WAY_READ,  /* of a descriptor; accepting too */
	WAY_WRITE, /* of a descriptor; connecting too */
	WAY_LOCK,
	WAY_RLOCK,
	WAY_WAIT,
	WAYS
};

struct wait_object {
	/*
	 * Of the channel, sync.Mutex, RWMutex, WaitGroup, Cond (its list), semaphore, pollDesc, timer;
	 * 0 for WAIT_NEVER.
	 */
	uint64_t addr;
	union {
		struct {
			uint64_t used, capacity;
			uint64_t
				due; /* a timer's or ticker's channel (Go ≥ 1.23): when; 0: it is none */
			bool closed;
		} chan;
		struct {
			int32_t state; /* sync.Mutex: 1 locked, 2 woken, 4 starving, waiters << 3 */
			int32_t readers; /* RWMutex.readerCount: negative while a writer has or wants it */
			int32_t leaving; /* RWMutex.readerWait: readers that a writer waits for */
		} lock;
		struct {
			int32_t counter;
		} group;
		struct {
			int32_t fd;
			uint32_t net;		/* "tcp", "unix"; "file" for what os.File opened */
			uint32_t local, remote; /* "127.0.0.1:80"; of a file: local is its name */
		} fd;
		struct {
			uint64_t due; /* CLOCK_MONOTONIC ns; 0: not known */
		} timer;
	};
	uint8_t kind;
	bool known; /* what is in the union was read, and makes sense */
};

struct wait_link {
	uint32_t object;
	uint8_t way;
};

struct wait_fact {
	uint64_t g, goid;
	uint32_t first, n; /* links[first … first + n) */
};

struct wait_batch {
	uint64_t t0, t1;	     /* bracket, CLOCK_MONOTONIC ns */
	VEC(struct wait_fact) facts; /* those of which something is known, by g ascending */
	VEC(struct wait_link) links;
	VEC(struct wait_object) objects;
	VEC(char) texts; /* as the target has them; the first byte is a NUL */
};

#endif
