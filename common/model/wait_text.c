// SPDX-License-Identifier: GPL-2.0-or-later
/* What goroutines wait on, in words. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "base/text.h"
#include "model/wait_picture.h"

static const char *const kinds[WAIT_KINDS] = {
	[WAIT_CHAN] = "chan",
	[WAIT_MUTEX] = "mutex",
	[WAIT_RWMUTEX] = "rwmutex",
	[WAIT_WAITGROUP] = "waitgroup",
	[WAIT_SEMAPHORE] = "semaphore",
	[WAIT_COND] = "cond",
	[WAIT_FD] = "fd",
	[WAIT_TIMER] = "timer",
	[WAIT_NEVER] = "nothing",
};

static const char *const ways[WAYS] = {
	[WAY_UNKNOWN] = "unknown", [WAY_RECEIVE] = "receive", [WAY_SEND] = "send",
	[WAY_READ] = "read",	   [WAY_WRITE] = "write",     [WAY_LOCK] = "lock",
	[WAY_RLOCK] = "rlock",	   [WAY_WAIT] = "wait",
};

const char *wait_kind_name(enum wait_kind kind)
{
	return (unsigned)kind < WAIT_KINDS ? kinds[kind] : "unknown";
}

const char *wait_way_name(enum wait_way way)
{
	return (unsigned)way < WAYS ? ways[way] : ways[WAY_UNKNOWN];
}

/* ---- lines -------------------------------------------------------------------------------------- */

/* A text that grows; what does not fit is cut at a whole character. */
struct line {
	char *p;
	size_t size, len;
};

static void put(struct line *l, const char *s)
{
	if (l->len < l->size)
		l->len += text_clean(l->p + l->len, l->size - l->len, s, strlen(s), false);
}

static __attribute__((format(printf, 2, 3))) void putf(struct line *l, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put(l, text);
}

static struct line line_of(char *dst, size_t size)
{
	if (size)
		dst[0] = '\0';
	return (struct line){dst, size, 0};
}

/* "5 receivers", "1 sender", "no senders" */
static void put_count(struct line *l, uint64_t n, const char *what)
{
	char text[HUMAN_MAX];

	if (n)
		putf(l, "%s %s%s", human_count(text, sizeof(text), n), what, n == 1 ? "" : "s");
	else
		putf(l, "no %ss", what);
}

/* ---- names -------------------------------------------------------------------------------------- */

static void put_descriptor(struct line *l, const struct waits_picture *p,
			   const struct wait_object *o)
{
	const char *net = p->texts + o->fd.net, *local = p->texts + o->fd.local;

	putf(l, "fd %d", o->fd.fd);
	if (*net) {
		put(l, " ");
		put(l, net);
	}
	if (*local) {
		put(l, " ");
		put(l, local);
	}
	if (o->fd.remote) {
		put(l, " ↔ ");
		put(l, p->texts + o->fd.remote);
	}
}

void wait_name(char *dst, size_t size, const struct waits_picture *p, const struct wait_object *o)
{
	struct line l = line_of(dst, size);

	if (o->kind == WAIT_FD && o->known)
		put_descriptor(&l, p, o);
	else if (o->kind == WAIT_NEVER)
		put(&l, "nothing: a nil channel, or a select without cases");
	else
		putf(&l, "%s 0x%" PRIx64, wait_kind_name(o->kind), o->addr);
}

/* ---- states ------------------------------------------------------------------------------------- */

static void put_due(struct line *l, uint64_t due, uint64_t now)
{
	char text[HUMAN_MAX];

	if (due >= now)
		putf(l, "due in %s", human_age(text, sizeof(text), due - now));
	else
		putf(l, "due %s ago", human_age(text, sizeof(text), now - due));
}

static void put_chan(struct line *l, const struct wait_object *o, const struct wait_count *c,
		     uint64_t now)
{
	char used[HUMAN_MAX], capacity[HUMAN_MAX];

	if (o->chan.due) {
		put(l, "of a timer ");
		put_due(l, o->chan.due, now);
		return;
	}
	if (o->chan.capacity)
		putf(l, "%s of %s used, ", human_count(used, sizeof(used), o->chan.used),
		     human_count(capacity, sizeof(capacity), o->chan.capacity));
	else
		put(l, "unbuffered, ");
	put_count(l, c->by_way[WAY_RECEIVE], "receiver");
	put(l, ", ");
	put_count(l, c->by_way[WAY_SEND], "sender");
	if (o->chan.closed)
		put(l, ", closed");
}

/* sync.Mutex: 1 locked, 4 starving; RWMutex counts readers below zero when a writer wants it. */
static void put_lock(struct line *l, const struct wait_object *o)
{
	enum { LOCKED = 1, STARVING = 4, WRITER = 1 << 30 };
	char text[HUMAN_MAX];
	int64_t readers = o->lock.readers;

	if (o->kind == WAIT_RWMUTEX) {
		if (readers < 0 && o->lock.leaving > 0)
			putf(l, "a writer waits for %s to leave",
			     o->lock.leaving == 1 ? "a reader" : "readers");
		else if (readers < 0)
			put(l, "held by a writer");
		else if (readers)
			put(l, "held by readers");
		else
			put(l, "free");
		return;
	}
	put(l, o->lock.state & LOCKED ? "locked" : "free, being handed over");
	if (o->lock.state & STARVING)
		put(l, ", starving: handed over in turn");
	if (o->lock.state >> 3)
		putf(l, ", %s waiting",
		     human_count(text, sizeof(text), (uint64_t)o->lock.state >> 3));
}

void wait_state(char *dst, size_t size, const struct wait_object *o, const struct wait_count *c,
		uint64_t now)
{
	struct line l = line_of(dst, size);

	if (!o->known)
		return;
	if (o->kind == WAIT_CHAN)
		put_chan(&l, o, c, now);
	else if (o->kind == WAIT_MUTEX || o->kind == WAIT_RWMUTEX)
		put_lock(&l, o);
	else if (o->kind == WAIT_WAITGROUP)
		putf(&l, "%d not done", o->group.counter);
	else if (o->kind == WAIT_TIMER)
		put_due(&l, o->timer.due, now);
}

void wait_describe(char *dst, size_t size, const struct waits_picture *p, const struct wait_link *k,
		   uint64_t now)
{
	static const char *const beginnings[WAYS] = {
		[WAY_RECEIVE] = "to receive from ",
		[WAY_SEND] = "to send to ",
		[WAY_READ] = "to read from ",
		[WAY_WRITE] = "to write to ",
		[WAY_LOCK] = "to lock ",
		[WAY_RLOCK] = "to read-lock ",
	};
	const struct wait_object *o = &p->objects[k->object];
	struct line l = line_of(dst, size);
	char text[256];

	if (k->way < WAYS && beginnings[k->way] && o->kind != WAIT_NEVER)
		put(&l, beginnings[k->way]);
	wait_name(text, sizeof(text), p, o);
	put(&l, text);
	wait_state(text, sizeof(text), o, &p->counts[k->object], now);
	if (*text) {
		put(&l, ", ");
		put(&l, text);
	}
}
