/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats of format.c's table, one file each; nobody else calls them by name. */
#ifndef GOROUTOP_FORMAT_OUTPUTS_H
#define GOROUTOP_FORMAT_OUTPUTS_H

#include "format/format.h"

void format_table(struct buf *out, const struct picture *p, struct format_options *o);
void format_stacks(struct buf *out, const struct picture *p, struct format_options *o);
void format_pprof(struct buf *out, const struct picture *p, struct format_options *o);
void format_folded(struct buf *out, const struct picture *p, struct format_options *o);
void format_json(struct buf *out, const struct picture *p, struct format_options *o);
void format_csv(struct buf *out, const struct picture *p, struct format_options *o);

#endif
