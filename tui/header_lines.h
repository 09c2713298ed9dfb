/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The single lines of the header. */
#ifndef GOROUTOP_TUI_HEADER_LINES_H
#define GOROUTOP_TUI_HEADER_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/pen.h"

struct app;
struct picture;

struct header_lines {
	const struct app *app;
	const struct picture *picture; /* not NULL */
	bool graph;		       /* the history has a graph of its own */
	char warnings[600];
};

/* What must be known in words: "memory only: …", "lost 1,204"; "" when all is well. */
void header_warnings(const struct app *app, char *dst, size_t size);

void header_counts_short(const struct header_lines *h, struct pen pen);
void header_counts(const struct header_lines *h, struct pen pen);
void header_bar(const struct header_lines *h, struct pen pen);
/* Pace, latency, cost and losses: in one line … */
void header_rates(const struct header_lines *h, struct pen pen);
/* … or a line each, with all that is known. */
void header_pace(const struct header_lines *h, struct pen pen);
void header_latency(const struct header_lines *h, struct pen pen);
void header_losses(const struct header_lines *h, struct pen pen);

#endif
