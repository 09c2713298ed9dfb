// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/pclntab.h"

#define NAME_MAX_BYTES (64u << 10) /* of a function or file; generics make long ones */
#define FUNCS_MAX      (16u << 20) /* programs of 200 MB have some 200,000 */
#define HEADER_WORDS   8	   /* behind the first 8 bytes, in the longest format */

/* By format: how a function's record and the functions' table are laid out. */
static const struct format {
	uint8_t magic;
	const char *name;
	uint8_t header_words; /* 8-byte words behind the first 8 bytes */
	uint8_t entry_size;   /* of a functab entry: entry and offset, half each */
	uint8_t first;	      /* where nameoff is in a record */
	uint8_t func_id;      /* where funcID is */
	uint8_t size;	      /* of the record, without pcdata and funcdata */
} formats[] = {
	[PCLNTAB_12] = {0xfb, "1.2", 0, 16, 0, 0, 0},
	[PCLNTAB_116] = {0xfa, "1.16", 7, 16, 8, 40, 44},
	[PCLNTAB_118] = {0xf0, "1.18", 8, 8, 4, 36, 40},
	[PCLNTAB_120] = {0xf1, "1.20", 8, 8, 4, 40, 44},
};

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

const char *pclntab_format_name(enum pclntab_format f)
{
	return formats[f].name;
}

void pclntab_magic(uint8_t dst[PCLNTAB_MAGIC_LEN], unsigned elf_machine)
{
	static const uint8_t magic[PCLNTAB_MAGIC_LEN] = {0xff, 0xff, 0xff, 0, 0, 1, 8};

	memcpy(dst, magic, sizeof(magic));
	dst[5] = elf_machine == EM_X86_64 ? 1 : 4;
}

static int check_magic(struct pclntab *t, unsigned elf_machine)
{
	const uint8_t *p = span_at(&t->span, 0, 8);
	uint8_t magic[PCLNTAB_MAGIC_LEN];

	pclntab_magic(magic, elf_machine);
	if (!p || memcmp(p + 1, magic, sizeof(magic)))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (p[0] == formats[i].magic) {
			t->format = i;
			t->quantum = p[6];
			return i == PCLNTAB_12 ? -ENOTSUP : 0;
		}
	return -EINVAL;
}

/* nfunc, nfiles, textStart (from 1.18), then the five tables' offsets. */
static int read_header(struct pclntab *t)
{
	const struct format *f = &formats[t->format];
	const uint8_t *p = span_at(&t->span, 8, f->header_words * 8);
	uint64_t w[HEADER_WORDS] = {0};
	const uint64_t *tables = &w[f->header_words - 5];

	if (!p)
		return -EINVAL;
	memcpy(w, p, f->header_words * 8);
	t->n_funcs = w[0];
	t->text = t->format == PCLNTAB_116 ? 0 : w[2];
	t->funcname = tables[0];
	t->cutab = tables[1];
	t->filetab = tables[2];
	t->pctab = tables[3];
	t->pcln = tables[4];
	for (int i = 1; i < 5; i++)
		if (tables[i] <= tables[i - 1])
			return -EINVAL;
	if (t->funcname < 8 + f->header_words * 8u || t->pcln >= t->span.size)
		return -EINVAL;
	/* One entry more, without an offset, ends the table. */
	if (!t->n_funcs || t->n_funcs > FUNCS_MAX ||
	    t->n_funcs >= (t->span.size - t->pcln) / f->entry_size)
		return -EINVAL;
	return 0;
}

bool pclntab_entry_offset(const struct pclntab *t, uint64_t i, uint64_t *ret)
{
	unsigned half = formats[t->format].entry_size / 2;
	const uint8_t *p;

	if (i > t->n_funcs)
		return false;
	p = span_at(&t->span, t->pcln + i * 2 * half, half);
	if (!p)
		return false;
	*ret = half == 4 ? get32(p) : get64(p);
	return true;
}

/* The record at `at` in pcln, whole; NULL when it is not inside. */
static const uint8_t *record_at(const struct pclntab *t, uint64_t at)
{
	if (at > t->span.size - t->pcln)
		return NULL;
	return span_at(&t->span, t->pcln + at, formats[t->format].size);
}

/*
 * One pass over all functions: their order, which binary search needs and the runtime insists on
 * too (moduledataverify1), and their names' offsets, so that looking for one touches little. The
 * funcID of wrappers is the last of the enum in every release (src/internal/abi/symtab.go), and
 * every program has some.
 */
static int index_functions(struct pclntab *t)
{
	const struct format *f = &formats[t->format];
	unsigned half = f->entry_size / 2;
	const uint8_t *p = span_at(&t->span, t->pcln, t->n_funcs * 2 * half + half), *record;
	uint64_t last = 0;

	t->names = p ? malloc(t->n_funcs * sizeof(*t->names)) : NULL;
	if (!t->names)
		return p ? -ENOMEM : -EINVAL;
	for (uint64_t i = 0; i <= t->n_funcs; i++, p += 2 * half) {
		uint64_t entry = half == 4 ? get32(p) : get64(p);

		if (entry < last)
			return -EINVAL;
		last = entry;
		if (i == t->n_funcs)
			break;
		record = record_at(t, half == 4 ? get32(p + half) : get64(p + half));
		t->names[i] = record ? get32(record + f->first) : UINT32_MAX;
		if (record && record[f->func_id] > t->wrapper_id)
			t->wrapper_id = record[f->func_id];
	}
	return 0;
}

static void patch_block(void *arg, uint64_t at, uint8_t *p, size_t n)
{
	const struct pclntab *t = arg;

	elf_relocs_apply(t->relocs, t->vaddr + at, p, n);
}

int pclntab_open(struct pclntab *ret, const struct elf_image *img, const struct elf_relocs *relocs,
		 uint64_t vaddr, uint64_t size)
{
	uint64_t offset, left;
	int r;

	*ret = (struct pclntab){.vaddr = vaddr, .relocs = relocs};
	if (!elf_image_offset(img, vaddr, &offset, &left))
		return -EINVAL;
	r = span_open(&ret->span, img, offset, size < left ? size : left);
	if (r)
		return r;
	/* Words that are addresses: entries and funcdata up to 1.17, textStart up to 1.25. */
	if (relocs->n) {
		ret->span.patch = patch_block;
		ret->span.patch_arg = ret;
	}
	r = check_magic(ret, img->ehdr.e_machine);
	if (!r)
		r = read_header(ret);
	if (!r)
		r = index_functions(ret);
	if (r)
		pclntab_close(ret);
	return r;
}

void pclntab_close(struct pclntab *t)
{
	span_close(&t->span);
	free(t->names);
	*t = (struct pclntab){0};
}

/* The record begins with its own entry; what follows is the same in all formats up to cuOffset. */
static bool read_record(const struct pclntab *t, uint64_t at, struct pclntab_func *ret)
{
	const struct format *f = &formats[t->format];
	const uint8_t *p = record_at(t, at);

	if (!p)
		return false;
	ret->name = get32(p + f->first);
	ret->pcsp = get32(p + f->first + 12);
	ret->pcfile = get32(p + f->first + 16);
	ret->pcline = get32(p + f->first + 20);
	ret->n_pcdata = get32(p + f->first + 24);
	ret->cu = get32(p + f->first + 28);
	ret->func_id = p[f->func_id];
	ret->n_funcdata = p[f->size - 1];
	ret->tables = t->pcln + at + f->size;
	return true;
}

bool pclntab_func(const struct pclntab *t, uint64_t index, struct pclntab_func *ret)
{
	unsigned half = formats[t->format].entry_size / 2;
	uint64_t entry, end, offset;
	const uint8_t *p;

	if (index >= t->n_funcs || !pclntab_entry_offset(t, index, &entry) ||
	    !pclntab_entry_offset(t, index + 1, &end))
		return false;
	p = span_at(&t->span, t->pcln + index * 2 * half + half, half);
	if (!p)
		return false;
	offset = half == 4 ? get32(p) : get64(p);
	if (!read_record(t, offset, ret))
		return false;
	ret->entry = t->text + entry;
	ret->end = t->text + end;
	ret->index = index;
	return true;
}

bool pclntab_func_at(const struct pclntab *t, uint64_t pc, struct pclntab_func *ret)
{
	uint64_t lo = 0, hi = t->n_funcs, entry;

	if (pc < t->text)
		return false;
	pc -= t->text;
	/* The last entry ≤ pc. */
	while (lo < hi) {
		uint64_t mid = lo + (hi - lo + 1) / 2;

		if (!pclntab_entry_offset(t, mid, &entry))
			return false;
		if (entry <= pc)
			lo = mid;
		else
			hi = mid - 1;
	}
	return pclntab_func(t, lo, ret) && pc + t->text >= ret->entry && pc + t->text < ret->end;
}

/* The text at `at` of the table [from, to), in which it must end. */
static const char *text_in(const struct pclntab *t, uint64_t from, uint64_t to, uint64_t at)
{
	uint64_t left = to - from;

	if (at >= left)
		return NULL;
	left -= at + 1;
	return span_text(&t->span, from + at, left < NAME_MAX_BYTES ? left : NAME_MAX_BYTES);
}

const char *pclntab_name(const struct pclntab *t, uint32_t name)
{
	return text_in(t, t->funcname, t->cutab, name);
}

bool pclntab_is_name(const struct pclntab *t, uint32_t name)
{
	const uint8_t *p;

	if (name >= t->cutab - t->funcname)
		return false;
	if (!name)
		return true;
	p = span_at(&t->span, t->funcname + name - 1, 1);
	return p && !*p;
}

/* The table holds each name once, ended by NUL. */
uint64_t pclntab_name_offset(const struct pclntab *t, const char *name)
{
	size_t len = strlen(name);
	char key[256] = "";
	const uint8_t *p;
	uint64_t at;

	if (len + 2 > sizeof(key))
		return UINT64_MAX;
	p = span_at(&t->span, t->funcname, len + 1);
	if (p && !memcmp(p, name, len + 1))
		return 0;
	memcpy(key + 1, name, len);
	at = span_search(&t->span, t->funcname, t->cutab, key, len + 2);
	return at == UINT64_MAX ? at : at + 1 - t->funcname;
}

bool pclntab_in_package(const struct pclntab *t, uint32_t name, const char *like)
{
	size_t n = strcspn(like, ".") + 1;
	const uint8_t *p = NULL;

	if (name < t->cutab - t->funcname)
		p = span_at(&t->span, t->funcname + name, n);
	return p && !memcmp(p, like, n);
}

/* Of several functions with one name the body has the lowest funcID, and comes first. */
bool pclntab_func_named(const struct pclntab *t, const char *name, struct pclntab_func *ret)
{
	uint64_t at = pclntab_name_offset(t, name);
	bool found = false;

	if (at == UINT64_MAX)
		return false;
	for (uint64_t i = 0; i < t->n_funcs; i++) {
		struct pclntab_func f;

		if (t->names[i] != at || !pclntab_func(t, i, &f) || f.end <= f.entry)
			continue;
		if (!found || f.func_id < ret->func_id)
			*ret = f;
		found = true;
	}
	return found;
}

const char *pclntab_file(const struct pclntab *t, const struct pclntab_func *f, int32_t fileno)
{
	uint64_t at = ((uint64_t)f->cu + (uint32_t)fileno) * 4;
	const uint8_t *p;

	if (fileno < 0 || at + 4 > t->filetab - t->cutab)
		return NULL;
	p = span_at(&t->span, t->cutab + at, 4);
	return p ? text_in(t, t->filetab, t->pctab, get32(p)) : NULL;
}

uint32_t pclntab_pcdata(const struct pclntab *t, const struct pclntab_func *f, unsigned i)
{
	const uint8_t *p = i < f->n_pcdata ? span_at(&t->span, f->tables + i * 4ull, 4) : NULL;

	return p ? get32(p) : 0;
}

bool pclntab_funcdata(const struct pclntab *t, const struct pclntab_func *f, unsigned i,
		      uint64_t *ret)
{
	uint64_t at = f->tables + f->n_pcdata * 4ull;
	const uint8_t *p;

	if (i >= f->n_funcdata)
		return false;
	if (t->format == PCLNTAB_116) {
		/* Pointers, aligned by address. */
		at = ((t->vaddr + at + 7) & ~7ull) - t->vaddr;
		p = span_at(&t->span, at + i * 8ull, 8);
		*ret = p ? get64(p) : 0;
		return *ret;
	}
	p = span_at(&t->span, at + i * 4ull, 4);
	*ret = p ? get32(p) : UINT32_MAX;
	return *ret != UINT32_MAX;
}
