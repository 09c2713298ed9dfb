// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "model/labels.h"

static char *put(char *dst, const char *s)
{
	size_t n = strlen(s);

	memcpy(dst, s, n + 1);
	return dst + n;
}

/* Each text twice: on its own, and in the line of all of them. */
static void fill(struct label_set *s, struct label *to, const struct label *v, char *texts)
{
	char *line = texts;

	for (size_t i = 0; i < s->n; i++) {
		if (i)
			line = put(line, " ");
		line = put(put(put(line, v[i].key), "="), v[i].value);
	}
	s->all = s->n ? texts : NULL;
	texts = line + 1;
	for (size_t i = 0; i < s->n; i++) {
		to[i].key = texts;
		texts = put(texts, v[i].key) + 1;
		to[i].value = texts;
		texts = put(texts, v[i].value) + 1;
	}
	s->v = to;
}

struct label_set *label_set_new(const struct label *v, size_t n)
{
	size_t size = sizeof(struct label_set) + n * sizeof(struct label) + 1;
	struct label_set *s;
	struct label *to;

	for (size_t i = 0; i < n; i++)
		size += 2 * (strlen(v[i].key) + strlen(v[i].value) + 2);
	s = malloc(size);
	if (!s)
		return NULL;
	*s = (struct label_set){.refs = 1, .n = n};
	to = (struct label *)(s + 1);
	fill(s, to, v, (char *)(to + n));
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
