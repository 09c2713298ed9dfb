/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line at the bottom: the keys that hold here, and what is in force. */
#ifndef GOROUTOP_TUI_BAR_H
#define GOROUTOP_TUI_BAR_H

#include "tui/event.h"
#include "tui/keys.h"

struct app;

void bar_draw(const struct app *app);

/* The action of the key that was clicked on; ACT_NONE: none. */
enum action bar_action_at(const struct app *app, const struct event *e);

#endif
