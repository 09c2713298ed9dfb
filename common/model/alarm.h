/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Alarms: what makes a Go program slow from outside of its goroutines. Rules over facts of two
 * looks; pure. There are few, and none without a number in its words.
 */
#ifndef GOROUTOP_MODEL_ALARM_H
#define GOROUTOP_MODEL_ALARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/scheduler.h"

enum { ALARM_TEXT = 240, ALARMS_MAX = 8 };

/* The worst first. */
enum alarm_kind {
	ALARM_STOP,	  /* the world, or the collector, waits for a goroutine */
	ALARM_NO_P_RUNS,  /* goroutines are runnable, and nothing runs them */
	ALARM_THROTTLED,  /* its cgroup takes the CPU away */
	ALARM_GOMAXPROCS, /* more Ps than its cgroup grants CPUs */
	ALARM_KINDS
};

struct alarm {
	enum alarm_kind kind;
	char text[ALARM_TEXT];
};

struct alarms {
	struct alarm v[ALARMS_MAX];
	size_t n;
};

const char *alarm_kind_name(enum alarm_kind kind); /* "stop", "no_p_runs", "throttled", … */

/* Thresholds. */
#define ALARM_STOP_AFTER    (100 * 1000 * 1000ull) /* ns */
#define ALARM_IDLE_AFTER    (100 * 1000 * 1000ull) /* ns */
#define ALARM_THROTTLED_PCT 2.0			   /* of the periods of an interval */

/* Where somebody is: "sql.decode:77", or "" when it is not known. */
struct alarm_who {
	uint64_t goid;
	char where[160];
};

/* What the rules look at. */
struct alarm_facts {
	const struct scheduler_facts *now, *before; /* before: NULL at the first look */
	/*
	 * How long the world, or a phase of the collector, has been waiting for Ps without a break, and
	 * for whom: the goroutines that ran on without a switch all the time.
	 */
	uint64_t pending;
	const struct alarm_who *holders;
	size_t n_holders;
	const char *what; /* "stopping the world", a wait reason of the runtime */
};

void alarms_judge(const struct alarm_facts *f, struct alarms *ret);

#endif
