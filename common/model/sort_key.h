/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A number that orders rows nearly as sort_compare does, so that a million of them need not be
 * compared column by column: a smaller key comes before, equal ones are for sort_compare.
 */
#ifndef GOROUTOP_MODEL_SORT_KEY_H
#define GOROUTOP_MODEL_SORT_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/column.h"

uint64_t sort_key(const struct sort_spec *s, const struct row *r, const struct row_context *ctx);

/* The key of the same row in the other direction. */
uint64_t sort_key_turned(uint64_t key);

/* Whether equal keys mean equal in the column: then only the goids are left to compare. */
bool sort_key_is_exact(const struct sort_spec *s);

#endif
