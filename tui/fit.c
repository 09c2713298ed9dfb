// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tui/fit.h"

/* What stands for our own signs where there is only ASCII. */
static const struct {
	uint32_t cp;
	char ascii;
} stand_ins[] = {
	{0xb5, 'u'},   {0xb7, '.'},   {0xd7, 'x'},   {0x2039, 0x3c}, {0x203a, 0x3e}, {0x2013, '-'},
	{0x2014, '-'}, {0x2026, '.'}, {0x2190, '<'}, {0x2191, '^'},  {0x2192, '>'},  {0x2193, 'v'},
	{0x2194, '-'}, {0x2264, '<'}, {0x2265, '>'}, {0x2500, '-'},  {0x2502, '|'},  {0x2514, '`'},
	{0x251c, '|'}, {0x2581, '_'}, {0x2582, '_'}, {0x2583, '.'},  {0x2584, '-'},  {0x2585, '='},
	{0x2586, '='}, {0x2587, '#'}, {0x2588, '#'}, {0x2591, '.'},  {0x25a0, '#'},  {0x25aa, '#'},
	{0x25b2, '^'}, {0x25b4, '^'}, {0x25b6, '>'}, {0x25b8, '>'},  {0x25bc, 'v'},  {0x25be, 'v'},
	{0x25cf, '*'}, {0x27f5, '<'}, {0x394, 'd'},
};

static uint32_t to_ascii(uint32_t cp)
{
	if (cp < 0x7f)
		return cp;
	for (size_t i = 0; i < ARRAY_SIZE(stand_ins); i++)
		if (stand_ins[i].cp == cp)
			return (uint32_t)stand_ins[i].ascii;
	return '?';
}

struct out {
	char *p;
	size_t room; /* without the terminating NUL */
	bool ascii;
	int width;
};

static bool put(struct out *o, uint32_t cp)
{
	char encoded[4];
	int width = text_width_of(cp);
	size_t n;

	if (o->ascii)
		cp = to_ascii(cp);
	n = text_encode(encoded, cp);
	if (n > o->room)
		return false;
	memcpy(o->p, encoded, n);
	o->p += n;
	o->room -= n;
	/* A stand-in is one column, even for a wide character: so pad. */
	for (; o->ascii && width > 1 && o->room; width--, o->width++, o->room--)
		*o->p++ = ' ';
	o->width += o->ascii && !width ? 1 : width;
	return true;
}

/* Copies from s while at most `width` columns are taken. */
static void put_front(struct out *o, const char *s, int width)
{
	size_t n = strlen(s);
	int end = o->width + width;

	while (n) {
		uint32_t cp;
		size_t len = text_decode(s, n, &cp);
		int w = text_width_of(cp);

		if (o->width + (o->ascii && !w ? 1 : w) > end || !put(o, cp))
			return;
		s += len;
		n -= len;
	}
}

/* The longest end of s that takes at most `width` of its `total` columns. */
static const char *tail_of(const char *s, int total, int width)
{
	size_t n = strlen(s);

	while (n && total > width) {
		uint32_t cp;
		size_t len = text_decode(s, n, &cp);

		total -= text_width_of(cp);
		s += len;
		n -= len;
	}
	return s;
}

int fit_text(char *dst, size_t size, const char *src, int width, enum fit_cut cut, bool ascii)
{
	struct out o = {.p = dst, .room = size ? size - 1 : 0, .ascii = ascii};
	const char *mark = ascii ? ".." : "…";
	int mark_width = ascii ? 2 : 1, total = text_width(src), head;

	if (!size)
		return 0;
	if (width < 0)
		width = 0;
	if (total <= width || cut == FIT_CLIP || width <= mark_width) {
		put_front(&o, src, width);
	} else {
		head = cut == FIT_END ? width - mark_width : (width - mark_width) / 2;
		put_front(&o, src, head);
		put_front(&o, mark, mark_width);
		if (cut == FIT_MIDDLE)
			put_front(&o, tail_of(src, total, width - o.width), width - o.width);
	}
	*o.p = '\0';
	return o.width;
}

size_t fit_line(const char *text, int width)
{
	size_t n = strlen(text), at = 0, space = 0;
	int used = 0;

	while (at < n) {
		uint32_t cp;
		size_t len = text_decode(text + at, n - at, &cp);

		used += text_width_of(cp);
		if (used > width)
			return space ? space : at ? at : len;
		at += len;
		if (cp == ' ')
			space = at;
	}
	return n;
}
