// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/entry_key.h"
#include "model/tree.h"

enum { TREE_SMALL = 4096 }; /* so many nodes are kept for a picture to come */

/* 0 is no node: the first one is not used. */
struct tree_node {
	uint64_t goid, key;
	uint32_t at;   /* place; of one that has ended, INDEX_NONE */
	uint32_t from; /* of one that has ended: a node that it made */
	uint32_t parent, child, last_child, next;
	uint32_t kept; /* by which walk up from one that matches; 0: not */
	bool matches;
};

struct pass {
	struct model *m;
	struct tree *t;
	const struct request *request;
	const struct row_context *ctx;
	struct entry_keys keys;
	bool failed;
};

/* ---- memory ----------------------------------------------------------------------------------- */

struct tree *tree_of(struct model *m)
{
	if (!m->tree)
		m->tree = calloc(1, sizeof(*m->tree));
	return m->tree;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	vec_free(&t->formers);
	hash_free(&t->former_by_goid);
	vec_free(&t->nodes);
	hash_free(&t->ended_nodes);
	vec_free(&t->lines);
	vec_free(&t->window);
	free(t);
}

void tree_slim(struct tree *t)
{
	if (!t || t->nodes.cap <= TREE_SMALL)
		return;
	t->known = false;
	vec_free(&t->nodes);
	vec_free(&t->lines);
	vec_free(&t->window);
	hash_free(&t->ended_nodes);
}

/* ---- nodes ------------------------------------------------------------------------------------ */

static void node_row(const struct pass *p, const struct tree_node *n, struct row *ret)
{
	const struct former *a = tree_former(p->t, n->goid);
	const struct model_pc *pcs = p->m->pcs.v;

	if (n->at != INDEX_NONE) {
		place_row(p->m, n->at, ret);
		return;
	}
	*ret = (struct row){
		.goid = n->goid,
		.state = GS_DEAD,
		.raw = GS_DEAD,
		.processor = -1,
		.flags = ROW_GONE,
		.parent = a ? a->parent : 0,
		.start = a ? pcs[a->start].name : &name_unknown,
		.created = a ? pcs[a->created].name : &name_unknown,
		.where = &name_unknown,
	};
}

static uint32_t push_node(struct pass *p, struct tree_node n)
{
	if (p->t->nodes.n >= UINT32_MAX - 1 || !vec_push(&p->t->nodes, n)) {
		p->failed = true;
		return 0;
	}
	return (uint32_t)p->t->nodes.n - 1;
}

/* The node of one that has ended, made when a descendant is met first. */
static uint32_t ended_node(struct pass *p, uint64_t goid, uint32_t from)
{
	uint32_t at = hash_get(&p->t->ended_nodes, goid);

	if (at != HASH_NONE)
		return at;
	at = push_node(p, (struct tree_node){
				  .goid = goid, .key = UINT64_MAX, .at = INDEX_NONE, .from = from});
	if (at && !hash_put(&p->t->ended_nodes, goid, at))
		p->failed = true;
	return at;
}

static uint32_t node_of_goid(struct pass *p, uint64_t goid, uint32_t from)
{
	uint32_t at = index_get(&p->m->by_goid, p->m->live.v, goid);

	return at != INDEX_NONE ? at + 1 : ended_node(p, goid, from);
}

static bool matches(struct pass *p, uint32_t place)
{
	struct row row;

	if (!p->request->filter)
		return true;
	place_row(p->m, place, &row);
	return filter_match(p->request->filter, &row, p->ctx);
}

static void make_nodes(struct pass *p)
{
	size_t n = p->m->live.n;

	p->t->nodes.n = 0;
	hash_clear(&p->t->ended_nodes);
	if (!vec_reserve(&p->t->nodes, n + 1)) {
		p->failed = true;
		return;
	}
	push_node(p, (struct tree_node){0});
	for (uint32_t i = 0; i < n; i++) {
		struct tree_node one = {.goid = p->m->live.v[i].goid, .at = i};

		if (entry_key_if_meant(&p->keys, i, &one.key))
			one.matches = matches(p, i);
		else /* it may stand there for what it made */
			one.key = entry_key(&p->keys, i);
		push_node(p, one);
	}
}

static uint64_t parent_of(const struct pass *p, const struct tree_node *n)
{
	const struct former *a;

	if (n->at != INDEX_NONE)
		return p->m->live.v[n->at].parent;
	a = tree_former(p->t, n->goid);
	return a ? a->parent : 0;
}

/* Who matches, and all above; whoever of them has ended gets a node. */
static void keep_up(struct pass *p, uint32_t at, uint32_t walk)
{
	while (at && !p->t->nodes.v[at].kept) {
		uint64_t parent = parent_of(p, &p->t->nodes.v[at]);
		uint32_t up;

		p->t->nodes.v[at].kept = walk;
		up = parent ? node_of_goid(p, parent, at) : 0;
		/* A circle ends where it closes. */
		if (up && p->t->nodes.v[up].kept == walk)
			up = 0;
		p->t->nodes.v[at].parent = up;
		at = up;
	}
}

static void keep_matching(struct pass *p)
{
	size_t n = p->t->nodes.n;

	for (uint32_t i = 1; i < n && !p->failed; i++)
		if (p->t->nodes.v[i].matches)
			keep_up(p, i, i);
}

/* ---- order ------------------------------------------------------------------------------------ */

static int compare_nodes(const void *a, const void *b, void *ctx)
{
	const struct pass *p = ctx;
	const struct tree_node *x = &p->t->nodes.v[*(const uint32_t *)a],
			       *y = &p->t->nodes.v[*(const uint32_t *)b];
	struct row row_x, row_y;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->at == INDEX_NONE || y->at == INDEX_NONE || p->keys.exact)
		return (x->goid > y->goid) - (x->goid < y->goid);
	place_row(p->m, x->at, &row_x);
	place_row(p->m, y->at, &row_y);
	return sort_compare(&p->request->sort, &row_x, &row_y, p->ctx);
}

static void append_child(struct tree *t, uint32_t parent, uint32_t at)
{
	struct tree_node *up = &t->nodes.v[parent];

	t->nodes.v[at].next = 0;
	if (up->last_child)
		t->nodes.v[up->last_child].next = at;
	else
		up->child = at;
	up->last_child = at;
}

/* Hangs all that are kept under their parents, in order; those without one under node 0. */
static void hang_up(struct pass *p)
{
	VEC(uint32_t) order = {0};

	for (uint32_t i = 1; i < p->t->nodes.n && !p->failed; i++)
		if (p->t->nodes.v[i].kept && !vec_push(&order, i))
			p->failed = true;
	if (!p->failed && order.n)
		qsort_r(order.v, order.n, sizeof(order.v[0]), compare_nodes, p);
	if (!p->failed)
		vec_foreach (at, &order)
			append_child(p->t, p->t->nodes.v[*at].parent, *at);
	vec_free(&order);
}

/* ---- lines ------------------------------------------------------------------------------------ */

static bool is_folded(const struct request *request, uint64_t goid)
{
	for (size_t i = 0; i < request->n_folded; i++)
		if (request->folded[i] == goid)
			return true;
	return false;
}

static void push_line(struct pass *p, uint32_t at, struct tree_place place)
{
	const struct tree_node *n = &p->t->nodes.v[at];

	place.has_children = n->child != 0;
	place.folded = n->child && is_folded(p->request, n->goid);
	place.context = !n->matches;
	if (!vec_push(&p->t->lines, ((struct tree_line){at, place})))
		p->failed = true;
}

/*
 * From one node on, all below it, depth first, without recursion: the target decides how deep. The
 * rails say at which depths a line goes on further down.
 */
static void walk(struct pass *p, uint32_t root)
{
	struct tree_node *v = p->t->nodes.v;
	struct tree_place place = {0};
	uint32_t at = root;

	while (!p->failed) {
		uint64_t rail =
			place.depth && place.depth <= TREE_RAILS ? 1ull << (place.depth - 1) : 0;

		place.last = !v[at].next;
		place.rails = place.last ? place.rails & ~rail : place.rails | rail;
		push_line(p, at, place);
		if (v[at].child && !is_folded(p->request, v[at].goid) && place.depth < UINT16_MAX) {
			at = v[at].child;
			place.depth++;
			continue;
		}
		while (at != root && !v[at].next) {
			at = v[at].parent;
			place.depth--;
		}
		if (at == root)
			return;
		at = v[at].next;
	}
}

static void make_lines(struct pass *p)
{
	p->t->lines.n = 0;
	for (uint32_t root = p->t->nodes.v[0].child; root && !p->failed;
	     root = p->t->nodes.v[root].next)
		walk(p, root);
}

/* ---- the window ------------------------------------------------------------------------------- */

static ssize_t line_of(const struct tree *t, uint64_t goid)
{
	for (size_t i = 0; goid && i < t->lines.n; i++)
		if (t->nodes.v[t->lines.v[i].node].goid == goid)
			return (ssize_t)i;
	return -1;
}

static size_t place_window(const struct pass *p, const struct selection *s)
{
	size_t n = p->t->lines.n, first = p->request->first, count = p->request->count;
	size_t at = (size_t)s->selected_at;

	if (first > n || n - first < count)
		first = n > count ? n - count : 0;
	if (!p->request->follow || s->selected_at < 0 || !count)
		return first;
	if (at < first)
		return at;
	return at - first >= count ? at - count + 1 : first;
}

static void find_selected(const struct pass *p, struct selection *s)
{
	uint32_t at = index_get(&p->m->by_goid, p->m->live.v, p->request->selected);

	s->selected_at = line_of(p->t, p->request->selected);
	s->has_selected = at != INDEX_NONE;
	if (s->has_selected)
		place_row(p->m, at, &s->selected);
}

/* A row of the window, and of one that has ended what a descendant tells of it. */
static void show_line(const struct pass *p, const struct tree_line *line, struct row *row,
		      struct tree_place *place)
{
	const struct tree_node *n = &p->t->nodes.v[line->node];

	*place = line->place;
	node_row(p, n, row);
	if (n->at != INDEX_NONE || row->start->function)
		return;
	node_row(p, &p->t->nodes.v[n->from], row);
	place->ran = row->created;
	node_row(p, n, row);
}

static int show_window(struct pass *p, struct selection *s)
{
	struct model *m = p->m;
	size_t n = p->t->lines.n - s->first;

	if (n > p->request->count)
		n = p->request->count;
	m->rows.n = p->t->window.n = 0;
	vec_slim(&m->rows, n + 1);
	vec_slim(&p->t->window, n + 1);
	if (!vec_reserve(&m->rows, n + 1) || !vec_reserve(&p->t->window, n + 1))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		show_line(p, &p->t->lines.v[s->first + i], &m->rows.v[i], &p->t->window.v[i]);
	m->rows.n = p->t->window.n = n;
	return 0;
}

/* Whether nothing has changed that it depends on: a key that moves the cursor costs no pass then. */
static bool is_known(const struct pass *p)
{
	const struct request *r = p->request;
	struct order_key key = order_key(p->m, r);

	return p->t->known && order_key_same(&p->t->key, &key) && p->t->n_folded == r->n_folded &&
	       !memcmp(p->t->folded, r->folded, r->n_folded * sizeof(r->folded[0]));
}

static void remember(struct pass *p)
{
	struct tree *t = p->t;

	t->known = order_is_timeless(p->m, p->request);
	t->key = order_key(p->m, p->request);
	t->n_folded = p->request->n_folded;
	memcpy(t->folded, p->request->folded, sizeof(t->folded));
}

static int make_tree(struct pass *p)
{
	p->t->known = false;
	if (!entry_keys_open(&p->keys, p->m, p->request, p->ctx))
		return -ENOMEM;
	make_nodes(p);
	entry_keys_close(&p->keys);
	keep_matching(p);
	hang_up(p);
	if (!p->failed)
		make_lines(p);
	if (p->failed)
		return -ENOMEM;
	remember(p);
	return 0;
}

int tree_rows(struct model *m, const struct request *request, const struct row_context *ctx,
	      struct selection *ret)
{
	struct pass p = {.m = m, .t = tree_of(m), .request = request, .ctx = ctx};
	int r;

	*ret = (struct selection){.selected_at = -1};
	if (!p.t)
		return -ENOMEM;
	r = is_known(&p) ? 0 : make_tree(&p);
	if (r)
		return r;
	find_selected(&p, ret);
	ret->matching = p.t->lines.n;
	ret->first = place_window(&p, ret);
	return show_window(&p, ret);
}

/* ---- search ----------------------------------------------------------------------------------- */

int tree_search(struct model *m, const struct request *request, const struct row_context *ctx,
		struct search_answer *ret)
{
	struct pass p = {.m = m, .t = m->tree, .request = request, .ctx = ctx};
	ssize_t from = line_of(p.t, request->search.from);
	size_t n = p.t->lines.n, step = request->search.backward ? n - 1 : 1;
	size_t best = SIZE_MAX, start = from < 0 ? 0 : (size_t)from;
	struct filter *word;
	int r = search_word(&word, request->search.word);

	*ret = (struct search_answer){.serial = request->search.serial};
	if (r < 0 || !n)
		return r == -ENOMEM ? r : 0;
	if (from >= 0 && !request->search.inclusive)
		start = (start + step) % n;
	for (size_t i = 0, at = start; i < n; i++, at = (at + step) % n) {
		struct row row;

		node_row(&p, &p.t->nodes.v[p.t->lines.v[at].node], &row);
		if (!filter_match(word, &row, ctx))
			continue;
		ret->of++;
		if (best == SIZE_MAX)
			best = at;
		ret->nth += at <= best;
		if (best != at)
			continue;
		ret->goid = row.goid;
		ret->at = at;
	}
	filter_free(word);
	return 0;
}
