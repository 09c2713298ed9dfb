// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "golang/inline_tree.h"

#define INDEX_MAX (1 << 20) /* the runtime's own bound */

/*
 * Up to Go 1.19: { int16 parent; uint8 funcID; byte; int32 file, line, func, parentPc }; then
 * { uint8 funcID; 3 bytes; int32 nameOff, parentPc, startLine }.
 */
static const struct shape {
	uint8_t size, func_id, name, parent_pc;
} old_shape = {20, 2, 12, 16}, new_shape = {16, 0, 4, 8};

static const struct shape *shape_of(const struct pclntab *t)
{
	return t->format < PCLNTAB_120 ? &old_shape : &new_shape;
}

bool inline_tree_of(struct inline_tree *ret, const struct elf_image *img, const struct pclntab *t,
		    const struct pclntab_func *f, uint64_t gofunc)
{
	uint64_t at;

	if (!pclntab_funcdata(t, f, FUNCDATA_INL_TREE, &at))
		return false;
	if (t->format >= PCLNTAB_118 && !gofunc)
		return false;
	*ret = (struct inline_tree){img, t, t->format >= PCLNTAB_118 ? gofunc + at : at};
	return true;
}

bool inline_tree_call(const struct inline_tree *tree, const struct pclntab_func *f, int32_t index,
		      struct inline_call *ret)
{
	const struct shape *shape = shape_of(tree->pcln);
	uint8_t entry[20];
	uint32_t pc;

	if (index < 0 || index > INDEX_MAX ||
	    elf_image_read(tree->img, tree->addr + (uint64_t)index * shape->size, entry,
			   shape->size))
		return false;
	memcpy(&ret->name, entry + shape->name, 4);
	memcpy(&pc, entry + shape->parent_pc, 4);
	ret->func_id = entry[shape->func_id];
	ret->parent_pc = f->entry + pc;
	return pc < f->end - f->entry && pclntab_is_name(tree->pcln, ret->name);
}

int32_t inline_tree_index(const struct pclntab *t, const struct pclntab_func *f, uint64_t pc)
{
	uint32_t table = pclntab_pcdata(t, f, PCDATA_INL_TREE_INDEX);
	int32_t index;

	return pclntab_value(t, f, table, pc, &index) ? index : -1;
}

static bool visit_extent(void *arg, uint64_t from, uint64_t to, int32_t value)
{
	struct inline_extent *e = arg;

	(void)from;
	(void)to;
	e->steps++;
	if (value > e->max)
		e->max = value;
	return true;
}

bool inline_tree_extent(struct inline_extent *ret, const struct pclntab *t,
			const struct pclntab_func *f)
{
	*ret = (struct inline_extent){.max = -1};
	return pclntab_value_runs(t, f, pclntab_pcdata(t, f, PCDATA_INL_TREE_INDEX), visit_extent,
				  ret) &&
	       ret->max <= INDEX_MAX;
}

#define CHUNK 128 /* entries read at once */

/*
 * Steps of tables and entries of trees in all of a package. The runtime's are some hundred thousand;
 * a file that means harm has millions of functions with a million each.
 */
#define WORK_MAX (1u << 22)

/* How many of the tree's n entries are calls of `name`; false when they cannot be read. */
static bool count_calls(const struct inline_tree *tree, int32_t n, uint64_t name, size_t *ret)
{
	const struct shape *shape = shape_of(tree->pcln);
	uint8_t entries[CHUNK * 20];

	for (int32_t i = 0; i < n; i += CHUNK) {
		int32_t k = n - i < CHUNK ? n - i : CHUNK;

		if (elf_image_read(tree->img, tree->addr + (uint64_t)i * shape->size, entries,
				   k * shape->size))
			return false;
		for (int32_t j = 0; j < k; j++) {
			uint32_t at;

			memcpy(&at, entries + j * shape->size + shape->name, 4);
			*ret += at == name;
		}
	}
	return true;
}

bool inlined_copies_find(struct inlined_copies *ret, const struct elf_image *img,
			 const struct pclntab *t, uint64_t gofunc, const char *name)
{
	uint64_t at = pclntab_name_offset(t, name), work = 0;

	*ret = (struct inlined_copies){0};
	if (t->format >= PCLNTAB_118 && !gofunc)
		return false;
	for (uint64_t i = 0; i < t->n_funcs && at != UINT64_MAX; i++) {
		struct pclntab_func f;
		struct inline_tree tree;
		struct inline_extent e;
		size_t before = ret->n;

		/* casgstatus is not exported: only its own package can have copies of it. */
		if (!pclntab_func(t, i, &f) || !pclntab_in_package(t, f.name, name) ||
		    !inline_tree_of(&tree, img, t, &f, gofunc))
			continue;
		if (!inline_tree_extent(&e, t, &f))
			return false;
		work += e.steps + (uint64_t)(e.max + 1);
		if (work > WORK_MAX || !count_calls(&tree, e.max + 1, at, &ret->n))
			return false;
		if (ret->n == before)
			continue;
		if (ret->n_holders == INLINED_HOLDERS)
			return false;
		ret->holder[ret->n_holders++] = i;
	}
	return true;
}
