// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/group_radar.h"

const struct radar_options radar_default = {
	.grow = 10,
	.wait = 60 * NSEC_PER_SEC,
	.time = 180 * NSEC_PER_SEC,
};

/* ---- options ---------------------------------------------------------------------------------- */

static bool parse_time(const char *text, uint64_t *ret)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	char *end;
	double v = strtod(text, &end);

	for (size_t i = 0; end != text && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit) && v * units[i].ns >= 1e8 &&
		    v * units[i].ns <= 1e16) {
			*ret = (uint64_t)(v * units[i].ns);
			return true;
		}
	return false;
}

static bool parse_grow(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !v || v > 1000000000)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static bool parse_one(const char *item, struct radar_options *o)
{
	if (!strncmp(item, "grow=", 5))
		return parse_grow(item + 5, &o->grow);
	if (!strncmp(item, "wait=", 5))
		return parse_time(item + 5, &o->wait);
	if (!strncmp(item, "time=", 5))
		return parse_time(item + 5, &o->time);
	return false;
}

int radar_parse(const char *text, struct radar_options *ret, struct err *err)
{
	struct radar_options o = *ret;
	char copy[200], *rest = copy, *item;

	o.off = !strcmp(text, "off");
	snprintf(copy, sizeof(copy), "%s", o.off ? "" : text);
	while ((item = strsep(&rest, ",")) && !o.off)
		if (!parse_one(item, &o))
			return err_set(
				err, EXIT_USAGE, 0,
				"--radar takes off, or some of grow=N,wait=TIME,time=TIME with "
				"times like 90s, 5m, 2h; not \"%s\"",
				item);
	*ret = o;
	return 0;
}

/* ---- the clock -------------------------------------------------------------------------------- */

static void begin(struct radar_clock *c, const struct radar_options *o, uint64_t now)
{
	*c = (struct radar_clock){.begun = now, .fine = o->time / RADAR_SLOTS};
	if (!c->fine)
		c->fine = 1;
	c->coarse = c->fine;
	c->fine_ends = now + c->fine;
	c->coarse_ends = now + c->coarse;
}

struct radar_step radar_tick(struct radar_clock *c, const struct radar_options *o, uint64_t now)
{
	struct radar_step s = {0};

	if (!c->fine_ends) {
		begin(c, o, now);
		s.begin = true;
		return s;
	}
	if (now >= c->fine_ends) {
		s.fine = true;
		s.shift = c->n_fine == RADAR_FINE;
		c->n_fine += !s.shift;
		/* A slot that nobody looked into is not made up: the one that ends was longer. */
		c->fine_ends = now + c->fine;
	}
	if (now >= c->coarse_ends) {
		s.coarse = true;
		if (c->n_coarse == RADAR_COARSE) {
			s.fold = true;
			c->n_coarse /= 2;
			c->coarse *= 2;
		}
		c->n_coarse++;
		c->coarse_ends = now + c->coarse;
	}
	return s;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void radar_take(struct radar_track *t, const struct radar_clock *c, struct radar_step step,
		uint32_t count)
{
	t->fine_low = step.begin ? count : min_u32(t->fine_low, count);
	t->coarse_low = step.begin ? count : min_u32(t->coarse_low, count);
	if (step.shift)
		memmove(t->fine, t->fine + 1, (RADAR_FINE - 1) * sizeof(t->fine[0]));
	if (step.fine) {
		t->fine[c->n_fine - 1] = t->fine_low;
		t->fine_low = count;
	}
	if (step.fold)
		for (size_t i = 0; i < RADAR_COARSE / 2; i++)
			t->coarse[i] = min_u32(t->coarse[2 * i], t->coarse[2 * i + 1]);
	if (step.coarse) {
		t->coarse[c->n_coarse - 1] = t->coarse_low;
		t->coarse_low = count;
	}
}

/* ---- judging ---------------------------------------------------------------------------------- */

/* Of n lows, whether they only rise, and go on rising. */
static bool rises(const uint32_t *low, size_t n, uint32_t grow, uint32_t *rise)
{
	uint32_t first = low[0], last = low[n - 1], dip;

	if (last < first || last - first < grow)
		return false;
	*rise = last - first;
	/* The end of every curve that flattens looks straight from near enough. */
	if (*rise < last / 16)
		return false;
	dip = *rise / 8;
	for (size_t i = 1; i < n; i++)
		if (low[i] + dip < low[i - 1])
			return false;
	for (size_t third = 0; third < 3; third++) {
		uint32_t from = low[(n - 1) * third / 3], to = low[(n - 1) * (third + 1) / 3];
		/* Percent of the whole rise: 40 % of a third of it, 70 % in the last one. */
		uint64_t least = third < 2 ? 13 : 23;

		if (to < from || (uint64_t)(to - from) * 100 < *rise * least)
			return false;
	}
	return true;
}

static bool judge(const uint32_t *low, size_t n, uint64_t slot, const struct radar_options *o,
		  struct radar_growth *ret)
{
	uint32_t rise;

	if (!rises(low, n, o->grow, &rise))
		return false;
	*ret = (struct radar_growth){.rise = rise, .time = (n - 1) * slot};
	return true;
}

bool radar_grows(const struct radar_track *t, const struct radar_clock *c,
		 const struct radar_options *o, struct radar_growth *ret)
{
	if (o->off)
		return false;
	/* The longest stretch tells most; a leak that began lately shows in a short one alone. */
	for (size_t n = c->n_coarse; n > RADAR_SLOTS; n /= 2)
		if (judge(t->coarse + c->n_coarse - n, n, c->coarse, o, ret))
			return true;
	for (size_t n = c->n_fine; n > RADAR_SLOTS; n = n / 2 + 1)
		if (judge(t->fine + c->n_fine - n, n, c->fine, o, ret))
			return true;
	return false;
}

bool radar_leaks(const struct radar_growth *g, const struct radar_options *o, uint64_t stuck)
{
	return stuck >= o->grow && stuck >= g->rise / 2;
}
