/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 64-bit little-endian ELF file, read with pread. Of what the file says about itself nothing is
 * believed: a table that does not lie wholly inside the file is as good as absent, counts have
 * bounds, and every read is checked against what the file has. The kernel runs executables without
 * section headers, so they are only a hint here; the program headers are what counts.
 */
#ifndef GOROUTOP_GOLANG_ELF_IMAGE_H
#define GOROUTOP_GOLANG_ELF_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct elf_image {
	int fd;		     /* owned */
	uint64_t size;	     /* of the file when it was opened */
	uint64_t search_max; /* bytes that one search through it may read; see image_search.h */
	Elf64_Ehdr ehdr;
	Elf64_Phdr *phdr;
	size_t n_phdr;
	Elf64_Shdr *shdr; /* as they are: elf_image_section gives only those inside the file */
	size_t n_shdr;
	char *names; /* section names, NUL-terminated at names_size */
	size_t names_size;
};

/* fd is duplicated. Refuses with EXIT_TARGET what is not such a file, saying what it is instead. */
int elf_image_open(struct elf_image *ret, int fd, struct err *err);
void elf_image_close(struct elf_image *img);

/* Exactly n bytes of the file at offset; 0 or -errno, -ENODATA beyond its end. */
int elf_image_pread(const struct elf_image *img, uint64_t offset, void *dst, size_t n);

/*
 * n bytes at a link-time address, from one PT_LOAD; what lies beyond its part of the file reads as
 * zeros. Relocations are not applied. 0, -EFAULT when the address is not in a segment, or -errno.
 */
int elf_image_read(const struct elf_image *img, uint64_t vaddr, void *dst, size_t n);

/* The PT_LOAD that holds [vaddr, vaddr + n) in memory, or NULL. */
const Elf64_Phdr *elf_image_segment(const struct elf_image *img, uint64_t vaddr, uint64_t n);

/* Where the file has the byte mapped at vaddr, and in *left (may be NULL) how many follow it. */
bool elf_image_offset(const struct elf_image *img, uint64_t vaddr, uint64_t *offset,
		      uint64_t *left);

/* The first section of that name with bytes in the file, or NULL. */
const Elf64_Shdr *elf_image_section(const struct elf_image *img, const char *name);

/* The name of a section, "" when it has none that can be read. */
const char *elf_image_section_name(const struct elf_image *img, const Elf64_Shdr *s);

#endif
