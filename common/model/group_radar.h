/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The leak radar: does a group only grow? Pure arithmetic on the history of one count.
 *
 * Time is cut into slots, and of each the lowest count is kept: what comes and goes within a slot
 * does not show in it. The last slots are kept as they are (`fine`), and all of them from the
 * beginning in ever longer ones (`coarse`: when it is full, pairs become one). So a leak is found
 * soon after it begins, and a slow one after hours.
 *
 * A stretch of slots grows if its lows rise by `grow` at least, and by a sixteenth of the count;
 * never fall by more than an eighth of that; and rise in every third of it: at 40 % of the mean
 * pace, in the last third at 70 %. A server that warms up and a pool that fills rise and then stop;
 * what happens once is a step. What grows is under suspicion; it is marked if besides as many of its
 * members as make up half of the rise, and `grow` at least, have waited too long, which the caller
 * counts: those of a pool at work are woken in their turn.
 */
#ifndef GOROUTOP_MODEL_GROUP_RADAR_H
#define GOROUTOP_MODEL_GROUP_RADAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/group_picture.h"

enum {
	RADAR_FINE = 13,
	RADAR_COARSE = 48,
	RADAR_SLOTS = 6, /* so many make options.time: the shortest stretch that is judged */
};

/* The slots that all groups share. */
struct radar_clock {
	uint64_t begun, fine_ends, coarse_ends; /* 0: not begun */
	uint64_t fine, coarse;			/* length of a slot */
	size_t n_fine, n_coarse;		/* closed slots, at most RADAR_FINE, RADAR_COARSE */
};

/* The history of one count: closed slots, oldest first, and the running ones. */
struct radar_track {
	uint32_t fine[RADAR_FINE], coarse[RADAR_COARSE];
	uint32_t fine_low, coarse_low;
};

struct radar_growth {
	uint32_t rise;
	uint64_t time; /* within which */
};

/* What a step of the clock does to every track. */
struct radar_step {
	bool begin;	   /* who is there already has not grown from nothing */
	bool fine, coarse; /* a slot is closed */
	bool shift,
		fold; /* before that the oldest fine one goes; pairs of coarse ones become one */
};

/* Moves the clock to `now`; at most one slot is closed by a step, however late it comes. */
struct radar_step radar_tick(struct radar_clock *c, const struct radar_options *o, uint64_t now);

/* To be called for every track after radar_tick; count: at that time. */
void radar_take(struct radar_track *t, const struct radar_clock *c, struct radar_step step,
		uint32_t count);

/* Whether it only grows; *ret says by how much and within which time. */
bool radar_grows(const struct radar_track *t, const struct radar_clock *c,
		 const struct radar_options *o, struct radar_growth *ret);

/* Whether so many members that have waited too long make a leak of that growth. */
bool radar_leaks(const struct radar_growth *g, const struct radar_options *o, uint64_t stuck);

#endif
