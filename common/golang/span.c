// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/span.h"

#define BLOCK (64u << 10)

enum { BLOCK_UNREAD, BLOCK_READ, BLOCK_BAD };

int span_open(struct span *ret, const struct elf_image *img, uint64_t offset, uint64_t size)
{
	struct span s = {.img = img, .offset = offset, .size = size};

	if (offset > img->size || size > img->size - offset || !size)
		return -ENODATA;
	if (size > SPAN_MAX)
		return -EFBIG;
	/* Not calloc: pages that are never looked at shall never be there. */
	s.bytes = malloc(size);
	s.have = calloc(1, size / BLOCK + 1);
	s.lock = malloc(sizeof(*s.lock));
	if (!s.bytes || !s.have || !s.lock || pthread_mutex_init(s.lock, NULL)) {
		free(s.bytes);
		free(s.have);
		free(s.lock);
		return -ENOMEM;
	}
	*ret = s;
	return 0;
}

void span_close(struct span *s)
{
	if (s->lock)
		pthread_mutex_destroy(s->lock);
	free(s->lock);
	free(s->have);
	free(s->bytes);
	memset(s, 0, sizeof(*s));
}

static uint8_t read_block(const struct span *s, uint64_t block)
{
	uint64_t at = block * BLOCK;
	size_t n = s->size - at < BLOCK ? s->size - at : BLOCK;

	if (elf_image_pread(s->img, s->offset + at, s->bytes + at, n))
		return BLOCK_BAD;
	if (s->patch)
		s->patch(s->patch_arg, at, s->bytes + at, n);
	return BLOCK_READ;
}

static bool want_block(const struct span *s, uint64_t block)
{
	uint8_t have = __atomic_load_n(&s->have[block], __ATOMIC_ACQUIRE);

	if (have != BLOCK_UNREAD)
		return have == BLOCK_READ;
	pthread_mutex_lock(s->lock);
	have = s->have[block];
	if (have == BLOCK_UNREAD) {
		have = read_block(s, block);
		__atomic_store_n(&s->have[block], have, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(s->lock);
	return have == BLOCK_READ;
}

const uint8_t *span_at(const struct span *s, uint64_t at, uint64_t n)
{
	if (at > s->size || n > s->size - at || !n)
		return NULL;
	for (uint64_t b = at / BLOCK; b <= (at + n - 1) / BLOCK; b++)
		if (!want_block(s, b))
			return NULL;
	return s->bytes + at;
}

const char *span_text(const struct span *s, uint64_t at, size_t max)
{
	uint64_t p = at, end;

	if (at >= s->size)
		return NULL;
	end = s->size - at > max ? at + max + 1 : s->size;
	while (p < end) {
		uint64_t n = BLOCK - p % BLOCK;

		if (n > end - p)
			n = end - p;
		if (!span_at(s, p, n))
			return NULL;
		if (memchr(s->bytes + p, '\0', n))
			return (const char *)s->bytes + at;
		p += n;
	}
	return NULL;
}

uint64_t span_search(const struct span *s, uint64_t from, uint64_t to, const void *key, size_t n)
{
	if (to > s->size)
		to = s->size;
	for (uint64_t p = from; p < to && to - p >= n; p += BLOCK) {
		uint64_t len = BLOCK + n - 1 < to - p ? BLOCK + n - 1 : to - p;
		const uint8_t *hit = span_at(s, p, len);

		if (hit)
			hit = memmem(hit, len, key, n);
		if (hit)
			return hit - s->bytes;
	}
	return UINT64_MAX;
}
