// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is the oldest of a group. */
#include <stdlib.h>
#include <string.h>

#include "model/group.h"

enum { ELDERS_LEAST = 32, ELDERS_MOST = 4096, ELDERS_PART = 256 /* one of so many members */ };

void elders_free(struct elders *e)
{
	free(e->v);
	*e = (struct elders){.floor = UINT64_MAX};
}

static bool make_room(struct elders *e)
{
	struct elder *v;

	if (e->head && e->n == e->cap) {
		memmove(e->v, e->v + e->head, (e->n - e->head) * sizeof(e->v[0]));
		e->n -= e->head;
		e->head = 0;
	}
	if (e->cap)
		return true;
	v = malloc(ELDERS_LEAST * sizeof(*v));
	if (!v)
		return false;
	e->v = v;
	e->cap = ELDERS_LEAST;
	return true;
}

/* Where one of that age belongs. */
static uint32_t find_place(const struct elders *e, uint64_t since)
{
	uint32_t low = e->head, high = e->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (e->v[mid].since <= since)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void elders_offer(struct elders *e, uint64_t since, uint64_t goid)
{
	uint32_t at;

	if (since >= e->floor)
		return;
	if (!make_room(e)) {
		e->floor = since;
		return;
	}
	at = find_place(e, since);
	/* Who was touched without moving stands there already. */
	if (at > e->head && e->v[at - 1].since == since && e->v[at - 1].goid == goid)
		return;
	if (e->n == e->cap) {
		uint64_t youngest = at == e->n ? since : e->v[e->n - 1].since;

		e->floor = youngest;
		if (at == e->n)
			return;
		e->n--;
	}
	memmove(e->v + at + 1, e->v + at, (e->n - at) * sizeof(e->v[0]));
	e->v[at] = (struct elder){since, goid};
	e->n++;
}

/* The first one that is still what it was; those before it go. */
static const struct entry *first_of(struct model *m, struct grouping *g, uint32_t group)
{
	struct elders *e = &g->groups.v[group].elders;

	for (; e->head < e->n; e->head++) {
		const struct elder *one = &e->v[e->head];
		uint32_t at = index_get(&m->by_goid, m->live.v, one->goid), in;
		enum state_class class;
		bool system;

		if (at != INDEX_NONE && m->live.v[at].since == one->since &&
		    grouping_member(g, at, &in, &class, &system) && in == group &&
		    (g->system || !system))
			return &m->live.v[at];
	}
	e->head = e->n = 0;
	return NULL;
}

static bool is_lost(struct model *m, struct grouping *g, uint32_t group)
{
	return !first_of(m, g, group) && g->groups.v[group].elders.floor != UINT64_MAX;
}

/* Room by the size of the group: the larger it is, the dearer the pass that finds them again. */
static void begin_anew(struct group *group)
{
	uint64_t want = group_count(group, true) / ELDERS_PART;
	struct elders *e = &group->elders;
	struct elder *v;

	want = want < ELDERS_LEAST ? ELDERS_LEAST : want > ELDERS_MOST ? ELDERS_MOST : want;
	e->head = e->n = 0;
	e->floor = UINT64_MAX;
	v = want > e->cap ? realloc(e->v, want * sizeof(*v)) : NULL;
	if (v) {
		e->v = v;
		e->cap = (uint32_t)want;
	}
}

void grouping_find_elders(struct model *m, struct grouping *g)
{
	VEC(bool) lost = {0};
	bool any = false;

	if (!vec_reserve(&lost, g->groups.n))
		return;
	for (uint32_t i = 0; i < g->groups.n; i++) {
		lost.v[i] = is_lost(m, g, i);
		if (lost.v[i])
			begin_anew(&g->groups.v[i]);
		any |= lost.v[i];
	}
	for (size_t i = 0; any && i < g->member.n; i++) {
		const struct entry *e = &m->live.v[i];
		enum state_class class;
		uint32_t group;
		bool system;

		if (!grouping_member(g, i, &group, &class, &system) || !lost.v[group] ||
		    (system && !g->system) || e->bound == AGE_UNKNOWN)
			continue;
		elders_offer(&g->groups.v[group].elders, e->since, e->goid);
	}
	vec_free(&lost);
}

const struct entry *group_oldest(struct model *m, struct grouping *g, uint32_t group)
{
	return first_of(m, g, group);
}
