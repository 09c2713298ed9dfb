// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns of groups, and how a group is named. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "base/text.h"
#include "model/group_picture.h"

/* ---- what groups are made by ------------------------------------------------------------------ */

const struct group_kind_row group_kinds[GROUP_KINDS] = {
	[GROUP_SITE] = {"site", "CREATED BY", "creation site"},
	[GROUP_START] = {"start", "START", "start function"},
	[GROUP_WHERE] = {"where", "WHERE", "line of code they are at"},
	[GROUP_STATE] = {"state", "STATE", "state"},
	[GROUP_REASON] = {"reason", "REASON", "what they wait for"},
	[GROUP_THREAD] = {"thread", "THREAD", "thread"},
	[GROUP_LABEL] = {"label", "LABEL", "label"},
};

int group_by_parse(const char *text, struct group_by *ret, struct err *err)
{
	size_t label = strlen("label=");
	struct group_by by = {.kind = GROUP_LABEL};

	if (!strncmp(text, "label=", label) && text[label] &&
	    strlen(text + label) < sizeof(by.label)) {
		snprintf(by.label, sizeof(by.label), "%s", text + label);
		*ret = by;
		return 0;
	}
	for (int i = 0; i < GROUP_LABEL; i++)
		if (!strcmp(text, group_kinds[i].name)) {
			*ret = (struct group_by){.kind = (enum group_kind)i};
			return 0;
		}
	return err_set(
		err, EXIT_USAGE, 0,
		"groups are made by site, start, where, state, reason, thread or label=NAME, "
		"not \"%s\"",
		text);
}

bool group_by_same(const struct group_by *a, const struct group_by *b)
{
	return a->kind == b->kind && (a->kind != GROUP_LABEL || !strcmp(a->label, b->label));
}

/* ---- how a group is named --------------------------------------------------------------------- */

bool group_has_name(const struct group_row *row)
{
	return row->known || row->text[0];
}

static bool has_line(enum group_kind kind)
{
	return kind == GROUP_SITE || kind == GROUP_WHERE;
}

const char *group_key_text(char *dst, size_t size, const struct groups_picture *p,
			   const struct group_row *row, bool full)
{
	const char *function = row->name.function;

	if (!function && !row->text[0])
		snprintf(dst, size, "–");
	else if (!function)
		snprintf(dst, size, "%s", row->text);
	else if (has_line(p->by.kind) && row->name.line)
		snprintf(dst, size, "%s:%d", full ? function : short_function(function),
			 row->name.line);
	else
		snprintf(dst, size, "%s", full ? function : short_function(function));
	return dst;
}

/* Quotes what a filter would take for something else. */
static void quote(char *dst, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 3 < size; text++) {
		if (*text == '"' || *text == '\\')
			dst[n++] = '\\';
		dst[n++] = *text;
	}
	dst[n] = '\0';
}

bool group_filter_text(char *dst, size_t size, const struct groups_picture *p,
		       const struct group_row *row)
{
	static const char *const names[GROUP_KINDS] = {
		[GROUP_SITE] = "created", [GROUP_START] = "start",   [GROUP_WHERE] = "where",
		[GROUP_STATE] = "state",  [GROUP_REASON] = "reason", [GROUP_THREAD] = "thread",
	};
	char key[400], quoted[440];

	bool none = p->by.kind == GROUP_THREAD || p->by.kind == GROUP_LABEL;

	/* No thread, no such label: that cannot be asked for; nor can what is cut off, at a character. */
	if (!row->known || (none && row->text[0] == '(') ||
	    strlen(row->text) + 4 >= sizeof(row->text))
		return false;
	group_key_text(key, sizeof(key), p, row, true);
	/* Who does not wait is grouped by its state: "(running)". */
	if (p->by.kind == GROUP_REASON && key[0] == '(') {
		snprintf(dst, size, "state=%.*s", (int)strcspn(key + 1, ")"), key + 1);
		return true;
	}
	quote(quoted, sizeof(quoted), key);
	if (p->by.kind == GROUP_LABEL)
		snprintf(dst, size, "label:%s=\"%s\"", p->by.label, quoted);
	else if (p->by.kind == GROUP_STATE || p->by.kind == GROUP_THREAD)
		snprintf(dst, size, "%s=%s", names[p->by.kind], quoted);
	else
		snprintf(dst, size, "%s=\"%s\"", names[p->by.kind], quoted);
	return true;
}

/* ---- numbers ---------------------------------------------------------------------------------- */

#define NUMBER(name, known, value)                                        \
	static bool name##_number(const struct group_row *r, double *ret) \
	{                                                                 \
		*ret = (double)(value);                                   \
		return (known);                                           \
	}

NUMBER(count, true, r->count)
NUMBER(delta, r->knows_delta, r->delta)
NUMBER(minute, r->knows_minute, r->minute)
NUMBER(oldest, r->knows_oldest, r->oldest)
NUMBER(created_rate, r->created_per_s >= 0, r->created_per_s)
NUMBER(ended_rate, r->ended_per_s >= 0, r->ended_per_s)
NUMBER(created, r->knows_sums, r->created)
NUMBER(ended, r->knows_sums, r->ended)
NUMBER(cpu, r->knows_times, r->cpu)
NUMBER(cpu_pct, r->knows_times && r->cpu_pct >= 0, r->cpu_pct)
NUMBER(life, r->knows_times && r->life, r->life)
NUMBER(latency, r->knows_times && r->latency, r->latency)
NUMBER(maxlat, r->knows_times && r->max_latency, r->max_latency)

/* ---- the table -------------------------------------------------------------------------------- */

#define LEFT	 .align = ALIGN_LEFT
#define RIGHT	 .align = ALIGN_RIGHT, .first = SORT_DESC
#define IS(name) .number = name##_number

/* clang-format off */
const struct group_column group_columns[] = {
	{.name = "count", .title = "COUNT", .width = 7, RIGHT, IS(count),
	 .help = "goroutines in it"},
	{.name = "delta", .title = "CHANGE", .width = 7, .priority = 1, RIGHT, .sign = true,
	 IS(delta), .help = "change of the count since attaching"},
	{.name = "minute", .title = "1 MIN", .width = 6, .priority = 2, RIGHT, .sign = true,
	 IS(minute), .help = "change of the count over the last minute"},
	{.name = "trend", .title = "TREND", .width = 8, .priority = 3, LEFT,
	 .cell = GROUP_CELL_TREND, .help = "the count over the last minute"},
	{.name = "states", .title = "STATES", .width = 8, .priority = 3, LEFT,
	 .cell = GROUP_CELL_STATES,
	 .help = "shares of running, runnable, syscall, waiting"},
	{.name = "oldest", .title = "OLDEST", .width = 6, .priority = 1, RIGHT, .unit = UNIT_TIME,
	 IS(oldest), .help = "longest time that one of them has been in its state"},
	{.name = "created_per_s", .title = "+/s", .width = 5, .priority = 6, RIGHT,
	 .unit = UNIT_PER_SECOND, IS(created_rate), .help = "created a second, in the last interval"},
	{.name = "ended_per_s", .title = "-/s", .width = 5, .priority = 6, RIGHT,
	 .unit = UNIT_PER_SECOND, IS(ended_rate), .help = "ended a second, in the last interval"},
	{.name = "cpu_pct", .title = "RUN%", .width = 5, .priority = 5, RIGHT, .sites = true,
	 .unit = UNIT_PERCENT, IS(cpu_pct),
	 .help = "time running in the last interval, of one CPU, the ended included"},
	{.name = "cpu", .title = "RUN", .width = 6, .priority = 7, RIGHT, .sites = true,
	 .unit = UNIT_TIME, IS(cpu), .help = "time running since attaching, the ended included"},
	{.name = "created", .title = "CREATED", .width = 9, .priority = 8, RIGHT, .sites = true,
	 IS(created), .help = "created since attaching"},
	{.name = "ended", .title = "ENDED", .width = 9, .priority = 8, RIGHT, .sites = true,
	 IS(ended), .help = "ended since attaching"},
	{.name = "life", .title = "LIFE", .width = 6, .priority = 9, RIGHT, .sites = true,
	 .unit = UNIT_TIME, IS(life), .help = "mean life of those that ended"},
	{.name = "latency", .title = "LATENCY", .width = 7, .priority = 10, RIGHT, .sites = true,
	 .unit = UNIT_TIME, IS(latency),
	 .help = "mean time from runnable to running, of those that ended"},
	{.name = "maxlat", .title = "MAXLAT", .width = 6, .priority = 11, RIGHT, .sites = true,
	 .unit = UNIT_TIME, IS(maxlat),
	 .help = "longest time from runnable to running, of those that ended"},
	{.name = "key", .title = "KEY", .width = 18, .max_width = 70, LEFT,
	 .cell = GROUP_CELL_KEY, .help = "what they have in common"},
};
/* clang-format on */
const size_t n_group_columns = ARRAY_SIZE(group_columns);

int group_column_by_name(const char *name)
{
	for (size_t i = 0; i < n_group_columns; i++)
		if (!strcmp(group_columns[i].name, name))
			return (int)i;
	return -1;
}

/* ---- cells ------------------------------------------------------------------------------------ */

/* A letter for each eighth of the count, by state; who has any gets one. */
static void put_states(struct cell *cell, const struct group_row *r)
{
	const struct {
		char letter;
		uint64_t n;
	} parts[] = {{'R', r->running},
		     {'r', r->runnable},
		     {'s', r->syscall},
		     {'o', r->other},
		     {'w', r->waiting}};
	enum { WIDTH = 8 };
	size_t at = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && r->count; i++) {
		size_t n = (size_t)(parts[i].n * WIDTH / r->count);

		for (n += parts[i].n && !n; n && at < WIDTH; n--)
			cell->text[at++] = parts[i].letter;
	}
	while (r->count && at < WIDTH)
		cell->text[at++] = r->waiting ? 'w' : cell->text[0];
	cell->text[at] = '\0';
}

static void put_change(struct cell *cell, double v, bool ascii)
{
	char text[HUMAN_MAX];

	human_count(text, sizeof(text), (uint64_t)(v < 0 ? -v : v));
	if (v == 0)
		cell->role = CELL_DIM;
	snprintf(cell->text, sizeof(cell->text), "%s%s",
		 v > 0	 ? "+"
		 : v < 0 ? (ascii ? "-" : "−")
			 : "",
		 text);
}

static void put_number(struct cell *cell, const struct group_column *c, double v, bool ascii)
{
	if (c->sign) {
		put_change(cell, v, ascii);
		return;
	}
	cell_number(cell, c->unit, v, ascii);
	if (v == 0)
		cell->role = CELL_DIM;
}

void group_column_format(const struct group_column *c, struct cell *cell,
			 const struct groups_picture *p, const struct group_row *row, bool ascii)
{
	char key[sizeof(cell->text)];
	double v;

	cell->role = CELL_PLAIN;
	cell->text[0] = '\0';
	if (c->cell == GROUP_CELL_STATES) {
		put_states(cell, row);
	} else if (c->cell == GROUP_CELL_KEY && group_has_name(row)) {
		group_key_text(key, sizeof(key), p, row, false);
		text_clean(cell->text, sizeof(cell->text), key, strlen(key), ascii);
	} else if (c->cell == GROUP_CELL_TREND) {
		return;
	} else if (c->number && c->number(row, &v)) {
		put_number(cell, c, v, ascii);
	} else {
		cell->role = CELL_UNKNOWN;
		snprintf(cell->text, sizeof(cell->text), "%s", ascii ? "-" : "–");
	}
}
