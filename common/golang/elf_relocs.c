// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "golang/elf_relocs.h"

#define DYNAMIC_MAX 4096	/* entries looked at */
#define RELOCS_MAX  (64u << 20) /* more than the largest programs have by a hundred times */
#define CHUNK	    2048	/* relocations read at once: 48 KiB */

struct rela_table {
	uint64_t vaddr, size;
};

typedef VEC(struct elf_reloc) reloc_vec;

/* Where the dynamic section says that the relocations are. */
static struct rela_table find_rela(const struct elf_image *img, const Elf64_Phdr *dyn)
{
	uint64_t n = dyn->p_filesz / sizeof(Elf64_Dyn);
	struct rela_table t = {0};

	for (uint64_t i = 0; i < n && i < DYNAMIC_MAX; i++) {
		Elf64_Dyn d;

		if (elf_image_pread(img, dyn->p_offset + i * sizeof(d), &d, sizeof(d)) ||
		    d.d_tag == DT_NULL)
			break;
		if (d.d_tag == DT_RELA)
			t.vaddr = d.d_un.d_ptr;
		else if (d.d_tag == DT_RELASZ)
			t.size = d.d_un.d_val;
	}
	return t;
}

static bool is_relative(const struct elf_image *img, const Elf64_Rela *r)
{
	unsigned want = img->ehdr.e_machine == EM_X86_64 ? R_X86_64_RELATIVE : R_AARCH64_RELATIVE;

	return ELF64_R_TYPE(r->r_info) == want;
}

static int collect(const struct elf_image *img, uint64_t offset, uint64_t count, reloc_vec *ret)
{
	_cleanup_free_ Elf64_Rela *chunk = malloc(CHUNK * sizeof(*chunk));

	if (!chunk)
		return -ENOMEM;
	while (count) {
		size_t n = count < CHUNK ? count : CHUNK;

		if (elf_image_pread(img, offset, chunk, n * sizeof(*chunk)))
			return -EINVAL;
		for (size_t i = 0; i < n; i++) {
			struct elf_reloc r = {chunk[i].r_offset, chunk[i].r_addend};

			if (is_relative(img, &chunk[i]) && !vec_push(ret, r))
				return -ENOMEM;
		}
		offset += n * sizeof(*chunk);
		count -= n;
	}
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct elf_reloc *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Linkers mostly sort them already; Go's own does not. */
static void sort(struct elf_reloc *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i].at < v[i - 1].at) {
			qsort(v, n, sizeof(*v), by_address);
			return;
		}
}

int elf_relocs_load(struct elf_relocs *ret, const struct elf_image *img)
{
	const Elf64_Phdr *dyn = NULL;
	struct rela_table t;
	uint64_t offset, left;
	reloc_vec all = {0};
	int r;

	*ret = (struct elf_relocs){0};
	for (size_t i = 0; i < img->n_phdr && !dyn; i++)
		if (img->phdr[i].p_type == PT_DYNAMIC)
			dyn = &img->phdr[i];
	if (!dyn || img->ehdr.e_type != ET_DYN)
		return 0;
	t = find_rela(img, dyn);
	if (!t.size)
		return 0;
	if (!elf_image_offset(img, t.vaddr, &offset, &left) || t.size > left ||
	    t.size / sizeof(Elf64_Rela) > RELOCS_MAX)
		return -EINVAL;
	r = collect(img, offset, t.size / sizeof(Elf64_Rela), &all);
	if (r) {
		vec_free(&all);
		return r;
	}
	sort(all.v, all.n);
	ret->v = all.v;
	ret->n = all.n;
	return 0;
}

void elf_relocs_free(struct elf_relocs *r)
{
	free(r->v);
	*r = (struct elf_relocs){0};
}

/* The first relocation whose word ends behind vaddr. */
static size_t first_at(const struct elf_relocs *r, uint64_t vaddr)
{
	size_t lo = 0, hi = r->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->v[mid].at <= UINT64_MAX - 8 && r->v[mid].at + 8 <= vaddr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void elf_relocs_apply(const struct elf_relocs *r, uint64_t vaddr, void *p, size_t n)
{
	for (size_t i = first_at(r, vaddr); i < r->n; i++) {
		const struct elf_reloc *e = &r->v[i];

		if (e->at >= vaddr && e->at - vaddr >= n)
			break;
		/* Byte by byte: the word may straddle either end. Little-endian, as the file. */
		for (unsigned b = 0; b < 8; b++) {
			uint64_t at = e->at + b;

			if (at >= vaddr && at - vaddr < n)
				((uint8_t *)p)[at - vaddr] = e->value >> (8 * b);
		}
	}
}

int elf_relocs_read(const struct elf_relocs *r, const struct elf_image *img, uint64_t vaddr,
		    void *dst, size_t n)
{
	int err = elf_image_read(img, vaddr, dst, n);

	if (!err)
		elf_relocs_apply(r, vaddr, dst, n);
	return err;
}
