// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/tree_pass.h"

enum {
	TREE_SMALL = 4096, /* so many nodes are kept for a picture to come */
	MARGIN = 512,	   /* lines more that are made, on both sides, for whoever scrolls */
};

/* ---- memory ----------------------------------------------------------------------------------- */

struct tree *tree_of(struct model *m)
{
	if (!m->tree)
		m->tree = calloc(1, sizeof(*m->tree));
	return m->tree;
}

static void free_nodes(struct tree *t)
{
	t->shape_known = t->lines_known = false;
	vec_free(&t->nodes);
	vec_free(&t->lines_of);
	vec_free(&t->gone);
	hash_free(&t->gone_nodes);
	vec_free(&t->lines);
	vec_free(&t->window);
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	vec_free(&t->formers);
	hash_free(&t->former_by_goid);
	free_nodes(t);
	free(t);
}

void tree_slim(struct tree *t)
{
	if (t && t->nodes.cap > TREE_SMALL)
		free_nodes(t);
}

/* ---- nodes ------------------------------------------------------------------------------------ */

uint64_t tree_goid(const struct tree_pass *p, uint32_t node)
{
	return tree_has_ended(p, node) ? p->t->gone.v[node - p->t->root - 1]
				       : p->m->live.v[node].goid;
}

void tree_row(const struct tree_pass *p, uint32_t node, struct row *ret)
{
	const struct model_pc *pcs = p->m->pcs.v;
	const struct former *a;

	if (!tree_has_ended(p, node)) {
		place_row(p->m, node, ret);
		return;
	}
	a = tree_former(p->t, tree_goid(p, node));
	*ret = (struct row){
		.goid = tree_goid(p, node),
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

static void row_of_node(const void *pass, uint32_t node, struct row *ret)
{
	tree_row(pass, node, ret);
}

uint32_t tree_node_of(const struct tree_pass *p, uint64_t goid)
{
	uint32_t at = index_get(&p->m->by_goid, p->m->live.v, goid);

	if (at != INDEX_NONE || !goid)
		return at;
	at = hash_get(&p->t->gone_nodes, goid);
	return at == HASH_NONE ? NODE_NONE : at;
}

/* ---- what is known from the last picture ------------------------------------------------------ */

/* What the shape depends on; a filter may ask for anything. */
static uint64_t kin_of(const struct tree_pass *p)
{
	return p->request->filter ? p->m->version : p->m->kin;
}

static bool shape_is_known(const struct tree_pass *p)
{
	const struct request *r = p->request;
	const struct tree *t = p->t;

	return t->shape_known && t->kin == kin_of(p) && t->filter == filter_serial(r->filter) &&
	       t->system == r->system && t->n_folded == r->n_folded &&
	       !memcmp(t->folded, r->folded, r->n_folded * sizeof(r->folded[0]));
}

static void make_shape(struct tree_pass *p)
{
	struct tree *t = p->t;

	bool plain = !p->request->filter && !t->filter && t->system == p->request->system;

	t->shape_known = t->lines_known = false;
	tree_make_shape(p, plain);
	if (p->failed) /* half of it is made */
		free_nodes(t);
	t->shape_known = !p->failed && filter_is_timeless(p->request->filter);
	t->kin = kin_of(p);
	t->filter = filter_serial(p->request->filter);
	t->system = p->request->system;
	t->n_folded = p->request->n_folded;
	memcpy(t->folded, p->request->folded, sizeof(t->folded));
}

static bool lines_are_known(const struct tree_pass *p)
{
	struct order_key key = order_key(p->m, p->request);

	return p->t->lines_known && order_key_same(&p->t->key, &key);
}

/* ---- lines ------------------------------------------------------------------------------------ */

static struct tree_count lines_of(const struct tree_pass *p)
{
	return (struct tree_count){.of = p->t->lines_of.v};
}

bool tree_open_keys(struct tree_pass *p)
{
	if (p->keys_are_open)
		return true;
	if (!entry_keys_open(&p->keys, p->m, p->request, p->ctx)) {
		p->failed = true;
		return false;
	}
	p->by = (struct ranking){.m = p->m,
				 .request = p->request,
				 .ctx = p->ctx,
				 .exact = p->keys.exact,
				 .row = row_of_node,
				 .rows = p};
	p->keys_are_open = true;
	return true;
}

void tree_close_keys(struct tree_pass *p)
{
	if (p->keys_are_open)
		entry_keys_close(&p->keys);
}

static ssize_t find_line(struct tree_pass *p, uint64_t goid, tree_anchors *anchors)
{
	size_t count = p->request->count, around = count < MARGIN ? count + 2 * MARGIN : 0;
	struct tree *t = p->t;
	uint32_t node;

	if (!goid)
		return -1;
	if (t->lines_known && goid == t->selected)
		return t->selected_at;
	node = tree_node_of(p, goid);
	for (size_t i = 0; t->lines_known && node != NODE_NONE && i < t->lines.n; i++)
		if (t->lines.v[i].node == node)
			return (ssize_t)(t->from + i);
	if (node == NODE_NONE || !tree_open_keys(p))
		return -1;
	return tree_number(p, lines_of(p), node, around, anchors);
}

static void find_selected(struct tree_pass *p, struct selection *s, tree_anchors *anchors)
{
	uint64_t goid = p->request->selected;
	uint32_t at = index_get(&p->m->by_goid, p->m->live.v, goid);

	s->selected_at = find_line(p, goid, anchors);
	s->has_selected = at != INDEX_NONE;
	if (s->has_selected)
		place_row(p->m, at, &s->selected);
}

static size_t window_end(const struct tree_pass *p, const struct selection *s)
{
	size_t n = s->matching - s->first;

	return s->first + (n < p->request->count ? n : p->request->count);
}

static bool has_lines(const struct tree *t, const struct selection *s, size_t end)
{
	return t->lines_known && s->first >= t->from && end <= t->from + t->lines.n;
}

/* The window's, and some on both sides. */
static void make_lines(struct tree_pass *p, const struct selection *s, const tree_anchors *anchors)
{
	struct tree *t = p->t;
	size_t end = window_end(p, s);

	t->lines_known = false;
	t->from = s->first > MARGIN ? s->first - MARGIN : 0;
	t->lines.n = 0;
	vec_slim(&t->lines, end - t->from + MARGIN);
	if (!tree_open_keys(p))
		return;
	tree_walk(p, lines_of(p), anchors, t->from, end - t->from + MARGIN, &t->lines);
	t->lines_known = !p->failed && t->shape_known && order_is_timeless(p->m, p->request);
	t->key = order_key(p->m, p->request);
	t->selected = p->request->selected;
	t->selected_at = s->selected_at;
}

/* ---- the window ------------------------------------------------------------------------------- */

/* Of one that has ended, if nobody knows where it began, what one that it made tells of it. */
static const struct name *made_in(const struct tree_pass *p, uint32_t node)
{
	const struct tree_node *v = p->t->nodes.v;
	struct row row;

	for (uint32_t at = v[node].child; at != NODE_NONE; at = v[at].next) {
		tree_row(p, at, &row);
		if (row.created->function)
			return row.created;
	}
	return NULL;
}

static void show_line(const struct tree_pass *p, const struct tree_line *line, struct row *row,
		      struct tree_place *place)
{
	*place = line->place;
	tree_row(p, line->node, row);
	if (tree_has_ended(p, line->node) && !row->start->function)
		place->ran = made_in(p, line->node);
}

static int show_window(struct tree_pass *p, const struct selection *s)
{
	struct model *m = p->m;
	struct tree *t = p->t;
	size_t n = window_end(p, s) - s->first;
	const struct tree_line *lines = t->lines.v + (s->first - t->from);

	m->rows.n = t->window.n = 0;
	vec_slim(&m->rows, n + 1);
	vec_slim(&t->window, n + 1);
	if (!vec_reserve(&m->rows, n + 1) || !vec_reserve(&t->window, n + 1))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		show_line(p, &lines[i], &m->rows.v[i], &t->window.v[i]);
	m->rows.n = t->window.n = n;
	return 0;
}

static void find_lines(struct tree_pass *p, struct selection *s)
{
	tree_anchors anchors = {0};

	if (!shape_is_known(p))
		make_shape(p);
	if (p->failed)
		return;
	if (!lines_are_known(p))
		p->t->lines_known = false;
	s->matching = p->t->lines_of.v[p->t->root];
	find_selected(p, s, &anchors);
	s->first = window_begin(p->request, s);
	if (!has_lines(p->t, s, window_end(p, s)))
		make_lines(p, s, &anchors);
	tree_close_keys(p);
	tree_anchors_free(&anchors);
}

int tree_rows(struct model *m, const struct request *request, const struct row_context *ctx,
	      struct selection *ret)
{
	struct tree_pass p = {.m = m, .t = tree_of(m), .request = request, .ctx = ctx};

	*ret = (struct selection){.selected_at = -1};
	if (!p.t)
		return -ENOMEM;
	find_lines(&p, ret);
	return p.failed ? -ENOMEM : show_window(&p, ret);
}
