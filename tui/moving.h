/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys and the wheel that move, the same in every list and every text. */
#ifndef GOROUTOP_TUI_MOVING_H
#define GOROUTOP_TUI_MOVING_H

#include <stdbool.h>

#include "tui/event.h"
#include "tui/keys.h"
#include "tui/window.h"

/* Moves the cursor of a list; false: that is no moving key, or no wheel. */
bool moving_cursor(struct window *w, enum action action);
bool moving_wheel(struct window *w, const struct event *e);

/* Moves a text that has no cursor. */
bool moving_text(struct window *w, enum action action);
bool moving_text_wheel(struct window *w, const struct event *e);

#endif
