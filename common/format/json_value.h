/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of JSON: what is not known is null. Texts were cleaned where they came in; they are looked
 * at once more here, because one invalid byte makes the whole line unreadable.
 */
#ifndef GOROUTOP_FORMAT_JSON_VALUE_H
#define GOROUTOP_FORMAT_JSON_VALUE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "format/decimal.h"

static inline void put_raw(yajl_gen g, const char *s)
{
	yajl_gen_string(g, (const unsigned char *)s, strlen(s));
}

static inline bool is_clean(const char *s)
{
	size_t n = strlen(s);

	while (n) {
		uint32_t cp;
		size_t len = text_decode(s, n, &cp);

		if (!text_is_safe(cp) || (cp == 0xfffd && len == 1))
			return false;
		s += len;
		n -= len;
	}
	return true;
}

static inline void put_text(yajl_gen g, const char *s)
{
	size_t size = 3 * strlen(s) + 1;
	_cleanup_free_ char *clean = NULL;

	if (is_clean(s)) {
		put_raw(g, s);
		return;
	}
	clean = malloc(size);
	if (clean)
		text_clean(clean, size, s, size, false);
	put_raw(g, clean ? clean : "");
}

/* NULL and "" are not known. */
static inline void text(yajl_gen g, const char *key, const char *s)
{
	put_raw(g, key);
	if (s && *s)
		put_text(g, s);
	else
		yajl_gen_null(g);
}

static inline void string(yajl_gen g, const char *key, const char *s)
{
	put_raw(g, key);
	put_text(g, s ? s : "");
}

static inline void boolean(yajl_gen g, const char *key, bool b)
{
	put_raw(g, key);
	yajl_gen_bool(g, b);
}

static inline void null(yajl_gen g, const char *key)
{
	put_raw(g, key);
	yajl_gen_null(g);
}

/* yajl's own integers are signed. */
static inline void count(yajl_gen g, const char *key, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	put_raw(g, key);
	yajl_gen_number(g, digits, (size_t)len);
}

static inline void count_if(yajl_gen g, const char *key, bool known, uint64_t n)
{
	if (known)
		count(g, key, n);
	else
		null(g, key);
}

/* yajl's own doubles are written as the locale writes them. */
static inline void number_if(yajl_gen g, const char *key, bool known, double v)
{
	char digits[DECIMAL_MAX];

	put_raw(g, key);
	if (!known || isnan(v)) {
		yajl_gen_null(g);
		return;
	}
	/* Apart: the order in which arguments are evaluated is nobody's promise. */
	decimal(digits, v, 3);
	yajl_gen_number(g, digits, strlen(digits));
}

static inline void open_map(yajl_gen g, const char *key)
{
	put_raw(g, key);
	yajl_gen_map_open(g);
}

#endif
