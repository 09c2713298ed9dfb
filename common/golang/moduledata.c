// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/image_search.h"
#include "golang/inline_tree.h"
#include "golang/moduledata.h"

#define MODULE_WORDS 64 /* read of it: the smallest has 66 */
#define TREES	     48 /* inline trees that a base of funcdata has to make sense of */
#define TREES_MIN    4
#define MISSES_MAX   64 /* places that are looked at for the module */
/* A file that means harm makes trees large, and their tables long; nearly all are small. */
#define CALLS_MAX  512
#define LOOKED_MAX 128 /* functions with trees whose tables are gone through */

/* Words of moduledata, the same from Go 1.16 to 1.27: slices are three words. */
enum {
	W_PCHEADER = 0,
	W_FUNCNAMETAB = 1,
	W_FUNCNAMETAB_LEN = 2,
	W_FTAB_LEN = 17,
	W_MINPC = 20,
	W_MAXPC = 21,
	W_TEXT = 22,
	W_ETEXT = 23,
	W_AFTER_TEXT = 24,
};

struct context {
	const struct elf_image *img;
	const struct elf_relocs *relocs;
	struct pclntab *t;
	struct moduledata *ret;
	uint64_t words[MODULE_WORDS];
	int misses; /* places that are no module */
};

/*
 * The table's entries are relative to text from 1.18 on; the module's least and greatest pc are
 * those of its first function and behind its last (moduledataverify1).
 */
static bool agrees(const struct context *c)
{
	uint64_t first, last, base = c->t->format == PCLNTAB_116 ? 0 : c->words[W_TEXT];
	const uint64_t *w = c->words;

	if (w[W_PCHEADER] != c->t->vaddr || w[W_FUNCNAMETAB] != c->t->vaddr + c->t->funcname ||
	    w[W_FUNCNAMETAB_LEN] > c->t->cutab - c->t->funcname ||
	    w[W_FTAB_LEN] != c->t->n_funcs + 1)
		return false;
	if (!pclntab_entry_offset(c->t, 0, &first) ||
	    !pclntab_entry_offset(c->t, c->t->n_funcs, &last))
		return false;
	if (w[W_MINPC] != base + first || w[W_MAXPC] != base + last || w[W_TEXT] > w[W_MINPC] ||
	    w[W_ETEXT] < w[W_TEXT])
		return false;
	return !c->t->text || c->t->text == w[W_TEXT];
}

static bool try(struct context *c, uint64_t addr, const char *how)
{
	if (!addr || addr % 8 || c->misses >= MISSES_MAX)
		return false;
	if (elf_relocs_read(c->relocs, c->img, addr, c->words, sizeof(c->words)) || !agrees(c)) {
		c->misses++;
		return false;
	}
	*c->ret = (struct moduledata){
		.addr = addr,
		.text = c->words[W_TEXT],
		.etext = c->words[W_ETEXT],
		.how = how,
	};
	return true;
}

/* Its first word is the pclntab's address: as a relocation, … */
static bool try_relocs(struct context *c)
{
	for (size_t i = 0; i < c->relocs->n; i++)
		if (c->relocs->v[i].value == c->t->vaddr &&
		    try(c, c->relocs->v[i].at, "relocations"))
			return true;
	return false;
}

/* … or in the file. */
static int try_hit(void *ctx, uint64_t vaddr)
{
	return try(ctx, vaddr, "its first words");
}

static bool try_segments(struct context *c)
{
	struct image_search search = {
		.img = c->img,
		.left = c->img->search_max,
		.key = &c->t->vaddr,
		.n = sizeof(c->t->vaddr),
		.visit = try_hit,
		.ctx = c,
	};

	for (size_t i = 0; i < c->img->n_phdr; i++) {
		const Elf64_Phdr *p = &c->img->phdr[i];

		if (p->p_type == PT_LOAD && (p->p_flags & PF_W) &&
		    image_search(&search, p, UINT64_MAX) > 0)
			return true;
	}
	return false;
}

static bool locate(struct context *c, const struct elf_symbols *symbols)
{
	const Elf64_Shdr *section = elf_image_section(c->img, ".go.module");
	uint64_t addr;

	if (section && try(c, section->sh_addr, "section .go.module"))
		return true;
	if (elf_symbols_find(symbols, "runtime.firstmoduledata", &addr, NULL) &&
	    try(c, addr, "symbol runtime.firstmoduledata"))
		return true;
	return try_relocs(c) || try_segments(c);
}

/* A function with an inline tree. */
struct sample {
	struct pclntab_func f;
	struct inline_extent extent;
};

/*
 * Whether all entries of the function's inline tree are such entries, were gofunc the base; counts
 * those that are not what zeros look like: a call of the function whose name is the first of all.
 */
static bool tree_makes_sense(const struct context *c, const struct sample *s, uint64_t gofunc,
			     size_t *telling)
{
	struct inline_tree tree;
	struct inline_call call;

	if (!inline_tree_of(&tree, c->img, c->t, &s->f, gofunc))
		return false;
	for (int32_t i = 0; i <= s->extent.max; i++) {
		if (!inline_tree_call(&tree, &s->f, i, &call))
			return false;
		*telling += call.name != 0;
	}
	return s->extent.max >= 0;
}

static bool is_gofunc(const struct context *c, const struct sample *s, size_t n, uint64_t gofunc)
{
	size_t telling = 0;

	for (size_t i = 0; i < n; i++)
		if (!tree_makes_sense(c, &s[i], gofunc, &telling))
			return false;
	return telling >= n;
}

static bool has_tree(const struct pclntab *t, const struct pclntab_func *f)
{
	uint64_t at;

	return pclntab_funcdata(t, f, FUNCDATA_INL_TREE, &at) &&
	       pclntab_pcdata(t, f, PCDATA_INL_TREE_INDEX);
}

/* The first functions that have an inline tree, not too large a one; returns how many. */
static size_t functions_with_trees(const struct pclntab *t, struct sample *ret, size_t max)
{
	struct sample s;
	size_t n = 0, looked = 0;

	for (uint64_t i = 0; i < t->n_funcs && n < max && looked < LOOKED_MAX; i++) {
		if (!pclntab_func(t, i, &s.f) || !has_tree(t, &s.f))
			continue;
		looked++;
		if (inline_tree_extent(&s.extent, t, &s.f) && s.extent.max < CALLS_MAX)
			ret[n++] = s;
	}
	return n;
}

/*
 * gofunc is one of the words behind the text's: it moved with 1.20 and 1.27, and would with the
 * next. The right one is the only one by which the inline trees of many functions make sense.
 */
static uint64_t find_gofunc(const struct context *c)
{
	struct sample s[TREES];
	size_t n = functions_with_trees(c->t, s, TREES);
	uint64_t found = 0;

	if (n < TREES_MIN)
		return 0;
	for (size_t w = W_AFTER_TEXT; w < MODULE_WORDS; w++) {
		if (c->words[w] == found || !is_gofunc(c, s, n, c->words[w]))
			continue;
		if (found)
			return 0;
		found = c->words[w];
	}
	return found;
}

bool moduledata_find(struct moduledata *ret, const struct elf_image *img,
		     const struct elf_relocs *relocs, const struct elf_symbols *symbols,
		     struct pclntab *t)
{
	struct context c = {.img = img, .relocs = relocs, .t = t, .ret = ret};

	*ret = (struct moduledata){.how = "not found"};
	if (!locate(&c, symbols))
		return false;
	if (t->format >= PCLNTAB_118) {
		t->text = ret->text;
		ret->gofunc = find_gofunc(&c);
	}
	return true;
}
