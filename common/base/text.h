/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text from a process that is not trusted, and text on a terminal. Everything that a target named
 * passes text_clean before it leaves the program, whatever the way out.
 */
#ifndef GOROUTOP_BASE_TEXT_H
#define GOROUTOP_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes one code point at s (n > 0 bytes). Returns the number of bytes taken, ≥ 1; *cp is U+FFFD
 * for what is not valid UTF-8 (overlong, surrogate, truncated, above U+10FFFF), one byte each.
 */
size_t text_decode(const char *s, size_t n, uint32_t *cp);

/* Encodes cp; dst holds 4 bytes. Returns how many it wrote. */
size_t text_encode(char *dst, uint32_t cp);

/* Columns on a terminal: 0 for combining marks, 2 for wide characters; independent of the locale. */
int text_width_of(uint32_t cp);
int text_width(const char *s);

/*
 * Copies src (n bytes, NUL ends it) to dst, always terminated, as valid UTF-8 that a terminal takes
 * for nothing but text: controls (C0, DEL, C1), bidirectional and invisible formatting characters,
 * line and paragraph separators, private use, tags and invalid bytes become U+FFFD ("?" when
 * `ascii`, where everything above U+007F does too). What does not fit is cut at a whole character.
 * Returns the length of dst.
 */
size_t text_clean(char *dst, size_t size, const char *src, size_t n, bool ascii);

/*
 * As snprintf, but what does not fit is cut at a whole character, and the length of dst is returned:
 * for parts that are valid UTF-8 already.
 */
size_t text_print(char *dst, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
size_t text_vprint(char *dst, size_t size, const char *fmt, va_list args);

/* As strcmp; NULL comes behind every text. */
int text_compare(const char *a, const char *b);

/* Whether a code point may be shown as it is (the test that text_clean uses). */
bool text_is_safe(uint32_t cp);

#endif
