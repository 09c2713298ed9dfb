/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Goroutines under those that made them (Go 1.21 on tells). Who has ended and has descendants that
 * live stays, without a state, as far as it is known who it was.
 *
 * Siblings stand in the request's order. A filter leaves what matches and, above it, who made it.
 * The target's memory is not trusted: who is its own ancestor stands at the top.
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

struct tree_line {
	uint32_t node;
	struct tree_place place;
};

struct tree {
	VEC(struct former) formers;
	struct hash former_by_goid;
	uint64_t ended;		       /* how many had when formers were forgotten last */
	VEC(struct tree_node) nodes;   /* by place, then those that have ended */
	struct hash ended_nodes;       /* by goid: those */
	VEC(struct tree_line) lines;   /* what is shown, from the first on */
	VEC(struct tree_place) window; /* of m->rows */
	bool known;		       /* nodes and lines are those of: */
	struct order_key key;
	uint64_t folded[FOLDED_MAX];
	size_t n_folded;
};

/* As select_rows, in the order of the tree; the places of m->rows are in m->tree->window. */
int tree_rows(struct model *m, const struct request *request, const struct row_context *ctx,
	      struct selection *ret);

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
