// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/human.h"
#include "base/text.h"
#include "model/group_leak.h"

enum {
	MISSES_MOST = 3,    /* so often a marked group may look well before its mark goes */
	NETWORK_FACTOR = 5, /* who waits for a network peer may have one that has nothing to say */
};

/* ---- who has waited too long ------------------------------------------------------------------ */

static bool waits_for_network(const struct model *m, const struct entry *e)
{
	const char *reason = NULL;

	if (e->flags & ROW_KNOWS_REASON && m->options.names)
		reason = names_reason(m->options.names, e->reason);
	return reason && !strcmp(reason, "IO wait");
}

static bool is_stuck(const struct model *m, const struct entry *e)
{
	uint64_t wait = m->groups->radar.wait, age = m->time > e->since ? m->time - e->since : 0;

	if (e->bound == AGE_UNKNOWN || age < wait)
		return false;
	return age >= NETWORK_FACTOR * wait || !waits_for_network(m, e);
}

static void count_stuck(struct model *m, struct grouping *g)
{
	vec_foreach (group, &g->groups)
		group->stuck = 0;
	for (size_t i = 0; i < g->member.n; i++) {
		enum state_class class;
		struct group *group;
		uint32_t at;
		bool system;

		if (!grouping_member(g, i, &at, &class, &system) || system ||
		    class != CLASS_WAITING)
			continue;
		group = &g->groups.v[at];
		if (!group->grows || !is_stuck(m, &m->live.v[i]))
			continue;
		if (!group->stuck++ || m->live.v[i].since < m->live.v[group->stuck_oldest].since)
			group->stuck_oldest = i;
	}
}

/* ---- words ------------------------------------------------------------------------------------ */

static void describe(const struct model *m, const struct entry *oldest, char *dst, size_t size)
{
	const char *reason = NULL;
	const struct name *where = m->pcs.v[oldest->where].name;
	size_t n = 0;

	dst[0] = '\0';
	if (oldest->flags & ROW_KNOWS_REASON && m->options.names)
		reason = names_reason(m->options.names, oldest->reason);
	if (reason && *reason)
		n = text_print(dst, size, " in %s", reason);
	if (where->function)
		text_print(dst + n, size - n, " at %s:%d", short_function(where->function),
			   where->line);
}

static void explain(const struct model *m, struct group *group)
{
	const struct entry *oldest = &m->live.v[group->stuck_oldest];
	char rise[HUMAN_MAX], within[HUMAN_MAX], stuck[HUMAN_MAX], wait[HUMAN_MAX], age[HUMAN_MAX];
	char how[120];

	describe(m, oldest, how, sizeof(how));
	human_count(rise, sizeof(rise), group->growth.rise);
	human_age(within, sizeof(within), group->growth.time);
	human_count(stuck, sizeof(stuck), group->stuck);
	human_age(wait, sizeof(wait), m->groups->radar.wait);
	human_age(age, sizeof(age), m->time - oldest->since);
	text_print(
		group->why, sizeof(group->why),
		"grew by %s in %s without falling back; %s have waited longer than %s, the oldest "
		"%s%s",
		rise, within, stuck, wait, age, how);
}

/* ---- judging ---------------------------------------------------------------------------------- */

static void judge(struct model *m, struct grouping *g, struct group *group)
{
	bool leaks = group->grows && radar_leaks(&group->growth, &m->groups->radar, group->stuck);

	if (leaks) {
		explain(m, group);
		group->marked = true;
		group->misses = 0;
	} else if (group->marked && ++group->misses >= MISSES_MOST) {
		group->marked = false;
		group->why[0] = '\0';
	}
	g->marked += group->marked;
}

void grouping_find_leaks(struct model *m, struct grouping *g)
{
	const struct radar_options *o = &m->groups->radar;
	struct radar_step step;
	bool any = false;

	if (o->off)
		return;
	step = radar_tick(&g->radar, o, m->time);
	for (size_t i = 0; i < g->groups.n; i++) {
		struct group *group = &g->groups.v[i];

		radar_take(&group->track, &g->radar, step, (uint32_t)group_count(group, false));
		/* What is not one group cannot leak as one. */
		group->grows = i > GROUP_REST && (step.fine || step.coarse) &&
			       radar_grows(&group->track, &g->radar, o, &group->growth);
		any |= group->grows;
	}
	if (!step.fine && !step.coarse)
		return;
	if (any)
		count_stuck(m, g);
	g->marked = 0;
	vec_foreach (group, &g->groups)
		judge(m, g, group);
	m->version++;
}
