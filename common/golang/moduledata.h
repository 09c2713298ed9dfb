/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime.firstmoduledata as the linker wrote it: where the text lies, which from Go 1.26 on the
 * pclntab does not say, and what funcdata is relative to from 1.18 on. Its first fields have been
 * the same since Go 1.16 (src/runtime/symtab.go, moduledata); the one that moves is found by trial.
 */
#ifndef GOROUTOP_GOLANG_MODULEDATA_H
#define GOROUTOP_GOLANG_MODULEDATA_H

#include "golang/elf_symbols.h"
#include "golang/pclntab.h"

struct moduledata {
	uint64_t addr;	 /* 0: not found */
	uint64_t text;	 /* start and end of the Go text, */
	uint64_t etext;	 /* link-time */
	uint64_t gofunc; /* base of funcdata offsets (Go ≥ 1.18); 0: not found */
	const char *how; /* "section .go.module", … */
};

/*
 * Finds it and proves it against the pclntab. Sets t->text if the table itself does not say it.
 * False: not found; then everything that does not need it still works, if t->text is known.
 */
bool moduledata_find(struct moduledata *ret, const struct elf_image *img,
		     const struct elf_relocs *relocs, const struct elf_symbols *symbols,
		     struct pclntab *t);

#endif
