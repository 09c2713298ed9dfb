/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking for bytes in what segments have in the file. Segments of a file that means harm all lie
 * over the same bytes, a thousand times; so what one search reads is counted over all of them.
 */
#ifndef GOROUTOP_GOLANG_IMAGE_SEARCH_H
#define GOROUTOP_GOLANG_IMAGE_SEARCH_H

#include "golang/elf_image.h"

struct image_search {
	const struct elf_image *img;
	uint64_t left; /* bytes that may still be read: img->search_max at first */
	const void *key;
	size_t n; /* bytes of it */
	/* Called at each place with the key; other than 0 ends the search. */
	int (*visit)(void *ctx, uint64_t vaddr);
	void *ctx;
};

/*
 * Goes through the first `max` bytes of the segment: what visit ended it with, or 0, also when no
 * more may be read; -ENOMEM.
 */
int image_search(struct image_search *s, const Elf64_Phdr *segment, uint64_t max);

#endif
