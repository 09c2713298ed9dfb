/* SPDX-License-Identifier: GPL-2.0-or-later */
/* F3: going to the next row that has a text. The answer comes with a picture. */
#ifndef GOROUTOP_TUI_SEARCH_H
#define GOROUTOP_TUI_SEARCH_H

struct app;

/* Opens the line in which the text is typed. */
void search_open(struct app *app);

/* A new picture: goes to the row that it found. */
void search_answer(struct app *app);

#endif
