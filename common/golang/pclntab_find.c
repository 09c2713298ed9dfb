// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/image_search.h"
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
	bool opened;
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
static int try_hit(void *ctx, uint64_t vaddr)
{
	struct search *s = ctx;
	int r;

	if ((vaddr - 1) % 8)
		return 0;
	r = try(s, vaddr - 1, SPAN_MAX);
	s->opened = !r;
	return r == -ENOENT ? 0 : r ?: 1;
}

/* Constants sit in executable segments only where a linker did not separate code from data. */
static int scan_segments(struct search *s)
{
	uint8_t magic[PCLNTAB_MAGIC_LEN];
	struct image_search search = {
		.img = s->img,
		.left = s->img->search_max,
		.key = magic,
		.n = sizeof(magic),
		.visit = try_hit,
		.ctx = s,
	};
	int r = 0;

	pclntab_magic(magic, s->img->ehdr.e_machine);
	for (int executable = 0; executable <= 1; executable++)
		for (size_t i = 0; i < s->img->n_phdr && !r; i++) {
			const Elf64_Phdr *p = &s->img->phdr[i];

			if (p->p_type == PT_LOAD && !!(p->p_flags & PF_X) == executable)
				r = image_search(&search, p, UINT64_MAX);
		}
	if (s->opened)
		return 0;
	return r ?: -ENOENT;
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
		r = scan_segments(&s);
	}
	return r == -ENOENT && s.old ? -ENOTSUP : r;
}
