// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The lines of a window, from the top down: of a node's children only those are put in order that
 * the window's lines are of. Each has a line at least, so that they are as many as there are lines
 * between the window and some place in their order of which it is known how many lines stand before
 * it: the beginning, the end, the row that the window follows, or else one of a sample.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "model/tree_pass.h"

enum {
	NEAR = 2048, /* lines; within these no nearer place is looked for */
	SAMPLES = 1024,
	AHEAD = 12, /* siblings that are brought into the cache before their turn */
};

/* ---- siblings --------------------------------------------------------------------------------- */

static inline void rank(struct tree_pass *p, uint32_t node, struct ranked *ret)
{
	ret->at = node;
	ret->goid = 0;
	if (tree_has_ended(p, node)) { /* with those of whom nothing is known */
		ret->key = UINT64_MAX;
		ret->goid = tree_goid(p, node);
	} else if (!entry_key_if_meant(&p->keys, node, &ret->key)) {
		ret->key = entry_key(&p->keys, node); /* it stands there for what it made */
	}
}

/* Of the siblings from this one on, the first that something is counted of; NODE_NONE: none. */
static inline uint32_t counted(const struct tree_pass *p, struct tree_count count, uint32_t at)
{
	while (at != NODE_NONE && !count.of[at])
		at = p->t->nodes.v[at].next;
	return at;
}

static inline uint32_t first_child(const struct tree_pass *p, struct tree_count count,
				   uint32_t parent)
{
	return counted(p, count, p->t->nodes.v[parent].child);
}

static inline uint32_t next_sibling(const struct tree_pass *p, struct tree_count count, uint32_t at)
{
	return counted(p, count, p->t->nodes.v[at].next);
}

static uint64_t own(const struct tree_pass *p, struct tree_count count, uint32_t node)
{
	if (node == p->t->root)
		return 0;
	return count.hits ? p->t->nodes.v[node].hit : 1;
}

/* What is counted below a node that is not folded. */
static uint64_t below(const struct tree_pass *p, struct tree_count count, uint32_t node)
{
	return count.of[node] - own(p, count, node);
}

/* ---- both sides of a place -------------------------------------------------------------------- */

static bool is_before(const struct tree_pass *p, const struct tree_sides *sides, struct ranked *one)
{
	if (sides->place.kind == AT_ONE)
		return one->at != sides->place.one.at &&
		       ranked_compare(&p->by, one, &sides->place.one) < 0;
	return sides->place.kind == AT_END;
}

/* Of goroutines made one after the other, for whom equal keys leave the goids to compare. */
static inline void prefetch(const struct tree_pass *p, uint32_t node)
{
	if (node + AHEAD < p->t->root)
		__builtin_prefetch(&p->m->live.v[node + AHEAD].goid);
}

/* Of a node's children those that stand next to the place, on either side as many as are wanted. */
static void gather(struct tree_pass *p, struct tree_count count, uint32_t parent,
		   struct tree_sides *sides)
{
	uint32_t at = first_child(p, count, parent);
	uint64_t before = 0;

	sides->low = (struct nearest){.by = &p->by, .room = sides->back, .last = true};
	sides->high = (struct nearest){.by = &p->by, .room = sides->on};
	for (sides->n = 0; at != NODE_NONE; sides->n++, at = next_sibling(p, count, at)) {
		struct nearest *to = &sides->high;
		struct ranked one;

		prefetch(p, at);
		rank(p, at, &one);
		if (is_before(p, sides, &one)) {
			before += count.of[at];
			to = &sides->low;
		}
		if (to->room)
			nearest_offer(to, &one);
		else
			to->offered++;
	}
	sides->place.before = before;
	nearest_close(&sides->low);
	nearest_close(&sides->high);
	p->failed |= sides->low.failed || sides->high.failed;
}

static void free_sides(struct tree_sides *sides)
{
	vec_free(&sides->low.v);
	vec_free(&sides->high.v);
}

void tree_anchors_free(tree_anchors *anchors)
{
	vec_foreach (one, anchors)
		free_sides(&one->sides);
	vec_free(anchors);
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static bool is_shown(const struct tree_pass *p, uint32_t node)
{
	const struct tree *t = p->t;

	if (!t->lines_of.v[node])
		return false;
	while ((node = t->nodes.v[node].parent) != t->root)
		if (t->nodes.v[node].folded)
			return false;
	return true;
}

static void keep_anchor(struct tree_pass *p, uint32_t parent, struct tree_sides *sides,
			tree_anchors *anchors)
{
	if (!anchors || sides->n <= NEAR)
		free_sides(sides);
	else if (!vec_push(anchors, ((struct tree_anchor){parent, *sides})))
		p->failed = true;
}

ssize_t tree_number(struct tree_pass *p, struct tree_count count, uint32_t node, size_t around,
		    tree_anchors *anchors)
{
	uint64_t number = 0;

	if (!is_shown(p, node))
		return -1;
	while (node != p->t->root) {
		uint32_t parent = p->t->nodes.v[node].parent;
		struct tree_sides sides = {.place = {.kind = AT_ONE}, .back = around, .on = around};

		rank(p, node, &sides.place.one);
		sides.place.one.goid = tree_goid(p, node);
		gather(p, count, parent, &sides);
		number += sides.place.before + own(p, count, parent);
		keep_anchor(p, parent, &sides, anchors);
		node = parent;
	}
	return (ssize_t)number;
}

/* ---- where to look from ----------------------------------------------------------------------- */

/* Some of the children, whatever their number: any, lest they stand in some rhythm. */
static void take_sample(struct tree_pass *p, struct tree_count count, uint32_t parent,
			ranked_rows *ret)
{
	uint32_t at = first_child(p, count, parent);
	size_t step = 1;

	for (uint64_t i = 1; at != NODE_NONE; i++, at = next_sibling(p, count, at)) {
		struct ranked one;

		if (hash_mix(i) % step)
			continue;
		rank(p, at, &one);
		if (!vec_push(ret, one))
			return;
		if (ret->n < (size_t)2 * SAMPLES)
			continue;
		for (size_t k = 0; k < SAMPLES; k++)
			ret->v[k] = ret->v[2 * k];
		ret->n = SAMPLES;
		step *= 2;
	}
}

/* Of a sample the one that about so many lines stand before; false: there is none. */
static bool sample(struct tree_pass *p, struct tree_count count, uint32_t parent, uint64_t first,
		   struct ranked *ret)
{
	struct nearest all = {.by = &p->by, .room = SIZE_MAX};
	ranked_rows some = {0};
	double sum = 0, before = 0;
	size_t at = 0;

	take_sample(p, count, parent, &some);
	vec_foreach (one, &some) {
		nearest_offer(&all, one);
		sum += count.of[one->at];
	}
	nearest_close(&all);
	sum *= (double)first / (double)below(p, count, parent);
	while (at + 1 < all.v.n && before < sum)
		before += count.of[all.v.v[at++].at];
	if (all.v.n)
		*ret = all.v.v[at];
	vec_free(&some);
	vec_free(&all.v);
	return sum > 0;
}

/* How far it is to the lines [first, end), on both sides. */
static void measure(struct tree_sides *sides, uint64_t first, uint64_t end)
{
	uint64_t before = sides->place.before;

	sides->back = before > first ? before - first : 0;
	sides->on = end > before ? end - before : 0;
}

static bool is_nearer(const struct tree_sides *a, const struct tree_sides *b)
{
	return (a->back > a->on ? a->back : a->on) < (b->back > b->on ? b->back : b->on);
}

/* The place that is nearest to the lines [first, end) of those below a node. */
static struct tree_sides find_place(struct tree_pass *p, struct tree_count count, uint32_t parent,
				    uint64_t first, uint64_t end)
{
	struct tree_sides best = {.place = {.kind = AT_BEGINNING}};
	struct tree_sides other = {.place = {.kind = AT_END, .before = below(p, count, parent)}};

	measure(&best, first, end);
	measure(&other, first, end);
	if (is_nearer(&other, &best))
		best = other;
	if (best.back + best.on <= NEAR || end - first > NEAR ||
	    !sample(p, count, parent, first, &other.place.one))
		return best;
	other = (struct tree_sides){.place = {.kind = AT_ONE, .one = other.place.one}};
	gather(p, count, parent, &other);
	measure(&other, first, end);
	return is_nearer(&other, &best) ? other : best;
}

/* Those next to the selected one; NULL: they do not reach as far as [first, end). */
static const struct tree_sides *find_anchor(const tree_anchors *anchors, uint32_t parent,
					    uint64_t first, uint64_t end)
{
	if (anchors)
		vec_foreach (one, anchors) {
			struct tree_sides far = one->sides;

			measure(&far, first, end);
			if (one->parent == parent && far.back <= one->sides.back &&
			    far.on <= one->sides.on)
				return &one->sides;
		}
	return NULL;
}

/* ---- those that are wanted -------------------------------------------------------------------- */

/* On the way down: of a node's children those that are wanted, in order. */
struct level {
	size_t begin, at, end; /* in walk.rows */
	size_t number, n;      /* of the child at `at` among all of them; how many they are */
	uint64_t rails;	       /* of the parent's line */
};

struct walk {
	struct tree_pass *p;
	struct tree_count count;
	const tree_anchors *anchors;
	ranked_rows rows;
	VEC(struct level) levels;
	uint64_t skip; /* so much is still to be passed over */
	size_t end;    /* of the lines that are made */
	tree_lines *lines;
};

/* Passes over the first ones of a level, as far as nothing of them is wanted. */
static void skip_children(struct walk *w, struct level *level, uint64_t passed)
{
	while (level->at < level->end) {
		uint64_t one = w->count.of[w->rows.v[level->at].at];

		if (passed + one > w->skip)
			break;
		passed += one;
		level->at++;
		level->number++;
	}
	w->skip -= passed;
}

static void push_level(struct walk *w, const struct tree_sides *sides, uint64_t rails)
{
	const struct nearest *low = &sides->low, *high = &sides->high;
	struct level level = {
		.begin = w->rows.n,
		.at = w->rows.n,
		.number = low->offered - low->v.n,
		.n = sides->n,
		.rails = rails,
	};
	uint64_t passed = sides->place.before;

	vec_foreach (one, &low->v)
		passed -= w->count.of[one->at];
	if (!vec_append(&w->rows, low->v.v, low->v.n) ||
	    !vec_append(&w->rows, high->v.v, high->v.n))
		w->p->failed = true;
	level.end = w->rows.n;
	skip_children(w, &level, passed);
	if (!vec_push(&w->levels, level))
		w->p->failed = true;
}

static void enter(struct walk *w, uint32_t parent, uint64_t rails)
{
	uint64_t all = below(w->p, w->count, parent), first = w->skip;
	uint64_t wanted = w->end - w->lines->n, end = wanted < all - first ? first + wanted : all;
	const struct tree_sides *known = find_anchor(w->anchors, parent, first, end);
	struct tree_sides sides;

	if (known) {
		push_level(w, known, rails);
		return;
	}
	sides = find_place(w->p, w->count, parent, first, end);
	gather(w->p, w->count, parent, &sides);
	push_level(w, &sides, rails);
	free_sides(&sides);
}

static struct tree_place place_of(const struct walk *w, uint32_t node)
{
	const struct tree_node *n = &w->p->t->nodes.v[node];
	const struct level *level = &w->levels.v[w->levels.n - 1];
	size_t depth = w->levels.n - 1;
	struct tree_place ret = {
		.rails = level->rails,
		.depth = depth < UINT16_MAX ? (uint16_t)depth : UINT16_MAX,
		.last = level->number == level->n,
		.has_children = n->child != NODE_NONE,
		.folded = n->child != NODE_NONE && n->folded,
		.context = !n->matches,
	};

	if (depth && depth <= TREE_RAILS && !ret.last)
		ret.rails |= 1ull << (depth - 1);
	return ret;
}

/* The next child of the level, and what is below it. */
static void take(struct walk *w)
{
	struct level *level = &w->levels.v[w->levels.n - 1];
	uint32_t node = w->rows.v[level->at++].at;
	uint64_t own_line = own(w->p, w->count, node);
	struct tree_place place;

	level->number++;
	place = place_of(w, node);
	if (w->skip)
		w->skip -= own_line;
	else if (own_line && !vec_push(w->lines, ((struct tree_line){node, place})))
		w->p->failed = true;
	if (w->count.of[node] > own_line && w->lines->n < w->end)
		enter(w, node, place.rails);
}

void tree_walk(struct tree_pass *p, struct tree_count count, const tree_anchors *anchors,
	       size_t first, size_t want, tree_lines *ret)
{
	struct walk w = {.p = p,
			 .count = count,
			 .anchors = anchors,
			 .skip = first,
			 .end = ret->n + want,
			 .lines = ret};

	if (first < count.of[p->t->root])
		enter(&w, p->t->root, 0);
	while (w.levels.n && w.lines->n < w.end && !p->failed) {
		const struct level *level = &w.levels.v[w.levels.n - 1];

		if (level->at < level->end) {
			take(&w);
		} else {
			w.rows.n = level->begin;
			w.levels.n--;
		}
	}
	vec_free(&w.rows);
	vec_free(&w.levels);
}
