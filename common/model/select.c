// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A screen shows some fifty rows of perhaps a million, so they are not all sorted: one pass over the
 * goroutines keeps the first K = first + count of them in a heap whose top is the last of these.
 * Mostly a row is behind the top, which one comparison of two numbers tells (sort_key.h). Where K is
 * large (far down in the list, or all rows for a batch output) all are gathered, the window is split
 * off by quickselect, and only that is sorted.
 *
 * The order is total (ties by goid), so both ways give the same rows.
 */
#include <errno.h>
#include <stdlib.h>

#include "model/select.h"
#include "model/sort_key.h"

enum {
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
	bool exact;  /* equal keys leave only the goids to compare */
	size_t matching;
	bool matches;  /* the selected one does */
	size_t before; /* rows before the selected one */
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

void place_row(const struct model *m, size_t at, struct row *ret)
{
	if (at < m->live.n)
		show_row(m, &m->live.v[at], ret);
	else
		show_ended(m, ended_at(m, at), ret);
}

/* ---- order ------------------------------------------------------------------------------------ */

static bool row_less(const struct pass *p, uint64_t key, const struct row *row, uint64_t than_key,
		     const struct row *than)
{
	if (key != than_key)
		return key < than_key;
	return sort_compare(&p->request->sort, row, than, p->ctx) < 0;
}

static bool less(const struct pass *p, const struct ranked *a, const struct ranked *b)
{
	struct row x, y;

	if (a->key != b->key)
		return a->key < b->key;
	if (p->exact)
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

static void visit(struct pass *p, size_t at)
{
	struct selection *s = p->result;
	struct ranked one = {.at = (uint32_t)at};
	struct row row;

	if (!p->request->system && place_entry(p->m, at)->flags & ROW_SYSTEM)
		return;
	place_row(p->m, at, &row);
	if (!filter_match(p->request->filter, &row, p->ctx))
		return;
	one.key = sort_key(&p->request->sort, &row, p->ctx);
	p->matching++;
	keep(p, &one);
	if (!s->has_selected)
		return;
	if (row.goid == s->selected.goid)
		p->matches = true;
	else if (row_less(p, one.key, &row, p->selected_key, &s->selected))
		p->before++;
}

static int run(struct pass *p, size_t first, size_t count)
{
	size_t end = count > SIZE_MAX - first ? SIZE_MAX : first + count;

	p->keep = end <= HEAP_MAX ? end : SIZE_MAX;
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
	p->selected_key = sort_key(&p->request->sort, &s->selected, p->ctx);
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

/* Leaves only the window's rows in p->ranked, sorted. */
static void cut_window(struct pass *p, size_t first, size_t count)
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

static int show_window(struct pass *p)
{
	struct model *m = p->m;

	m->rows.n = 0;
	if (!vec_reserve(&m->rows, p->ranked.n + 1))
		return -ENOMEM;
	vec_foreach (one, &p->ranked)
		place_row(m, one->at, &m->rows.v[m->rows.n++]);
	return 0;
}

static int select_window(struct pass *p)
{
	struct selection *s = p->result;
	size_t first = p->request->first, count = p->request->count;
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
	cut_window(p, s->first, count);
	return show_window(p);
}

int select_rows(struct model *m, const struct request *request, const struct row_context *ctx,
		struct selection *ret)
{
	struct pass p = {
		.m = m,
		.request = request,
		.ctx = ctx,
		.exact = sort_key_is_exact(&request->sort),
		.result = ret,
	};
	int r;

	*ret = (struct selection){0};
	find_selected(&p);
	r = select_window(&p);
	vec_free(&p.ranked);
	return r;
}
