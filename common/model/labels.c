// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which set of labels is behind a pointer. The target's garbage collector frees a set that nobody
 * has any more, and another one may come to lie there: what was read holds only as long as at each
 * counting somebody has the pointer who had it at the one before.
 */
#include "model/table.h"

static struct known_labels *known_at(struct model *m, uint64_t pointer)
{
	uint32_t at = hash_get(&m->labels.by_pointer, pointer);

	return at == HASH_NONE ? NULL : &m->labels.all.v[at];
}

static struct known_labels *known_add(struct model *m, uint64_t pointer)
{
	struct model_labels *l = &m->labels;
	struct known_labels *k = known_at(m, pointer);

	if (k)
		return k;
	if (!vec_push(&l->all, (struct known_labels){.pointer = pointer}))
		return NULL;
	if (!hash_put(&l->by_pointer, pointer, (uint32_t)l->all.n - 1)) {
		l->all.n--;
		return NULL;
	}
	return &l->all.v[l->all.n - 1];
}

static void forget(struct known_labels *k)
{
	label_set_unref(k->set);
	k->set = NULL;
	k->unreadable = false;
}

/* Throws away the pointers that nobody has, and what may lie behind one no more. */
static void compact(struct model_labels *l)
{
	size_t n = 0;

	hash_clear(&l->by_pointer);
	for (size_t i = 0; i < l->all.n; i++) {
		struct known_labels k = l->all.v[i];

		if (!k.used || !k.kept)
			forget(&k);
		/* Without room for it it is read again. */
		if (!k.used || !hash_put(&l->by_pointer, k.pointer, (uint32_t)n))
			forget(&k);
		else
			l->all.v[n++] = k;
	}
	l->all.n = n;
}

static void count(struct model *m)
{
	vec_foreach (k, &m->labels.all)
		k->used = k->kept = false;
	vec_foreach (e, &m->live) {
		struct known_labels *k = e->labels ? known_add(m, e->labels) : NULL;

		if (!k)
			continue;
		k->used = true;
		k->kept |= (e->flags & ENTRY_LABELLED) != 0;
		k->g = e->g;
		e->flags |= ENTRY_LABELLED;
	}
	compact(&m->labels);
	m->labels.changed = false;
}

void labels_changed(struct model *m, struct entry *e)
{
	e->flags &= ~(uint32_t)ENTRY_LABELLED;
	m->labels.changed = true;
}

size_t model_wants_labels(struct model *m, struct label_want *wants, size_t max)
{
	size_t n = 0;

	if (m->labels.changed)
		count(m);
	vec_foreach (k, &m->labels.all) {
		if (k->set || k->unreadable || !k->g)
			continue;
		if (n < max)
			wants[n] = (struct label_want){k->g, k->pointer};
		n++;
	}
	return n;
}

static void take_one(struct model *m, const struct feed_labels *f)
{
	struct known_labels *k = known_at(m, f->labels);
	struct label_set *set;

	if (!k)
		return;
	set = f->readable ? label_set_new(f->v, f->n) : NULL;
	forget(k);
	k->set = set;
	k->unreadable = !f->readable;
}

void model_labels(struct model *m, const struct feed_labels *labels, size_t n)
{
	for (size_t i = 0; i < n; i++)
		take_one(m, &labels[i]);
	if (n)
		m->version++;
}

struct label_set *labels_of(const struct model *m, const struct entry *e)
{
	uint32_t at = e->labels ? hash_get(&m->labels.by_pointer, e->labels) : HASH_NONE;

	return at == HASH_NONE ? NULL : m->labels.all.v[at].set;
}

void labels_free(struct model_labels *l)
{
	vec_foreach (k, &l->all)
		label_set_unref(k->set);
	vec_free(&l->all);
	hash_free(&l->by_pointer);
}
