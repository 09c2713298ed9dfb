/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups: the inside, shared by group*.c and the files of the table that call it.
 *
 * A grouping is kept up to date by what has changed, not built anew: whoever changes what a group is
 * made by, a state, a time, says so by table_touch, and the touched ones are put where they belong
 * before the next refresh or picture. For that each goroutine's group and class are remembered in an
 * array beside the table. Where much has changed one pass over all does the same for less.
 *
 * One grouping is kept always, by site: the radar's. A second one, from when it was asked for, as
 * long as nothing else is.
 */
#ifndef GOROUTOP_MODEL_GROUP_H
#define GOROUTOP_MODEL_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/intern.h"
#include "base/vec.h"
#include "model/group_picture.h"
#include "model/group_radar.h"
#include "model/table.h"

/*
 * The oldest members as (since, goid), so that the oldest of all is known without a look at each:
 * sorted; one that has moved on is found out when it is the first. Members that are not in it are
 * not older than `floor`.
 */
struct elders {
	struct elder {
		uint64_t since, goid;
	} * v;
	uint32_t head, n, cap;
	uint64_t floor;
};

struct group_gone {
	uint64_t created, ended, switches, max_latency;
	uint64_t times[TIME_KINDS];
};

struct group {
	uint64_t key;
	uint32_t count[2][CLASSES]; /* [the runtime's own] */
	uint32_t base[2];	    /* at the first look */
	uint32_t start;		    /* id of model.pcs: of the last member seen */
	uint64_t created, ended;    /* as far as members were seen */
	uint64_t ran;		    /* of the living, counted */
	struct group_gone gone;	    /* of sites: the kernel's word, or our own */
	uint64_t cpu;		    /* at the last refresh … */
	double cpu_pct, created_per_s,
		ended_per_s; /* … and in the interval before it; < 0: unknown */
	uint64_t created_at, ended_at;
	struct elders elders;
	uint32_t sample[2][GROUP_HISTORY]; /* users' only, all: a ring */
	struct radar_track track;
	struct radar_growth growth;
	uint64_t stuck, stuck_oldest; /* members that waited too long; place of the oldest */
	bool grows, marked;
	uint8_t misses; /* how often it was marked and did not look like it any more */
	char why[200];
};

enum {
	GROUPS_MAX = 1 << 14, /* the target's memory is not trusted */
	GROUP_UNKNOWN = 0,    /* of those whose key is not known */
	GROUP_REST = 1,	      /* … and those that found no group of their own */
	GROUPINGS = 2,
};

struct grouping {
	struct group_by by;
	VEC(struct group) groups;
	struct intern *values;		 /* of a label */
	struct hash ids;		 /* by key */
	VEC(uint32_t) member;		 /* by place: group, class, system; 0: not a member yet */
	VEC(uint64_t) ran;		 /* by place, of sites: its part in group.ran */
	bool current;			 /* all that is not touched is as it should be */
	bool system;			 /* elders are of the runtime's own too */
	uint64_t sampled[GROUP_HISTORY]; /* times of the samples: a ring */
	size_t n_samples;		 /* ever */
	struct radar_clock radar;
	size_t marked;
};

/* What was there at the first look, for those that are asked for later. */
struct group_base {
	struct hash ids;
	VEC(struct { uint32_t n[2]; })
	counts;
};

struct groups {
	struct grouping by[GROUPINGS];
	bool asked; /* the second one is kept */
	struct group_base base[GROUP_KINDS];
	bool knows_base, told_sums;
	struct radar_options radar;
	VEC(uint64_t) touched; /* goids */
	bool touched_all;
	VEC(struct group_row) rows, window;
	struct groups_picture picture;
};

/* ---- group.c ---------------------------------------------------------------------------------- */

bool grouping_open(struct grouping *g, const struct group_by *by);
void grouping_close(struct grouping *g);
/* 0: unknown. */
uint64_t group_key(const struct model *m, struct grouping *g, const struct entry *e);
/* Forgets the values of a label that have no group, if there is memory for it; the others get new keys. */
void group_values_renew(struct grouping *g);
/* What that key is called, for those that are no places in the code; false: nobody knows. */
bool group_key_name(const struct model *m, const struct grouping *g, uint64_t key, char *dst,
		    size_t size);
/* The group with that key, made if need be. Groups move when one is made. */
uint32_t group_of_key(struct model *m, struct grouping *g, uint64_t key);
/* Puts the goroutine of that place where it belongs. */
void group_place(struct model *m, struct grouping *g, uint32_t place);
/* Makes room for new groups where there is none left, and more than half of them are empty. */
void grouping_tidy(struct model *m, struct grouping *g);
/* Puts all touched ones where they belong. */
void groups_update(struct model *m);
/* Which group it is in, and as what; false: in none yet. */
bool grouping_member(const struct grouping *g, size_t place, uint32_t *group,
		     enum state_class *class, bool *system);
uint64_t group_count(const struct group *g, bool system);

/* ---- group_elders.c --------------------------------------------------------------------------- */

void elders_offer(struct elders *e, uint64_t since, uint64_t goid);
void elders_free(struct elders *e);
/* Makes known again whose oldest are not, in one pass. */
void grouping_find_elders(struct model *m, struct grouping *g);
/* The oldest member; NULL: none whose age is known. */
const struct entry *group_oldest(struct model *m, struct grouping *g, uint32_t group);

#endif
