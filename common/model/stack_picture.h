/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks as people and files see them: a line a call, names and places told, inlined ones too. */
#ifndef GOROUTOP_MODEL_STACK_PICTURE_H
#define GOROUTOP_MODEL_STACK_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct request;
struct picture;

enum stacks_wanted {
	STACKS_NONE,
	STACKS_SELECTED, /* the selected goroutine's */
	STACKS_ALL,	 /* those of all rows in the picture */
};

struct stack_line {
	const char *function; /* cleaned; NULL: unknown */
	const char *symbol;   /* the same with type arguments, as Go's profiles have it */
	const char *file;     /* NULL: unknown */
	int line;	      /* 0: unknown */
	bool inlined;	      /* its code is in the next line's function */
	bool user;	      /* neither the runtime's nor of internal/… nor of sync */
	bool wrapper;	      /* made by the compiler, of no interest to anybody */
	bool hidden;	      /* Go's own tracebacks leave it out */
	bool exact;	      /* pc is the very instruction, else the address that is returned to */
	uint64_t pc;	      /* in the process; those inlined into each other have the same */
	uint64_t entry;	      /* of the function whose code it is; 0: unknown */
};

/* Innermost first; without lines nothing is known. */
struct stack_shown {
	const struct stack_line *lines;
	size_t n;
	bool cut; /* outer frames are missing */
};

/* Rows' flags tell how far a stack can be trusted: ROW_STACK_…. */
struct stacks_picture {
	const struct stack_shown *all; /* the first stands for the unknown */
	size_t n;
	const uint32_t *of; /* of each of the picture's rows: place in `all`; NULL: not asked for */
	size_t n_of;
	uint32_t selected; /* of the selected row */
};

/* Makes what the request asks for; *ret is NULL for nothing. Valid as long as the picture. 0, -ENOMEM. */
int stacks_picture(struct model *m, const struct request *request, const struct picture *p,
		   const struct stacks_picture **ret);

/* Whether Go's own tracebacks leave this function out, and "created by" of it. */
bool function_is_hidden(const char *function);

/* A copy in one block of malloc's, whose texts are those of the names; NULL for NULL or no memory. */
struct stacks_picture *stacks_picture_copy(const struct stacks_picture *from);

/* The stack of the i-th row of a picture; without lines when it is unknown. */
const struct stack_shown *stack_of_row(const struct picture *p, size_t i);
/* Of the selected one. */
const struct stack_shown *stack_of_selected(const struct picture *p);

#endif
