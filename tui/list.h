/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --list: the Go processes of this machine, printed once. */
#ifndef GOROUTOP_TUI_LIST_H
#define GOROUTOP_TUI_LIST_H

#include "tui/options.h"

/* Returns the exit status. */
int list_run(const struct options *o);

#endif
