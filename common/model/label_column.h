/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Columns `label=NAME`: a column a label, made when its name is first asked for. They stand behind
 * the others in columns[], and stay.
 */
#ifndef GOROUTOP_MODEL_LABEL_COLUMN_H
#define GOROUTOP_MODEL_LABEL_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "model/row.h"

enum { LABEL_COLUMNS = 8, LABEL_COLUMN_NAME = 72 };

#define LABEL_COLUMN_PREFIX "label="

/* Their names, "label=NAME"; "" as long as they are not in use. */
extern char label_column_names[LABEL_COLUMNS][LABEL_COLUMN_NAME];

/*
 * Which of them is called name[0..n), made if need be; −1: no such name (it does not begin with
 * "label=", or is too long), or all are in use. For the thread that reads options and keys.
 */
int label_column(const char *name, size_t n);

/* How many are in use: the first ones. */
size_t label_columns_used(void);

/* The row's value for the nth; NULL: it has none, or nobody knows. */
const char *label_column_value(size_t nth, const struct row *r);

/* Whether its labels are known, and this one is not among them. */
bool label_column_none(size_t nth, const struct row *r);

#endif
