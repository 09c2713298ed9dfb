/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen's thread: waits for keys, signals and news, and draws when something has changed. */
#ifndef GOROUTOP_TUI_LOOP_H
#define GOROUTOP_TUI_LOOP_H

#include "tui/options.h"

/* Takes the terminal, watches, gives it back. Returns the exit status. */
int loop_run(const struct options *options);

#endif
