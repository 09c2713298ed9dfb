/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line of text being typed. Pure. */
#ifndef GOROUTOP_TUI_EDIT_H
#define GOROUTOP_TUI_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edit {
	char text[512]; /* valid UTF-8, terminated */
	size_t len, at; /* bytes; the cursor stands before text[at] */
};

void edit_set(struct edit *e, const char *text);

/* Takes a key of enum key_code or a character; false when it means nothing in a line of text. */
bool edit_key(struct edit *e, uint32_t code);

#endif
