/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program wants to tell beside its output: kept in a ring for the log screen, and written
 * to standard error as well until a screen owns the terminal. Safe from any thread.
 */
#ifndef GOROUTOP_BASE_LOG_H
#define GOROUTOP_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_line {
	uint64_t time; /* CLOCK_MONOTONIC, ns */
	enum log_level level;
	char text[500]; /* cleaned by text_clean, one line */
};

void log_add(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* From this level on lines go to standard error too; LOG_ERROR + 1: none. Default LOG_WARNING. */
void log_to_stderr(enum log_level least);

/*
 * Copies up to max of the newest lines, oldest first; returns how many. *total (if not NULL) is the
 * number of lines ever added, so that a reader sees that something is new.
 */
size_t log_read(struct log_line *lines, size_t max, uint64_t *total);

#endif
