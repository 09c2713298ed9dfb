// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/build_info.h"
#include "golang/image_search.h"

#define MAGIC	    "\xff Go buildinf:"
#define MAGIC_LEN   14
#define ALIGN	    16
#define HEADER	    32
#define INLINE	    2 /* flag: texts follow the header (Go 1.18 on) */
#define BIG_ENDIAN_ 1 /* flag */
#define VERSION_MAX 256
#define MODINFO_MAX (4u << 20)
#define SENTINEL    16 /* bytes before and behind the module information */

struct place {
	const struct elf_image *img;
	const struct elf_relocs *relocs;
	uint64_t addr;
	uint8_t header[HEADER];
};

static int read_at(const struct place *p, uint64_t addr, void *dst, size_t n)
{
	static const struct elf_relocs none;

	return elf_relocs_read(p->relocs ? p->relocs : &none, p->img, addr, dst, n);
}

static bool has_header(struct place *p, uint64_t addr)
{
	p->addr = addr;
	return !read_at(p, addr, p->header, HEADER) && !memcmp(p->header, MAGIC, MAGIC_LEN) &&
	       !(p->header[15] & BIG_ENDIAN_);
}

static int try_hit(void *ctx, uint64_t vaddr)
{
	return vaddr % ALIGN == 0 && has_header(ctx, vaddr);
}

static bool find(struct place *p, uint64_t scan)
{
	const Elf64_Shdr *section = elf_image_section(p->img, ".go.buildinfo");
	struct image_search search = {
		.img = p->img,
		.left = p->img->search_max,
		.key = MAGIC,
		.n = MAGIC_LEN,
		.visit = try_hit,
		.ctx = p,
	};

	if (section && has_header(p, section->sh_addr))
		return true;
	for (size_t i = 0; scan && i < p->img->n_phdr; i++) {
		const Elf64_Phdr *seg = &p->img->phdr[i];

		if (seg->p_type == PT_LOAD && (seg->p_flags & PF_W) &&
		    image_search(&search, seg, scan) > 0)
			return true;
	}
	return false;
}

/* A text of *n bytes at *addr, as a varint length and bytes; moves *addr behind it. */
static bool take_inline(const struct place *p, uint64_t *addr, uint64_t *text, uint64_t *n)
{
	uint8_t b = 0x80;

	*n = 0;
	for (int shift = 0; b & 0x80; shift += 7) {
		if (shift > 28 || read_at(p, (*addr)++, &b, 1))
			return false;
		*n |= (uint64_t)(b & 0x7f) << shift;
	}
	*text = *addr;
	*addr += *n;
	return true;
}

/* The two texts, version and modules: behind the header, or by pointers to Go strings. */
static bool locate_texts(const struct place *p, uint64_t text[2], uint64_t n[2])
{
	uint64_t addr = p->addr + HEADER;

	for (int i = 0; i < 2; i++) {
		uint64_t at, s[2];

		if (p->header[15] & INLINE) {
			if (!take_inline(p, &addr, &text[i], &n[i]))
				return false;
			continue;
		}
		memcpy(&at, p->header + 16 + i * 8, sizeof(at));
		if (p->header[14] != 8 || read_at(p, at, s, sizeof(s)))
			return false;
		text[i] = s[0];
		n[i] = s[1];
	}
	return true;
}

/* The path in the line "mod\tPATH\tVERSION\t…"; "path\tPKG" when there is no such line. */
static char *find_module(const char *info)
{
	static const char *const keys[] = {"mod\t", "path\t"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (const char *line = info; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			if (!strncmp(line, keys[i], strlen(keys[i]))) {
				line += strlen(keys[i]);
				return strndup(line, strcspn(line, "\t\n"));
			}
		}
	return NULL;
}

static char *read_module(const struct place *p, uint64_t text, uint64_t n)
{
	_cleanup_free_ char *info = NULL;

	if (n <= 2 * SENTINEL || n > MODINFO_MAX)
		return NULL;
	info = malloc(n + 1);
	if (!info || read_at(p, text, info, n))
		return NULL;
	info[n - SENTINEL] = '\0';
	return find_module(info + SENTINEL);
}

int build_info_read(struct build_info *ret, const struct elf_image *img,
		    const struct elf_relocs *relocs, uint64_t scan)
{
	struct place p = {.img = img, .relocs = relocs};
	uint64_t text[2] = {0}, n[2] = {0};
	char version[VERSION_MAX];

	*ret = (struct build_info){0};
	if (!find(&p, scan) || !locate_texts(&p, text, n))
		return -ENOENT;
	if (n[0] > sizeof(version) || read_at(&p, text[0], version, n[0]) ||
	    !go_version_parse(&ret->version, version, n[0]))
		return -ENOENT;
	ret->main_module = read_module(&p, text[1], n[1]);
	return 0;
}

void build_info_free(struct build_info *b)
{
	free(b->main_module);
	b->main_module = NULL;
}
