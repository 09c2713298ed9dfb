// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who stands under whom. Nothing is in order yet, and nobody is visited in the order of the tree:
 * a node hands its lines to its parent when all its children have handed theirs to it.
 */
#include <stddef.h>
#include <string.h>

#include "model/tree_pass.h"

/* ---- nodes ------------------------------------------------------------------------------------ */

static const struct tree_node blank = {.parent = NODE_NONE,
				       .child = NODE_NONE,
				       .next = NODE_NONE,
				       .pending = 1};

/* The node of one that has ended, made when one that it made is met first. */
static uint32_t gone_node(struct tree_pass *p, uint64_t goid)
{
	struct tree *t = p->t;
	uint32_t at = hash_get(&t->gone_nodes, goid);

	if (at != HASH_NONE)
		return at;
	at = (uint32_t)t->nodes.n;
	if (!vec_push(&t->nodes, blank) || !vec_push(&t->gone, goid) ||
	    !hash_put(&t->gone_nodes, goid, at)) {
		p->failed = true;
		return t->root;
	}
	return at;
}

static bool matches(struct tree_pass *p, const struct entry *e, unsigned parts, struct row *row)
{
	if (!entry_is_meant(p->request, e))
		return false;
	if (!p->request->filter)
		return true;
	show_parts(p->m, e, parts, row);
	return filter_match(p->request->filter, row, p->ctx);
}

static uint32_t node_of_parent(struct tree_pass *p, uint64_t parent)
{
	uint32_t at;

	if (!parent)
		return p->t->root;
	at = index_get(&p->m->by_goid, p->m->live.v, parent);
	return at == INDEX_NONE ? gone_node(p, parent) : at;
}

static void hang(struct tree_pass *p, uint32_t node, uint32_t parent)
{
	p->t->nodes.v[node].parent = parent;
	p->t->nodes.v[parent].pending++;
}

/*
 * Most are where they were, under whom they were: then nothing of them is read but their nodes.
 * Who had ended when the nodes were made has a new number.
 */
static uint32_t kept_parent(const struct tree *t, uint32_t node, uint32_t old_root)
{
	const struct tree_node *v = t->nodes.v;
	uint32_t parent = v[node].parent;

	if (node >= old_root || v[node].stale)
		return NODE_NONE;
	if (parent == old_root)
		return t->root;
	if (parent > old_root || parent >= t->root || v[parent].stale)
		return NODE_NONE;
	return parent;
}

static void hang_living(struct tree_pass *p, uint32_t old_root, bool matches_kept)
{
	struct row row = {.start = &name_unknown, .created = &name_unknown, .where = &name_unknown};
	unsigned parts = filter_parts(p->request->filter);
	uint32_t last_node = p->t->root; /* of the last one's parent: siblings come together */
	uint64_t last = 0;

	for (uint32_t i = 0; i < p->t->root && !p->failed; i++) {
		const struct entry *e = &p->m->live.v[i];
		uint32_t parent = kept_parent(p->t, i, old_root);
		bool is_new = i >= old_root || p->t->nodes.v[i].stale;

		if (is_new || !matches_kept)
			p->t->nodes.v[i].matches = matches(p, e, parts, &row);
		if (parent == NODE_NONE && e->parent != last) {
			last = e->parent;
			last_node = node_of_parent(p, last);
		}
		hang(p, i, parent == NODE_NONE ? last_node : parent);
	}
}

/* They may have been made by others that have ended. */
static void hang_gone(struct tree_pass *p)
{
	for (uint32_t i = p->t->root + 1; i < p->t->nodes.n && !p->failed; i++) {
		const struct former *a = tree_former(p->t, tree_goid(p, i));

		hang(p, i, node_of_parent(p, a ? a->parent : 0));
	}
}

static void clear(struct tree_node *one)
{
	one->child = one->next = NODE_NONE;
	one->pending = 1;
	one->folded = one->hit = false;
}

static bool make_nodes(struct tree_pass *p, bool matches_kept)
{
	struct tree *t = p->t;
	uint32_t old_root = t->nodes.n ? t->root : 0;
	size_t n = p->m->live.n + 1;

	t->gone.n = 0;
	hash_clear(&t->gone_nodes);
	if (!vec_reserve(&t->nodes, n))
		return false;
	t->root = (uint32_t)n - 1;
	t->nodes.n = n;
	for (uint32_t i = 0; i < t->root && i < old_root; i++)
		clear(&t->nodes.v[i]);
	for (uint32_t i = t->root < old_root ? t->root : old_root; i < n; i++)
		t->nodes.v[i] = blank;
	hang_living(p, old_root, matches_kept);
	hang_gone(p);
	return !p->failed;
}

static void mark_folded(struct tree_pass *p)
{
	const struct request *r = p->request;

	for (size_t i = 0; i < r->n_folded; i++) {
		uint32_t node = tree_node_of(p, r->folded[i]);

		if (node != NODE_NONE)
			p->t->nodes.v[node].folded = true;
	}
}

/* ---- lines ------------------------------------------------------------------------------------ */

/* Itself, or a child, is counted; with the last of them so are its lines, and with them … */
static void count_one(struct tree *t, uint32_t at)
{
	struct tree_node *v = t->nodes.v;
	uint32_t *lines = t->lines_of.v;

	/* Nobody counts the root itself: there it ends. */
	while (!--v[at].pending) {
		if (lines[at] || v[at].matches)
			lines[at] = 1 + (v[at].folded ? 0 : lines[at]);
		v[at].stale = false;
		lines[v[at].parent] += lines[at];
		at = v[at].parent;
	}
}

/* Of those of a circle none is the last. Who made the one given comes to stand at the top. */
static void open_circle(struct tree *t, uint32_t at)
{
	uint32_t top = t->nodes.v[at].parent, maker = t->nodes.v[top].parent;

	t->nodes.v[top].parent = t->root;
	t->nodes.v[t->root].pending++;
	count_one(t, maker);
	t->nodes.v[top].stale = true; /* who its maker is has to be asked again */
}

static bool count_lines(struct tree *t)
{
	size_t n = t->nodes.n;

	t->lines_of.n = 0;
	if (!vec_reserve(&t->lines_of, n))
		return false;
	memset(t->lines_of.v, 0, n * sizeof(*t->lines_of.v));
	t->lines_of.n = n;
	for (uint32_t i = 0; i < n; i++)
		if (i != t->root)
			count_one(t, i);
	for (uint32_t i = 0; i < n; i++)
		if (i != t->root && t->nodes.v[i].pending)
			open_circle(t, i);
	return true;
}

/* Those that are in it become their parents' children. */
static void link_children(struct tree *t)
{
	for (uint32_t i = (uint32_t)t->nodes.n; i-- > 0;) {
		struct tree_node *one = &t->nodes.v[i];

		if (i == t->root || !t->lines_of.v[i])
			continue;
		one->next = t->nodes.v[one->parent].child;
		t->nodes.v[one->parent].child = i;
	}
}

void tree_make_shape(struct tree_pass *p, bool matches_kept)
{
	p->failed |= !make_nodes(p, matches_kept);
	if (p->failed)
		return;
	mark_folded(p);
	p->failed |= !count_lines(p->t);
	if (!p->failed)
		link_children(p->t);
}
