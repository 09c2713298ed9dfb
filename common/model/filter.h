/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters, as INTERFACE.md's grammar has them. Compiled once, matched often; immutable. */
#ifndef GOROUTOP_MODEL_FILTER_H
#define GOROUTOP_MODEL_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/column.h"

struct filter;

/*
 * Compiles text. Empty or blank: *ret is NULL, which matches everything. EXIT_USAGE with what is
 * wrong, where (the column in the text, from 1), and what would be right.
 */
int filter_parse(struct filter **ret, const char *text, struct err *err);
void filter_free(struct filter *f);

bool filter_match(const struct filter *f, const struct row *r, const struct row_context *ctx);

/* A number that no other filter of this program has; 0 for NULL. */
uint64_t filter_serial(const struct filter *f);

/* Whether a row that does not change goes on matching, or not matching, whatever the time. */
bool filter_is_timeless(const struct filter *f);

/* Whether it may depend on where a goroutine stands: on its stack, that is. */
bool filter_asks_where(const struct filter *f);

/* Whether it depends on what goroutines wait on. */
bool filter_asks_waits(const struct filter *f);

/*
 * Whether it asks only for columns of the set (bit n for columns[n]): -F events knows few. On
 * false *offending is the name of the first that is not.
 */
bool filter_uses_only(const struct filter *f, uint64_t set, const char **offending);

#endif
