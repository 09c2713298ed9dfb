/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of one goroutine's details: what its parts, each in a file of its own, draw with. */
#ifndef GOROUTOP_TUI_DETAIL_PAGE_H
#define GOROUTOP_TUI_DETAIL_PAGE_H

#include "model/stack_picture.h"
#include "tui/app.h"
#include "tui/pen.h"

enum { PAGE_LABEL = 11 }; /* columns of the labels at the left */

/* One column of the page, written a line at a time into an area that may be scrolled. */
struct page {
	const struct app *app;
	const struct picture *picture; /* the one that knows it, maybe an old one */
	const struct row *row;
	struct row_context ctx;
	struct area area;
	int line, first; /* the next line; those before `first` are scrolled away */
};

struct pen page_line(struct page *g);
void page_blank(struct page *g);
/* A line that begins with a label, or where "" with room for one. */
struct pen page_labelled(struct page *g, const char *label);
/* A line that parts what is above from what is below, with the latter's name in it. */
void page_rule(struct page *g, const char *title);
/* A fact as its column writes it; with a text of its own where it is known not to be there. */
void page_cell(struct page *g, struct pen *pen, const char *column, const char *none);

void detail_draw_stack(struct page *g); /* detail_stack.c */
void detail_draw_facts(struct page *g);
void detail_draw_waits(struct page *g); /* what it waits on, and its labels */ /* detail_facts.c */
void detail_draw_times(struct page *g);					       /* detail_time.c */
void detail_draw_history(struct page *g);				       /* detail_time.c */
void detail_draw_latency(struct page *g);				       /* detail_time.c */
void detail_draw_shares(struct page *g);				       /* one line */

/* Writes all that is known of the goroutine to a file of its own, and says so. detail_file.c */
void detail_write(struct app *app);

/* The picture that knows the goroutine looked at, NULL: none does. */
const struct picture *detail_picture_of(const struct app *app);

#endif
