/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --help prints, and one line for who called it wrongly. */
#ifndef GOROUTOP_TUI_USAGE_H
#define GOROUTOP_TUI_USAGE_H

#include <stdio.h>

void usage_help(FILE *out);
void usage_line(FILE *out);

#endif
