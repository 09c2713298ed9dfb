/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a screen or an output shows at one moment: the header's facts and a window of sorted,
 * filtered rows; and the request that asks for it. Nothing here changes once made. The model fills
 * in what it knows (of the source's facts: transitions and the counters of loss and correction), the
 * collector the target's and the source's facts.
 */
#ifndef GOROUTOP_MODEL_PICTURE_H
#define GOROUTOP_MODEL_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/blocked_picture.h"
#include "model/column.h"
#include "model/detail_picture.h"
#include "model/filter.h"
#include "model/group_picture.h"
#include "model/names.h"
#include "model/row.h"
#include "model/stack_picture.h"

/*
 * Which of the matching rows holds a word next, in the order shown and around its end: for a search
 * that must reach rows outside the window.
 */
struct search {
	uint64_t serial; /* 0: nothing is searched; comes back in the answer */
	char word[64];	 /* as a word of a filter: function, file, reason or label; "": none */
	uint64_t from;	 /* goid of the row to look on from; 0, or not there: the first row */
	bool backward;
	bool inclusive; /* the row `from` itself may be the answer */
};

struct search_answer {
	uint64_t serial; /* of the question; 0: there was none */
	uint64_t goid;	 /* 0: no row holds it */
	size_t at;	 /* its place among the matching rows */
	size_t nth, of;	 /* it is the nth (from 1, in the order shown) of so many that hold it */
};

/*
 * What is looked at. Each view beside the goroutines has a sub-picture, in a header of its own
 * (model/…_picture.h), which hangs in struct picture by a pointer: NULL when it was not asked for.
 */
enum view { VIEW_GOROUTINES, VIEW_GROUPS, VIEW_SCHEDULER, VIEW_BLOCKED, VIEWS };

enum { FOLDED_MAX = 64, TREE_RAILS = 64 };

/* Where a row of the tree hangs. */
struct tree_place {
	uint64_t rails; /* bit d: at depth d + 1 a line goes on further down */
	const struct name
		*ran;	/* of one that has ended, if its start is unknown: where it made … */
	uint16_t depth; /* … a descendant; NULL: not known either */
	bool last;	/* of its siblings */
	bool has_children, folded;
	bool context; /* it does not match the filter: one below it does, or has been made by it */
};

/* What a screen wants to see. */
struct request {
	enum view view;
	struct sort_spec sort;
	const struct filter *filter; /* NULL: all */
	bool system;		     /* the runtime's own too */
	bool ended;		     /* who ended in the last interval too, once (ROW_ENDED) */
	bool ascii;		     /* for context.ascii */
	size_t first;		     /* first row of the window … */
	size_t count;		     /* … and how many; SIZE_MAX: all */
	uint64_t selected;	     /* goid whose place and facts are wanted; 0: none */
	bool follow;		     /* the window moves so that the selected one is in it */
	struct search search;
	enum stacks_wanted stacks;   /* whose stacks the picture has */
	struct group_request groups; /* of VIEW_GROUPS */
	bool tree;		     /* under those that made them; without who ended, but … */
	uint64_t folded[FOLDED_MAX]; /* … goids below which nothing is shown */
	size_t n_folded;
	bool waits;			/* on what rows wait (picture.waits) */
	struct blocked_request blocked; /* of VIEW_BLOCKED */
};

/* One shown goroutine. */
struct picture_row {
	const struct row *row;
	struct tree_place tree; /* if the request asked for the tree */
};

struct latency_summary {
	uint64_t count, p50, p90, p99; /* of the last interval; p… meaningful when count > 0 */
	uint64_t total, max;	       /* since attach */
	bool interval;		       /* false: no interval yet, p… unknown */
};

struct summary {
	/* Before the filter; user goroutines only, unless the request asks for the system's too. */
	uint64_t goroutines, running, runnable, waiting, syscall, other;
	uint64_t system;		   /* the runtime's own, counted whether shown or not */
	uint64_t created, ended;	   /* since attach, all */
	double created_per_s, ended_per_s; /* last interval; negative: no interval yet */
	struct latency_summary latency;
};

struct target_facts {
	pid_t pid;
	const char *comm, *exe, *command; /* cleaned; "" unknown */
	const char *go_version;		  /* "go1.26.5"; "" unknown */
	const char *arch;
	const char *layout; /* "dwarf", "table", …; "" unknown */
	bool stripped, exited, execed;
	unsigned threads, gomaxprocs; /* 0: unknown */
	uint64_t started;	      /* CLOCK_MONOTONIC ns of its start */
};

struct probe_facts {
	bool present;	  /* probes are (or were) attached */
	const char *site; /* "runtime.casgstatus+0x1f" */
	unsigned sites;
	const char *instruction; /* "nop" */
	bool emulated;
	double ns_per_hit;   /* 0: not measured */
	double attached_pct; /* of the last interval */
};

struct source_facts {
	const char *mode; /* "probe+memory", "probe", "memory", "replay" */
	const char *why;  /* why not probe+memory, and what would lift it; "" */
	struct probe_facts probe;
	bool memory_stuck; /* memory has not answered for 2 s */
	bool counted;	   /* transitions are, or were until probes went off for good */
	uint64_t transitions;
	double transitions_per_s; /* last interval; negative: no interval yet */
	uint64_t lost, map_full, unread, missed, torn, corrected, bypassed;
	double overhead_pct; /* percent of one CPU that probing takes from the target */
	double self_cpu_pct; /* percent of one CPU that goroutop itself takes */
};

enum { PICTURE_HISTORY = 128 };

struct alarm;
struct scheduler_picture;

struct picture {
	uint64_t serial;   /* counts pictures of this session */
	uint64_t time;	   /* CLOCK_MONOTONIC ns */
	uint64_t elapsed;  /* since attach */
	bool has_interval; /* rates and shares are known; false in the first one */
	struct target_facts target;
	struct source_facts source;
	struct summary summary;
	struct row_context context; /* context.names only on the collector's thread, else NULL */

	/* Number of goroutines at the last refreshes, oldest first. */
	uint32_t history[PICTURE_HISTORY];
	size_t n_history;

	/* What makes it slow from outside (model/alarm.h), the worst first; n_alarms 0: all is well. */
	const struct alarm *alarms;
	size_t n_alarms;
	/* Of VIEW_SCHEDULER, and of outputs; NULL: not asked for, or nothing known. */
	const struct scheduler_picture *scheduler;

	size_t matching; /* rows after the filter */
	size_t first, n; /* the window: rows[0..n) are the rows first … of them */
	const struct picture_row *rows;
	ssize_t selected_at; /* place of the selected goroutine among the matching, −1: absent */
	const struct picture_row *selected; /* its row even if filtered out; NULL: it is gone */
	struct search_answer found;
	const struct stacks_picture *stacks; /* model/stack_picture.h; NULL: not asked for */
	const struct detail_picture *detail; /* of the selected one, with its stack; else NULL */

	/* On what goroutines wait; NULL: never read. In a copy only of its rows. */
	const struct waits_picture *waits;

	/* Beside the goroutines, if the request's view is theirs; else NULL. */
	const struct groups_picture *groups;
	const struct blocked_picture *blocked;
};

#endif
