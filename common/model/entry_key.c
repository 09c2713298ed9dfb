// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/entry_key.h"
#include "model/filter_tree.h"
#include "model/select.h"
#include "model/sort_key.h"

enum {
	REASONS = 256,
	/* Of labels: where each goroutine has its own, to rank them takes longer. */
	SETS_RANKED = 4096,
};

/* ---- what is needed --------------------------------------------------------------------------- */

static unsigned column_parts(const struct column *c)
{
	if (c->named)
		return PART_NAMES;
	if (c->unit == UNIT_PERCENT || c->unit == UNIT_PER_SECOND)
		return PART_SHARE;
	if (c->number || c->rank)
		return 0;
	return strcmp(c->name, "reason") ? PART_LABELS : PART_REASON;
}

unsigned filter_parts(const struct filter *f)
{
	unsigned parts = 0;

	for (size_t i = 1; f && i < f->nodes.n; i++) {
		const struct filter_node *node = &f->nodes.v[i];

		if (node->kind != FILTER_TEST || node->test.field == FIELD_SYSTEM)
			continue;
		if (node->test.field != FIELD_COLUMN)
			return PART_ALL;
		parts |= column_parts(&columns[node->test.column]);
	}
	return parts;
}

/* ---- the order of texts ----------------------------------------------------------------------- */

enum text_kind { TEXT_NAME, TEXT_REASON, TEXT_LABELS };

struct text_order {
	const struct model *m;
	enum text_kind kind;
	const struct column *column; /* of labels */
};

static const char *text_of_labels(const struct text_order *o, uint32_t id)
{
	const struct row row = {.label_set = o->m->labels.all.v[id].set};

	return o->column->text(&row, NULL);
}

/* NULL: unknown. */
static const char *text_of(const struct text_order *o, uint32_t id)
{
	const char *text;

	switch (o->kind) {
	case TEXT_REASON:
		text = names_reason(o->m->options.names, (uint8_t)id);
		return text && *text ? text : NULL;
	case TEXT_LABELS:
		return text_of_labels(o, id);
	default:
		return o->m->pcs.v[id].name->function;
	}
}

static int compare_ids(const void *a, const void *b, void *ctx)
{
	const struct text_order *o = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (o->kind == TEXT_NAME)
		return name_compare(o->m->pcs.v[x].name, o->m->pcs.v[y].name);
	return text_compare(text_of(o, x), text_of(o, y));
}

/* Those that are called the same have the same rank, which is a key. */
static bool rank_texts(struct entry_keys *k, struct text_order *o, size_t n)
{
	uint32_t *ids = malloc(n * sizeof(*ids) + 1), rank = KEY_HIDDEN;

	if (!ids || !vec_reserve(&k->rank, n + 1)) {
		free(ids);
		return false;
	}
	for (uint32_t i = 0; i < n; i++)
		ids[i] = i;
	if (n)
		qsort_r(ids, n, sizeof(*ids), compare_ids, o);
	for (size_t i = 0; i < n; i++) {
		if (!i || compare_ids(&ids[i - 1], &ids[i], o))
			rank++;
		k->rank.v[ids[i]] = text_of(o, ids[i]) ? rank : 0;
	}
	k->rank.n = n;
	free(ids);
	return true;
}

/* Most have none, or those of the last one. */
static uint32_t labels_rank(struct entry_keys *k, const struct entry *e)
{
	uint32_t at;

	if (!e->labels)
		return 0;
	if (e->labels == k->labels)
		return k->labels_rank;
	at = hash_get(&k->m->labels.by_pointer, e->labels);
	k->labels = e->labels;
	k->labels_rank = at == HASH_NONE ? 0 : k->rank.v[at];
	return k->labels_rank;
}

static size_t name_offset(const struct column *c)
{
	if (!strcmp(c->name, "start"))
		return offsetof(struct entry, start);
	if (!strcmp(c->name, "created"))
		return offsetof(struct entry, created);
	return offsetof(struct entry, where);
}

/* ---- keys that are kept ----------------------------------------------------------------------- */

static bool can_keep(const struct entry_keys *k)
{
	const struct key_cache *cache = &k->m->keys;

	return cache->known && cache->sort.column == k->sort->column &&
	       cache->system == k->request->system && cache->texts == k->texts &&
	       cache->now >= k->m->time;
}

/* The same order, the other way round. */
static void turn(struct key_cache *cache)
{
	vec_foreach (key, &cache->keys)
		if (*key > KEY_HIDDEN)
			*key = sort_key_turned(*key);
	cache->sort.dir = cache->sort.dir == SORT_ASC ? SORT_DESC : SORT_ASC;
}

/* Ages grow together: counted up to one moment to come their order is that of any moment. */
static void keep_keys(struct entry_keys *k)
{
	struct key_cache *cache = &k->m->keys;
	uint64_t now = k->ctx.now;

	if (!can_keep(k)) {
		cache->known = false;
		cache->keys.n = 0;
		if (!vec_reserve(&cache->keys, k->m->live.n + 1))
			return;
		cache->keys.n = k->m->live.n;
		memset(cache->keys.v, KEY_STALE, cache->keys.n * sizeof(*cache->keys.v));
		cache->sort = *k->sort;
		cache->system = k->request->system;
		cache->texts = k->texts;
		cache->now = k->m->time + 3600 * NSEC_PER_SEC;
		cache->known = true;
	}
	if (cache->sort.dir != k->sort->dir)
		turn(cache);
	k->ctx.now = cache->now;
	cache->opened++;
	k->ahead = cache->now > now ? cache->now - now : 0;
	k->cache = cache;
}

void entry_keys_gap(struct model *m)
{
	enum column_unit unit = columns[m->keys.sort.column].unit;

	if (unit == UNIT_PERCENT || unit == UNIT_PER_SECOND)
		m->keys.known = false;
}

void entry_keys_refresh(struct model *m, uint64_t before)
{
	if (!before || !m->interval || gap_since(m, m->refreshed - m->interval - before))
		entry_keys_gap(m);
}

/* What a rank is that of: labels lie behind pointers, and change their places. */
static uint64_t ranked_thing(const struct text_order *o, size_t id)
{
	return o->kind == TEXT_LABELS ? o->m->labels.all.v[id].pointer : id;
}

/* Ranks are made for each pass, since each new text changes them; the keys only when it did. */
static bool open_ranks(struct entry_keys *k, struct text_order *order, size_t n)
{
	k->exact = true;
	if (!rank_texts(k, order, n))
		return false;
	k->texts = 1;
	for (size_t i = 0; i < n; i++)
		k->texts = hash_mix(k->texts ^ hash_mix(ranked_thing(order, i)) ^ k->rank.v[i]);
	keep_keys(k);
	return true;
}

bool entry_keys_open(struct entry_keys *k, struct model *m, const struct request *request,
		     const struct row_context *ctx)
{
	const struct sort_spec *sort = &request->sort;
	const struct column *c = &columns[sort->column];

	*k = (struct entry_keys){
		.m = m, .request = request, .sort = sort, .ctx = *ctx, .parts = column_parts(c)};
	k->row.start = k->row.created = k->row.where = &name_unknown;
	k->exact = sort_key_is_exact(sort);
	if (k->parts == PART_NAMES) {
		k->id_offset = name_offset(c);
		return open_ranks(k, &(struct text_order){m, TEXT_NAME, c}, m->pcs.n);
	}
	if (k->parts == PART_REASON && m->options.names)
		return open_ranks(k, &(struct text_order){m, TEXT_REASON, c}, REASONS);
	if (k->parts == PART_LABELS && m->labels.all.n <= SETS_RANKED)
		return open_ranks(k, &(struct text_order){m, TEXT_LABELS, c}, m->labels.all.n);
	if (k->exact)
		keep_keys(k);
	return true;
}

void entry_keys_close(struct entry_keys *k)
{
	vec_free(&k->rank);
}

/* ---- keys ------------------------------------------------------------------------------------- */

static uint64_t rank_key(const struct entry_keys *k, uint32_t rank)
{
	uint64_t key = k->sort->dir == SORT_DESC ? ~(uint64_t)rank : rank;

	if (!rank)
		return UINT64_MAX;
	return key < UINT64_MAX ? key : UINT64_MAX - 1;
}

/* Who stood still has the share that all have who stood still in that kind of state. */
static uint64_t *still_key(struct entry_keys *k, const struct entry *e)
{
	if (!(k->parts & PART_SHARE) || !stood_still(k->m, e))
		return NULL;
	return &k->still[(e->flags & ROW_KNOWS_COUNTS) != 0][time_kind(k->m, e->state)];
}

static uint64_t live_key(struct entry_keys *k, const struct entry *e)
{
	uint64_t *still, key;

	if (k->id_offset)
		return rank_key(k, k->rank.v[*(const uint32_t *)((const char *)e + k->id_offset)]);
	if (k->rank.n && k->parts == PART_LABELS)
		return rank_key(k, labels_rank(k, e));
	if (k->rank.n)
		return rank_key(k, e->flags & ROW_KNOWS_REASON ? k->rank.v[e->reason] : 0);
	still = still_key(k, e);
	if (still && *still != KEY_STALE)
		return *still;
	show_parts(k->m, e, k->parts, &k->row);
	key = sort_key(k->sort, &k->row, &k->ctx);
	if (still)
		*still = key;
	return key;
}

uint64_t entry_key(struct entry_keys *k, size_t place)
{
	if (place < k->m->live.n || k->rank.n)
		return live_key(k, place_entry(k->m, place));
	place_row(k->m, place, &k->row);
	k->row.counted += k->ahead; /* its age is not growing, and its key is with theirs */
	return sort_key(k->sort, &k->row, &k->ctx);
}

static uint64_t kept_key(struct entry_keys *k, size_t place)
{
	const struct entry *e = &k->m->live.v[place];
	uint64_t *kept = k->cache ? &k->cache->keys.v[place] : NULL, key;

	if (kept && *kept != KEY_STALE)
		return *kept;
	key = entry_is_meant(k->request, e) ? live_key(k, e) : KEY_HIDDEN;
	if (kept)
		*kept = key;
	return key;
}

bool entry_key_if_meant(struct entry_keys *k, size_t place, uint64_t *ret)
{
	if (place < k->m->live.n)
		*ret = kept_key(k, place);
	else
		*ret = place_is_meant(k->m, k->request, place) ? entry_key(k, place) : KEY_HIDDEN;
	return *ret != KEY_HIDDEN;
}
