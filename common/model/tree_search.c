// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A search of the tree. As with its lines nothing is put in order: the hits below each node are
 * counted, then the one is looked up that stands next to where the search begins.
 */
#include <errno.h>

#include "model/tree_pass.h"

typedef VEC(uint32_t) numbers;

/* All that are shown, each after its parent. */
static bool list_shown(const struct tree *t, numbers *ret)
{
	const struct tree_node *v = t->nodes.v;
	uint32_t at = t->root;

	if (!vec_reserve(ret, (size_t)t->lines_of.v[at] + 1))
		return false;
	for (;;) {
		ret->v[ret->n++] = at;
		if (v[at].child != NODE_NONE && !v[at].folded) {
			at = v[at].child;
			continue;
		}
		while (at != t->root && v[at].next == NODE_NONE)
			at = v[at].parent;
		if (at == t->root)
			return true;
		at = v[at].next;
	}
}

static bool is_hit(const struct tree_pass *p, uint32_t node, const struct filter *word)
{
	struct row row;

	tree_row(p, node, &row);
	return filter_match(word, &row, p->ctx);
}

/* Of each node how many hits it is, with those below; `ret` is all 0. */
static void count_hits(struct tree_pass *p, const numbers *shown, const struct filter *word,
		       uint32_t *ret)
{
	struct tree_node *v = p->t->nodes.v;

	for (size_t i = shown->n; i-- > 1;) {
		uint32_t at = shown->v[i];

		v[at].hit = is_hit(p, at, word);
		ret[at] += v[at].hit;
		ret[v[at].parent] += ret[at];
	}
}

/* The number of the hit that is the answer, of all that there are. */
static size_t number_of(struct tree_pass *p, struct tree_count hits)
{
	const struct search *s = &p->request->search;
	uint32_t from = s->from ? tree_node_of(p, s->from) : NODE_NONE;
	ssize_t before = from == NODE_NONE ? -1 : tree_number(p, hits, from, 0, NULL);
	size_t all = hits.of[p->t->root];
	bool hit;

	if (before < 0)
		return s->backward ? all - 1 : 0;
	hit = p->t->nodes.v[from].hit;
	if (s->inclusive && hit)
		return (size_t)before;
	if (s->backward)
		return ((size_t)before + all - 1) % all;
	return ((size_t)before + hit) % all;
}

static void answer(struct tree_pass *p, struct tree_count hits, struct search_answer *ret)
{
	struct tree_count lines = {.of = p->t->lines_of.v};
	tree_lines found = {0};
	size_t number;

	ret->of = hits.of[p->t->root];
	if (!ret->of)
		return;
	number = number_of(p, hits);
	tree_walk(p, hits, NULL, number, 1, &found);
	if (found.n) {
		ret->nth = number + 1;
		ret->goid = tree_goid(p, found.v[0].node);
		ret->at = (size_t)tree_number(p, lines, found.v[0].node, 0, NULL);
	}
	vec_free(&found);
}

static void search(struct tree_pass *p, const struct filter *word, struct search_answer *ret)
{
	uint32_t *hits = calloc(p->t->nodes.n, sizeof(*hits));
	numbers shown = {0};

	if (hits && list_shown(p->t, &shown) && tree_open_keys(p)) {
		count_hits(p, &shown, word, hits);
		answer(p, (struct tree_count){.of = hits, .hits = true}, ret);
	} else {
		p->failed = true;
	}
	tree_close_keys(p);
	vec_free(&shown);
	free(hits);
}

int tree_search(struct model *m, const struct request *request, const struct row_context *ctx,
		struct search_answer *ret)
{
	struct tree_pass p = {.m = m, .t = m->tree, .request = request, .ctx = ctx};
	struct filter *word;
	int r = search_word(&word, request->search.word);

	*ret = (struct search_answer){.serial = request->search.serial};
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	search(&p, word, ret);
	filter_free(word);
	return p.failed ? -ENOMEM : 0;
}
