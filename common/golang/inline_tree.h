/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inline trees: which inlined call an instruction belongs to (src/runtime/symtabinl.go). pcdata
 * "inline tree index" gives the innermost call at a pc; the place of the call itself is the
 * position of the instruction at the entry's parentPc, and so on outwards.
 */
#ifndef GOROUTOP_GOLANG_INLINE_TREE_H
#define GOROUTOP_GOLANG_INLINE_TREE_H

#include "golang/pclntab.h"

struct inline_tree {
	const struct elf_image *img;
	const struct pclntab *pcln;
	uint64_t addr; /* of its entries, link-time */
};

struct inline_call {
	uint32_t name; /* of the inlined function, as pclntab_name takes it */
	uint64_t parent_pc;
	uint8_t func_id;
};

/* The tree of f; gofunc as in moduledata.h. False when f has none, or it cannot be found. */
bool inline_tree_of(struct inline_tree *ret, const struct elf_image *img, const struct pclntab *t,
		    const struct pclntab_func *f, uint64_t gofunc);

/* How much there is of the tree of f by its table of indices. */
struct inline_extent {
	int32_t max;	/* the greatest index; −1: none */
	uint32_t steps; /* of the table */
};

/* False when the table cannot be read, or tells more than a tree can have. */
bool inline_tree_extent(struct inline_extent *ret, const struct pclntab *t,
			const struct pclntab_func *f);

/* Entry `index`, checked; false when it cannot be one. */
bool inline_tree_call(const struct inline_tree *tree, const struct pclntab_func *f, int32_t index,
		      struct inline_call *ret);

/* The number of the innermost call inlined at pc; −1 when there is none. */
int32_t inline_tree_index(const struct pclntab *t, const struct pclntab_func *f, uint64_t pc);

#define INLINED_HOLDERS 64

/* Where calls of one function were inlined. */
struct inlined_copies {
	size_t n;			  /* calls inlined */
	uint32_t holder[INLINED_HOLDERS]; /* functions that hold some, by their number */
	size_t n_holders;
};

/*
 * Looks through all inline trees for calls of the function of that name. False when that cannot be
 * told: the trees were not found, one cannot be read, there are too many holders, or far more to look
 * through than any runtime has.
 */
bool inlined_copies_find(struct inlined_copies *ret, const struct elf_image *img,
			 const struct pclntab *t, uint64_t gofunc, const char *name);

#endif
