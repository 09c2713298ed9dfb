/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GOROUTOP_TUI_SNAPSHOT_FILE_H
#define GOROUTOP_TUI_SNAPSHOT_FILE_H

#include "base/buf.h"

struct app;

/*
 * Writes the app's picture, which must hold all rows and their stacks, to goroutop-PID-TIME.json and
 * .stacks in the working directory, else in the one for temporary files; says what came of it.
 */
void snapshot_write(struct app *app);

/* Whether the picture has what snapshot_write wants. */
bool snapshot_is_ready(const struct app *app);

/* Writes a text to goroutop-PID-TIME and an ending, likewise; says what came of it. */
void snapshot_text(struct app *app, const char *ending, const struct buf *text);

#endif
