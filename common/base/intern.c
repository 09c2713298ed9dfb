// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/intern.h"
#include "base/vec.h"

enum { INTERN_CHUNK = 64 << 10 };

struct intern {
	struct hash by_hash; /* hash of the text (≠ 0) → id; a collision goes to the next key */
	VEC(const char *) texts;
	VEC(char *) chunks;
	size_t used; /* bytes used of the last chunk */
	size_t size; /* and its size */
};

struct intern *intern_new(void)
{
	struct intern *t = calloc(1, sizeof(*t));

	if (t && !vec_push(&t->texts, NULL)) {
		free(t);
		return NULL;
	}
	return t;
}

void intern_free(struct intern *t)
{
	if (!t)
		return;
	vec_foreach (c, &t->chunks)
		free(*c);
	vec_free(&t->chunks);
	vec_free(&t->texts);
	hash_free(&t->by_hash);
	free(t);
}

static uint64_t text_hash(const char *s, size_t n)
{
	uint64_t h = 0xcbf29ce484222325ull; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3ull;
	h = hash_mix(h);
	return h ? h : 1;
}

static char *intern_store(struct intern *t, const char *s, size_t n)
{
	char *p;

	if (t->used + n + 1 > t->size) {
		size_t size = n + 1 > INTERN_CHUNK ? n + 1 : INTERN_CHUNK;
		char *chunk = malloc(size);

		if (!chunk || !vec_push(&t->chunks, chunk)) {
			free(chunk);
			return NULL;
		}
		t->used = 0;
		t->size = size;
	}
	p = t->chunks.v[t->chunks.n - 1] + t->used;
	memcpy(p, s, n);
	p[n] = '\0';
	t->used += n + 1;
	return p;
}

/* The id of a text of n bytes, else 0; *key is where it is to be found. */
static uint32_t find(const struct intern *t, const char *s, size_t n, uint64_t *key)
{
	uint32_t id;

	for (*key = text_hash(s, n); (id = hash_get(&t->by_hash, *key)) != HASH_NONE; ++*key) {
		if (!strncmp(t->texts.v[id], s, n) && !t->texts.v[id][n])
			return id;
		if (*key == UINT64_MAX)
			*key = 0;
	}
	return 0;
}

uint32_t intern_find(const struct intern *t, const char *s, size_t n)
{
	uint64_t key;

	return find(t, s, strnlen(s, n), &key);
}

uint32_t intern_add(struct intern *t, const char *s, size_t n)
{
	uint64_t key;
	uint32_t id;
	char *p;

	n = strnlen(s, n);
	id = find(t, s, n, &key);
	if (id)
		return id;
	p = intern_store(t, s, n);
	if (!p || !vec_push(&t->texts, p))
		return 0;
	id = t->texts.n - 1;
	return hash_put(&t->by_hash, key, id) ? id : 0;
}

const char *intern_text(const struct intern *t, uint32_t id)
{
	return id < t->texts.n ? t->texts.v[id] : NULL;
}
