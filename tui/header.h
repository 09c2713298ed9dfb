/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines above the table: who is watched and how, how many goroutines are in which state, how
 * fast it changes, and what watching costs and loses.
 */
#ifndef GOROUTOP_TUI_HEADER_H
#define GOROUTOP_TUI_HEADER_H

#include "tui/pen.h"

struct app;

/* Lines that it takes on a terminal of that size now. */
int header_height(const struct app *app, int height, int width);
void header_draw(const struct app *app, const struct area *area);

#endif
