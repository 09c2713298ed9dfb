/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Goroutines under those that made them (Go 1.21 on tells). Who has ended and has descendants that
 * live stays, without a state, as far as it is known who it was.
 *
 * Siblings stand in the request's order. A filter leaves what matches and, above it, who made it.
 * The target's memory is not trusted: who is its own ancestor stands at the top.
 *
 * Of a million nobody sees more than a window. How many lines each has below it is counted for all,
 * without an order (tree_shape.c); in order are put only those siblings that the window's lines are
 * of (tree_walk.c). Both are kept until what they depend on changes.
 */
#ifndef GOROUTOP_MODEL_TREE_H
#define GOROUTOP_MODEL_TREE_H

#include "model/select.h"

enum { FORMERS_KEPT = 1 << 16 };

/* Whom a goroutine was that has ended. */
struct former {
	uint64_t goid, parent;
	uint32_t start, created; /* ids of model.pcs */
	bool needed;		 /* someone who lives descends from it */
};

#define NODE_NONE UINT32_MAX

/* By number: the living by place, then the root, then those that have ended. */
struct tree_node {
	uint32_t parent;       /* NODE_NONE: the root's */
	uint32_t child, next;  /* of those that are in it, by number; NODE_NONE */
	uint32_t pending : 28; /* children, and itself, not yet counted to its lines */
	uint32_t matches : 1;
	uint32_t folded : 1;
	uint32_t hit : 1;   /* of a search */
	uint32_t stale : 1; /* of the living: at its place is another, or made by another */
};

struct tree_line {
	uint32_t node;
	struct tree_place place;
};
typedef VEC(struct tree_line) tree_lines;

struct tree {
	VEC(struct former) formers;
	struct hash former_by_goid;
	uint64_t ended; /* how many had when formers were forgotten last */

	VEC(struct tree_node) nodes;
	VEC(uint32_t) lines_of; /* of each node: its own line and those below; 0: it is not in it */
	VEC(uint64_t) gone;	/* goids of the nodes that have ended */
	struct hash gone_nodes; /* the same by goid */
	uint32_t root;
	bool shape_known; /* nodes are those of: */
	uint64_t kin;	  /* the model's, or if there is a filter its version */
	uint64_t filter;
	bool system;
	uint64_t folded[FOLDED_MAX];
	size_t n_folded;

	tree_lines lines; /* from the one numbered `from` on */
	size_t from;
	bool lines_known; /* they are those of: */
	struct order_key key;
	uint64_t selected; /* goid, … */
	ssize_t selected_at;

	VEC(struct tree_place) window; /* of m->rows */
};

/* As select_rows, in the order of the tree; the places of m->rows are in m->tree->window. */
int tree_rows(struct model *m, const struct request *request, const struct row_context *ctx,
	      struct selection *ret);

/*
 * To be called when somebody came to stand at that place, or nobody does any more, when it is told
 * who made the one there, or whether that is the runtime's own. (That the last place has gone it
 * sees by itself.)
 */
static inline void tree_touch(struct model *m, size_t place)
{
	struct tree *t = m->tree;

	m->kin++;
	if (t && t->nodes.n && place < t->root)
		t->nodes.v[place].stale = true;
}

/* A picture is made without it: much memory is given back. */
void tree_slim(struct tree *t);

/* As search_rows, among the lines of the tree that tree_rows has made. */
int tree_search(struct model *m, const struct request *request, const struct row_context *ctx,
		struct search_answer *ret);

/* The model's, made if need be; NULL for lack of memory. */
struct tree *tree_of(struct model *m);
void tree_free(struct tree *t);

/* ---- tree_former.c ---------------------------------------------------------------------------- */

/* Remembers who ends. */
void tree_end(struct model *m, const struct entry *e);
/* Who that was; NULL: it did not end, or nobody knows. */
const struct former *tree_former(const struct tree *t, uint64_t goid);
/* Forgets, when they are many, those from whom nobody descends any more. */
void tree_refresh(struct model *m);

#endif
