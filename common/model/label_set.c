// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/labels.h"

/* Appends the text, cleaned. */
static void put_clean(struct buf *b, const char *s)
{
	size_t n = strlen(s), size = 3 * n + 1;
	char *clean = malloc(size);

	if (clean)
		buf_put(b, clean, text_clean(clean, size, s, n, false));
	b->failed |= !clean;
	free(clean);
}

/* The line of all of them, then each key and value, each with its NUL. */
static void put_texts(struct buf *b, const struct label *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_putc(b, ' ');
		put_clean(b, v[i].key);
		buf_putc(b, '=');
		put_clean(b, v[i].value);
	}
	buf_putc(b, '\0');
	for (size_t i = 0; i < n; i++) {
		put_clean(b, v[i].key);
		buf_putc(b, '\0');
		put_clean(b, v[i].value);
		buf_putc(b, '\0');
	}
}

static const char *next(const char *text)
{
	return text + strlen(text) + 1;
}

struct label_set *label_set_new(const struct label *v, size_t n)
{
	struct label_set *s = NULL;
	struct buf b = {0};
	struct label *to;
	const char *at;

	put_texts(&b, v, n);
	if (!b.failed)
		s = malloc(sizeof(*s) + n * sizeof(*to) + b.len);
	if (s) {
		to = (struct label *)(s + 1);
		at = memcpy(to + n, b.p, b.len);
		*s = (struct label_set){.refs = 1, .n = n, .v = to, .all = n ? at : NULL};
		for (size_t i = 0; i < n; i++) {
			to[i].key = next(at);
			to[i].value = at = next(to[i].key);
		}
	}
	buf_free(&b);
	return s;
}

struct label_set *label_set_ref(struct label_set *s)
{
	if (s)
		__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void label_set_unref(struct label_set *s)
{
	if (s && !__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
		free(s);
}

const char *label_value(const struct label_set *s, const char *key)
{
	for (size_t i = 0; s && i < s->n; i++)
		if (!strcmp(s->v[i].key, key))
			return s->v[i].value;
	return NULL;
}
