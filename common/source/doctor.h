/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What works here and for one target, found out by trying: the facts behind --doctor. Probes are
 * set on the target for a second or two at most, as watching it would set them.
 */
#ifndef GOROUTOP_SOURCE_DOCTOR_H
#define GOROUTOP_SOURCE_DOCTOR_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"

enum doctor_mark {
	DOCTOR_FACT, /* neither good nor bad */
	DOCTOR_GOOD,
	DOCTOR_LESS, /* goes without it, but has less to show or costs more */
	DOCTOR_BAD,
};

struct doctor_line {
	const char *section; /* lines of one section stand together */
	enum doctor_mark mark;
	char *name;   /* what it is about */
	char *text;   /* what was found; cleaned, one line */
	char *remedy; /* what to do about it; NULL: nothing */
};

struct doctor {
	VEC(struct doctor_line) lines;
	enum exit_status
		status; /* that watching the target would end with; EXIT_DONE without one */
	bool failed;	/* out of memory: lines are missing */
};

/*
 * Fills *ret with what holds for this machine and, unless target is NULL, for the process that it
 * names (a PID or a name). Raises the privileges where they are needed.
 */
void doctor_examine(struct doctor *ret, const char *target);
void doctor_free(struct doctor *d);

#endif
