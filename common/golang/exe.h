/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is behind struct go_exe, for the files of this folder. */
#ifndef GOROUTOP_GOLANG_EXE_H
#define GOROUTOP_GOLANG_EXE_H

#include "golang/elf_symbols.h"
#include "golang/executable.h"
#include "golang/moduledata.h"
#include "golang/pclntab.h"
#include "golang/wait_reasons.h"

struct go_exe {
	struct elf_image img;
	struct elf_relocs relocs;
	struct elf_symbols symbols;
	struct pclntab pcln;
	struct moduledata module;
	struct go_exe_info info;
	char *main_module;
	char pclntab_from[64];
	struct wait_reasons reasons; /* once a layout was asked for, if found in the file */
};

/* go_exe_open, for which a search through the file reads search_max bytes at most. */
int exe_open(struct go_exe **ret, int fd, uint64_t search_max, struct err *err);

/* What the ELF headers alone tell. */
void go_exe_describe(const struct elf_image *img, struct go_exe_info *info);

/* What a file without a usable pclntab is, as well as can be told: a text for the user. */
const char *not_go_reason(const struct elf_image *img, const struct elf_symbols *symbols);

#endif
