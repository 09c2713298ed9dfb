/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Go processes of this machine, kept fresh behind the screen's back; and how they are listed. */
#ifndef GOROUTOP_TUI_PROCESSES_H
#define GOROUTOP_TUI_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/column.h"
#include "source/targets.h"

/* A column of the picker and of --list. The last one, COMMAND, takes what is left of the line. */
struct process_column {
	const char *title;
	int width;
	enum column_align align;
	void (*text)(char *dst, size_t size, const struct target_entry *e);
};
extern const struct process_column process_columns[];
extern const size_t n_process_columns;

/* Whether all words of the filter occur in its columns, letters' case ignored. */
bool process_matches(const struct target_entry *e, const char *filter);

struct process_list {
	size_t unreadable; /* processes that may not be looked at, and may be Go programs */
	size_t n;
	struct target_entry v[];
};

struct processes;

/* Starts the thread that looks at all processes each `interval` ns. NULL: no thread to be had. */
struct processes *processes_start(uint64_t interval);

/* While nobody looks at the list nothing is read. */
void processes_pause(struct processes *p, bool paused);

int processes_fd(const struct processes *p); /* readable when there is a new list */

/* The newest list, or NULL when there is none since; the caller frees it with free(). */
struct process_list *processes_take(struct processes *p);

#endif
