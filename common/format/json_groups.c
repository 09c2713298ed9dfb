// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/json_groups.h"
#include "format/json_value.h"

static void change(yajl_gen g, const char *key, bool known, int64_t n)
{
	put_raw(g, key);
	if (known)
		yajl_gen_integer(g, n);
	else
		yajl_gen_null(g);
}

/* Whole names: a script looks for what the binary has. */
static void put_key(yajl_gen g, const struct groups_picture *p, const struct group_row *r)
{
	char key[GROUP_KEY_MAX];

	text(g, "key", group_has_name(r) ? group_key_text(key, sizeof(key), p, r, true) : NULL);
}

/* What became of those that are gone, too. */
static void put_sums(yajl_gen g, const struct group_row *r)
{
	count_if(g, "created", r->knows_sums, r->created);
	count_if(g, "ended", r->knows_sums, r->ended);
	count_if(g, "running_ns", r->knows_times, r->cpu);
	number_if(g, "running_pct", r->knows_times && r->cpu_pct >= 0, r->cpu_pct);
	count_if(g, "mean_life_ns", r->knows_times && r->life, r->life);
	count_if(g, "mean_sched_latency_ns", r->knows_times && r->latency, r->latency);
	count_if(g, "max_sched_latency_ns", r->knows_times && r->max_latency, r->max_latency);
}

static void put_group(yajl_gen g, const struct groups_picture *p, const struct group_row *r)
{
	yajl_gen_map_open(g);
	put_key(g, p, r);
	count(g, "count", r->count);
	change(g, "delta", r->knows_delta, r->delta);
	change(g, "delta_minute", r->knows_minute, r->minute);
	count(g, "running", r->running);
	count(g, "runnable", r->runnable);
	count(g, "waiting", r->waiting);
	count(g, "syscall", r->syscall);
	count(g, "other", r->other);
	count_if(g, "oldest_ns", r->knows_oldest, r->oldest);
	number_if(g, "created_per_s", r->created_per_s >= 0, r->created_per_s);
	number_if(g, "ended_per_s", r->ended_per_s >= 0, r->ended_per_s);
	put_sums(g, r);
	text(g, "leak", r->why);
	yajl_gen_map_close(g);
}

void json_groups(yajl_gen g, const struct picture *p)
{
	put_raw(g, "groups");
	yajl_gen_array_open(g);
	for (size_t i = 0; i < p->groups->n; i++)
		put_group(g, p->groups, &p->groups->rows[i]);
	yajl_gen_array_close(g);
}
