// SPDX-License-Identifier: GPL-2.0-or-later
/* What rows of a picture wait on, for another thread: an object for each link, renumbered. */
#include <stdlib.h>
#include <string.h>

#include "model/wait_picture.h"

struct copied_waits {
	struct waits_picture picture; /* first: what is given out, and freed */
	struct wait_fact *facts;
	struct wait_object *objects;
	struct wait_count *counts;
	struct wait_link *links;
	char *texts, *at; /* where the next text goes */
};

static int by_g(const void *a, const void *b)
{
	const struct wait_fact *x = a, *y = b;

	return (x->g > y->g) - (x->g < y->g);
}

static size_t texts_size(const struct waits_picture *p, const struct wait_object *o)
{
	if (o->kind != WAIT_FD)
		return 0;
	return strlen(p->texts + o->fd.net) + strlen(p->texts + o->fd.local) +
	       strlen(p->texts + o->fd.remote) + 3;
}

static uint32_t keep_text(struct copied_waits *c, const char *s)
{
	uint32_t place = (uint32_t)(c->at - c->texts);

	if (!*s)
		return 0;
	c->at = stpcpy(c->at, s) + 1;
	return place;
}

static void copy_links(struct copied_waits *c, const struct waits_picture *p,
		       const struct wait_fact *f, uint32_t first)
{
	for (uint32_t i = 0; i < f->n; i++) {
		const struct wait_link *l = &p->links[f->first + i];
		struct wait_object *o = &c->objects[first + i];

		c->links[first + i] = (struct wait_link){first + i, l->way};
		c->counts[first + i] = p->counts[l->object];
		*o = p->objects[l->object];
		if (o->kind != WAIT_FD)
			continue;
		o->fd.net = keep_text(c, p->texts + o->fd.net);
		o->fd.local = keep_text(c, p->texts + o->fd.local);
		o->fd.remote = keep_text(c, p->texts + o->fd.remote);
	}
}

/* Room for all of it, the most aligned first. */
static struct copied_waits *new_copy(size_t n, size_t links, size_t texts)
{
	struct copied_waits *c = malloc(
		sizeof(*c) + n * sizeof(*c->facts) +
		links * (sizeof(*c->objects) + sizeof(*c->counts) + sizeof(*c->links)) + texts);

	if (!c)
		return NULL;
	c->facts = (struct wait_fact *)(c + 1);
	c->objects = (struct wait_object *)(c->facts + n);
	c->counts = (struct wait_count *)(c->objects + links);
	c->links = (struct wait_link *)(c->counts + links);
	c->texts = c->at = (char *)(c->links + links);
	*c->at++ = '\0';
	return c;
}

struct waits_picture *waits_picture_copy(const struct waits_picture *p,
					 const struct wait_fact *const *facts, size_t n)
{
	size_t links = 0, texts = 1;
	struct copied_waits *c;
	uint32_t first = 0;

	for (size_t i = 0; i < n; i++) {
		links += facts[i]->n;
		for (uint32_t k = 0; k < facts[i]->n; k++)
			texts += texts_size(p, &p->objects[p->links[facts[i]->first + k].object]);
	}
	c = n ? new_copy(n, links, texts) : NULL;
	if (!c)
		return NULL;
	for (size_t i = 0; i < n; first += facts[i++]->n) {
		copy_links(c, p, facts[i], first);
		c->facts[i] = (struct wait_fact){facts[i]->g, facts[i]->goid, first, facts[i]->n};
	}
	qsort(c->facts, n, sizeof(*c->facts), by_g);
	c->picture = (struct waits_picture){
		.time = p->time,
		.facts = c->facts,
		.n_facts = n,
		.links = c->links,
		.objects = c->objects,
		.counts = c->counts,
		.texts = c->texts,
	};
	return &c->picture;
}
