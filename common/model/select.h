/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window of sorted, filtered rows that a request asks for, and the row that it searches. */
#ifndef GOROUTOP_MODEL_SELECT_H
#define GOROUTOP_MODEL_SELECT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/table.h"

struct selection {
	size_t matching;     /* rows after the filter */
	size_t first;	     /* the window begins with this one of them */
	ssize_t selected_at; /* place of the selected one among them, −1: absent */
	bool has_selected;   /* it is there, though perhaps filtered out */
	struct row selected;
};

/* Fills m->rows with the window's rows, in order. 0 or -ENOMEM. */
int select_rows(struct model *m, const struct request *request, const struct row_context *ctx,
		struct selection *ret);

/*
 * Where the window of as many matching rows begins: not behind the last page, and so that the selected
 * one is in it if the window follows that.
 */
size_t window_begin(const struct request *request, const struct selection *s);

/* search.c: answers request->search. 0 or -ENOMEM. */
int search_rows(struct model *m, const struct request *request, const struct row_context *ctx,
		struct search_answer *ret);

/* The filter of what search_rows looks for. -ENOMEM, or what filter_parse returns. */
int search_word(struct filter **ret, const char *word);

/* What an order of rows depends on, beside the table itself. */
struct order_key order_key(const struct model *m, const struct request *r);
bool order_key_same(const struct order_key *a, const struct order_key *b);
/* False: time alone can change the order, or who matches; then it is not remembered. */
bool order_is_timeless(const struct model *m, const struct request *r);

/* Goroutines by place: the living, then, if wanted, those ended in this interval or the last one. */
size_t place_count(const struct model *m, bool ended);
const struct ended *place_ended(const struct model *m, size_t at);
static inline const struct entry *place_entry(const struct model *m, size_t at)
{
	return at < m->live.n ? &m->live.v[at] : &place_ended(m, at)->entry;
}
/* Whether a request may show one that lives, or the one at a place, its filter aside. */
static inline bool entry_is_meant(const struct request *request, const struct entry *e)
{
	return request->system || !(e->flags & ROW_SYSTEM);
}
bool place_is_meant(const struct model *m, const struct request *request, size_t at);
void place_row(const struct model *m, size_t at, struct row *ret);

#endif
