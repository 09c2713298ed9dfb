// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/alarm.h"
#include "model/scheduler_picture.h"
#include "source/session.h"
#include "source/snapshot.h"

/* One block: the picture, its rows with their facts, and the selected one as the last of them. */
struct snapshot {
	struct picture picture; /* first: a picture's address is its snapshot's */
	void (*release)(void *ctx);
	void *ctx;
	struct row *copies;
	size_t n_copies;
	char why[1000]; /* picture.source.why: the collector's own may change */
	struct alarm *alarms;
	struct scheduler_picture *scheduler;
	struct stacks_picture *stacks;
	struct detail_picture detail;
	struct waits_picture *waits;
	struct blocked_picture *blocked;
	struct groups_picture groups;
	struct group_row *group_rows;
	struct picture_row rows[];
};

static void copy_row(struct snapshot *s, size_t i, const struct picture_row *from)
{
	s->n_copies = i + 1;
	s->copies[i] = *from->row;
	label_set_ref(s->copies[i].label_set);
	s->rows[i] = (struct picture_row){.row = &s->copies[i], .tree = from->tree};
}

static void free_all(struct snapshot *s)
{
	for (size_t i = 0; i < s->n_copies; i++)
		label_set_unref(s->copies[i].label_set);
	free(s->copies);
	free(s->alarms);
	free(s->group_rows);
	free(s->scheduler);
	free(s->stacks);
	free(s->waits);
	free(s->blocked);
	free(s);
}

/* Without memory for them there are none. */
static void copy_groups(struct snapshot *s, const struct groups_picture *from)
{
	s->picture.groups = NULL;
	s->group_rows = from ? malloc(from->n * sizeof(*from->rows) + 1) : NULL;
	if (!s->group_rows)
		return;
	if (from->n)
		memcpy(s->group_rows, from->rows, from->n * sizeof(*from->rows));
	s->groups = *from;
	s->groups.rows = s->group_rows;
	s->picture.groups = &s->groups;
}

/* Of its rows, and of the selected one, which may be among them: a fact twice is found as well. */
static void copy_waits(struct snapshot *s, const struct picture *p)
{
	const struct wait_fact **facts = p->waits ? malloc((p->n + 1) * sizeof(*facts)) : NULL;
	size_t n = 0;

	for (size_t i = 0; facts && i <= p->n; i++) {
		const struct picture_row *r = i < p->n ? &p->rows[i] : p->selected;

		facts[n] = r ? waits_of(p->waits, r->row) : NULL;
		n += facts[n] != NULL;
	}
	s->picture.waits = s->waits = waits_picture_copy(p->waits, facts, n);
	free(facts);
}

/* What stands beside the rows; false: no memory. */
static bool copy_beside(struct snapshot *s, const struct picture *p)
{
	snprintf(s->why, sizeof(s->why), "%s", p->source.why);
	s->picture.source.why = s->why;
	copy_groups(s, p->groups);
	if (p->n_alarms) {
		s->alarms = malloc(p->n_alarms * sizeof(*s->alarms));
		if (!s->alarms)
			return false;
		memcpy(s->alarms, p->alarms, p->n_alarms * sizeof(*s->alarms));
	}
	if (p->scheduler)
		s->scheduler = scheduler_picture_copy(p->scheduler);
	s->picture.stacks = s->stacks = stacks_picture_copy(p->stacks);
	if (p->detail)
		s->detail = *p->detail;
	s->picture.detail = p->detail ? &s->detail : NULL;
	copy_waits(s, p);
	s->blocked = blocked_picture_copy(p->blocked);
	s->picture.blocked = s->blocked;
	s->picture.alarms = s->alarms;
	s->picture.scheduler = s->scheduler;
	return (s->scheduler || !p->scheduler) && (s->stacks || !p->stacks);
}

struct picture *picture_copy(const struct picture *p, void (*release)(void *ctx), void *ctx)
{
	size_t n = p->n + (p->selected != NULL);
	struct snapshot *s = malloc(sizeof(*s) + n * sizeof(s->rows[0]));

	if (!s)
		return NULL;
	s->n_copies = 0;
	s->waits = NULL;
	s->blocked = NULL;
	s->alarms = NULL;
	s->group_rows = NULL;
	s->scheduler = NULL;
	s->stacks = NULL;
	s->copies = malloc(n * sizeof(*s->copies) + 1);
	s->picture = *p;
	if (!s->copies || !copy_beside(s, p)) {
		free_all(s);
		return NULL;
	}
	s->release = release;
	s->ctx = ctx;
	for (size_t i = 0; i < p->n; i++)
		copy_row(s, i, &p->rows[i]);
	if (p->selected)
		copy_row(s, p->n, p->selected);
	s->picture.rows = s->rows;
	s->picture.selected = p->selected ? &s->rows[p->n] : NULL;
	s->picture.context.names = NULL;
	s->picture.context.waits = NULL;
	return &s->picture;
}

void picture_free(struct picture *p)
{
	struct snapshot *s = (struct snapshot *)p;

	if (!s)
		return;
	if (s->release)
		s->release(s->ctx);
	free_all(s);
}
