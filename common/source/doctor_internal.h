/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of --doctor share. */
#ifndef GOROUTOP_SOURCE_DOCTOR_INTERNAL_H
#define GOROUTOP_SOURCE_DOCTOR_INTERNAL_H

#include "source/doctor.h"
#include "source/target.h"

/* Begins the lines of a section; the text is not copied. */
void doctor_section(struct doctor *d, const char *section);

void doctor_say(struct doctor *d, enum doctor_mark mark, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* To the last line. */
void doctor_remedy(struct doctor *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An error's text, which names the remedy. */
void doctor_say_err(struct doctor *d, enum doctor_mark mark, const char *name,
		    const struct err *err);

void doctor_machine(struct doctor *d);			  /* doctor_machine.c */
void doctor_target(struct doctor *d, const char *target); /* doctor_target.c */

/* doctor_live.c: the runtime in the target's memory, and its probes. */
struct doctor_live {
	bool memory, probes; /* whether they work */
};
void doctor_live(struct doctor *d, struct target *t, struct doctor_live *ret);

#endif
