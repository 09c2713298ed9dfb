/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups as text and as comma-separated values: what format_table and format_csv print of them. */
#ifndef GOROUTOP_FORMAT_GROUPS_H
#define GOROUTOP_FORMAT_GROUPS_H

#include "format/format.h"

/* A field of comma-separated values, quoted where that is needed. */
void csv_field(struct buf *out, const char *text);

void table_groups(struct buf *out, const struct picture *p, const struct format_options *o);
void csv_groups(struct buf *out, const struct picture *p, struct format_options *o);

#endif
