/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The symbol table of an executable that is not stripped. */
#ifndef GOROUTOP_GOLANG_ELF_SYMBOLS_H
#define GOROUTOP_GOLANG_ELF_SYMBOLS_H

#include "golang/span.h"

struct elf_symbols {
	struct span table, names; /* both empty when there is none */
};

/* Whether there is a .symtab, judged by the section headers. */
bool elf_symbols_exist(const struct elf_image *img);

/* An unusable table counts as none; -ENOMEM only. */
int elf_symbols_open(struct elf_symbols *ret, const struct elf_image *img);
void elf_symbols_close(struct elf_symbols *s);

/* The first defined symbol of that name; false if there is none. */
bool elf_symbols_find(const struct elf_symbols *s, const char *name, uint64_t *addr,
		      uint64_t *size);

#endif
