/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an executable has its pclntab: in a section of its own, at a symbol, or, where linkers have
 * merged sections or somebody removed their headers, by its first bytes.
 */
#ifndef GOROUTOP_GOLANG_PCLNTAB_FIND_H
#define GOROUTOP_GOLANG_PCLNTAB_FIND_H

#include "golang/elf_symbols.h"
#include "golang/pclntab.h"

/* Whether the section headers name a pclntab: cheap, for lists of processes. */
bool pclntab_has_section(const struct elf_image *img);

/*
 * Opens it; *how says how it was found. -ENOENT: there is none; -ENOTSUP: only Go 1.15's or older;
 * -ENOMEM.
 */
int pclntab_find(struct pclntab *ret, const struct elf_image *img, const struct elf_relocs *relocs,
		 const struct elf_symbols *symbols, const char **how);

#endif
