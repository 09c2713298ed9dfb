/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives the terminal back when the program crashes while it has it. */
#ifndef GOROUTOP_TUI_GUARD_H
#define GOROUTOP_TUI_GUARD_H

#include <stddef.h>
#include <termios.h>

/*
 * From now on a fatal signal writes the n bytes to out_fd, sets the modes of in_fd, and then ends
 * the program as it would have.
 */
void guard_arm(int in_fd, int out_fd, const struct termios *modes, const char *bytes, size_t n);
void guard_disarm(void);

#endif
