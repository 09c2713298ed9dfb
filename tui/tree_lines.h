/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree in the table: its lines before the start functions, and what folds it. */
#ifndef GOROUTOP_TUI_TREE_LINES_H
#define GOROUTOP_TUI_TREE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "model/picture.h"

struct app;

/* Whether the tree hangs on this column of columns[]. */
bool tree_is_trunk(int column);

/* Puts the lines before the cell's text; of a cell of that width they take half at most. */
void tree_format(struct cell *cell, const struct picture_row *pr, size_t width);

void tree_toggle(struct app *app);

/* Folds what is below the selected row, or, if nothing is, the row above it; or unfolds it. */
void tree_fold(struct app *app, bool fold);

#endif
