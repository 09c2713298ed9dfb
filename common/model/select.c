// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A screen shows some fifty rows of perhaps a million, so they are not all sorted: one pass over the
 * goroutines keeps the first K = first + count of them in a heap whose top is the last of these.
 * Mostly a row is behind the top, which one comparison of two numbers tells (sort_key.h). Where K is
 * large (far down in the list, or all rows for a batch output) all are gathered, the window is split
 * off by quickselect, and only that is sorted.
 *
 * The order is total (ties by goid), so both ways give the same rows.
 *
 * The order found is remembered. If nothing in the table has changed since, and neither the sort nor
 * the filter asks for what time alone changes, the next picture takes it from there: an idle target
 * costs no pass, however many goroutines it has (DESIGN.md law 11), and neither does scrolling.
 */
#include <errno.h>
#include <stdlib.h>

#include "model/entry_key.h"
#include "model/select.h"
#include "model/tree.h"

enum {
	MARGIN = 512, /* rows more that are put in order, for whoever scrolls */
	ROWS_ALWAYS = 50000,
	HEAP_MAX = 4096, /* rows up to the end of a window that are kept in a heap */
};

struct ranked {
	uint64_t key;
	uint32_t
		at; /* place: the living, then those ended in this interval, then in the last one */
};

struct pass {
	struct model *m;
	const struct request *request;
	const struct row_context *ctx;
	VEC(struct ranked) ranked;
	size_t keep; /* size of the heap; SIZE_MAX: all are gathered */
	struct entry_keys keys;
	unsigned parts; /* of a row that the filter looks at */
	struct row row;
	size_t matching;
	bool matches;  /* the selected one does */
	size_t before; /* rows before the selected one */
	size_t selected_place;
	uint64_t selected_key;
	struct selection *result;
	bool failed;
};

/* ---- rows by place ---------------------------------------------------------------------------- */

static const struct ended *ended_at(const struct model *m, size_t at)
{
	at -= m->live.n;
	return at < m->ended.n ? &m->ended.v[at] : &m->ended_before.v[at - m->ended.n];
}

size_t place_count(const struct model *m, bool ended)
{
	return m->live.n + (ended ? m->ended.n + m->ended_before.n : 0);
}

const struct entry *place_entry(const struct model *m, size_t at)
{
	return at < m->live.n ? &m->live.v[at] : &ended_at(m, at)->entry;
}

bool place_is_meant(const struct model *m, const struct request *request, size_t at)
{
	const struct entry *e = place_entry(m, at);

	if (!request->system && e->flags & ROW_SYSTEM)
		return false;
	/* An extra M's goroutine of Go ≤ 1.25 ends and comes back under the same goid. */
	return at < m->live.n || index_get(&m->by_goid, m->live.v, e->goid) == INDEX_NONE;
}

void place_row(const struct model *m, size_t at, struct row *ret)
{
	if (at < m->live.n)
		show_row(m, &m->live.v[at], ret);
	else
		show_ended(m, ended_at(m, at), ret);
}

/* ---- order ------------------------------------------------------------------------------------ */

static bool less(const struct pass *p, const struct ranked *a, const struct ranked *b)
{
	struct row x, y;

	if (a->key != b->key)
		return a->key < b->key;
	if (p->keys.exact)
		return place_entry(p->m, a->at)->goid < place_entry(p->m, b->at)->goid;
	place_row(p->m, a->at, &x);
	place_row(p->m, b->at, &y);
	return sort_compare(&p->request->sort, &x, &y, p->ctx) < 0;
}

static void swap(struct ranked *a, struct ranked *b)
{
	struct ranked t = *a;

	*a = *b;
	*b = t;
}

/* Lets the element at i sink to its place in v[0..n), a heap with the last row at its top. */
static void sift_down(const struct pass *p, struct ranked *v, size_t i, size_t n)
{
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			return;
		if (child + 1 < n && less(p, &v[child], &v[child + 1]))
			child++;
		if (!less(p, &v[i], &v[child]))
			return;
		swap(&v[i], &v[child]);
		i = child;
	}
}

static void heap_sort(const struct pass *p, struct ranked *v, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift_down(p, v, i, n);
	for (size_t end = n; end-- > 1;) {
		swap(&v[0], &v[end]);
		sift_down(p, v, 0, end);
	}
}

/* Puts the rows that come before all others into v[0..k), in no order; k < n. */
static void split(const struct pass *p, struct ranked *v, size_t n, size_t k)
{
	uint64_t random = n;

	while (n > 1) {
		size_t low = 0, last = n - 1;

		random = hash_mix(random + k);
		swap(&v[random % n], &v[last]);
		for (size_t i = 0; i < last; i++)
			if (less(p, &v[i], &v[last]))
				swap(&v[i], &v[low++]);
		swap(&v[low], &v[last]);
		if (low == k)
			return;
		if (k < low) {
			n = low;
		} else {
			v += low + 1;
			n -= low + 1;
			k -= low + 1;
		}
	}
}

/* ---- the pass --------------------------------------------------------------------------------- */

static void keep(struct pass *p, const struct ranked *one)
{
	struct ranked *v = p->ranked.v;

	if (p->ranked.n < p->keep) {
		if (!vec_push(&p->ranked, *one)) {
			p->failed = true;
			return;
		}
		if (p->ranked.n == p->keep)
			for (size_t i = p->keep / 2; i-- > 0;)
				sift_down(p, p->ranked.v, i, p->keep);
	} else if (p->keep && less(p, one, &v[0])) {
		v[0] = *one;
		sift_down(p, v, 0, p->keep);
	}
}

static bool matches(struct pass *p, size_t at)
{
	if (!p->request->filter)
		return true;
	if (at < p->m->live.n)
		show_parts(p->m, &p->m->live.v[at], p->parts, &p->row);
	else
		place_row(p->m, at, &p->row);
	return filter_match(p->request->filter, &p->row, p->ctx);
}

/* Of one that has the selected one's key, whether it comes before. */
static bool stands_before(struct pass *p, size_t at, uint64_t goid)
{
	struct row row;

	if (p->keys.exact)
		return goid < p->result->selected.goid;
	place_row(p->m, at, &row);
	return sort_compare(&p->request->sort, &row, &p->result->selected, p->ctx) < 0;
}

static void visit(struct pass *p, size_t at)
{
	struct selection *s = p->result;
	struct ranked one = {.at = (uint32_t)at};
	uint64_t goid;

	if (!entry_key_if_meant(&p->keys, at, &one.key) || !matches(p, at))
		return;
	p->matching++;
	keep(p, &one);
	if (!s->has_selected)
		return;
	goid = place_entry(p->m, at)->goid;
	if (goid == s->selected.goid)
		p->matches = true;
	else if (one.key != p->selected_key)
		p->before += one.key < p->selected_key;
	else
		p->before += stands_before(p, at, goid);
}

static int run(struct pass *p, size_t first, size_t count)
{
	size_t end = count > SIZE_MAX - first ? SIZE_MAX : first + count;

	p->keep = end > HEAP_MAX ? SIZE_MAX : end > MARGIN ? end : MARGIN;
	p->ranked.n = p->matching = p->before = 0;
	p->matches = p->failed = false;
	for (size_t at = 0; at < place_count(p->m, p->request->ended); at++)
		visit(p, at);
	return p->failed ? -ENOMEM : 0;
}

/* ---- the window ------------------------------------------------------------------------------- */

static void find_selected(struct pass *p)
{
	struct selection *s = p->result;
	uint64_t goid = p->request->selected;
	size_t all = p->m->live.n + p->m->ended.n + p->m->ended_before.n;
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

/* Where the window begins: not behind the last page, and over the selected row if it is followed. */
static size_t place_window(const struct pass *p, size_t first, size_t count)
{
	size_t at = (size_t)p->result->selected_at;

	if (first > p->matching || p->matching - first < count)
		first = p->matching > count ? p->matching - count : 0;
	if (!p->request->follow || p->result->selected_at < 0 || !count)
		return first;
	if (at < first)
		return at;
	return at - first >= count ? at - count + 1 : first;
}

/* Leaves the rows [first, first + count) of all that were kept in p->ranked, sorted. */
static void cut_out(struct pass *p, size_t first, size_t count)
{
	struct ranked *v = p->ranked.v;
	size_t n = p->ranked.n;

	if (first >= n) {
		p->ranked.n = 0;
		return;
	}
	if (first)
		split(p, v, n, first);
	n -= first;
	if (count < n) {
		split(p, v + first, n, count);
		n = count;
	}
	heap_sort(p, v + first, n);
	for (size_t i = 0; first && i < n; i++)
		v[i] = v[first + i];
	p->ranked.n = n;
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
	o->places.n = 0;
	if (!order_is_timeless(p->m, p->request) || p->ranked.n > 2 * HEAP_MAX ||
	    !vec_reserve(&o->places, p->ranked.n + 1))
		return;
	vec_foreach (one, &p->ranked)
		o->places.v[o->places.n++] = one->at;
	o->known = true;
	o->key = order_key(p->m, p->request);
	o->from = from;
	o->matching = p->matching;
	o->selected = p->request->selected;
	o->selected_at = p->result->selected_at;
}

/* Where the selected row is in the order that is remembered; false: that is not known. */
static bool recall_selected(struct pass *p)
{
	const struct order *o = &p->m->order;
	struct selection *s = p->result;

	s->selected_at = -1;
	if (!s->has_selected)
		return true;
	for (size_t i = 0; i < o->places.n; i++)
		if (place_entry(p->m, o->places.v[i])->goid == s->selected.goid) {
			s->selected_at = (ssize_t)(o->from + i);
			return true;
		}
	s->selected_at = o->selected_at;
	return o->selected == s->selected.goid;
}

/* Takes the window from what is remembered; false: it is not in there. */
static bool recall(struct pass *p)
{
	const struct order *o = &p->m->order;
	struct order_key key = order_key(p->m, p->request);
	struct selection *s = p->result;
	size_t n;

	if (!o->known || !order_key_same(&o->key, &key) || !recall_selected(p))
		return false;
	s->matching = p->matching = o->matching;
	s->first = place_window(p, p->request->first, p->request->count);
	n = o->matching - s->first;
	if (n > p->request->count)
		n = p->request->count;
	if (s->first < o->from || s->first + n > o->from + o->places.n ||
	    !vec_reserve(&p->ranked, n))
		return false;
	for (size_t i = 0; i < n; i++)
		p->ranked.v[i] = (struct ranked){.at = o->places.v[s->first - o->from + i]};
	p->ranked.n = n;
	return true;
}

/* ---- the selection ---------------------------------------------------------------------------- */

/* Leaves of p->ranked only `count` rows from `first` on; they are sorted. */
static void trim(struct pass *p, size_t first, size_t count)
{
	struct ranked *v = p->ranked.v;
	size_t n = p->ranked.n > first ? p->ranked.n - first : 0;

	n = n < count ? n : count;
	for (size_t i = 0; first && i < n; i++)
		v[i] = v[first + i];
	p->ranked.n = n;
}

/* Puts what may be asked for next in order too: some rows more on either side of the window. */
static int order_rows(struct pass *p)
{
	struct selection *s = p->result;
	size_t first = p->request->first, count = p->request->count, from = 0;
	int r = run(p, first, count);

	if (r)
		return r;
	s->selected_at = p->matches ? (ssize_t)p->before : -1;
	s->matching = p->matching;
	s->first = place_window(p, first, count);
	/* The window has moved down, behind what was kept. */
	if (p->keep != SIZE_MAX && s->first > first && p->matching > p->keep) {
		r = run(p, s->first, count);
		if (r)
			return r;
	}
	if (p->keep != SIZE_MAX || count > HEAP_MAX) {
		heap_sort(p, p->ranked.v, p->ranked.n);
	} else {
		from = s->first > MARGIN ? s->first - MARGIN : 0;
		cut_out(p, from, s->first - from + count + MARGIN);
	}
	remember(p, from);
	trim(p, s->first - from, count);
	return 0;
}

static int show_rows(struct pass *p)
{
	struct model *m = p->m;

	m->rows.n = 0;
	vec_slim(&m->rows, p->ranked.n + 1);
	if (!vec_reserve(&m->rows, p->ranked.n + 1))
		return -ENOMEM;
	vec_foreach (one, &p->ranked)
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
	if (!recall(&p)) {
		p.row.start = p.row.created = p.row.where = &name_unknown;
		if (!entry_keys_open(&p.keys, m, request, ctx))
			r = -ENOMEM;
		if (!r && ret->has_selected)
			p.selected_key = entry_key(&p.keys, p.selected_place);
		if (!r)
			r = order_rows(&p);
		entry_keys_close(&p.keys);
	}
	if (!r)
		r = show_rows(&p);
	vec_free(&p.ranked);
	return r;
}
