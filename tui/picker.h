/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the loop needs of the process picker. */
#ifndef GOROUTOP_TUI_PICKER_H
#define GOROUTOP_TUI_PICKER_H

struct app;

int picker_fd(const struct app *app); /* readable when there is a new list; −1: none is awaited */
void picker_news(struct app *app);

#endif
