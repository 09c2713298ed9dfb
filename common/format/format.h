/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Batch outputs. A format is one row of format.c's table; a streaming format appends to the buffer
 * what a refresh adds, whole lines; the caller writes the buffer out.
 */
#ifndef GOROUTOP_FORMAT_FORMAT_H
#define GOROUTOP_FORMAT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "model/column.h"
#include "model/feed.h"
#include "model/picture.h"

struct format_options {
	const int *columns; /* indices into columns[], for table and csv */
	size_t n_columns;   /* 0: the format chooses */
	int width;	    /* of the terminal, for table; 0: as wide as it needs */
	bool color;	    /* SGR sequences in table */
	bool ascii;
	struct sort_spec sort; /* marked in table's header line */
	bool header;	       /* csv and events: not yet written (the format clears it) */
};

struct format {
	const char *name, *help;
	bool streams;	   /* appends; false: a snapshot, -n 1 by default, -o replaces */
	bool groups;	   /* prints groups too */
	bool needs_events; /* fed with transitions instead of pictures */
	bool needs_stacks; /* pictures must have the stacks of all rows */
	bool needs_waits;  /* … and on what they wait */
	bool binary;	   /* one picture is a whole: they cannot follow each other */
	void (*picture)(struct buf *out, const struct picture *p, struct format_options *o);
};

extern const struct format formats[];
extern const size_t n_formats;
const struct format *format_by_name(const char *name); /* NULL: unknown */

/* One goroutine as Go's traceback text has it, without an empty line behind it. */
void format_stack(struct buf *out, const struct row *r, const struct stack_shown *stack,
		  const struct row_context *ctx);

/*
 * The lines of -F events. tgid as the tool's namespace has it; reason NULL or "": unknown, or none.
 */
void format_events_header(struct buf *out);
void format_event(struct buf *out, const struct feed_transition *t, pid_t tgid, const char *reason,
		  uint64_t wall_ns);
/* n more records were lost; probes were off for that long. */
void format_events_lost(struct buf *out, uint64_t n);
void format_events_detached(struct buf *out, uint64_t ns);

#endif
