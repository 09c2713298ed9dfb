/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A range of a file that is read as it is looked at, in blocks, and then stays: pointers into it
 * live as long as the span. So a table of 30 MB of which a few names and lines are asked for costs
 * only these. Looking is safe from several threads at once.
 */
#ifndef GOROUTOP_GOLANG_SPAN_H
#define GOROUTOP_GOLANG_SPAN_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "golang/elf_image.h"

#define SPAN_MAX (2ull << 30)

/* Called once for each block just read: patches n bytes at p, which lie at `at` in the span. */
typedef void (*span_patch_fn)(void *arg, uint64_t at, uint8_t *p, size_t n);

struct span {
	const struct elf_image *img; /* outlives the span */
	uint64_t offset;	     /* in the file */
	uint64_t size;
	uint8_t *bytes;
	uint8_t *have; /* a byte a block: read, failed or not tried; accessed atomically */
	pthread_mutex_t *lock;
	span_patch_fn patch;
	void *patch_arg;
};

/* 0, -EFBIG (larger than SPAN_MAX), -ENODATA (not inside the file), -ENOMEM. */
int span_open(struct span *ret, const struct elf_image *img, uint64_t offset, uint64_t size);
void span_close(struct span *s);

/* n bytes at offset `at` of the span; NULL when they are not inside it or cannot be read. */
const uint8_t *span_at(const struct span *s, uint64_t at, uint64_t n);

/* The NUL-terminated text at `at`, at most max bytes long; NULL when there is none. */
const char *span_text(const struct span *s, uint64_t at, size_t max);

/*
 * The first place in [from, to) where the n bytes of key are, wholly inside; UINT64_MAX if none.
 */
uint64_t span_search(const struct span *s, uint64_t from, uint64_t to, const void *key, size_t n);

#endif
