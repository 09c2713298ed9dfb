// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A screen shows some fifty rows of perhaps a million, so they are not all sorted: one pass over the
 * goroutines keeps the rows that the window may be made of, which are those nearest (nearest.h) to
 * the beginning, to the end, or to the selected row that the window follows. Somewhere in between,
 * or for a batch output, all are gathered, the window is split off by quickselect, and only that is
 * sorted. The order is total (ties by goid), so all ways give the same rows.
 *
 * The order found is remembered. If nothing in the table has changed since, and neither the sort nor
 * the filter asks for what time alone changes, the next picture takes it from there: an idle target
 * costs no pass, however many goroutines it has (DESIGN.md law 11), and neither does scrolling. If
 * some goroutines have changed, what was remembered of the beginning is amended by those alone:
 * whoever has not, and was behind the last row remembered, is behind it still.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "model/entry_key.h"
#include "model/nearest.h"
#include "model/select.h"
#include "model/tree.h"

enum {
	MARGIN = 512, /* rows more that are put in order, for whoever scrolls */
	ROWS_ALWAYS = 50000,
	KEPT_MAX = 4096, /* rows of a window, or up to its end, that are kept in a pass */
	AHEAD = 12,	 /* goroutines that are brought into the cache before their turn */
};

struct pass {
	struct model *m;
	const struct request *request;
	const struct row_context *ctx;
	struct entry_keys keys;
	struct ranking by;
	unsigned parts; /* of a row that the filter looks at */
	struct row row;
	struct nearest low, high; /* … the end of what they are offered, and its beginning */
	struct nearest *to[2];	  /* to whom a row is offered: [it comes before the anchor] */
	size_t matching;
	struct ranked anchor; /* the selected one */
	bool anchored;	      /* it is among the matching */
	size_t before;	      /* rows before the anchor */
	size_t selected_place;
	ranked_rows rows; /* the result: sorted */
	struct selection *result;
};

/* ---- the pass --------------------------------------------------------------------------------- */

/* The filter that there is. */
static bool matches(struct pass *p, size_t at)
{
	if (at < p->m->live.n)
		show_parts(p->m, &p->m->live.v[at], p->parts, &p->row);
	else
		place_row(p->m, at, &p->row);
	return filter_match(p->request->filter, &p->row, p->ctx);
}

static void visit(struct pass *p, size_t at)
{
	struct ranked one = {.at = (uint32_t)at};
	bool before = false;

	if (!entry_key_if_meant(&p->keys, at, &one.key) || (p->request->filter && !matches(p, at)))
		return;
	p->matching++;
	if (p->anchored && at != p->anchor.at)
		before = ranked_compare(&p->by, &one, &p->anchor) < 0;
	p->before += before;
	nearest_offer(p->to[before], &one);
}

static void set_anchor(struct pass *p)
{
	size_t at = p->selected_place;

	p->anchor.at = (uint32_t)at;
	if (!p->result->has_selected || at >= place_count(p->m, p->request->ended) ||
	    !entry_key_if_meant(&p->keys, at, &p->anchor.key))
		return;
	p->anchor.goid = p->result->selected.goid;
	p->anchored = !p->request->filter || matches(p, at);
}

/* Whom the pass has to keep, as far as that can be told before it. */
static void aim(struct pass *p)
{
	size_t first = p->request->first, count = p->request->count;
	size_t end = count > SIZE_MAX - first ? SIZE_MAX : first + count;

	p->low = (struct nearest){.by = &p->by, .room = count + MARGIN, .last = true};
	p->high = (struct nearest){.by = &p->by, .room = SIZE_MAX};
	p->to[false] = p->to[true] = &p->high;
	if (count > KEPT_MAX)
		return;
	if (p->anchored && p->request->follow) {
		p->to[true] = &p->low;
		p->high.room = p->low.room;
	} else if (end <= KEPT_MAX) {
		p->high.room = end + MARGIN;
	} else if (end >= place_count(p->m, p->request->ended)) {
		p->to[false] = p->to[true] = &p->low;
	}
}

/* What a pass asks of those that stand further on, which the processor does not foresee. */
static void prefetch(const struct pass *p, size_t at)
{
	const char *e;

	if (at + AHEAD >= p->m->live.n)
		return;
	e = (const char *)&p->m->live.v[at + AHEAD];
	__builtin_prefetch(e);
	__builtin_prefetch(e + offsetof(struct entry, start));
}

static void visit_all(struct pass *p)
{
	size_t n = place_count(p->m, p->request->ended);

	for (size_t at = 0; at < n; at++) {
		prefetch(p, at);
		visit(p, at);
	}
}

/* ---- the window ------------------------------------------------------------------------------- */

static void find_selected(struct pass *p)
{
	struct selection *s = p->result;
	uint64_t goid = p->request->selected;
	size_t all = place_count(p->m, true);
	uint32_t at = index_get(&p->m->by_goid, p->m->live.v, goid);
	size_t place = at == INDEX_NONE ? p->m->live.n : at;

	s->selected_at = -1;
	if (!goid)
		return;
	if (at == INDEX_NONE)
		while (place < all && place_entry(p->m, place)->goid != goid)
			place++;
	if (place >= all)
		return;
	place_row(p->m, place, &s->selected);
	s->has_selected = true;
	p->selected_place = place;
}

/* ---- what the last selection found ------------------------------------------------------------ */

struct order_key order_key(const struct model *m, const struct request *r)
{
	return (struct order_key){
		.version = m->version,
		.filter = filter_serial(r->filter),
		.sort = r->sort,
		.system = r->system,
		.ended = r->ended,
	};
}

bool order_key_same(const struct order_key *a, const struct order_key *b)
{
	return a->version == b->version && a->filter == b->filter &&
	       a->sort.column == b->sort.column && a->sort.dir == b->sort.dir &&
	       a->system == b->system && a->ended == b->ended;
}

bool order_is_timeless(const struct model *m, const struct request *r)
{
	enum column_unit unit = columns[r->sort.column].unit;
	bool ended = r->ended && m->ended.n + m->ended_before.n;

	/* The ages of those that live overtake those of the ended. */
	return unit != UNIT_PERCENT && unit != UNIT_PER_SECOND && !(ended && unit == UNIT_TIME) &&
	       filter_is_timeless(r->filter);
}

static void remember(struct pass *p, size_t from)
{
	struct order *o = &p->m->order;

	o->known = false;
	o->rows.n = 0;
	if (p->rows.n > 4 * KEPT_MAX || !vec_append(&o->rows, p->rows.v, p->rows.n))
		return;
	o->known = true;
	o->timeless = order_is_timeless(p->m, p->request);
	o->key = order_key(p->m, p->request);
	o->from = from;
	o->matching = p->matching;
	o->selected = p->request->selected;
	o->selected_at = p->result->selected_at;
	o->keys_opened = p->m->keys.opened;
}

/* Where the selected row is in the order that is remembered; false: that is not known. */
static bool recall_selected(struct pass *p)
{
	const struct order *o = &p->m->order;
	struct selection *s = p->result;

	s->selected_at = -1;
	if (!s->has_selected)
		return true;
	for (size_t i = 0; i < o->rows.n; i++)
		if (o->rows.v[i].goid == s->selected.goid) {
			s->selected_at = (ssize_t)(o->from + i);
			return true;
		}
	s->selected_at = o->selected_at;
	return o->selected == s->selected.goid;
}

/* Takes the window from what is remembered of the table as it is; false: it is not in there. */
static bool recall(struct pass *p)
{
	const struct order *o = &p->m->order;
	struct order_key key = order_key(p->m, p->request);
	struct selection *s = p->result;
	size_t n;

	if (!o->known || !order_key_same(&o->key, &key) || !recall_selected(p))
		return false;
	s->matching = p->matching = o->matching;
	s->first = window_begin(p->request, s);
	n = o->matching - s->first;
	if (n > p->request->count)
		n = p->request->count;
	if (s->first < o->from || s->first + n > o->from + o->rows.n)
		return false;
	p->rows.n = 0;
	return vec_append(&p->rows, o->rows.v + (s->first - o->from), n);
}

/* ---- what has changed since ------------------------------------------------------------------- */

/* Whether what is remembered is the beginning of the same order, and who has changed since has no key. */
static bool can_amend(const struct pass *p)
{
	const struct order *o = &p->m->order;
	struct order_key key = order_key(p->m, p->request);

	key.version = o->key.version;
	return o->known && !o->from && p->keys.cache && !p->request->filter &&
	       order_key_same(&o->key, &key) && o->keys_opened + 1 == p->keys.cache->opened;
}

/* Those of the living whose keys are what they were. */
static void take_unchanged(struct pass *p)
{
	const struct key_cache *cache = p->keys.cache;

	vec_foreach (one, &p->m->order.rows)
		if (one->at < p->m->live.n && p->m->live.v[one->at].goid == one->goid &&
		    cache->keys.v[one->at] == one->key)
			nearest_offer(&p->high, one);
}

static void take_changed(struct pass *p, size_t at, const struct ranked *last)
{
	struct ranked one = {.at = (uint32_t)at};

	if (!entry_key_if_meant(&p->keys, at, &one.key))
		return;
	p->matching++;
	if (!last || ranked_compare(&p->by, &one, last) <= 0)
		nearest_offer(&p->high, &one);
}

/* Who ended is shown for a short time only: they all count as changed. */
static void take_all_changed(struct pass *p, const struct ranked *last)
{
	const uint64_t *keys = p->keys.cache->keys.v;
	size_t living = p->m->live.n;

	for (size_t at = 0; at < living; at++) {
		if (keys[at] == KEY_STALE)
			take_changed(p, at, last);
		else
			p->matching += keys[at] != KEY_HIDDEN;
	}
	for (size_t at = living; at < place_count(p->m, p->request->ended); at++)
		take_changed(p, at, last);
}

/* Whether the selected row is behind what is remembered, and has not changed: it is behind it still. */
static bool selected_is_beyond(const struct pass *p)
{
	const struct selection *s = p->result;
	size_t at = p->selected_place;

	if (!s->has_selected || at >= p->m->live.n || p->keys.cache->keys.v[at] <= KEY_HIDDEN)
		return false;
	vec_foreach (one, &p->m->order.rows)
		if (one->goid == s->selected.goid)
			return false;
	return true;
}

/* The order that is remembered becomes that of the table as it is; false: it must be found anew. */
static bool amend(struct pass *p)
{
	struct order *o = &p->m->order;
	bool all = o->matching == o->rows.n;
	struct ranked last;

	if (!can_amend(p) || (!all && !o->rows.n) || selected_is_beyond(p))
		return false;
	if (!all)
		last = o->rows.v[o->rows.n - 1];
	p->high = (struct nearest){.by = &p->by, .room = KEPT_MAX + MARGIN};
	take_unchanged(p);
	take_all_changed(p, all ? NULL : &last);
	nearest_close(&p->high);
	if (p->high.failed)
		return false;
	o->rows.n = 0;
	p->result->selected_at = -1;
	p->rows = p->high.v;
	p->high.v = (ranked_rows){0};
	remember(p, 0);
	o->selected = 0; /* where that one is, if not in there, is not known */
	return recall(p);
}

/* ---- the selection ---------------------------------------------------------------------------- */

/* What the pass has kept, in order; returns the number of the first of them. */
static size_t gather(struct pass *p)
{
	size_t count = p->request->count, from;
	struct selection *s = p->result;

	s->selected_at = p->anchored ? (ssize_t)p->before : -1;
	s->matching = p->matching;
	s->first = window_begin(p->request, s);
	from = p->low.offered;
	nearest_close(&p->low);
	from -= p->low.v.n;
	if (p->high.room == SIZE_MAX && count <= KEPT_MAX && p->high.offered) {
		from = s->first > MARGIN ? s->first - MARGIN : 0;
		nearest_cut(&p->high, from, s->first - from + count + MARGIN);
	} else {
		nearest_close(&p->high);
	}
	return from;
}

/* Leaves of p->rows, which begin with the one numbered `from`, the window's. */
static void trim(struct pass *p, size_t from)
{
	size_t skip = p->result->first - from, n = p->rows.n > skip ? p->rows.n - skip : 0;

	p->rows.n = n < p->request->count ? n : p->request->count;
	for (size_t i = 0; skip && i < p->rows.n; i++)
		p->rows.v[i] = p->rows.v[skip + i];
}

static int order_rows(struct pass *p)
{
	size_t from;

	aim(p);
	visit_all(p);
	from = gather(p);
	if (p->low.failed || p->high.failed || !vec_append(&p->low.v, p->high.v.v, p->high.v.n))
		return -ENOMEM;
	vec_free(&p->rows);
	p->rows = p->low.v;
	p->low.v = (ranked_rows){0};
	remember(p, from);
	trim(p, from);
	return 0;
}

static int find_rows(struct pass *p)
{
	int r = 0;

	p->row.start = p->row.created = p->row.where = &name_unknown;
	if (!entry_keys_open(&p->keys, p->m, p->request, p->ctx))
		return -ENOMEM;
	p->by = (struct ranking){.m = p->m,
				 .request = p->request,
				 .ctx = p->ctx,
				 .exact = p->keys.exact};
	if (!amend(p)) {
		p->matching = 0;
		set_anchor(p);
		vec_free(&p->high.v);
		r = order_rows(p);
	}
	entry_keys_close(&p->keys);
	vec_free(&p->low.v);
	vec_free(&p->high.v);
	return r;
}

static int show_rows(struct pass *p)
{
	struct model *m = p->m;

	m->rows.n = 0;
	vec_slim(&m->rows, p->rows.n + 1);
	if (!vec_reserve(&m->rows, p->rows.n + 1))
		return -ENOMEM;
	vec_foreach (one, &p->rows)
		place_row(m, one->at, &m->rows.v[m->rows.n++]);
	return 0;
}

int select_rows(struct model *m, const struct request *request, const struct row_context *ctx,
		struct selection *ret)
{
	struct pass p = {
		.m = m,
		.request = request,
		.ctx = ctx,
		.parts = filter_parts(request->filter),
		.result = ret,
	};
	int r = 0;

	if (request->tree)
		return tree_rows(m, request, ctx, ret);
	tree_slim(m->tree);
	*ret = (struct selection){0};
	find_selected(&p);
	/* Behind groups of very many nobody sees rows, and they would cost most of the picture. */
	if (request->view == VIEW_GROUPS && m->live.n > ROWS_ALWAYS)
		return show_rows(&p);
	if (!m->order.timeless || !recall(&p))
		r = find_rows(&p);
	if (!r)
		r = show_rows(&p);
	vec_free(&p.rows);
	return r;
}
