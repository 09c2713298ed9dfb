/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line in which a filter is typed; the last good one is in force meanwhile. */
#ifndef GOROUTOP_TUI_FILTER_LINE_H
#define GOROUTOP_TUI_FILTER_LINE_H

struct app;

void filter_line_open(struct app *app);

#endif
