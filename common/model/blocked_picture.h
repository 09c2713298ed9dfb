/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sub-picture of VIEW_BLOCKED: what goroutines wait on, and how many. Of those that the request
 * means; only those that match its filter. What only the world outside can end (descriptors, timers,
 * what nothing ends) stands below what other goroutines can.
 */
#ifndef GOROUTOP_MODEL_BLOCKED_PICTURE_H
#define GOROUTOP_MODEL_BLOCKED_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/wait_picture.h"

enum blocked_sort { BLOCKED_BY_AGE, BLOCKED_BY_WAITERS, BLOCKED_SORTS };

struct blocked_request {
	enum blocked_sort sort;
	bool reversed;
	size_t first, count; /* the window */
};

/* Who probably has a lock, and why that is thought. */
enum blocked_holder {
	HOLDER_UNKNOWN, /* nobody was seen to get it */
	HOLDER_NONE,	/* it is not locked now */
	HOLDER_WOKEN,	/* was woken from waiting for it last */
	HOLDER_WAKER,	/* woke somebody who waits for it again: it took it back */
};

struct blocked_row {
	uint64_t addr;		/* 0 where many are taken together: timers, what nothing ends */
	uint8_t kind;		/* enum wait_kind */
	int32_t descriptor;	/* of WAIT_FD */
	uint64_t waiters;	/* goroutines … */
	struct wait_count ways; /* … by what they want */
	uint64_t oldest;	/* goid of the one that waits longest */
	uint64_t age;		/* its, ns; with bound */
	uint8_t bound;		/* enum age_bound */
	struct name where;	/* most wait here; no texts: not known */
	bool elsewhere;		/* some wait at other places */
	uint8_t holder;		/* enum blocked_holder; of locks */
	uint64_t holder_goid, holder_age; /* who, and how long ago it got it */
	bool holder_weak; /* the oldest waiter came later: it may have changed hands before that */
	struct name holder_where;
	char word[24];	 /* what it is: "mutex", "chan send", "tcp" */
	char name[120];	 /* which: "0xc000172420", "127.0.0.1:80 < 10.0.0.7:41234" */
	char state[120]; /* "128 of 128 used"; "": nothing is known */
};

struct blocked_picture {
	bool read;	   /* false: the memory has not been asked yet */
	size_t goroutines; /* that wait on something known */
	size_t total;	   /* objects */
	size_t first, n;   /* the window: rows[0..n) are the objects first … of them */
	const struct blocked_row *rows;
};

/* A copy in one block of malloc's; NULL for NULL or no memory. */
struct blocked_picture *blocked_picture_copy(const struct blocked_picture *from);

#endif
