/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cost governor: holds what probing takes from the target below a share of its CPU time, by
 * taking the probes off for part of the time (DESIGN.md law 5). Pure: no clock, no thread, no
 * system call; who asks it tells it the time and what has been counted.
 *
 * It keeps an account of probe time. The budget flows in, all the time; what hits cost flows out.
 * Probes go off when no more is left than taking them off costs (for a while they are hit still,
 * though nobody counts), and on again when enough has come together for it to be worth it.
 */
#ifndef GOROUTOP_SOURCE_GOVERNOR_H
#define GOROUTOP_SOURCE_GOVERNOR_H

#include <stdbool.h>
#include <stdint.h>

struct governor_options {
	double max_pct;	   /* of the CPU time that the target uses, or of one CPU; 0: no bound */
	double ns_per_hit; /* 0: not known, then there is no bound either */
	bool once;	   /* they cannot be put on again: off is off for good */
};

/* What has been counted up to now; each only ever grows. */
struct governor_seen {
	uint64_t now;  /* CLOCK_MONOTONIC ns */
	uint64_t hits; /* of the target */
	uint64_t cpu;  /* ns that the target has used; 0: not known */
};

enum governor_wish { GOVERNOR_STAY, GOVERNOR_DETACH, GOVERNOR_ATTACH };

struct governor {
	struct governor_options options;
	bool on, full, gone; /* full: on for good, as far as we can tell; gone: off for good */
	double account;	     /* ns of probe time that may be spent */
	double budget;	     /* ns of probe time a ns */
	double load;	     /* probe time a ns while on, of late */
	double on_cost;	     /* ns that putting them on has taken, of late */
	double off_cost;     /* likewise off */
	uint64_t since;	     /* when they went on, or were gone */
	struct governor_seen last, window, cpu; /* last turn; where the window, the CPU's began */
	double spent;				/* ns of probe time in all, for the header */
};

void governor_init(struct governor *g, const struct governor_options *o,
		   const struct governor_seen *seen);

/* To be asked at least as often as governor_due says. The wish must be fulfilled at once. */
enum governor_wish governor_turn(struct governor *g, const struct governor_seen *seen);

/* The next turn must not be later than this long after the last one; ns. */
uint64_t governor_due(const struct governor *g);

/* They are on, or gone; beginning to do it took from `began` on, during which they may have been hit. */
void governor_is_on(struct governor *g, uint64_t began, const struct governor_seen *seen);
void governor_is_off(struct governor *g, uint64_t began, const struct governor_seen *seen);

/* They could not be put on: it is tried again after a while. */
void governor_failed(struct governor *g, uint64_t now);

#endif
