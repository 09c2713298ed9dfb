/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No screen: every refresh, or every transition, as text. */
#ifndef GOROUTOP_TUI_BATCH_H
#define GOROUTOP_TUI_BATCH_H

#include "tui/options.h"

/* Whether each refresh replaces the file of -o: then fd is not used. */
bool batch_replaces(const struct options *options);

/* Watches and prints to fd. Returns the exit status. */
int batch_run(const struct options *options, int fd);

#endif
