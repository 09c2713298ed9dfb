/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One picture, or one search, of the tree: what tree.c, tree_shape.c and tree_walk.c share. */
#ifndef GOROUTOP_MODEL_TREE_PASS_H
#define GOROUTOP_MODEL_TREE_PASS_H

#include "model/entry_key.h"
#include "model/nearest.h"
#include "model/tree.h"

struct tree_pass {
	struct model *m;
	struct tree *t;
	const struct request *request;
	const struct row_context *ctx;
	struct entry_keys keys;
	bool keys_are_open;
	struct ranking by;
	bool failed; /* for lack of memory */
};

/* Of whoever is in the tree: the living, and those that have ended, of whom a former may tell. */
uint64_t tree_goid(const struct tree_pass *p, uint32_t node);
void tree_row(const struct tree_pass *p, uint32_t node, struct row *ret);
/* The node of a goid, or NODE_NONE. */
uint32_t tree_node_of(const struct tree_pass *p, uint64_t goid);

/* Opens p->keys and p->by, if they are not yet; false: p->failed. */
bool tree_open_keys(struct tree_pass *p);
void tree_close_keys(struct tree_pass *p);

static inline bool tree_has_ended(const struct tree_pass *p, uint32_t node)
{
	return node > p->t->root;
}

/* ---- tree_shape.c ----------------------------------------------------------------------------- */

/*
 * Who stands under whom, and how many lines that makes. Sets p->failed. Of the nodes that there are
 * what is not stale is kept; that they match, or not, only if said so.
 */
void tree_make_shape(struct tree_pass *p, bool matches_kept);

/* ---- tree_walk.c ------------------------------------------------------------------------------ */

/*
 * What is counted along the tree: each line, or the hits of a search. Numbers are counts of those
 * that stand before.
 */
struct tree_count {
	const uint32_t *of; /* by node: its own and those below */
	bool hits;	    /* own: only who is a hit; else everybody */
};

/* A place among siblings, and those of them who stand next to it. */
struct tree_sides {
	struct {
		enum { AT_BEGINNING, AT_END, AT_ONE } kind;
		struct ranked one;
		uint64_t before; /* what is counted of those before it */
	} place;
	size_t back, on; /* how many are wanted on either side */
	struct nearest low, high;
	size_t n; /* siblings in all */
};

/* The way down to a node that a window may follow, where there are many siblings. */
struct tree_anchor {
	uint32_t parent;
	struct tree_sides sides;
};
typedef VEC(struct tree_anchor) tree_anchors;

/*
 * How many stand before a node, −1: it is not shown. The `around` nearest siblings on either side
 * are added to `anchors`, unless that is NULL.
 */
ssize_t tree_number(struct tree_pass *p, struct tree_count count, uint32_t node, size_t around,
		    tree_anchors *anchors);
void tree_anchors_free(tree_anchors *anchors);

/* Appends `want` of what is counted to `ret`, from the one numbered `first` on. */
void tree_walk(struct tree_pass *p, struct tree_count count, const tree_anchors *anchors,
	       size_t first, size_t want, tree_lines *ret);

#endif
