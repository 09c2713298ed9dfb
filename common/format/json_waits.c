// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>

#include "format/json_value.h"
#include "format/json_waits.h"

static void put_due(yajl_gen g, uint64_t due, uint64_t now)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, (int64_t)(due - now));

	put_raw(g, "due_ns");
	yajl_gen_number(g, digits, (size_t)len);
}

static void put_chan(yajl_gen g, const struct wait_object *o, const struct wait_count *c,
		     uint64_t now)
{
	count_if(g, "used", o->known, o->chan.used);
	count_if(g, "capacity", o->known, o->chan.capacity);
	count(g, "receivers", c->by_way[WAY_RECEIVE]);
	count(g, "senders", c->by_way[WAY_SEND]);
	if (o->chan.due)
		put_due(g, o->chan.due, now);
}

/* An RWMutex counts its readers; below zero when a writer has it, or waits for them to leave. */
static void put_lock(yajl_gen g, const struct wait_object *o)
{
	if (!o->known)
		return;
	if (o->kind == WAIT_MUTEX) {
		boolean(g, "locked", o->lock.state & 1);
		boolean(g, "starving", o->lock.state & 4);
	} else {
		boolean(g, "locked", o->lock.readers != 0);
		boolean(g, "writer", o->lock.readers < 0 && o->lock.leaving <= 0);
	}
}

static void put_descriptor(yajl_gen g, const struct waits_picture *p, const struct wait_object *o)
{
	count_if(g, "fd", o->known, (uint64_t)o->fd.fd);
	text(g, "network", p->texts + o->fd.net);
	text(g, "local", p->texts + o->fd.local);
	text(g, "remote", p->texts + o->fd.remote);
}

static void put_object(yajl_gen g, const struct picture *p, const struct wait_link *l)
{
	const struct wait_object *o = &p->waits->objects[l->object];
	const struct wait_count *c = &p->waits->counts[l->object];
	char address[24];

	snprintf(address, sizeof(address), "0x%" PRIx64, o->addr);
	yajl_gen_map_open(g);
	string(g, "kind", wait_kind_name(o->kind));
	text(g, "address", o->addr ? address : NULL);
	text(g, "way", l->way ? wait_way_name(l->way) : NULL);
	if (o->kind == WAIT_CHAN)
		put_chan(g, o, c, p->time);
	else if (wait_is_lock(o->kind))
		put_lock(g, o);
	else if (o->kind == WAIT_WAITGROUP)
		count_if(g, "counter", o->known, (uint64_t)o->group.counter);
	else if (o->kind == WAIT_FD)
		put_descriptor(g, p->waits, o);
	else if (o->kind == WAIT_TIMER && o->known)
		put_due(g, o->timer.due, p->time);
	yajl_gen_map_close(g);
}

void json_waits(yajl_gen g, const struct picture *p, const struct row *r)
{
	const struct wait_fact *f = waits_of(p->waits, r);

	if (!f && (r->state == GS_WAITING || r->state == GS_LEAKED)) {
		null(g, "waits_on");
		return;
	}
	put_raw(g, "waits_on");
	yajl_gen_array_open(g);
	for (uint32_t i = 0; f && i < f->n; i++)
		put_object(g, p, &p->waits->links[f->first + i]);
	yajl_gen_array_close(g);
}
