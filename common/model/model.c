// SPDX-License-Identifier: GPL-2.0-or-later
/* The model's beginning and end, and the feed's ears. What they hear is done in the other files. */
#include <stdlib.h>
#include <string.h>

#include "model/table.h"
#include "model/tree.h"

struct model *model_new(const struct model_options *options)
{
	struct model *m = calloc(1, sizeof(*m));
	const struct model_pc first[] = {
		[PC_UNKNOWN] = {.name = &name_unknown},
		[PC_EXTRA_M] = {.name = &name_extra_m},
	};

	if (!m)
		return NULL;
	m->options = *options;
	m->time = options->attached;
	m->by_goid = (struct index){.stride = sizeof(struct entry),
				    .key = offsetof(struct entry, goid),
				    .near = 3};
	/* Some g structs that lie next to each other; they are 400 bytes and more. */
	m->by_g = (struct index){.stride = sizeof(struct entry),
				 .key = offsetof(struct entry, g),
				 .skip = 6,
				 .near = 5};
	m->created_per_s = m->ended_per_s = m->transitions_per_s = -1;
	if (!vec_append(&m->pcs, first, 2)) {
		free(m);
		return NULL;
	}
	/* Without memory for them there are no groups. */
	(void)groups_new(m);
	return m;
}

static void free_graves(struct graves *g)
{
	hash_free(&g->by_goid);
	vec_free(&g->graves);
}

void model_free(struct model *m)
{
	if (!m)
		return;
	vec_free(&m->live);
	vec_free(&m->seen);
	index_free(&m->by_goid);
	index_free(&m->by_g);
	vec_free(&m->ended);
	vec_free(&m->ended_before);
	free_graves(&m->graves);
	free_graves(&m->graves_before);
	hash_free(&m->newborn_by_g);
	vec_free(&m->newborns);
	vec_free(&m->pcs);
	for (int i = 0; i < NAME_KINDS; i++)
		hash_free(&m->pc_ids[i]);
	stacks_free(&m->stacks);
	labels_free(&m->labels);
	blocked_free(&m->waits);
	stacks_picture_free(&m->shown);
	vec_free(&m->shares);
	vec_free(&m->wants);
	vec_free(&m->strays);
	vec_free(&m->wants_accounts);
	vec_free(&m->fresh);
	vec_free(&m->shown_fresh);
	groups_free(m->groups);
	tree_free(m->tree);
	vec_free(&m->order.rows);
	vec_free(&m->keys.keys);
	vec_free(&m->rows);
	vec_free(&m->picture_rows);
	free(m);
}

/* ---- the feed --------------------------------------------------------------------------------- */

static void take_transitions(void *ctx, const struct feed_transition *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		model_transition(ctx, &t[i]);
}

static void take_look(void *ctx, const struct feed_look *look)
{
	model_look(ctx, look);
}

static void take_account(void *ctx, const struct feed_account *account)
{
	model_account(ctx, account);
}

static void take_accounted(void *ctx, uint64_t since)
{
	model_accounted(ctx, since);
}

static void take_stacks(void *ctx, const struct feed_stacks *stacks)
{
	model_stacks(ctx, stacks);
}

static void take_labels(void *ctx, const struct feed_labels *labels, size_t n)
{
	model_labels(ctx, labels, n);
	groups_labels_told(ctx);
}

static void take_waits(void *ctx, const struct wait_batch *waits)
{
	model_waits(ctx, waits);
}

static void take_gap(void *ctx, uint64_t from, uint64_t to)
{
	struct model *m = ctx;

	table_touch_time(m, to ? to : from);
	if (to)
		gap_end(m, from, to);
	else
		gap_begin(m, from);
}

static void take_loss(void *ctx, enum feed_loss kind, uint64_t n, uint64_t time)
{
	struct model *m = ctx;

	table_touch_time(m, time);
	m->loss[kind] += n;
	if (kind != LOSS_RING || !n)
		return;
	m->suspect_since = time;
	/* Who was born may have been lost from sight, and its g be another's. */
	newborn_forget(m);
}

static void take_latency(void *ctx, const struct feed_latency *latency, uint64_t time)
{
	struct model *m = ctx;

	_Static_assert(sizeof(latency->bucket) == sizeof(m->latency.bucket),
		       "both log2 of 64 bits");
	table_touch_time(m, time);
	m->told_latency = true;
	memcpy(m->latency.bucket, latency->bucket, sizeof(m->latency.bucket));
	memcpy(m->run.bucket, latency->run_bucket, sizeof(m->run.bucket));
}

static void take_sites(void *ctx, const struct feed_site *sites, size_t n, uint64_t time)
{
	table_touch_time(ctx, time);
	groups_sites(ctx, sites, n);
}

static void take_now(void *ctx, uint64_t time)
{
	table_touch_time(ctx, time);
}

/* Time stands still: the last picture stays as it was. */
static void take_end(void *ctx, enum feed_end how, uint64_t time)
{
	struct model *m = ctx;

	(void)how;
	table_touch_time(m, time);
	m->over = true;
	m->version++;
}

struct feed_sink model_sink(struct model *m)
{
	return (struct feed_sink){
		.ctx = m,
		.transitions = take_transitions,
		.look = take_look,
		.account = take_account,
		.accounted = take_accounted,
		.stacks = take_stacks,
		.labels = take_labels,
		.waits = take_waits,
		.gap = take_gap,
		.loss = take_loss,
		.latency = take_latency,
		.sites = take_sites,
		.now = take_now,
		.end = take_end,
	};
}

size_t model_count(const struct model *m)
{
	return m->live.n;
}

const struct row *model_row(const struct model *m, uint64_t goid)
{
	uint32_t at = index_get(&m->by_goid, m->live.v, goid);

	if (at == INDEX_NONE)
		return NULL;
	/* What is lent out is no part of the model's state. */
	show_row(m, &m->live.v[at], (struct row *)&m->scratch);
	return &m->scratch;
}
