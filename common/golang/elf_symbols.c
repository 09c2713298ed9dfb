// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "golang/elf_symbols.h"

#define NAME_MAX_BYTES 512 /* of the names that are asked for */

static const Elf64_Shdr *symtab(const struct elf_image *img)
{
	for (size_t i = 0; i < img->n_shdr; i++)
		if (img->shdr[i].sh_type == SHT_SYMTAB)
			return &img->shdr[i];
	return NULL;
}

bool elf_symbols_exist(const struct elf_image *img)
{
	return symtab(img);
}

int elf_symbols_open(struct elf_symbols *ret, const struct elf_image *img)
{
	const Elf64_Shdr *table = symtab(img), *names;
	struct elf_symbols s = {0};
	int r;

	*ret = s;
	if (!table || table->sh_link >= img->n_shdr)
		return 0;
	names = &img->shdr[table->sh_link];
	if (names->sh_type != SHT_STRTAB)
		return 0;
	r = span_open(&s.table, img, table->sh_offset, table->sh_size);
	if (!r)
		r = span_open(&s.names, img, names->sh_offset, names->sh_size);
	if (r) {
		elf_symbols_close(&s);
		return r == -ENOMEM ? r : 0;
	}
	*ret = s;
	return 0;
}

void elf_symbols_close(struct elf_symbols *s)
{
	span_close(&s->table);
	span_close(&s->names);
}

static bool is_named(const struct elf_symbols *s, const Elf64_Sym *sym, const char *name,
		     size_t len)
{
	const uint8_t *p = span_at(&s->names, sym->st_name, len + 1);

	return p && !memcmp(p, name, len + 1);
}

bool elf_symbols_find(const struct elf_symbols *s, const char *name, uint64_t *addr, uint64_t *size)
{
	size_t len = strnlen(name, NAME_MAX_BYTES);
	uint64_t n = s->table.size / sizeof(Elf64_Sym);

	for (uint64_t i = 0; i < n; i++) {
		const void *p = span_at(&s->table, i * sizeof(Elf64_Sym), sizeof(Elf64_Sym));
		Elf64_Sym sym;

		if (!p)
			return false;
		memcpy(&sym, p, sizeof(sym));
		if (sym.st_shndx == SHN_UNDEF || !is_named(s, &sym, name, len))
			continue;
		*addr = sym.st_value;
		if (size)
			*size = sym.st_size;
		return true;
	}
	return false;
}
