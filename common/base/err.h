/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors: what happened, why, and what to do about it, in one text; and the exit status that the
 * program ends with if nobody can go on after it.
 */
#ifndef GOROUTOP_BASE_ERR_H
#define GOROUTOP_BASE_ERR_H

/* The exit statuses of the command line; 128+N (ended by signal N) is made where signals are. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_PERMISSION = 3,
	EXIT_TARGET = 4, /* no such process, not a Go process, ambiguous, or not supported */
};

struct err {
	enum exit_status status;
	int errnum; /* positive errno, 0 when no system call failed */
	char text[1000];
};

/*
 * Fills *err (which may be NULL) and returns -errnum, or -EINVAL if errnum is 0, so that a failing
 * function can `return err_set(…)`. The text is one line without the program's name, without a
 * newline and, as a rule, without strerror(errnum): it says the cause in its own words.
 */
int err_set(struct err *err, enum exit_status status, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts "prefix: " before the text of an error that is set already; returns -errnum like err_set. */
int err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
