// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a goroutine's time went: in all, in the last refresh, in the last minute; and how late it ran. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/human.h"
#include "tui/chart.h"
#include "tui/detail_page.h"
#include "tui/terminal.h"

/* ---- the table -------------------------------------------------------------------------------- */

static const struct {
	const char *name, *brief;
	size_t offset; /* in struct row_times */
	enum role role, bar;
	const char *letter;
} kinds[] = {
	{"running", "run", offsetof(struct row_times, running), ROLE_RUNNING, ROLE_RUNNING, "R"},
	{"runnable", "runq", offsetof(struct row_times, runnable), ROLE_RUNNABLE, ROLE_RUNNABLE,
	 "r"},
	{"syscall", "sys", offsetof(struct row_times, syscall), ROLE_SYSCALL, ROLE_SYSCALL, "s"},
	{"waiting", "wait", offsetof(struct row_times, waiting), ROLE_WAITING, ROLE_BAR_WAITING,
	 "w"},
	{"unknown", "unknown", offsetof(struct row_times, unknown), ROLE_DIM, ROLE_DIM, "?"},
};

static uint64_t part_of(const struct row_times *t, size_t i)
{
	return *(const uint64_t *)((const char *)t + kinds[i].offset);
}

static bool is_unknown(size_t i)
{
	return kinds[i].offset == offsetof(struct row_times, unknown);
}

/* "7.1%", "–" where it is not known. */
static void percent_of(const struct page *g, const struct row_times *t, size_t i, char *ret)
{
	uint64_t all = row_times_sum(t);

	/* Syscalls that count as running are not known. */
	if (!all ||
	    (kinds[i].offset == offsetof(struct row_times, syscall) && !g->ctx.syscall_times))
		snprintf(ret, HUMAN_MAX, "–");
	else
		human_percent(ret, HUMAN_MAX, 100.0 * (double)part_of(t, i) / (double)all);
}

static void put_part(struct page *g, struct pen *pen, const struct row_times *t, size_t i)
{
	enum { PERCENT = 6, TIME = 8, GAP = 3 };
	uint64_t part = part_of(t, i);
	char percent[HUMAN_MAX], time[HUMAN_MAX] = "";

	percent_of(g, t, i, percent);
	if (part && strcmp(percent, "–"))
		human_age(time, sizeof(time), part);
	pen_cell(pen, part ? kinds[i].role : ROLE_DIM, percent, PERCENT, ALIGN_RIGHT, FIT_CLIP);
	pen_cell(pen, ROLE_DIM, time, TIME, ALIGN_RIGHT, FIT_CLIP);
	pen_skip(pen, GAP);
}

static void put_part_bar(struct pen pen, const struct row_times *t, size_t i)
{
	enum { BAR_MOST = 60 };
	uint64_t all = row_times_sum(t);
	double part = (double)part_of(t, i);
	int width;

	pen.end--;
	if (pen_room(&pen) > BAR_MOST)
		pen.end = pen.x + BAR_MOST;
	chart_parts(&part, 1, (double)all, pen_room(&pen), &width);
	pen_repeat(&pen, kinds[i].bar,
		   !theme_has_colors() ? kinds[i].letter
		   : terminal_ascii()  ? "|"
				       : "▇",
		   width);
}

void detail_draw_times(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = page_labelled(g, "time");
	char watched[HUMAN_MAX];

	if (!(r->flags & ROW_KNOWS_COUNTS)) {
		pen_put(&pen, ROLE_DIM, "– known with probes only");
		return;
	}
	human_age(watched, sizeof(watched), r->counted - r->first);
	pen_cell(&pen, ROLE_DIM, watched, 14, ALIGN_RIGHT, FIT_CLIP);
	pen_put(&pen, ROLE_DIM, "     last refresh");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (is_unknown(i) && !part_of(&r->times, i))
			continue;
		pen = page_labelled(g, kinds[i].name);
		put_part(g, &pen, &r->times, i);
		put_part(g, &pen, &r->interval, i);
		put_part_bar(pen, &r->times, i);
	}
}

/* "run 0.0%  runq 0.0%  sys –  wait 100%   scheduled 1,204 times": the same in a line. */
void detail_draw_shares(struct page *g)
{
	const struct row *r = g->row;
	struct pen pen = page_line(g);
	char percent[HUMAN_MAX];

	if (!(r->flags & ROW_KNOWS_COUNTS)) {
		pen_put(&pen, ROLE_DIM, "from memory alone: times and counts need probes");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (is_unknown(i) && !part_of(&r->times, i))
			continue;
		percent_of(g, &r->times, i, percent);
		pen_printf(&pen, ROLE_DIM, "%s ", kinds[i].brief);
		pen_put(&pen, part_of(&r->times, i) ? kinds[i].role : ROLE_DIM, percent);
		pen_skip(&pen, 2);
	}
	pen_skip(&pen, 1);
	pen_put(&pen, ROLE_DIM, "scheduled ");
	page_cell(g, &pen, "switches", NULL);
	pen_put(&pen, ROLE_DIM, "  ");
	page_cell(g, &pen, "rate", NULL);
	pen_put(&pen, ROLE_DIM, "/s");
}

/* ---- the last minute -------------------------------------------------------------------------- */

static const struct {
	enum role role;
	const char *sign, *letter; /* sign NULL: as high as its share */
	unsigned weight;	   /* what is short and seldom must be seen beside a long wait */
} strip_parts[PARTS] = {
	[PART_RUNNING] = {ROLE_RUNNING, NULL, "R", 500},
	[PART_RUNNABLE] = {ROLE_RUNNABLE, NULL, "r", 100},
	[PART_SYSCALL] = {ROLE_SYSCALL, "▒", "s", 2},
	[PART_WAITING] = {ROLE_BAR_WAITING, "░", ".", 1},
	[PART_OTHER] = {ROLE_DIM, "?", "?", 1},
};

static void put_slots(struct pen *pen, const struct strip_slot *slots, size_t n)
{
	uint64_t sum[PARTS] = {0}, best = 0;
	size_t part = PARTS;
	const char *sign;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < PARTS; k++)
			sum[k] += slots[i].part[k];
	for (size_t k = 0; k < PARTS; k++)
		if (sum[k] * strip_parts[k].weight > best) {
			best = sum[k] * strip_parts[k].weight;
			part = k;
		}
	if (part == PARTS) {
		pen_skip(pen, 1);
		return;
	}
	sign = strip_parts[part].sign;
	if (!theme_has_colors() || terminal_ascii())
		sign = strip_parts[part].letter;
	else if (!sign)
		sign = chart_sign(1 + (int)(sum[part] * 7 / (n * STRIP_SLOT)), false);
	pen_repeat(pen, strip_parts[part].role, sign, 1);
}

void detail_draw_history(struct page *g)
{
	const struct detail_picture *d = g->picture->detail;
	struct pen pen = page_labelled(g, "last 60s");
	int width = pen_room(&pen) - 1;

	if (!d || width < 10)
		return;
	/* As many slots in each cell, so that nothing jumps: 240 of them in 120, 80, 60, 48, 40 … */
	while (width > 10 && (STRIP_SLOTS % width || width > STRIP_SLOTS / 2))
		width--;
	for (int i = 0; i < width; i++)
		put_slots(&pen, d->strip + (size_t)i * (STRIP_SLOTS / width),
			  STRIP_SLOTS / (size_t)width);
	if (d->samples && pen_room(&pen) > 12)
		pen_put(&pen, ROLE_DIM, " by samples");
}

/* ---- how late it ran -------------------------------------------------------------------------- */

static uint64_t largest(const struct histogram *h, unsigned low, unsigned high)
{
	uint64_t most = 0;

	for (unsigned i = low; i <= high; i++)
		most = h->bucket[i] > most ? h->bucket[i] : most;
	return most;
}

static void put_histogram(struct pen *pen, const struct histogram *h)
{
	unsigned low = 0, high = HISTOGRAM_BUCKETS - 1;
	char from[HUMAN_MAX], to[HUMAN_MAX];
	uint64_t most;

	while (low < high && !h->bucket[low])
		low++;
	while (high > low && !h->bucket[high])
		high--;
	most = largest(h, low, high);
	for (unsigned i = low; i <= high; i++) {
		int level = h->bucket[i] ? 1 + (int)(h->bucket[i] * 7 / most) : 0;

		pen_repeat(pen, ROLE_GRAPH, chart_sign(level, terminal_ascii()), 1);
	}
	human_age(from, sizeof(from), 1ull << low);
	human_age(to, sizeof(to), high < 63 ? 2ull << high : UINT64_MAX);
	pen_printf(pen, ROLE_DIM, "  %s to %s", from, to);
}

void detail_draw_latency(struct page *g)
{
	const struct detail_picture *d = g->picture->detail;
	struct pen pen = page_labelled(g, "latency");
	uint64_t n = d ? histogram_count(&d->latency) : 0;
	char count[HUMAN_MAX];

	if (!(g->row->flags & ROW_KNOWS_COUNTS)) {
		pen_put(&pen, ROLE_DIM, "– known with probes only");
		return;
	}
	if (n) {
		put_histogram(&pen, &d->latency);
		pen_printf(&pen, ROLE_DIM, ", %s times", human_count(count, sizeof(count), n));
	} else {
		pen_put(&pen, ROLE_DIM, "not scheduled while you look");
	}
	pen_put(&pen, ROLE_DIM, "; longest ");
	page_cell(g, &pen, "maxlat", NULL);
}
