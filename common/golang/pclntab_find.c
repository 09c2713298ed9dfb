// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/pclntab_find.h"

#define TRIES_MAX 64 /* places whose first bytes look like a table's */

/* Position-independent executables up to Go 1.25 had it among what is relocated. */
static const char *const sections[] = {".gopclntab", ".data.rel.ro.gopclntab"};

struct search {
	struct pclntab *ret;
	const struct elf_image *img;
	const struct elf_relocs *relocs;
	int tries;
	bool old; /* a table of Go ≤ 1.15 was seen */
};

/* 0: opened; -ENOENT: go on looking; -ENOMEM. */
static int try(struct search *s, uint64_t vaddr, uint64_t size)
{
	int r;

	if (s->tries++ >= TRIES_MAX)
		return -ENOENT;
	r = pclntab_open(s->ret, s->img, s->relocs, vaddr, size);
	if (r == -ENOTSUP)
		s->old = true;
	return !r || r == -ENOMEM ? r : -ENOENT;
}

bool pclntab_has_section(const struct elf_image *img)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (elf_image_section(img, sections[i]))
			return true;
	return false;
}

static int try_sections(struct search *s)
{
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(sections) && r == -ENOENT; i++) {
		const Elf64_Shdr *shdr = elf_image_section(s->img, sections[i]);

		if (shdr)
			r = try(s, shdr->sh_addr, shdr->sh_size);
	}
	return r;
}

static int try_symbol(struct search *s, const struct elf_symbols *symbols)
{
	uint64_t addr;

	if (!elf_symbols_find(symbols, "runtime.pclntab", &addr, NULL))
		return -ENOENT;
	return try(s, addr, SPAN_MAX);
}

/* The linker aligns the table to 8 bytes at least; its first byte says the format. */
static int scan_segment(struct search *s, const Elf64_Phdr *p)
{
	uint8_t magic[PCLNTAB_MAGIC_LEN];
	_cleanup_(span_close) struct span span = {0};
	uint64_t offset, left, at = 0;
	int r;

	if (!elf_image_offset(s->img, p->p_vaddr, &offset, &left))
		return -ENOENT;
	r = span_open(&span, s->img, offset, left < SPAN_MAX ? left : SPAN_MAX);
	if (r)
		return r == -ENOMEM ? r : -ENOENT;
	pclntab_magic(magic, s->img->ehdr.e_machine);
	while ((at = span_search(&span, at + 1, span.size, magic, sizeof(magic))) != UINT64_MAX) {
		uint64_t vaddr = p->p_vaddr + at - 1;

		if (vaddr % 8)
			continue;
		r = try(s, vaddr, SPAN_MAX);
		if (r != -ENOENT)
			return r;
	}
	return -ENOENT;
}

/* Constants sit in executable segments only where a linker did not separate code from data. */
static int scan_segments(struct search *s, bool executable)
{
	for (size_t i = 0; i < s->img->n_phdr; i++) {
		const Elf64_Phdr *p = &s->img->phdr[i];
		int r;

		if (p->p_type != PT_LOAD || !!(p->p_flags & PF_X) != executable)
			continue;
		r = scan_segment(s, p);
		if (r != -ENOENT)
			return r;
	}
	return -ENOENT;
}

int pclntab_find(struct pclntab *ret, const struct elf_image *img, const struct elf_relocs *relocs,
		 const struct elf_symbols *symbols, const char **how)
{
	struct search s = {.ret = ret, .img = img, .relocs = relocs};
	int r;

	*how = "section";
	r = try_sections(&s);
	if (r == -ENOENT) {
		*how = "symbol";
		r = try_symbol(&s, symbols);
	}
	if (r == -ENOENT) {
		*how = "magic number";
		r = scan_segments(&s, false);
	}
	if (r == -ENOENT)
		r = scan_segments(&s, true);
	return r == -ENOENT && s.old ? -ENOTSUP : r;
}
