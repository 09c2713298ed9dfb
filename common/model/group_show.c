// SPDX-License-Identifier: GPL-2.0-or-later
/* The sub-picture of groups. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/group.h"
#include "model/select.h"

/* ---- one group as a row ----------------------------------------------------------------------- */

static void set_key(const struct model *m, const struct grouping *g, const struct group *group,
		    struct group_row *r)
{
	const struct name *name;

	r->id = group->key;
	if (group == &g->groups.v[GROUP_REST]) {
		r->id = UINT64_MAX;
		snprintf(r->text, sizeof(r->text), "(all others)");
		return;
	}
	switch (g->by.kind) {
	case GROUP_SITE:
	case GROUP_START:
	case GROUP_WHERE:
		name = group->key < m->pcs.n ? m->pcs.v[group->key].name : &name_unknown;
		r->name = *name;
		r->known = name->function != NULL;
		break;
	default:
		r->known = group_key_name(m, g, group->key, r->text, sizeof(r->text));
	}
	if (g->by.kind == GROUP_SITE && group->start && group->key)
		r->start = *m->pcs.v[group->start].name;
}

static void set_counts(const struct group *group, bool system, struct group_row *r)
{
	for (int s = 0; s <= system; s++) {
		const uint32_t *n = group->count[s];

		r->running += n[CLASS_RUNNING];
		r->runnable += n[CLASS_RUNNABLE];
		r->waiting += n[CLASS_WAITING];
		r->syscall += n[CLASS_SYSCALL];
		r->other += n[CLASS_OTHER];
	}
	r->count = r->running + r->runnable + r->waiting + r->syscall + r->other;
}

static uint32_t sample(const struct grouping *g, const struct group *group, bool system, size_t i)
{
	size_t first = g->n_samples > GROUP_HISTORY ? g->n_samples - GROUP_HISTORY : 0;

	return group->sample[system][(first + i) % GROUP_HISTORY];
}

/* The newest sample that is a minute old, else the oldest there is. */
static size_t minute_ago(const struct model *m, const struct grouping *g, size_t n)
{
	size_t first = g->n_samples - n, at = 0;

	for (size_t i = 1; i < n; i++)
		if (g->sampled[(first + i) % GROUP_HISTORY] + 60 * NSEC_PER_SEC <= m->time)
			at = i;
	return at;
}

static void set_history(const struct model *m, const struct grouping *g, const struct group *group,
			bool system, struct group_row *r)
{
	size_t n = g->n_samples < GROUP_HISTORY ? g->n_samples : GROUP_HISTORY;

	r->knows_delta = m->groups->knows_base && g->by.kind != GROUP_WHERE &&
			 g->by.kind != GROUP_LABEL && group > &g->groups.v[GROUP_REST];
	r->delta = (int64_t)r->count - group->base[false] - (system ? group->base[true] : 0);
	r->n_history = n;
	for (size_t i = 0; i < n; i++)
		r->history[i] = sample(g, group, system, i);
	r->knows_minute = n > 0;
	if (n)
		r->minute = (int64_t)r->count - r->history[minute_ago(m, g, n)];
	r->created_per_s = group->created_per_s;
	r->ended_per_s = group->ended_per_s;
}

static void set_sums(const struct model *m, const struct group *group, struct group_row *r)
{
	const struct group_gone *gone = &group->gone;
	uint64_t life = 0;

	for (int i = 0; i < TIME_KINDS; i++)
		life += gone->times[i];
	r->knows_sums = group->key != 0;
	r->created = m->groups->told_sums ? gone->created : group->created;
	r->ended = m->groups->told_sums ? gone->ended : group->ended;
	r->knows_times = m->options.probes && group->key;
	r->cpu = group->cpu;
	r->cpu_pct = group->cpu_pct;
	r->life = gone->ended ? life / gone->ended : 0;
	r->latency = gone->switches ? gone->times[TIME_RUNNABLE] / gone->switches : 0;
	r->max_latency = gone->max_latency;
}

static bool is_shown(const struct model *m, const struct grouping *g, const struct group *group,
		     const struct group_row *r, bool system)
{
	if (r->count)
		return true;
	/* Where the CPU went that nobody who lives has taken. */
	if (g->by.kind != GROUP_SITE || !r->knows_sums || !(r->created + r->ended))
		return false;
	return system || !m->pcs.v[group->start].name->system;
}

static int add_row(struct model *m, struct grouping *g, uint32_t at, const struct request *request,
		   bool filtered)
{
	const struct group *group = &g->groups.v[at];
	struct group_row r = {.cpu_pct = -1, .created_per_s = -1, .ended_per_s = -1};
	const struct entry *oldest;

	set_counts(group, request->system, &r);
	if (!filtered && g->by.kind == GROUP_SITE)
		set_sums(m, group, &r);
	if (!is_shown(m, g, group, &r, request->system))
		return 0;
	set_key(m, g, group, &r);
	if (!filtered)
		set_history(m, g, group, request->system, &r);
	oldest = group_oldest(m, g, at);
	r.knows_oldest = oldest != NULL;
	r.oldest = oldest && m->time > oldest->since ? m->time - oldest->since : 0;
	if (group->marked && !filtered)
		memcpy(r.why, group->why, sizeof(r.why));
	return vec_push(&m->groups->rows, r) ? 0 : -ENOMEM;
}

/* ---- order ------------------------------------------------------------------------------------ */

struct order_by {
	const struct groups_picture *p;
	const struct group_request *request;
};

static int compare_column(const struct group_row *a, const struct group_row *b,
			  const struct order_by *by)
{
	const struct group_column *c = &group_columns[by->request->column];
	char x[400], y[400];
	double v, w;
	bool knows_v, knows_w;
	int order;

	if (!c->number) {
		if (a->known != b->known)
			return a->known ? -1 : 1;
		group_key_text(x, sizeof(x), by->p, a, false);
		group_key_text(y, sizeof(y), by->p, b, false);
		order = strcmp(x, y);
	} else {
		knows_v = c->number(a, &v);
		knows_w = c->number(b, &w);
		if (knows_v != knows_w)
			return knows_v ? -1 : 1;
		order = knows_v ? (v > w) - (v < w) : 0;
	}
	return by->request->dir == SORT_DESC ? -order : order;
}

/* Marked ones first, whatever the order: they are few, and what one looks for. */
static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct group_row *x = a, *y = b;
	int order = (y->why[0] != 0) - (x->why[0] != 0);

	if (!order)
		order = compare_column(x, y, ctx);
	if (!order)
		order = (x->count < y->count) - (x->count > y->count);
	return order ? order : (x->id > y->id) - (x->id < y->id);
}

/* ---- a filter --------------------------------------------------------------------------------- */

/* Groups of what matches: made anew each time, since nobody keeps who matches. */
static int make_filtered(struct model *m, const struct request *request,
			 const struct row_context *ctx, struct grouping *ret)
{
	if (!grouping_open(ret, &request->groups.by))
		return -ENOMEM;
	ret->system = request->system;
	if (!vec_reserve(&ret->member, m->live.n) ||
	    (ret->by.kind == GROUP_SITE && !vec_reserve(&ret->ran, m->live.n)))
		return -ENOMEM;
	memset(ret->member.v, 0, m->live.n * sizeof(ret->member.v[0]));
	if (ret->by.kind == GROUP_SITE)
		memset(ret->ran.v, 0, m->live.n * sizeof(ret->ran.v[0]));
	ret->member.n = m->live.n;
	for (uint32_t i = 0; i < m->live.n; i++) {
		struct row row;

		if (!place_is_meant(m, request, i))
			continue;
		place_row(m, i, &row);
		if (filter_match(request->filter, &row, ctx))
			group_place(m, ret, i);
	}
	return 0;
}

/* ---- the picture ------------------------------------------------------------------------------ */

/* Opens the second grouping. Who lives already was not created in the interval that runs. */
static bool open_asked(struct model *m, const struct request *request)
{
	struct groups *all = m->groups;
	struct grouping *g = &all->by[1];

	if (all->asked)
		grouping_close(g);
	all->asked = grouping_open(g, &request->groups.by);
	if (!all->asked)
		return false;
	g->system = request->system;
	groups_update(m);
	vec_foreach (group, &g->groups)
		group->created_at = group->created;
	return true;
}

/* The grouping that is asked for, kept from now on. */
static struct grouping *ask(struct model *m, const struct request *request)
{
	struct groups *all = m->groups;
	struct grouping *g = &all->by[0];

	if (!group_by_same(&g->by, &request->groups.by)) {
		g = &all->by[1];
		if ((!all->asked || !group_by_same(&g->by, &request->groups.by)) &&
		    !open_asked(m, request))
			return NULL;
	}
	/* Whose oldest were known are not any more. */
	if (g->system != request->system)
		vec_foreach (group, &g->groups) {
			group->elders.head = group->elders.n = 0;
			group->elders.floor = 0;
		}
	g->system = request->system;
	return g;
}

static int cut_window(struct groups *all, const struct group_request *request)
{
	struct groups_picture *p = &all->picture;
	size_t n = all->rows.n, first = request->first;

	if (first > n || n - first < request->count)
		first = n > request->count ? n - request->count : 0;
	p->total = n;
	p->first = first;
	p->n = n - first < request->count ? n - first : request->count;
	p->rows = all->rows.v + first;
	return 0;
}

static int make_rows(struct model *m, struct grouping *g, const struct request *request,
		     bool filtered)
{
	struct groups *all = m->groups;
	struct order_by by = {.p = &all->picture, .request = &request->groups};
	int r = 0;

	all->rows.n = 0;
	all->picture = (struct groups_picture){.by = g->by, .filtered = filtered};
	grouping_find_elders(m, g);
	for (uint32_t i = 0; !r && i < g->groups.n; i++)
		r = add_row(m, g, i, request, filtered);
	if (r)
		return r;
	if (all->rows.n)
		qsort_r(all->rows.v, all->rows.n, sizeof(all->rows.v[0]), compare_rows, &by);
	vec_foreach (row, &all->rows) {
		all->picture.goroutines += row->count;
		all->picture.marked += row->why[0] != 0;
	}
	return cut_window(all, &request->groups);
}

int groups_picture(struct model *m, const struct request *request, const struct row_context *ctx,
		   const struct groups_picture **ret)
{
	struct grouping *g, filtered = {0};
	int r = 0;

	*ret = NULL;
	if (request->view != VIEW_GROUPS || !m->groups)
		return 0;
	if (request->filter) {
		r = make_filtered(m, request, ctx, &filtered);
		g = &filtered;
	} else {
		g = ask(m, request);
		if (!g)
			return -ENOMEM;
		groups_update(m);
	}
	if (!r)
		r = make_rows(m, g, request, request->filter);
	if (!r)
		*ret = &m->groups->picture;
	grouping_close(&filtered);
	return r;
}
