/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of Ps on the scheduler's screen, and of threads without one that hold a goroutine. */
#ifndef GOROUTOP_TUI_SCHEDULER_PS_H
#define GOROUTOP_TUI_SCHEDULER_PS_H

#include "model/scheduler_picture.h"
#include "tui/pen.h"

/* Rows that there are. */
size_t scheduler_lines(const struct scheduler_picture *s);

/* Draws the line of titles, and rows from `first` on. */
void scheduler_draw_ps(const struct scheduler_picture *s, size_t first, const struct area *a);

#endif
