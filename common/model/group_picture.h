/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sub-picture of VIEW_GROUPS: goroutines by what they have in common. Counts are of those that
 * the request means: the user's only, unless it asks for the runtime's too; only those that match
 * its filter. What changed over time is known of all goroutines together, so with a filter it is not.
 */
#ifndef GOROUTOP_MODEL_GROUP_PICTURE_H
#define GOROUTOP_MODEL_GROUP_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/column.h"
#include "model/names.h"

/* What a group has in common. */
enum group_kind {
	GROUP_SITE, /* the go statement that made them */
	GROUP_START,
	GROUP_WHERE,
	GROUP_STATE,
	GROUP_REASON,
	GROUP_THREAD,
	GROUP_LABEL,
	GROUP_KINDS
};

struct group_by {
	enum group_kind kind;
	char label[64]; /* of GROUP_LABEL: which one */
};

/* Parses "site", "start", …, "label=NAME". EXIT_USAGE with what there is. */
int group_by_parse(const char *text, struct group_by *ret, struct err *err);
bool group_by_same(const struct group_by *a, const struct group_by *b);

struct group_kind_row {
	const char *name;  /* of --group */
	const char *title; /* of the column of keys */
	const char *says;  /* "creation site": by … */
};
extern const struct group_kind_row group_kinds[GROUP_KINDS];

/*
 * What makes a group suspicious of leaking (group_radar.h): it grew by `grow` goroutines at least
 * within `time` at least, and as many have waited for `wait`.
 */
struct radar_options {
	bool off;
	uint32_t grow;
	uint64_t wait, time; /* ns */
};

/* grow=10,wait=1m,time=3m; "off"; what is left out stays as it is in *ret. EXIT_USAGE. */
int radar_parse(const char *text, struct radar_options *ret, struct err *err);
extern const struct radar_options radar_default;

/* Which of the groups; in struct request. */
struct group_request {
	struct group_by by;
	int column; /* sort by this one of group_columns[] … */
	enum sort_dir dir;
	size_t first, count; /* the window */
};

enum { GROUP_HISTORY = 32 };

struct group_row {
	uint64_t id; /* tells it from the others of its kind */
	/* Of sites, start functions and lines a name; of the others a text; neither: unknown. */
	struct name name;
	char text[160];
	bool known;	   /* false: they share no key: it is not known, or they are the others */
	struct name start; /* of a site: what the last one seen of them started with */

	uint64_t count, running, runnable, waiting, syscall, other;
	int64_t delta;	/* of the count, since attaching … */
	int64_t minute; /* … over the last minute, or since `delta` counts */
	bool knows_delta, knows_minute;
	uint64_t oldest; /* the longest time that one of them has been in its state, ns */
	bool knows_oldest;
	double created_per_s, ended_per_s; /* in the last interval; negative: unknown */

	/* Since attaching; of sites. The last three are of the ended. */
	bool knows_sums, knows_times;
	uint64_t created, ended;
	uint64_t cpu;			 /* time running, of the living and the ended, ns */
	double cpu_pct;			 /* of the last interval; negative: unknown */
	uint64_t life, latency;		 /* means, ns; 0: unknown */
	uint64_t max_latency;		 /* ns; 0: unknown */
	uint32_t history[GROUP_HISTORY]; /* counts, oldest first, some seconds apart */
	size_t n_history;

	char why[200]; /* why it may leak; "": it does not look so */
};

struct groups_picture {
	struct group_by by;
	size_t total;	     /* groups there are */
	size_t marked;	     /* those that may leak: they stand first */
	uint64_t goroutines; /* in all of them */
	bool filtered;
	size_t first, n; /* the window */
	const struct group_row *rows;
};

enum { GROUP_KEY_MAX = NAME_MAX_TEXT + 16 }; /* of a key as text: a name and a line */

/* False: of whom the key is not known. Those without a group of their own are "(all others)". */
bool group_has_name(const struct group_row *row);
/* "main.serve:88", "waiting", "2431"; "–" without a name. With the package's path if `full`. */
const char *group_key_text(char *dst, size_t size, const struct groups_picture *p,
			   const struct group_row *row, bool full);

/*
 * The filter expression whose goroutines are the group's; false: there is none, since what is not
 * known cannot be asked for.
 */
bool group_filter_text(char *dst, size_t size, const struct groups_picture *p,
		       const struct group_row *row);

/* ---- columns ---------------------------------------------------------------------------------- */

enum group_cell { GROUP_CELL_TEXT, GROUP_CELL_KEY, GROUP_CELL_STATES, GROUP_CELL_TREND };

/* A column of groups; see struct column. */
struct group_column {
	const char *name, *title, *help;
	int width, max_width, priority;
	enum column_align align;
	enum sort_dir first;
	enum group_cell cell; /* the last two the screen draws */
	bool sites;	      /* of sites only */
	/* False: unknown. NULL: not a number (keys, bars). */
	bool (*number)(const struct group_row *, double *ret);
	enum column_unit unit;
	bool sign; /* a change: +12, −3 */
};

extern const struct group_column group_columns[];
extern const size_t n_group_columns;

/* The place of a column in group_columns[], or −1. */
int group_column_by_name(const char *name);

/* A cell as text, "–" where unknown; of the states a letter for each share, of the trend nothing. */
void group_column_format(const struct group_column *c, struct cell *cell,
			 const struct groups_picture *p, const struct group_row *row, bool ascii);

#endif
