// SPDX-License-Identifier: GPL-2.0-or-later
/* What the model asks its source for: another look at some goroutines, the kernel's account of some. */
#include "model/table.h"

enum { STRAYS_MAX = 1 << 16 };

void want_look(struct model *m, struct entry *e, bool urgent)
{
	if (!m->options.memory || !e->g)
		return;
	if (urgent)
		e->flags |= ENTRY_URGENT;
	if (!(e->flags & ENTRY_WANTED) && vec_push(&m->wants, e->g))
		e->flags |= ENTRY_WANTED;
}

void want_look_at(struct model *m, uint64_t g)
{
	if (m->options.memory && g && m->strays.n < STRAYS_MAX)
		(void)vec_push(&m->strays, g);
}

void want_account(struct model *m, struct entry *e)
{
	if (!(e->flags & ENTRY_WANTS_ACCOUNT) && vec_push(&m->wants_accounts, e->goid))
		e->flags |= ENTRY_WANTS_ACCOUNT;
}

void wants_compact(struct model *m)
{
	size_t kept = 0;

	vec_foreach (g, &m->wants) {
		struct entry *e = table_by_g(m, *g);

		if (e && e->flags & ENTRY_WANTED)
			m->wants.v[kept++] = *g;
	}
	m->wants.n = kept;
}

struct want_list {
	uint64_t *v;
	size_t n, max;
};

static void give(struct want_list *l, uint64_t value)
{
	if (l->n < l->max)
		l->v[l->n] = value;
	l->n++;
}

static void give_wanted(const struct model *m, bool urgent, struct want_list *l)
{
	vec_foreach (g, &m->wants) {
		uint32_t at = index_get(&m->by_g, m->live.v, *g);
		uint32_t flags = at == INDEX_NONE ? 0 : m->live.v[at].flags;

		if (flags & ENTRY_WANTED && urgent == ((flags & ENTRY_URGENT) != 0))
			give(l, *g);
	}
}

/* Those in doubt come first, should there not be time for all. */
size_t model_wants(const struct model *m, uint64_t *addrs, size_t max)
{
	struct want_list l = {.v = addrs, .max = max};

	give_wanted(m, true, &l);
	vec_foreach (g, &m->strays)
		give(&l, *g);
	give_wanted(m, false, &l);
	return l.n;
}

size_t model_wants_accounts(const struct model *m, uint64_t *goids, size_t max)
{
	struct want_list l = {.v = goids, .max = max};

	vec_foreach (goid, &m->wants_accounts) {
		uint32_t at = index_get(&m->by_goid, m->live.v, *goid);

		if (at != INDEX_NONE && m->live.v[at].flags & ENTRY_WANTS_ACCOUNT)
			give(&l, *goid);
	}
	return l.n;
}
