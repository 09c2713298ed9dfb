/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing text. Appending never fails visibly: for lack of memory `failed` is set, the text stays
 * valid, and whoever writes it out checks the flag once.
 */
#ifndef GOROUTOP_BASE_BUF_H
#define GOROUTOP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p; /* NUL-terminated once something was put; NULL before */
	size_t len, cap;
	bool failed;
};

void buf_put(struct buf *b, const char *s, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *b); /* keeps the memory */
void buf_free(struct buf *b);
const char *buf_str(const struct buf *b); /* "" when empty */

#endif
