// SPDX-License-Identifier: GPL-2.0-or-later
/* Why an executable that may look like a Go program is none that can be watched. */
#include <string.h>

#include "base/cleanup.h"
#include "golang/exe.h"

#define HEAD	    4096 /* UPX puts its mark behind the headers of its stub */
#define DYNAMIC_MAX 4096
#define DYNSTR_MAX  (1u << 20)

static bool is_packed(const struct elf_image *img)
{
	char head[HEAD];
	size_t n = img->size < sizeof(head) ? img->size : sizeof(head);

	return !elf_image_pread(img, 0, head, n) && memmem(head, n, "UPX!", 4);
}

/* The string table of the dynamic section holds the names of needed libraries. */
static bool needs_library(const struct elf_image *img, const char *name)
{
	_cleanup_(span_close) struct span s = {0};
	uint64_t table = 0, size = 0, offset, left;

	for (size_t i = 0; i < img->n_phdr; i++) {
		const Elf64_Phdr *p = &img->phdr[i];
		uint64_t n = p->p_filesz / sizeof(Elf64_Dyn);
		Elf64_Dyn d;

		if (p->p_type != PT_DYNAMIC)
			continue;
		for (uint64_t k = 0; k < n && k < DYNAMIC_MAX; k++) {
			if (elf_image_pread(img, p->p_offset + k * sizeof(d), &d, sizeof(d)) ||
			    d.d_tag == DT_NULL)
				break;
			if (d.d_tag == DT_STRTAB)
				table = d.d_un.d_ptr;
			else if (d.d_tag == DT_STRSZ)
				size = d.d_un.d_val;
		}
	}
	if (!size || size > DYNSTR_MAX || !elf_image_offset(img, table, &offset, &left) ||
	    span_open(&s, img, offset, size < left ? size : left))
		return false;
	return span_search(&s, 0, s.size, name, strlen(name)) != UINT64_MAX;
}

const char *not_go_reason(const struct elf_image *img, const struct elf_symbols *symbols)
{
	uint64_t addr;

	if (is_packed(img))
		return "an executable packed by UPX: unpack it (upx -d) and start it again";
	if (needs_library(img, "libgo.so") ||
	    elf_symbols_find(symbols, "__go_init_main", &addr, NULL))
		return "a program compiled by gccgo, which has another runtime: build it with the "
		       "go command's own compiler";
	return "not a Go program: it has no table of Go functions (.gopclntab)";
}
