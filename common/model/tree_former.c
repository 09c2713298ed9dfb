// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has ended, as far as somebody who lives descends from him. */
#include "model/tree.h"

void tree_end(struct model *m, const struct entry *e)
{
	const struct former one = {e->goid, e->parent, e->start, e->created, false};
	struct tree *t;

	/* Nobody knows who it was; or nobody tells who made whom. */
	if (!e->start || !m->knows_parents)
		return;
	t = tree_of(m);
	if (!t || t->formers.n >= FORMERS_KEPT || !vec_push(&t->formers, one))
		return;
	if (!hash_put(&t->former_by_goid, e->goid, (uint32_t)t->formers.n - 1))
		t->formers.n--;
}

const struct former *tree_former(const struct tree *t, uint64_t goid)
{
	uint32_t at = hash_get(&t->former_by_goid, goid);

	return at == HASH_NONE ? NULL : &t->formers.v[at];
}

static void mark_needed(struct tree *t, uint64_t goid)
{
	struct former *a = goid ? (struct former *)tree_former(t, goid) : NULL;

	for (; a && !a->needed; a = a->parent ? (struct former *)tree_former(t, a->parent) : NULL)
		a->needed = true;
}

void tree_refresh(struct model *m)
{
	struct tree *t = m->tree;
	size_t kept = 0;

	/* Whom somebody descends from changes only as goroutines end. */
	if (!t || t->formers.n < FORMERS_KEPT / 2 || m->n_ended - t->ended < FORMERS_KEPT / 8)
		return;
	t->ended = m->n_ended;
	vec_foreach (e, &m->live)
		mark_needed(t, e->parent);
	hash_clear(&t->former_by_goid);
	for (size_t i = 0; i < t->formers.n; i++) {
		struct former a = t->formers.v[i];

		if (!a.needed)
			continue;
		a.needed = false;
		t->formers.v[kept] = a;
		if (hash_put(&t->former_by_goid, a.goid, (uint32_t)kept))
			kept++;
	}
	t->formers.n = kept;
}
