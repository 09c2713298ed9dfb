// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { REPLACEMENT = 0xfffd };

size_t text_decode(const char *s, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char c = s[0];
	size_t len;
	uint32_t v;

	*cp = c;
	if (c < 0x80)
		return 1;
	*cp = REPLACEMENT;
	len = c >= 0xf0 && c < 0xf8 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc0 && c < 0xe0 ? 2 : 0;
	if (!len || len > n)
		return 1;
	v = c & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 1;
	*cp = v;
	return len;
}

size_t text_encode(char *dst, uint32_t cp)
{
	if (cp < 0x80) {
		dst[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		dst[0] = (char)(0xc0 | cp >> 6);
		dst[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		dst[0] = (char)(0xe0 | cp >> 12);
		dst[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		dst[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	dst[0] = (char)(0xf0 | cp >> 18);
	dst[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	dst[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	dst[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t cp, const struct range *r, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (cp >= r[i].first && cp <= r[i].last)
			return true;
	return false;
}

/* Unicode 15: general categories Cc, Cf (without the harmless soft hyphen's kin), Zl, Zp, Co, Cs. */
static const struct range unsafe[] = {
	{0x00, 0x1f},	    {0x7f, 0x9f},	{0xad, 0xad},	     {0x600, 0x605},
	{0x61c, 0x61c},	    {0x6dd, 0x6dd},	{0x70f, 0x70f},	     {0x890, 0x891},
	{0x8e2, 0x8e2},	    {0x115f, 0x1160},	{0x180b, 0x180f},    {0x200b, 0x200f},
	{0x2028, 0x202e},   {0x2060, 0x206f},	{0x3164, 0x3164},    {0xd800, 0xf8ff},
	{0xfe00, 0xfe0f},   {0xfeff, 0xfeff},	{0xffa0, 0xffa0},    {0xfff0, 0xfffb},
	{0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f},  {0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
};

bool text_is_safe(uint32_t cp)
{
	return !in_ranges(cp, unsafe, ARRAY_SIZE(unsafe));
}

/* Combining marks by block: enough for names; what is missed costs a column, not a terminal. */
static const struct range zero_width[] = {
	{0x300, 0x36f},	  {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},	{0x64b, 0x65f},
	{0x6d6, 0x6dc},	  {0x730, 0x74a},   {0x7a6, 0x7b0},   {0x816, 0x82d},	{0x8d3, 0x902},
	{0x93a, 0x93a},	  {0x93c, 0x93c},   {0x941, 0x948},   {0x94d, 0x94d},	{0xe31, 0xe31},
	{0xe34, 0xe3a},	  {0xe47, 0xe4e},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff},
	{0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe20, 0xfe2f},
};

static const struct range two_wide[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},	{0x2329, 0x232a},   {0x23e9, 0x23ec},
	{0x25fd, 0x25fe},   {0x2614, 0x2615},	{0x2e80, 0x303e},   {0x3041, 0x33ff},
	{0x3400, 0x4dbf},   {0x4e00, 0x9fff},	{0xa000, 0xa4cf},   {0xa960, 0xa97f},
	{0xac00, 0xd7a3},   {0xf900, 0xfaff},	{0xfe30, 0xfe6f},   {0xff00, 0xff60},
	{0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
	{0x20000, 0x3fffd},
};

int text_width_of(uint32_t cp)
{
	if (cp < 0x300)
		return 1;
	if (in_ranges(cp, zero_width, ARRAY_SIZE(zero_width)))
		return 0;
	return in_ranges(cp, two_wide, ARRAY_SIZE(two_wide)) ? 2 : 1;
}

int text_width(const char *s)
{
	size_t n = strlen(s);
	int width = 0;

	while (n) {
		uint32_t cp;
		size_t len = text_decode(s, n, &cp);

		width += text_width_of(cp);
		s += len;
		n -= len;
	}
	return width;
}

size_t text_clean(char *dst, size_t size, const char *src, size_t n, bool ascii)
{
	size_t len = 0;

	if (!size)
		return 0;
	n = strnlen(src, n);
	while (n) {
		char encoded[4];
		size_t out, in;
		uint32_t cp;

		in = text_decode(src, n, &cp);
		if (!text_is_safe(cp))
			cp = REPLACEMENT;
		if (ascii && cp > 0x7e)
			cp = '?';
		out = text_encode(encoded, cp);
		if (len + out >= size)
			break;
		memcpy(dst + len, encoded, out);
		len += out;
		src += in;
		n -= in;
	}
	dst[len] = '\0';
	return len;
}

/* The length of s without the part of a character that it may end with. */
static size_t whole_length(const char *s, size_t n)
{
	size_t first = n, len;
	uint32_t cp;

	while (first && n - first < 4) {
		unsigned char c = (unsigned char)s[--first];

		if (c < 0x80)
			return n;
		if (c < 0xc0)
			continue;
		len = text_decode(s + first, n - first, &cp);
		return len > 1 && len == n - first ? n : first;
	}
	return n;
}

size_t text_vprint(char *dst, size_t size, const char *fmt, va_list args)
{
	int len;
	size_t n;

	if (!size)
		return 0;
	len = vsnprintf(dst, size, fmt, args);
	n = len > 0 ? (size_t)len : 0;
	if (n >= size)
		n = whole_length(dst, size - 1);
	dst[n] = '\0';
	return n;
}

size_t text_print(char *dst, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = text_vprint(dst, size, fmt, args);
	va_end(args);
	return n;
}

int text_compare(const char *a, const char *b)
{
	if (a == b)
		return 0;
	if (!a || !b)
		return a ? 1 : -1;
	return strcmp(a, b);
}
