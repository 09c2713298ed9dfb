/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -F events: a line for each transition, as it comes. All on the collector's thread. */
#ifndef GOROUTOP_TUI_EVENT_LINES_H
#define GOROUTOP_TUI_EVENT_LINES_H

#include <sys/types.h>

#include "base/err.h"
#include "model/feed.h"
#include "model/names.h"
#include "tui/output.h"

struct event_lines;

/*
 * filter: what -f says, NULL for none; EXIT_USAGE when it asks for more than a transition tells.
 * NULL and *err set on failure.
 */
struct event_lines *event_lines_new(struct output *out, pid_t pid, const char *filter,
				    struct err *err);

void event_lines_free(struct event_lines *e);

/* What to give to session_options.events. */
const struct feed_sink *event_lines_sink(struct event_lines *e);

/*
 * The names of wait reasons are known from now on: what came before is written out. Until then it
 * is kept.
 */
void event_lines_begin(struct event_lines *e, struct names *names);

#endif
