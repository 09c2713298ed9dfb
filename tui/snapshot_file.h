/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `w`: the picture as JSON in a file of the current directory. */
#ifndef GOROUTOP_TUI_SNAPSHOT_FILE_H
#define GOROUTOP_TUI_SNAPSHOT_FILE_H

struct app;

/* Writes app's picture, which holds all rows; says where, or why not. */
void snapshot_write(struct app *app);

#endif
