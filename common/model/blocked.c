// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutines that wait, by what they wait on. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "model/select.h"

/* ---- adding up ---------------------------------------------------------------------------------- */

/* Timers are one each, and what nothing ends is nothing: all of them together say more. */
static bool is_taken_together(unsigned kind)
{
	return kind == WAIT_TIMER || kind == WAIT_NEVER;
}

static struct blocked_sum *sum_of(struct model_waits *w, uint32_t object)
{
	unsigned kind = w->batch.objects.v[object].kind;
	struct blocked_sum new = {.kind = kind, .object = object, .since = UINT64_MAX};
	uint32_t *place = is_taken_together(kind) ? &w->together[kind] : &w->places.v[object];

	if (!*place) {
		if (!vec_push(&w->sums, new))
			return NULL;
		*place = (uint32_t)w->sums.n;
	}
	return &w->sums.v[*place - 1];
}

/* Boyer and Moore: if more than half are at one place, it is what is left. Unknown is no place. */
static void vote(struct blocked_sum *s, uint32_t where)
{
	if (!where)
		return;
	s->elsewhere |= s->where && s->where != where;
	if (!s->votes)
		s->where = where;
	if (s->where == where)
		s->votes++;
	else
		s->votes--;
}

static void add_waiter(const struct model *m, struct blocked_sum *s, const struct entry *e)
{
	/* Who moved since the reading waited then, since nobody knows when. */
	bool moved = e->since > m->waits.picture.time;
	uint64_t since = moved ? m->waits.picture.time : e->since;

	vote(s, e->where);
	s->waiters++;
	if (since >= s->since)
		return;
	s->since = since;
	s->oldest = e->goid;
	s->bound = moved ? AGE_ABOUT : e->bound;
}

static bool is_meant(struct model *m, const struct request *request, const struct row_context *ctx,
		     const struct wait_fact *f, const struct entry **ret)
{
	const struct entry *e = table_by_g(m, f->g);
	struct row row;

	if (!e || e->goid != f->goid || (e->flags & ROW_SYSTEM && !request->system))
		return false;
	*ret = e;
	if (!request->filter)
		return true;
	show_row(m, e, &row);
	return filter_match(request->filter, &row, ctx);
}

static int add_up(struct model *m, const struct request *request, const struct row_context *ctx)
{
	struct model_waits *w = &m->waits;
	const struct wait_batch *b = &w->batch;

	w->sums.n = 0;
	w->blocked.goroutines = 0;
	if (!vec_reserve(&w->places, b->objects.n + 1))
		return -ENOMEM;
	memset(w->places.v, 0, (b->objects.n + 1) * sizeof(*w->places.v));
	memset(w->together, 0, sizeof(w->together));
	for (uint32_t i = 0; i < b->facts.n; i++) {
		const struct wait_fact *f = &b->facts.v[i];
		const struct entry *e;

		if (!is_meant(m, request, ctx, f, &e))
			continue;
		w->blocked.goroutines++;
		for (uint32_t k = 0; k < f->n; k++) {
			const struct wait_link *l = &b->links.v[f->first + k];
			struct blocked_sum *s = sum_of(w, l->object);

			if (!s)
				return -ENOMEM;
			s->ways.by_way[l->way] += s->last_way.by_way[l->way] != i + 1;
			s->last_way.by_way[l->way] = i + 1;
			if (s->last != i + 1)
				add_waiter(m, s, e);
			s->last = i + 1;
		}
	}
	return 0;
}

/* ---- order -------------------------------------------------------------------------------------- */

struct order_by {
	const struct model *m;
	const struct blocked_request *request;
};

/* What other goroutines can end comes first. */
static int rank(unsigned kind)
{
	return kind == WAIT_FD || kind == WAIT_TIMER || kind == WAIT_NEVER;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_sums(const void *a, const void *b, void *ctx)
{
	const struct blocked_sum *x = a, *y = b;
	const struct order_by *by = ctx;
	const struct wait_object *objects = by->m->waits.batch.objects.v;
	int oldest = compare_u64(x->since, y->since), most = compare_u64(y->waiters, x->waiters);
	int order = by->request->sort == BLOCKED_BY_WAITERS ? most : oldest;

	if (by->request->reversed)
		order = -order;
	if (rank(x->kind) != rank(y->kind))
		return rank(x->kind) - rank(y->kind);
	if (!order)
		order = by->request->sort == BLOCKED_BY_WAITERS ? oldest : most;
	/* Locks before what need not be anybody's fault. */
	if (!order)
		order = (int)wait_is_lock(y->kind) - (int)wait_is_lock(x->kind);
	return order ? order : compare_u64(objects[x->object].addr, objects[y->object].addr);
}

/* ---- who has it --------------------------------------------------------------------------------- */

static bool may_have(struct model *m, uint64_t goid, uint64_t addr, const struct entry **ret)
{
	const struct entry *e = goid ? table_by_goid(m, goid) : NULL;

	*ret = e;
	return e && !waits_on(m, e, addr);
}

static void set_holder(struct model *m, const struct blocked_sum *s, struct blocked_row *r)
{
	const struct wait_object *o = &m->waits.batch.objects.v[s->object];
	const struct woken *w = waits_woken_from(m, o->addr);
	const struct entry *e;

	if (!wait_is_lock(o->kind) || !o->known)
		return;
	if (o->kind == WAIT_MUTEX && !(o->lock.state & 1)) {
		r->holder = HOLDER_NONE;
		return;
	}
	/* Nobody knows which readers are inside. */
	if (!w || (o->kind == WAIT_RWMUTEX && (o->lock.readers >= 0 || o->lock.leaving > 0)))
		return;
	if (may_have(m, w->goid, o->addr, &e))
		r->holder = HOLDER_WOKEN;
	else if (may_have(m, w->waker, o->addr, &e))
		r->holder = HOLDER_WAKER;
	else
		return;
	r->holder_goid = e->goid;
	r->holder_age = m->time > w->time ? m->time - w->time : 0;
	r->holder_weak = w->time < s->since;
	r->holder_where = *m->pcs.v[e->where].name;
}

/* ---- rows --------------------------------------------------------------------------------------- */

static const char *word_of(const struct model_waits *w, const struct blocked_sum *s)
{
	const struct wait_object *o = &w->batch.objects.v[s->object];
	const uint32_t *n = s->ways.by_way;

	if (s->kind == WAIT_CHAN && n[WAY_SEND] && !n[WAY_RECEIVE] && !n[WAY_UNKNOWN])
		return "chan send";
	if (s->kind == WAIT_CHAN && n[WAY_RECEIVE] && !n[WAY_SEND] && !n[WAY_UNKNOWN])
		return o->chan.due ? "timer chan" : "chan recv";
	if (s->kind == WAIT_FD && o->known && o->fd.net)
		return w->batch.texts.v + o->fd.net;
	return wait_kind_name(s->kind);
}

static void set_fd_name(const struct waits_picture *p, const struct wait_object *o, char *dst,
			size_t size)
{
	const char *local = p->texts + o->fd.local, *remote = p->texts + o->fd.remote;
	char text[300];

	if (*local && *remote)
		snprintf(text, sizeof(text), "%s ↔ %s", local, remote);
	else if (*local || *remote)
		snprintf(text, sizeof(text), "%s", *local ? local : remote);
	else
		snprintf(text, sizeof(text), "%d", o->fd.fd);
	text_clean(dst, size, text, strlen(text), false);
}

static void set_texts(const struct model *m, const struct blocked_sum *s, struct blocked_row *r)
{
	const struct model_waits *w = &m->waits;
	const struct wait_object *o = &w->batch.objects.v[s->object];
	const char *word = word_of(w, s);

	text_clean(r->word, sizeof(r->word), word, strlen(word), false);
	if (s->kind == WAIT_FD && o->known) {
		set_fd_name(&w->picture, o, r->name, sizeof(r->name));
		snprintf(r->state, sizeof(r->state), "descriptor %d", o->fd.fd);
		r->descriptor = o->fd.fd;
	} else if (!is_taken_together(s->kind)) {
		snprintf(r->name, sizeof(r->name), "0x%" PRIx64, o->addr);
		wait_state(r->state, sizeof(r->state), o, &w->counts.v[s->object], m->time);
	}
}

static int add_row(struct model *m, const struct blocked_sum *s)
{
	struct blocked_row r = {
		.addr = is_taken_together(s->kind) ? 0 : m->waits.batch.objects.v[s->object].addr,
		.kind = (uint8_t)s->kind,
		.waiters = s->waiters,
		.ways = s->ways,
		.oldest = s->oldest,
		.age = m->time > s->since ? m->time - s->since : 0,
		.bound = s->bound,
		.where = *m->pcs.v[s->where].name,
		.elsewhere = s->elsewhere,
	};

	set_texts(m, s, &r);
	set_holder(m, s, &r);
	return vec_push(&m->waits.rows, r) ? 0 : -ENOMEM;
}

/* The sums in order; as they are, if nothing has changed that they depend on. */
static int make_sums(struct model *m, const struct request *request, const struct row_context *ctx)
{
	const struct blocked_request *want = &request->blocked;
	struct order_by by = {m, want};
	struct model_waits *w = &m->waits;
	struct order_key key = order_key(m, request);
	int r;

	if (w->summed && order_key_same(&w->key, &key) && w->by.sort == want->sort &&
	    w->by.reversed == want->reversed)
		return 0;
	w->summed = false;
	r = add_up(m, request, ctx);
	if (r)
		return r;
	if (w->sums.n)
		qsort_r(w->sums.v, w->sums.n, sizeof(*w->sums.v), compare_sums, &by);
	w->summed = filter_is_timeless(request->filter);
	w->key = key;
	w->by = *want;
	return 0;
}

int blocked_picture(struct model *m, const struct request *request, const struct row_context *ctx,
		    const struct blocked_picture **ret)
{
	struct model_waits *w = &m->waits;
	size_t first = request->blocked.first, n;
	int r;

	*ret = NULL;
	if (request->view != VIEW_BLOCKED)
		return 0;
	r = make_sums(m, request, ctx);
	if (r)
		return r;
	n = w->sums.n;
	if (first > n || n - first < request->blocked.count)
		first = n > request->blocked.count ? n - request->blocked.count : 0;
	w->rows.n = 0;
	for (size_t i = first; !r && i < n && i - first < request->blocked.count; i++)
		r = add_row(m, &w->sums.v[i]);
	w->blocked.read = w->read;
	w->blocked.total = n;
	w->blocked.first = first;
	w->blocked.n = w->rows.n;
	w->blocked.rows = w->rows.v;
	*ret = r ? NULL : &w->blocked;
	return r;
}

struct blocked_picture *blocked_picture_copy(const struct blocked_picture *from)
{
	struct blocked_picture *p =
		from ? malloc(sizeof(*p) + from->n * sizeof(*from->rows)) : NULL;

	if (!p)
		return NULL;
	*p = *from;
	p->rows = (const struct blocked_row *)(p + 1);
	if (from->n)
		memcpy(p + 1, from->rows, from->n * sizeof(*from->rows));
	return p;
}
