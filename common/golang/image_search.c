// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/image_search.h"

enum { BLOCK = 256 << 10 };

static int visit_hits(const struct image_search *s, const uint8_t *block, size_t n, uint64_t vaddr)
{
	const uint8_t *p = block;
	int r = 0;

	while (!r && (p = memmem(p, n - (size_t)(p - block), s->key, s->n))) {
		r = s->visit(s->ctx, vaddr + (uint64_t)(p - block));
		p++;
	}
	return r;
}

int image_search(struct image_search *s, const Elf64_Phdr *segment, uint64_t max)
{
	_cleanup_free_ uint8_t *block = malloc(BLOCK);
	uint64_t offset, size, at = 0;
	int r = 0;

	if (!block)
		return -ENOMEM;
	if (!elf_image_offset(s->img, segment->p_vaddr, &offset, &size))
		return 0;
	if (size > max)
		size = max;
	/* The last bytes of a block are the first of the next: the key may lie across. */
	while (!r && size - at >= s->n && s->left >= s->n) {
		uint64_t n = size - at < BLOCK ? size - at : BLOCK;

		if (n > s->left)
			n = s->left;
		if (elf_image_pread(s->img, offset + at, block, n))
			break;
		s->left -= n;
		r = visit_hits(s, block, n, segment->p_vaddr + at);
		at += n - (s->n - 1);
	}
	return r;
}
