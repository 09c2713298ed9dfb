/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Columns. A column is one row of the table in column.c: its name (in -s, -c, csv, filters), title,
 * width, alignment, first sort direction, how to compare, how to write a cell, what a filter sees,
 * and its help. Header, sort menu, options, help screen and manual all come from it.
 */
#ifndef GOROUTOP_MODEL_COLUMN_H
#define GOROUTOP_MODEL_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/names.h"
#include "model/row.h"

/*
 * What a cell, a filter or a comparison needs beside the row; its names and reasons the row holds
 * as texts.
 */
struct row_context {
	struct names *names; /* owner's thread only, else NULL; columns do without */
	uint64_t now;	     /* the picture's time */
	uint64_t interval;   /* length of the last refresh interval, ns; 0: there is none yet */
	uint64_t late;	     /* runnable for longer than this is late (p99); 0: not known */
	bool syscall_times; /* false: syscalls that memory does not see count as running (Go ≥ 1.26) */
	bool ascii;
	const struct waits_picture *waits; /* as names: for filters; NULL: not known */
};

/* Roles of text, mapped to colours by the screen. */
enum cell_role {
	CELL_PLAIN,
	CELL_UNKNOWN, /* the "–" */
	CELL_RUNNING,
	CELL_RUNNABLE,
	CELL_RUNNABLE_LATE,
	CELL_SYSCALL,
	CELL_WAITING,
	CELL_OTHER,
	CELL_AGE_LONG,	    /* > 1 min */
	CELL_AGE_VERY_LONG, /* > 10 min */
	CELL_DIM,
	CELL_ROLES
};

struct cell {
	char text[256]; /* UTF-8, cleaned, not cut to the width */
	enum cell_role role;
};

/* Of a number column. */
enum column_unit { UNIT_COUNT, UNIT_ID, UNIT_TIME /* ns */, UNIT_PERCENT, UNIT_PER_SECOND };

/* Writes a number as its unit is written. */
void cell_number(struct cell *cell, enum column_unit unit, double v, bool ascii);

enum column_align { ALIGN_LEFT, ALIGN_RIGHT };
enum sort_dir { SORT_ASC, SORT_DESC };
/* How a text that is too long is shortened: the end cut off, or the middle ("raft.(*no…run:331"). */
enum column_cut { CUT_END, CUT_MIDDLE };

struct column {
	const char *name, *title, *help;
	int width;     /* columns on the screen, without the space between */
	int max_width; /* > width: takes a share of what is left over; 0: does not grow */
	int priority; /* narrow screens drop the highest first; 0: never dropped; −1: only by choice */
	enum column_align align;
	enum column_cut cut;
	enum sort_dir first;
	enum column_unit unit;
	/* Exactly one of the two. Text: NULL when unknown. Number: false when unknown. */
	const char *(*text)(const struct row *, const struct row_context *);
	bool (*number)(const struct row *, const struct row_context *, double *ret);
	/* < 0, 0, > 0 ascending, of two rows that both know it. NULL: the numbers' order. */
	int (*compare)(const struct row *, const struct row *, const struct row_context *);
	/* A text's number in the same order, where it has one (states); NULL: it has none. */
	uint64_t (*rank)(const struct row *);
	/*
	 * Whether what is not known is known not to be: a running goroutine waits for no reason, a
	 * waiting one is on no thread. NULL: never. Filters tell the two apart, cells do not.
	 */
	bool (*none)(const struct row *);
	/* Of the functions that a text column names, the one with its place; NULL: no function. */
	const struct name *(*named)(const struct row *);
	bool at_line; /* … and a line in it is meant, not the function */
	/* The cell of a row that knows it. */
	void (*format)(struct cell *, const struct row *, const struct row_context *);
};

extern const struct column columns[];
extern const size_t n_columns;

/*
 * Index into columns[], or −1. Of "label=NAME" the index of a column that is made for it, behind the
 * n_columns others: only the thread that reads options and keys asks for those.
 */
int column_by_name(const char *name, size_t n);

/* n_columns, and the columns of labels that have been asked for. */
size_t columns_in_use(void);

bool column_known(const struct column *c, const struct row *r, const struct row_context *ctx);

/* Writes the cell, "–" (CELL_UNKNOWN) when the row does not know it, or has none. */
void column_format(const struct column *c, struct cell *cell, const struct row *r,
		   const struct row_context *ctx);

/*
 * Parses "goid,state,age" into indices of columns[]; *n of them, at most max. EXIT_USAGE with the
 * list of names on an unknown one.
 */
int columns_parse(const char *list, int *ret, size_t max, size_t *n, struct err *err);

struct sort_spec {
	int column; /* index into columns[] */
	enum sort_dir dir;
};

/* Parses "age", "age:asc", "age:desc". EXIT_USAGE. */
int sort_parse(const char *text, struct sort_spec *ret, struct err *err);

/*
 * Order of two rows: by the column and direction, what does not know it last either way, ties by
 * goid ascending: total, so rows do not jump.
 */
int sort_compare(const struct sort_spec *s, const struct row *a, const struct row *b,
		 const struct row_context *ctx);

#endif
