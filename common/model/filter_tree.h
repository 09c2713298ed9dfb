/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compiled filter, between the parser (filter.c) and the matcher (filter_match.c). */
#ifndef GOROUTOP_MODEL_FILTER_TREE_H
#define GOROUTOP_MODEL_FILTER_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "model/filter.h"

enum filter_field {
	FIELD_COLUMN,
	FIELD_FILE,   /* of start, created or where */
	FIELD_SYSTEM, /* yes or no */
	FIELD_WORD,   /* a function, a file, a reason or a label */
	FIELD_LABEL,
	FIELD_WAITS, /* on what it waits */
};

enum filter_op { OP_CONTAINS, OP_EQUALS, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL };

struct filter_test {
	enum filter_field field;
	enum filter_op op;
	int column;    /* of FIELD_COLUMN: index into columns[] */
	char *key;     /* of FIELD_LABEL */
	char *text;    /* of OP_CONTAINS, and of OP_EQUALS on texts */
	double number; /* of the others; of FIELD_SYSTEM 1 or 0 */
};

enum filter_kind { FILTER_ANY, FILTER_ALL, FILTER_NOT, FILTER_TEST };

/* Nodes hang together by their places in the list; 0 is no node. */
struct filter_node {
	enum filter_kind kind;
	uint32_t child, next;
	struct filter_test test;
};

struct filter {
	VEC(struct filter_node) nodes; /* the first is not used, the last is the root */
	uint32_t root;
	uint64_t serial;
};

#endif
