/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line at the bottom in which a filter or a search is typed. */
#ifndef GOROUTOP_TUI_PROMPT_H
#define GOROUTOP_TUI_PROMPT_H

#include <stdbool.h>

#include "tui/edit.h"
#include "tui/event.h"
#include "tui/pen.h"

struct app;

struct prompt_kind {
	const char *label, *hint;
	/* The text is another now. Writes what is wrong with it to the prompt's error, or "". */
	void (*changed)(struct app *app, const char *text);
	/* Enter (accepted), or Esc. */
	void (*finished)(struct app *app, const char *text, bool accepted);
	/* The key that opened it, pressed again: the next one. NULL: nothing. */
	void (*again)(struct app *app, const char *text);
	uint32_t again_key;
};

struct prompt {
	const struct prompt_kind *kind; /* NULL: closed */
	struct edit edit;
	char error[300]; /* what is wrong with the text; "" when nothing is */
	char note[80];	 /* what there is to say of it otherwise */
};

void prompt_open(struct app *app, const struct prompt_kind *kind, const char *text);

/* Takes a key if it is for the line; others (arrows up and down, pages) go to the screen. */
bool prompt_key(struct app *app, const struct event *e);

/* Draws it; *cursor_x is where the cursor belongs. */
void prompt_draw(const struct prompt *p, struct pen line, int *cursor_x);

/* The line above it, when something is wrong with the text. */
void prompt_draw_error(const struct prompt *p, struct pen line);

#endif
