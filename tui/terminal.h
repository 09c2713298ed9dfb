/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal, owned here and nowhere else: taken over, sized, read, and given back on every way
 * out, a crash included. Only this module, theme.c and pen.c speak curses.
 */
#ifndef GOROUTOP_TUI_TERMINAL_H
#define GOROUTOP_TUI_TERMINAL_H

#include <stdbool.h>

#include "base/err.h"
#include "tui/event.h"

struct terminal_options {
	bool color, ascii, mouse;
};

/* Takes the terminal over; messages go to the log alone from here on. EXIT_FAILED. */
int terminal_open(const struct terminal_options *options, struct err *err);

/* Gives it back as it was. Harmless when it is not taken, or twice. */
void terminal_close(void);

/* After SIGHUP: if it is gone, nothing more is written to it. */
void terminal_check(void);

/* For ^Z: gives it back, stops the program, takes it again when the program goes on. */
void terminal_suspend(void);

int terminal_fd(void); /* what keys are read from */
bool terminal_ascii(void);
void terminal_size(int *height, int *width);
void terminal_resized(void); /* after SIGWINCH: asks for the new size */

/* The next thing that the user did; false: nothing more for now. Never waits. */
bool terminal_event(struct event *ret);

/* Begins and ends the making of a picture; what did not change is not sent. */
void terminal_begin(void);
void terminal_show(int cursor_y, int cursor_x); /* −1, −1: no cursor */
void terminal_redraw(void);			/* sends everything next time */

#endif
