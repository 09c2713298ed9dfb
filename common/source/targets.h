/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Go processes of this machine, for the picker and -l; and finding one by PID or name. */
#ifndef GOROUTOP_SOURCE_TARGETS_H
#define GOROUTOP_SOURCE_TARGETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct target_entry {
	pid_t pid;
	uid_t uid;
	char user[33];	     /* name, or the number where there is none */
	char go_version[64]; /* "go1.26.5"; "" where it is not known */
	bool stripped;
	unsigned threads;
	double cpu_pct; /* of one CPU since the last refresh; < 0: not known yet */
	char comm[64];
	char command[256];
	bool attachable;
	char reason[160]; /* why not; "" when it is */
};

struct targets;

struct targets *targets_new(void); /* NULL: no memory */
void targets_free(struct targets *t);

/*
 * Looks at all processes again: some ms, more the first time (each new executable is opened once,
 * known by its PID, start and name). Raises the privileges for that time. 0 or -errno.
 */
int targets_refresh(struct targets *t);

/* By ascending pid, attachable ones first; valid until the next refresh. */
const struct target_entry *targets_get(const struct targets *t, size_t *n);

/* How many processes could not be judged at the last refresh: their executable may not be read. */
size_t targets_unreadable(const struct targets *t);

/*
 * The PID meant by `text`: a number, or a process name as in pidof (comm, or the base name of the
 * executable or of argv[0]). EXIT_TARGET: none, or several (they are listed in the text); EXIT_USAGE:
 * a number that can be no PID.
 */
int target_find(const char *text, pid_t *ret, struct err *err);

#endif
