/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words of a position-independent executable that only the loader fills in. Go's own linker leaves
 * the link-time value in the file as well, GNU ld and lld leave zeros: there the value is the
 * addend of a RELATIVE relocation. (Packed relocations, DT_RELR, keep it in the file.)
 */
#ifndef GOROUTOP_GOLANG_ELF_RELOCS_H
#define GOROUTOP_GOLANG_ELF_RELOCS_H

#include "golang/elf_image.h"

struct elf_reloc {
	uint64_t at;	/* link-time address of an 8-byte word */
	uint64_t value; /* link-time */
};

struct elf_relocs {
	struct elf_reloc *v; /* by address */
	size_t n;
};

/* 0 with n = 0 when the executable has none; -ENOMEM, or -EINVAL when they lie beyond the file. */
int elf_relocs_load(struct elf_relocs *ret, const struct elf_image *img);
void elf_relocs_free(struct elf_relocs *r);

/* Puts the values over the n bytes at p, which were read from vaddr. */
void elf_relocs_apply(const struct elf_relocs *r, uint64_t vaddr, void *p, size_t n);

/* elf_image_read and elf_relocs_apply. */
int elf_relocs_read(const struct elf_relocs *r, const struct elf_image *img, uint64_t vaddr,
		    void *dst, size_t n);

#endif
