// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goroutines wait on, as last read, and who was woken from a lock since.
 *
 * Nothing in the program says who has a lock. But whoever was woken from waiting for it last went
 * for it; and if that one waits for it again, somebody was quicker: most likely who had just
 * released it, for it runs already (src/sync/mutex.go: "normal mode").
 */
#include "model/table.h"

enum { WOKEN_MOST = 1 << 16 };	       /* locks that are remembered */
#define WOKEN_KEPT (60 * NSEC_PER_SEC) /* so long for nobody who waits for them */

/* ---- what was read ------------------------------------------------------------------------------ */

/* Goroutines, not links: a select may send twice to one channel. */
static bool count_waiters(struct model_waits *w)
{
	size_t n = w->batch.objects.n;
	struct wait_count *last = calloc(n + 1, sizeof(*last)); /* place + 1 of the last fact */

	if (!last || !vec_reserve(&w->counts, n + 1)) {
		free(last);
		return false;
	}
	w->counts.n = n;
	memset(w->counts.v, 0, (n + 1) * sizeof(*w->counts.v));
	for (uint32_t i = 0; i < w->batch.facts.n; i++) {
		const struct wait_fact *f = &w->batch.facts.v[i];

		for (uint32_t k = 0; k < f->n; k++) {
			const struct wait_link *l = &w->batch.links.v[f->first + k];

			w->counts.v[l->object].by_way[l->way] +=
				last[l->object].by_way[l->way] != i + 1;
			last[l->object].by_way[l->way] = i + 1;
		}
	}
	free(last);
	return true;
}

static bool copy(struct wait_batch *to, const struct wait_batch *from)
{
	to->facts.n = to->links.n = to->objects.n = to->texts.n = 0;
	to->t0 = from->t0;
	to->t1 = from->t1;
	return vec_reserve(&to->facts, from->facts.n + 1) &&
	       vec_reserve(&to->links, from->links.n + 1) &&
	       vec_reserve(&to->objects, from->objects.n + 1) &&
	       vec_reserve(&to->texts, from->texts.n + 1) &&
	       (!from->facts.n || vec_append(&to->facts, from->facts.v, from->facts.n)) &&
	       (!from->links.n || vec_append(&to->links, from->links.v, from->links.n)) &&
	       (!from->objects.n || vec_append(&to->objects, from->objects.v, from->objects.n)) &&
	       (!from->texts.n || vec_append(&to->texts, from->texts.v, from->texts.n));
}

static void show(struct model_waits *w)
{
	const struct wait_batch *b = &w->batch;

	w->picture = (struct waits_picture){
		.time = b->t0,
		.facts = b->facts.v,
		.n_facts = b->facts.n,
		.links = b->links.v,
		.objects = b->objects.v,
		.counts = w->counts.v,
		.texts = b->texts.v,
	};
	w->read = true;
}

static const struct wait_fact *fact_at(const struct waits_picture *p, uint64_t g)
{
	size_t lo = 0, hi = p->n_facts;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->facts[mid].g < g)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->n_facts && p->facts[lo].g == g ? &p->facts[lo] : NULL;
}

static struct woken *woken_at(struct model_waits *w, uint64_t addr)
{
	uint32_t at = hash_get(&w->woken_at, addr);

	if (at != HASH_NONE)
		return &w->woken.v[at];
	if (w->woken.n >= WOKEN_MOST || !vec_push(&w->woken, (struct woken){.addr = addr}))
		return NULL;
	if (!hash_put(&w->woken_at, addr, (uint32_t)w->woken.n - 1)) {
		w->woken.n--;
		return NULL;
	}
	return &w->woken.v[w->woken.n - 1];
}

static bool has_link(const struct wait_batch *b, const struct wait_fact *f, uint64_t addr)
{
	for (uint32_t i = 0; f && i < f->n; i++)
		if (b->objects.v[b->links.v[f->first + i].object].addr == addr)
			return true;
	return false;
}

/*
 * Without events: who waited for a lock and does so no more was woken in between. Where two did,
 * nobody knows who was the last.
 */
static void compare(struct model_waits *w, const struct wait_batch *new)
{
	const struct waits_picture now = {.facts = new->facts.v, .n_facts = new->facts.n};

	vec_foreach (f, &w->batch.facts) {
		const struct wait_fact *later = fact_at(&now, f->g);

		for (uint32_t i = 0; i < f->n; i++) {
			const struct wait_link *l = &w->batch.links.v[f->first + i];
			const struct wait_object *o = &w->batch.objects.v[l->object];
			struct woken *woken;

			if (!wait_is_lock(o->kind) || l->way != WAY_LOCK ||
			    (later && later->goid == f->goid && has_link(new, later, o->addr)))
				continue;
			woken = woken_at(w, o->addr);
			if (woken)
				*woken =
					(struct woken){.addr = o->addr,
						       .goid = woken->time == new->t0 ? 0 : f->goid,
						       .time = new->t0};
		}
	}
}

/* Makes room in time: nobody is told any more who had a lock that nobody waits for. */
static void forget_woken(struct model *m)
{
	struct model_waits *w = &m->waits;
	size_t kept = 0;

	if (w->woken.n <= WOKEN_MOST / 2)
		return;
	vec_foreach (o, &w->batch.objects) {
		uint32_t at = hash_get(&w->woken_at, o->addr);

		if (at != HASH_NONE)
			w->woken.v[at].waited_for = true;
	}
	hash_clear(&w->woken_at);
	vec_foreach (one, &w->woken) {
		bool is_old = m->time > one->time && m->time - one->time > WOKEN_KEPT;

		if (is_old && !one->waited_for)
			continue;
		w->woken.v[kept] = *one;
		w->woken.v[kept].waited_for = false;
		if (hash_put(&w->woken_at, w->woken.v[kept].addr, (uint32_t)kept))
			kept++;
	}
	w->woken.n = kept;
}

void model_waits(struct model *m, const struct wait_batch *batch)
{
	struct model_waits *w = &m->waits;

	if (!m->options.probes)
		compare(w, batch);
	if (!copy(&w->batch, batch) || !count_waiters(w)) {
		w->batch.facts.n = w->batch.links.n = w->batch.objects.n = 0;
		w->counts.n = 0;
	}
	forget_woken(m);
	w->locks = false;
	vec_foreach (o, &w->batch.objects)
		w->locks |= wait_is_lock(o->kind);
	show(w);
	m->version++;
}

void blocked_free(struct model_waits *w)
{
	vec_free(&w->batch.facts);
	vec_free(&w->batch.links);
	vec_free(&w->batch.objects);
	vec_free(&w->batch.texts);
	vec_free(&w->counts);
	vec_free(&w->woken);
	hash_free(&w->woken_at);
	vec_free(&w->sums);
	vec_free(&w->places);
	vec_free(&w->rows);
}

const struct wait_fact *waits_of(const struct waits_picture *p, const struct row *r)
{
	const struct wait_fact *f = p ? fact_at(p, r->g) : NULL;

	/* Whoever began to wait later waits on something else. */
	if (!f || f->goid != r->goid || r->since > p->time || r->flags & ROW_ENDED ||
	    (r->state != GS_WAITING && r->state != GS_LEAKED))
		return NULL;
	return f;
}

/* ---- who was woken from a lock ------------------------------------------------------------------ */

void waits_woken(struct model *m, const struct entry *e, uint64_t time, uint64_t waker)
{
	struct model_waits *w = &m->waits;
	const struct wait_fact *f = fact_at(&w->picture, e->g);

	if (!f || f->goid != e->goid || e->since > w->picture.time)
		return;
	for (uint32_t i = 0; i < f->n; i++) {
		const struct wait_link *l = &w->batch.links.v[f->first + i];
		const struct wait_object *o = &w->batch.objects.v[l->object];
		struct woken *woken =
			wait_is_lock(o->kind) && l->way == WAY_LOCK ? woken_at(w, o->addr) : NULL;

		if (woken && time >= woken->time)
			*woken = (struct woken){.addr = o->addr,
						.goid = e->goid,
						.waker = waker,
						.time = time};
	}
}

const struct woken *waits_woken_from(const struct model *m, uint64_t addr)
{
	uint32_t at = hash_get(&m->waits.woken_at, addr);

	return at == HASH_NONE ? NULL : &m->waits.woken.v[at];
}

bool waits_on(const struct model *m, const struct entry *e, uint64_t addr)
{
	const struct model_waits *w = &m->waits;
	const struct wait_fact *f = fact_at(&w->picture, e->g);

	if (!f || f->goid != e->goid || e->since > w->picture.time ||
	    (e->state != GS_WAITING && e->state != GS_LEAKED))
		return false;
	for (uint32_t i = 0; i < f->n; i++)
		if (w->batch.objects.v[w->batch.links.v[f->first + i].object].addr == addr)
			return true;
	return false;
}
