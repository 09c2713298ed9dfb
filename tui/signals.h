/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals as something to read, never as something that interrupts. */
#ifndef GOROUTOP_TUI_SIGNALS_H
#define GOROUTOP_TUI_SIGNALS_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Blocks what would end, stop or resize us, for this thread and those that it starts: call it
 * before any thread. Returns a descriptor to read them from, or -errno.
 */
int signals_open(struct err *err);

/* The next signal that came, 0 when there is none. */
int signals_next(int fd);

/* Whether it asks the program to end. */
bool signal_ends(int signal);

#endif
