// SPDX-License-Identifier: GPL-2.0-or-later
/* What the objects are like, which end of its channels a select is at, and the result in order. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/radix.h"
#include "runtime/waits_internal.h"

enum {
	OBJECTS_AT_ONCE = 4096,
	HCHAN_MAX = 256,     /* bytes; 104 in Go 1.27 */
	LOCK_BYTES = 24,     /* of an RWMutex, the largest */
	STRANGERS_MAX = 256, /* sudogs of a queue that are not of this reading */
	/* RWMutex, src/sync at Go 1.17 to 1.27: behind writerSem and readerSem. */
	RW_READERS = 16,
	RW_LEAVING = 20,
};

/* ---- channels ----------------------------------------------------------------------------------- */

/* The heads of a channel's queues, for as long as the pass lasts, by the object's place. */
struct heads {
	uint64_t receive, send;
};

struct chans {
	struct waits_pass *p;
	struct heads *heads; /* of each object */
	uint64_t *v;	     /* addresses of channels, ascending */
	size_t n;
};

/* When a timer is due: the channel of a timer or ticker points at it (Go ≥ 1.23). */
static uint64_t due_of(const struct runtime *rt, uint64_t timer)
{
	uint64_t when;

	if (off(rt, LF_TIMER_WHEN) < 0 || !plausible_pointer(timer) ||
	    memory_read_all(rt->mem, timer + off(rt, LF_TIMER_WHEN), &when, sizeof(when)))
		return 0;
	return when >> 63 ? 0 : when;
}

static void take_chan(void *ctx, size_t i, const uint8_t *bytes)
{
	struct chans *c = ctx;
	const struct runtime *rt = c->p->rt;
	uint32_t at = hash_get(&c->p->objects, wait_object_key(WAIT_CHAN, c->v[i]));
	struct wait_object *o;

	if (!bytes || at == HASH_NONE)
		return;
	o = &c->p->w->batch.objects.v[at];
	c->heads[at].receive = le64(bytes + off(rt, LF_HCHAN_RECVQ_FIRST));
	c->heads[at].send = le64(bytes + off(rt, LF_HCHAN_SENDQ_FIRST));
	o->chan.used = le64(bytes + off(rt, LF_HCHAN_QCOUNT));
	o->chan.capacity = le64(bytes + off(rt, LF_HCHAN_DATAQSIZ));
	o->chan.closed = le32(bytes + off(rt, LF_HCHAN_CLOSED)) != 0;
	if (off(rt, LF_HCHAN_TIMER) >= 0)
		o->chan.due = due_of(rt, le64(bytes + off(rt, LF_HCHAN_TIMER)));
	/* A timer's channel is shown as the unbuffered one that programs see (time.go, Go 1.23). */
	if (o->chan.due)
		o->chan.used = o->chan.capacity = 0;
	o->known = o->chan.used <= o->chan.capacity && o->chan.capacity >> 48 == 0 &&
		   le32(bytes + off(rt, LF_HCHAN_CLOSED)) <= 1;
}

int32_t wait_size(const struct runtime *rt, enum layout_field size, int32_t most,
		  const enum layout_field *wanted, size_t n)
{
	int32_t bytes = off(rt, size);

	for (size_t i = 0; i < n; i++)
		if (off(rt, wanted[i]) < 0 || off(rt, wanted[i]) > bytes - 8)
			return 0;
	return bytes <= most ? bytes : 0;
}

static int32_t chan_size(const struct runtime *rt)
{
	static const enum layout_field wanted[] = {LF_HCHAN_QCOUNT, LF_HCHAN_DATAQSIZ,
						   LF_HCHAN_CLOSED, LF_HCHAN_RECVQ_FIRST,
						   LF_HCHAN_SENDQ_FIRST};
	int32_t size = wait_size(rt, LF_HCHAN_SIZE, HCHAN_MAX, wanted, ARRAY_SIZE(wanted));

	return off(rt, LF_HCHAN_TIMER) <= size - 8 ? size : 0;
}

/*
 * Which queue a record's sudog is in: that whose head it is, or is reached from it by prev. Most
 * sudogs on the way are of this reading too, and are told at once; those that are not (who came
 * later) are read.
 */
static void find_way(struct waits_pass *p, uint32_t record, const struct heads *h)
{
	const struct record *r = &p->records.v[record];
	uint64_t at = r->sudog, prev = r->prev;
	uint8_t way = WAY_UNKNOWN;
	uint32_t known = record;

	p->front.n = 0;
	for (int strangers = 0; strangers < STRANGERS_MAX && p->hops++ < 8 * p->records.n;) {
		if (known != HASH_NONE && p->records.v[known].way != WAY_UNKNOWN)
			way = p->records.v[known].way;
		else if (at == h->receive || at == h->send)
			way = at == h->receive ? WAY_RECEIVE : WAY_SEND;
		if (known != HASH_NONE && !vec_push(&p->front, known))
			p->failed = true;
		if (way != WAY_UNKNOWN || !plausible_pointer(prev) || p->failed)
			break;
		at = prev;
		known = hash_get(&p->by_sudog, at);
		if (known != HASH_NONE)
			prev = p->records.v[known].prev;
		else if (strangers++, memory_read_all(p->rt->mem, at + off(p->rt, LF_SUDOG_PREV),
						      &prev, sizeof(prev)))
			break;
	}
	if (way != WAY_UNKNOWN)
		vec_foreach (on_the_way, &p->front)
			p->records.v[*on_the_way].way = way;
}

static void find_ways(struct waits_pass *p, const struct heads *heads)
{
	for (size_t i = 0; i < p->records.n; i++)
		if (p->records.v[i].sudog &&
		    !hash_put(&p->by_sudog, p->records.v[i].sudog, (uint32_t)i))
			p->failed = true;
	for (size_t i = 0; i < p->records.n && !p->failed; i++)
		if (p->records.v[i].sudog && p->records.v[i].way == WAY_UNKNOWN)
			find_way(p, (uint32_t)i, &heads[p->records.v[i].object]);
}

static int read_chans(struct waits_pass *p)
{
	const struct wait_batch *b = &p->w->batch;
	_cleanup_free_ struct heads *heads = calloc(b->objects.n + 1, sizeof(*heads));
	_cleanup_free_ uint64_t *v = malloc(b->objects.n * sizeof(*v) + 1);
	struct chans c = {.p = p, .heads = heads, .v = v};
	struct gather g = {.to = chan_size(p->rt), .visit = take_chan, .ctx = &c};
	int r;

	if (!heads || !v)
		return -ENOMEM;
	vec_foreach (o, &b->objects)
		if (o->kind == WAIT_CHAN)
			v[c.n++] = o->addr;
	if (!c.n || !g.to)
		return 0;
	if (!radix_sort(v, c.n))
		return -ENOMEM;
	g.v = v;
	g.n = c.n;
	r = gather(p->rt, &g);
	if (!r)
		find_ways(p, heads);
	return r;
}

/* ---- the others --------------------------------------------------------------------------------- */

static void read_lock(struct waits_pass *p, struct wait_object *o)
{
	size_t n = o->kind == WAIT_MUTEX ? 8 : LOCK_BYTES;
	uint8_t b[LOCK_BYTES];

	if (memory_read_all(p->rt->mem, o->addr, b, n))
		return;
	if (o->kind == WAIT_WAITGROUP) {
		/* The upper half of what lies at a multiple of 8 (src/sync/waitgroup.go). */
		o->group.counter = (int32_t)le32(b + 4 + o->addr % 8);
		o->known = o->group.counter >= 0;
		return;
	}
	o->lock.state = (int32_t)le32(b);
	o->known = o->lock.state >= 0;
	if (o->kind == WAIT_RWMUTEX) {
		o->lock.readers = (int32_t)le32(b + RW_READERS);
		o->lock.leaving = (int32_t)le32(b + RW_LEAVING);
	}
}

static void read_object(struct waits_pass *p, struct wait_object *o)
{
	if (o->kind == WAIT_MUTEX || o->kind == WAIT_RWMUTEX || o->kind == WAIT_WAITGROUP)
		read_lock(p, o);
	else if (o->kind == WAIT_FD)
		waits_net_read(p, o);
	else if (o->kind == WAIT_COND || o->kind == WAIT_NEVER || o->kind == WAIT_SEMAPHORE)
		o->known = true;
}

/* Each sleeper has a timer of its own; what is due is in g itself from Go 1.23 on. */
static void add_timers(struct waits_pass *p)
{
	vec_foreach (s, &p->seeds) {
		uint64_t due = s->due;
		uint32_t at;

		if (s->rule->class == BY_NATURE)
			wait_add(p, s, wait_object_at(p, WAIT_NEVER, 0), s->rule->way, 0, 0);
		if (s->rule->class != BY_TIMER || !plausible_pointer(s->timer))
			continue;
		if (off(p->rt, LF_G_SLEEPWHEN) < 0)
			due = due_of(p->rt, s->timer);
		at = wait_object_at(p, WAIT_TIMER, s->timer);
		if (at != NO_OBJECT && due && !(due >> 63)) {
			p->w->batch.objects.v[at].timer.due = due;
			p->w->batch.objects.v[at].known = true;
		}
		wait_add(p, s, at, WAY_WAIT, 0, 0);
	}
}

int waits_objects(struct waits_pass *p)
{
	struct wait_batch *b = &p->w->batch;
	int r;

	if (!p->begun) {
		p->begun = true;
		add_timers(p);
		r = read_chans(p);
		return r ? r : 1;
	}
	for (int i = 0; i < OBJECTS_AT_ONCE && p->at < b->objects.n; i++)
		read_object(p, &b->objects.v[p->at++]);
	return p->at < b->objects.n;
}

/* ---- the result --------------------------------------------------------------------------------- */

/* Facts and their links in the order of the goroutines; room for the links of each is counted. */
static int make_facts(struct waits_pass *p, uint32_t *room)
{
	struct wait_batch *b = &p->w->batch;
	uint32_t first = 0;

	vec_foreach (r, &p->records)
		room[r->seed]++;
	for (size_t i = 0; i < p->seeds.n; i++) {
		struct wait_fact f = {p->seeds.v[i].g, p->seeds.v[i].goid, first, room[i]};

		room[i] = first;
		first += f.n;
		if (f.n && !vec_push(&b->facts, f))
			return -ENOMEM;
	}
	return 0;
}

int waits_facts(struct waits_pass *p)
{
	_cleanup_free_ uint32_t *next = calloc(p->seeds.n + 1, sizeof(*next));
	struct wait_batch *b = &p->w->batch;

	if (!next || make_facts(p, next) || !vec_reserve(&b->links, p->records.n))
		return -ENOMEM;
	b->links.n = p->records.n;
	vec_foreach (r, &p->records)
		b->links.v[next[r->seed]++] = (struct wait_link){r->object, r->way};
	return 0;
}
