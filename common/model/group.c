// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "model/group.h"

enum { MEMBER_IS = 1, CLASS_SHIFT = 1, SYSTEM_SHIFT = 4, GROUP_SHIFT = 5 };

/* ---- groups ----------------------------------------------------------------------------------- */

static void new_group(struct group *g, uint64_t key)
{
	*g = (struct group){.key = key, .cpu_pct = -1, .created_per_s = -1, .ended_per_s = -1};
	g->elders.floor = UINT64_MAX;
}

bool grouping_open(struct grouping *g, const struct group_by *by)
{
	*g = (struct grouping){.by = *by};
	if (!vec_reserve(&g->groups, 2))
		return false;
	new_group(&g->groups.v[GROUP_UNKNOWN], 0);
	new_group(&g->groups.v[GROUP_REST], 0);
	g->groups.n = 2;
	return true;
}

void grouping_close(struct grouping *g)
{
	vec_foreach (one, &g->groups)
		elders_free(&one->elders);
	vec_free(&g->groups);
	hash_free(&g->ids);
	intern_free(g->values);
	g->values = NULL;
	vec_free(&g->member);
	vec_free(&g->ran);
	g->current = false;
}

static void set_base(const struct model *m, const struct grouping *g, struct group *group)
{
	const struct group_base *base = &m->groups->base[g->by.kind];
	uint32_t at = hash_get(&base->ids, group->key);

	if (at == HASH_NONE)
		return;
	group->base[false] = base->counts.v[at].n[false];
	group->base[true] = base->counts.v[at].n[true];
}

uint32_t group_of_key(struct model *m, struct grouping *g, uint64_t key)
{
	struct group one;
	uint32_t at;

	if (!key)
		return GROUP_UNKNOWN;
	at = hash_get(&g->ids, key);
	if (at != HASH_NONE)
		return at;
	at = (uint32_t)g->groups.n;
	new_group(&one, key);
	set_base(m, g, &one);
	if (at >= GROUPS_MAX || !vec_push(&g->groups, one))
		return GROUP_REST;
	if (!hash_put(&g->ids, key, at)) {
		g->groups.n--;
		return GROUP_REST;
	}
	return at;
}

uint64_t group_count(const struct group *g, bool system)
{
	uint64_t n = 0;

	for (int i = 0; i < CLASSES; i++)
		n += g->count[false][i] + (system ? g->count[true][i] : 0);
	return n;
}

bool grouping_member(const struct grouping *g, size_t place, uint32_t *group,
		     enum state_class *class, bool *system)
{
	uint32_t code = place < g->member.n ? g->member.v[place] : 0;

	*group = code >> GROUP_SHIFT;
	*class = (enum state_class)(code >> CLASS_SHIFT & 7);
	*system = code >> SYSTEM_SHIFT & 1;
	return code & MEMBER_IS;
}

/* ---- who belongs where ------------------------------------------------------------------------ */

static uint32_t *counter(struct grouping *g, uint32_t code)
{
	struct group *group = &g->groups.v[code >> GROUP_SHIFT];

	return &group->count[code >> SYSTEM_SHIFT & 1][code >> CLASS_SHIFT & 7];
}

/* What cannot change in a life: then one that becomes known was created in that group. */
static bool is_static(enum group_kind kind)
{
	return kind == GROUP_SITE || kind == GROUP_START;
}

static void count_created(struct grouping *g, const struct entry *e, uint32_t old, uint32_t code)
{
	uint32_t from = old >> GROUP_SHIFT, to = code >> GROUP_SHIFT;

	if (!(e->flags & ENTRY_COUNTED))
		return;
	if (!old) {
		g->groups.v[to].created++;
	} else if (from == GROUP_UNKNOWN && to != from && is_static(g->by.kind)) {
		g->groups.v[to].created++;
		g->groups.v[from].created -= g->groups.v[from].created > 0;
	}
}

static void move_member(struct grouping *g, const struct entry *e, uint32_t place, uint32_t code)
{
	uint32_t old = g->member.v[place];

	if (old == code)
		return;
	count_created(g, e, old, code);
	if (old)
		--*counter(g, old);
	++*counter(g, code);
	g->member.v[place] = code;
}

static uint32_t code_of(struct model *m, struct grouping *g, const struct entry *e)
{
	uint32_t group = group_of_key(m, g, group_key(m, g, e));

	return group << GROUP_SHIFT | (uint32_t)((e->flags & ROW_SYSTEM) != 0) << SYSTEM_SHIFT |
	       (uint32_t)state_class(e->state) << CLASS_SHIFT | MEMBER_IS;
}

/* The sum of running times follows: what it had, wherever it was, goes; what it has comes. */
static void move_ran(struct grouping *g, const struct entry *e, uint32_t place, uint32_t old)
{
	uint64_t ran = e->times[TIME_RUNNING];

	if (old)
		g->groups.v[old >> GROUP_SHIFT].ran -= g->ran.v[place];
	g->groups.v[g->member.v[place] >> GROUP_SHIFT].ran += ran;
	g->ran.v[place] = ran;
}

void group_place(struct model *m, struct grouping *g, uint32_t place)
{
	const struct entry *e = &m->live.v[place];
	uint32_t old = g->member.v[place], code = code_of(m, g, e);
	struct group *group = &g->groups.v[code >> GROUP_SHIFT];

	move_member(g, e, place, code);
	if (g->by.kind == GROUP_SITE) {
		move_ran(g, e, place, old);
		group->start = e->start ? e->start : group->start;
	}
	if (e->bound != AGE_UNKNOWN && (g->system || !(e->flags & ROW_SYSTEM)) &&
	    e->since < group->elders.floor)
		elders_offer(&group->elders, e->since, e->goid);
}

/* Room for every goroutine; those that are new are no members yet. */
static bool make_room(struct model *m, struct grouping *g)
{
	size_t n = m->live.n;

	if (!vec_reserve(&g->member, n) || (g->by.kind == GROUP_SITE && !vec_reserve(&g->ran, n)))
		return false;
	if (g->member.n < n) {
		memset(g->member.v + g->member.n, 0, (n - g->member.n) * sizeof(g->member.v[0]));
		if (g->by.kind == GROUP_SITE)
			memset(g->ran.v + g->member.n, 0, (n - g->member.n) * sizeof(g->ran.v[0]));
		g->member.n = n;
	}
	return true;
}

static void place_all(struct model *m, struct grouping *g)
{
	g->current = make_room(m, g);
	for (uint32_t i = 0; g->current && i < m->live.n; i++)
		group_place(m, g, i);
}

static void place_touched(struct model *m, struct grouping *g)
{
	const struct groups *all = m->groups;

	if (!make_room(m, g)) {
		g->current = false;
		return;
	}
	vec_foreach (goid, &all->touched) {
		uint32_t at = index_get(&m->by_goid, m->live.v, *goid);

		if (at != INDEX_NONE)
			group_place(m, g, at);
	}
}

void groups_update(struct model *m)
{
	struct groups *all = m->groups;

	for (int i = 0; i < (all->asked ? 2 : 1); i++) {
		struct grouping *g = &all->by[i];

		if (!g->current || all->touched_all)
			place_all(m, g);
		else
			place_touched(m, g);
	}
	if (all->touched_all)
		vec_foreach (e, &m->live)
			e->flags &= ~(uint32_t)ENTRY_TOUCHED;
	vec_foreach (goid, &all->touched) {
		struct entry *e = table_by_goid(m, *goid);

		if (e)
			e->flags &= ~(uint32_t)ENTRY_TOUCHED;
	}
	all->touched.n = 0;
	all->touched_all = false;
}

/* ---- groups that nobody is in any more -------------------------------------------------------- */

/* Those that are left move up; to[old place] is the new one. */
static void drop_empty(struct grouping *g, uint32_t *to)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < g->groups.n; i++) {
		struct group *group = &g->groups.v[i];

		if (i > GROUP_REST && !group_count(group, true)) {
			elders_free(&group->elders);
			continue;
		}
		to[i] = kept;
		g->groups.v[kept++] = *group;
	}
	g->groups.n = kept;
	vec_foreach (code, &g->member)
		*code = to[*code >> GROUP_SHIFT] << GROUP_SHIFT |
			(*code & ((1u << GROUP_SHIFT) - 1));
}

void grouping_tidy(struct model *m, struct grouping *g)
{
	size_t empty = 0;
	uint32_t *to;

	if (g->groups.n < GROUPS_MAX)
		return;
	vec_foreach (group, &g->groups)
		empty += !group_count(group, true);
	to = empty > GROUPS_MAX / 2 ? calloc(g->groups.n, sizeof(*to)) : NULL;
	if (!to)
		return;
	drop_empty(g, to);
	free(to);
	if (g->by.kind == GROUP_LABEL)
		group_values_renew(g);
	hash_clear(&g->ids);
	for (uint32_t i = GROUP_REST + 1; i < g->groups.n; i++)
		hash_put(&g->ids, g->groups.v[i].key, i);
	/* Those that had found none have groups of their own now. */
	place_all(m, g);
}

/* ---- what the table tells --------------------------------------------------------------------- */

void group_touch(struct model *m, struct entry *e)
{
	struct groups *all = m->groups;

	/* From so many on a pass over all costs less. */
	if (!all || all->touched_all)
		return;
	if (all->touched.n > m->live.n / 8 + 256 || !vec_push(&all->touched, e->goid))
		all->touched_all = true;
	else
		e->flags |= ENTRY_TOUCHED;
}

static void add_gone(struct group *group, const struct entry *e)
{
	struct group_gone *gone = &group->gone;

	gone->ended++;
	gone->switches += e->switches;
	for (int i = 0; i < TIME_KINDS; i++)
		gone->times[i] += e->times[i];
	if (e->max_latency > gone->max_latency)
		gone->max_latency = e->max_latency;
}

static void remove_member(struct model *m, struct grouping *g, uint32_t place, uint32_t last)
{
	const struct entry *e = &m->live.v[place];
	uint32_t old = place < g->member.n ? g->member.v[place] : 0;
	uint32_t at = old >> GROUP_SHIFT;

	if (!g->current)
		return;
	if (!old) {
		/* It came and went between two refreshes. */
		at = group_of_key(m, g, group_key(m, g, e));
		g->groups.v[at].created += (e->flags & ENTRY_COUNTED) != 0;
	} else {
		--*counter(g, old);
		if (g->by.kind == GROUP_SITE)
			g->groups.v[at].ran -= g->ran.v[place];
	}
	g->groups.v[at].ended += !(e->flags & ENTRY_RAISED);
	if (g->by.kind == GROUP_SITE && !m->groups->told_sums)
		add_gone(&g->groups.v[at], e);
	if (place < g->member.n) {
		g->member.v[place] = last < g->member.n ? g->member.v[last] : 0;
		if (g->by.kind == GROUP_SITE)
			g->ran.v[place] = last < g->member.n ? g->ran.v[last] : 0;
	}
	if (g->member.n > last)
		g->member.n = last;
}

void group_remove(struct model *m, uint32_t place, uint32_t last)
{
	for (int i = 0; m->groups && i < (m->groups->asked ? 2 : 1); i++)
		remove_member(m, &m->groups->by[i], place, last);
}

void groups_labels_told(struct model *m)
{
	if (m->groups && m->groups->asked && m->groups->by[1].by.kind == GROUP_LABEL)
		m->groups->touched_all = true;
}

/* ---- what there was at the first look --------------------------------------------------------- */

static void count_base(struct group_base *base, uint64_t key, bool system, uint64_t *last_key,
		       uint32_t *last)
{
	if (key != *last_key || *last == HASH_NONE) {
		*last_key = key;
		*last = hash_get(&base->ids, key);
	}
	if (*last == HASH_NONE && base->counts.n < GROUPS_MAX) {
		uint32_t at = (uint32_t)base->counts.n;

		if (!vec_reserve(&base->counts, at + 1u) || !hash_put(&base->ids, key, at))
			return;
		memset(&base->counts.v[at], 0, sizeof(base->counts.v[0]));
		base->counts.n++;
		*last = at;
	}
	if (*last != HASH_NONE)
		base->counts.v[*last].n[system]++;
}

static void set_bases(const struct model *m, struct grouping *g)
{
	vec_foreach (one, &g->groups)
		set_base(m, g, one);
}

void groups_first_look(struct model *m)
{
	struct groups *all = m->groups;
	struct {
		struct grouping by;
		uint64_t last_key;
		uint32_t last;
	} kinds[GROUP_LABEL] = {0};

	if (!all)
		return;
	for (int i = 0; i < GROUP_LABEL; i++) {
		kinds[i].by.by.kind = (enum group_kind)i;
		kinds[i].last = HASH_NONE;
	}
	vec_foreach (e, &m->live)
		for (int i = 0; i < GROUP_LABEL; i++) {
			/* Nobody has looked at stacks yet. */
			uint64_t key = i == GROUP_WHERE ? 0 : group_key(m, &kinds[i].by, e);

			/* 0 is no key of a hash. */
			if (key)
				count_base(&all->base[i], key, e->flags & ROW_SYSTEM,
					   &kinds[i].last_key, &kinds[i].last);
		}
	all->knows_base = true;
	for (int i = 0; i < (all->asked ? 2 : 1); i++)
		set_bases(m, &all->by[i]);
}

/* ---- beginning and end ------------------------------------------------------------------------ */

bool groups_new(struct model *m)
{
	const struct group_by site = {.kind = GROUP_SITE};
	struct groups *all = calloc(1, sizeof(*all));

	if (!all || !grouping_open(&all->by[0], &site)) {
		free(all);
		return false;
	}
	all->by[0].current = true;
	all->radar = m->options.radar.time ? m->options.radar : radar_default;
	m->groups = all;
	return true;
}

void groups_free(struct groups *all)
{
	if (!all)
		return;
	for (int i = 0; i < GROUPINGS; i++)
		grouping_close(&all->by[i]);
	for (int i = 0; i < GROUP_KINDS; i++) {
		hash_free(&all->base[i].ids);
		vec_free(&all->base[i].counts);
	}
	vec_free(&all->touched);
	vec_free(&all->rows);
	vec_free(&all->window);
	free(all);
}
