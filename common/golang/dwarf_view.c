// SPDX-License-Identifier: GPL-2.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/dwarf_view.h"

/* Of one section, and of all five; stored, and decompressed: more than any real program has. */
#define SECTION_MAX (256ull << 20)
#define TOTAL_MAX   (512ull << 20)

/* Deflate cannot do better (zlib's technical notes): what promises more is a lie. */
#define DEFLATE_RATIO 1032

/* What DIEs of types refer to. .debug_abbrev and .debug_info are always needed. */
static const char *const wanted[] = {
	"info", "abbrev", "str", "line_str", "str_offsets",
};

#define N_WANTED ARRAY_SIZE(wanted)
#define N_SHDRS	 (N_WANTED + 2) /* the null section, ours, the names */
#define NAME_MAX 24

struct source {
	const Elf64_Shdr *shdr; /* in the executable; NULL: it has none */
	char name[NAME_MAX];
};

/* Before Go 1.19 compressed sections are .zdebug_*: GNU's format, before there was a flag. */
static struct source find_section(const struct elf_image *img, const char *what)
{
	static const char *const prefixes[] = {".debug_", ".zdebug_"};
	struct source s = {0};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes) && !s.shdr; i++) {
		strcpy(s.name, prefixes[i]);
		strcat(s.name, what);
		s.shdr = elf_image_section(img, s.name);
	}
	return s;
}

bool dwarf_view_exists(const struct elf_image *img)
{
	return find_section(img, "info").shdr;
}

static bool plausible(uint64_t stored, uint64_t inflated, uint64_t *total)
{
	if (inflated > SECTION_MAX || inflated / DEFLATE_RATIO > stored)
		return false;
	*total += inflated;
	return *total <= TOTAL_MAX;
}

/*
 * Whether the section at p of n bytes may be handed to libelf for decompression; *total counts what
 * comes of all of them.
 */
static bool check_compression(const struct source *s, const uint8_t *p, uint64_t n, uint64_t *total)
{
	uint64_t size;
	Elf64_Chdr ch;

	if (s->shdr->sh_flags & SHF_COMPRESSED) {
		if (n < sizeof(ch))
			return false;
		memcpy(&ch, p, sizeof(ch));
		return plausible(n, ch.ch_size, total);
	}
	if (s->name[1] == 'z') {
		if (n < 12 || memcmp(p, "ZLIB", 4))
			return false;
		memcpy(&size, p + 4, sizeof(size));
		return plausible(n, be64toh(size), total);
	}
	return true;
}

static uint64_t align8(uint64_t n)
{
	return (n + 7) & ~7ull;
}

/* Bytes of the file to be made: header, section headers, names, contents. */
static uint64_t image_size(const struct source *src)
{
	uint64_t n = sizeof(Elf64_Ehdr) + N_SHDRS * sizeof(Elf64_Shdr) +
		     align8((N_WANTED + 2) * NAME_MAX);

	for (size_t i = 0; i < N_WANTED; i++)
		if (src[i].shdr)
			n += align8(src[i].shdr->sh_size);
	return n;
}

static void put_header(uint8_t *image, const struct elf_image *img)
{
	Elf64_Ehdr h = {
		.e_type = ET_EXEC,
		.e_machine = img->ehdr.e_machine,
		.e_version = EV_CURRENT,
		.e_shoff = sizeof(h),
		.e_ehsize = sizeof(h),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = N_SHDRS,
		.e_shstrndx = N_SHDRS - 1,
	};

	memcpy(h.e_ident, ELFMAG, SELFMAG);
	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	h.e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(image, &h, sizeof(h));
}

/* Copies one section to `at`; an absent or unusable one becomes an empty one. */
static int put_section(const struct elf_image *img, const struct source *src, uint8_t *image,
		       uint64_t at, Elf64_Shdr *ret, uint64_t *inflated)
{
	uint64_t n = src->shdr ? src->shdr->sh_size : 0;

	*ret = (Elf64_Shdr){.sh_type = SHT_NULL};
	if (!n)
		return 0;
	if (elf_image_pread(img, src->shdr->sh_offset, image + at, n))
		return -EINVAL;
	if (!check_compression(src, image + at, n, inflated))
		return -EINVAL;
	ret->sh_type = SHT_PROGBITS;
	ret->sh_flags = src->shdr->sh_flags & SHF_COMPRESSED;
	ret->sh_offset = at;
	ret->sh_size = n;
	ret->sh_addralign = 1;
	return 0;
}

static int fill_image(const struct elf_image *img, const struct source *src, uint8_t *image)
{
	Elf64_Shdr *shdr = (void *)(image + sizeof(Elf64_Ehdr));
	uint64_t names = sizeof(Elf64_Ehdr) + N_SHDRS * sizeof(*shdr);
	uint64_t at = names + align8((N_WANTED + 2) * NAME_MAX), inflated = 0;

	put_header(image, img);
	for (size_t i = 0; i < N_WANTED; i++) {
		int r = put_section(img, &src[i], image, at, &shdr[i + 1], &inflated);

		if (r)
			return r;
		shdr[i + 1].sh_name = (i + 1) * NAME_MAX;
		strcpy((char *)image + names + (i + 1) * NAME_MAX, src[i].name);
		at += align8(shdr[i + 1].sh_size);
	}
	shdr[N_SHDRS - 1] = (Elf64_Shdr){
		.sh_type = SHT_STRTAB,
		.sh_name = (N_WANTED + 1) * NAME_MAX,
		.sh_offset = names,
		.sh_size = (N_WANTED + 2) * NAME_MAX,
		.sh_addralign = 1,
	};
	strcpy((char *)image + names + (N_WANTED + 1) * NAME_MAX, ".shstrtab");
	return 0;
}

int dwarf_view_open(struct dwarf_view *ret, const struct elf_image *img)
{
	_cleanup_(dwarf_view_close) struct dwarf_view v = {0};
	struct source src[N_WANTED];
	uint64_t size;
	int r;

	for (size_t i = 0; i < N_WANTED; i++) {
		src[i] = find_section(img, wanted[i]);
		if (src[i].shdr && src[i].shdr->sh_size > SECTION_MAX)
			return -EINVAL;
	}
	if (!src[0].shdr || !src[1].shdr)
		return -ENOENT;
	size = image_size(src);
	if (size > TOTAL_MAX)
		return -EINVAL;
	v.image = calloc(1, size);
	if (!v.image)
		return -ENOMEM;
	r = fill_image(img, src, v.image);
	if (r)
		return r;
	elf_version(EV_CURRENT);
	v.elf = elf_memory((char *)v.image, size);
	v.dwarf = v.elf ? dwarf_begin_elf(v.elf, DWARF_C_READ, NULL) : NULL;
	if (!v.dwarf)
		return -EINVAL;
	*ret = v;
	v = (struct dwarf_view){0};
	return 0;
}

void dwarf_view_close(struct dwarf_view *v)
{
	if (v->dwarf)
		dwarf_end(v->dwarf);
	if (v->elf)
		elf_end(v->elf);
	free(v->image);
	*v = (struct dwarf_view){0};
}
