/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interned strings: each distinct text has one id and one address for as long as the table lives,
 * so rows hold 4-byte ids and pictures may point at the text from another thread. Id 0 is
 * "unknown" and has no text. Only the owner's thread may add; texts once returned never move.
 */
#ifndef GOROUTOP_BASE_INTERN_H
#define GOROUTOP_BASE_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern;

struct intern *intern_new(void); /* NULL: no memory */
void intern_free(struct intern *t);

/* The id of the n bytes at s (NUL bytes end them); 0 for lack of memory. */
uint32_t intern_add(struct intern *t, const char *s, size_t n);

/* The id of the n bytes at s; 0 if they were never added. */
uint32_t intern_find(const struct intern *t, const char *s, size_t n);

/* The text of id, NUL-terminated; NULL for 0 and for ids that do not exist. */
const char *intern_text(const struct intern *t, uint32_t id);

#endif
