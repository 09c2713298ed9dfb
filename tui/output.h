/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output of a batch: one thread makes it, another writes it out and stays free for signals. What is
 * given is whole lines; so is what has been written when output_finish returns.
 */
#ifndef GOROUTOP_TUI_OUTPUT_H
#define GOROUTOP_TUI_OUTPUT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct output;

/* Writes to fd, which stays the caller's. NULL: no memory. */
struct output *output_new(int fd);
void output_free(struct output *o);

/* Takes text; waits while too much of it is not yet written. Nothing more is taken once finished. */
void output_give(struct output *o, const char *text, size_t n);

enum { OUTPUT_FDS = 2 };
/* What the writing thread must poll for; then output_write with what came of it. */
void output_poll(struct output *o, struct pollfd fds[OUTPUT_FDS]);

/* Writes as much as goes without waiting: 0; -EPIPE: nobody reads any more; or -errno. */
int output_write(struct output *o, const struct pollfd fds[OUTPUT_FDS]);

/*
 * Writes out what was given, for a second; then no more than to the end of the line that was begun,
 * as long as that takes or until `stop_fd` is readable. As output_write.
 */
int output_finish(struct output *o, int stop_fd);

/* Says why, and gives the exit status. r: -errno of the write. */
int output_failed(int r);
/* The end of what has been printed to standard output: status, or that of a write that failed. */
int output_flushed(int status);

#endif
