/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On what goroutines wait, as last read: for rows (waits_of), and in words. The facts point into the
 * model, or, in a picture of its own, into that; there only those of its rows are left.
 */
#ifndef GOROUTOP_MODEL_WAIT_PICTURE_H
#define GOROUTOP_MODEL_WAIT_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/wait.h"
#include "model/row.h"

/* How many goroutines wait for an object, by what they want of it. */
struct wait_count {
	uint32_t by_way[WAYS];
};

struct waits_picture {
	uint64_t time;		       /* what it says was so then */
	const struct wait_fact *facts; /* by g, ascending */
	size_t n_facts;
	const struct wait_link *links;
	const struct wait_object *objects;
	const struct wait_count *counts; /* of each object */
	const char *texts;
};

/* What the row's goroutine waits on; NULL: not known, or it does not wait, or has moved since. */
const struct wait_fact *waits_of(const struct waits_picture *p, const struct row *r);

/* A copy of what is said of n goroutines in one block of malloc's; NULL: nothing, or no memory. */
struct waits_picture *waits_picture_copy(const struct waits_picture *p,
					 const struct wait_fact *const *facts, size_t n);

/* "chan", "mutex", …; of a descriptor its network: "tcp", "file". Never NULL. */
const char *wait_kind_name(enum wait_kind kind);
const char *wait_way_name(enum wait_way way); /* "receive", …; "unknown" */

/* A channel, a lock, …, by name: "mutex 0xc0000a6018", "fd 7 tcp 127.0.0.1:80". Clean. */
void wait_name(char *dst, size_t size, const struct waits_picture *p, const struct wait_object *o);

/*
 * What else is known of it: "0 of 128 used, 1 receiver, no senders", "locked, 5 waiting"; "" when
 * nothing is. `now` is what due times are relative to.
 */
void wait_state(char *dst, size_t size, const struct wait_object *o, const struct wait_count *c,
		uint64_t now);

/* All of it that a line takes: "to send to chan 0xc000172420, 128 of 128 used, …". */
void wait_describe(char *dst, size_t size, const struct waits_picture *p, const struct wait_link *l,
		   uint64_t now);

#endif
