// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "tui/edit.h"
#include "tui/keys.h"

void edit_set(struct edit *e, const char *text)
{
	e->len = text_clean(e->text, sizeof(e->text), text, strlen(text), false);
	e->at = e->len;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct edit *e, size_t at)
{
	while (at > 0 && is_continuation(e->text[--at]))
		;
	return at;
}

static size_t after(const struct edit *e, size_t at)
{
	while (at < e->len && is_continuation(e->text[++at]))
		;
	return at;
}

/* Removes [from, to) and puts the cursor there. */
static void cut(struct edit *e, size_t from, size_t to)
{
	memmove(e->text + from, e->text + to, e->len - to + 1);
	e->len -= to - from;
	e->at = from;
}

static void cut_word(struct edit *e)
{
	size_t from = e->at;

	while (from && e->text[from - 1] == ' ')
		from--;
	while (from && e->text[from - 1] != ' ')
		from--;
	cut(e, from, e->at);
}

static bool insert(struct edit *e, uint32_t cp)
{
	char encoded[4];
	size_t n = text_encode(encoded, cp);

	if (e->len + n >= sizeof(e->text))
		return true;
	memmove(e->text + e->at + n, e->text + e->at, e->len - e->at + 1);
	memcpy(e->text + e->at, encoded, n);
	e->len += n;
	e->at += n;
	return true;
}

bool edit_key(struct edit *e, uint32_t code)
{
	switch (code) {
	case K_LEFT:
	case K_CTRL('b'):
		e->at = before(e, e->at);
		return true;
	case K_RIGHT:
	case K_CTRL('f'):
		e->at = after(e, e->at);
		return true;
	case K_HOME:
	case K_CTRL('a'):
		e->at = 0;
		return true;
	case K_END:
	case K_CTRL('e'):
		e->at = e->len;
		return true;
	case K_BACKSPACE:
		cut(e, before(e, e->at), e->at);
		return true;
	case K_DELETE:
	case K_CTRL('d'):
		cut(e, e->at, after(e, e->at));
		return true;
	case K_CTRL('u'):
		cut(e, 0, e->at);
		return true;
	case K_CTRL('k'):
		cut(e, e->at, e->len);
		return true;
	case K_CTRL('w'):
		cut_word(e);
		return true;
	default:
		return code < K_SPECIAL && text_is_safe(code) && insert(e, code);
	}
}
