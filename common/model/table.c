// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is there. The living stand without gaps in one array; the one that ends gives its place to the
 * last. Who has ended is copied to a list of its own, is shown once more, and its goid remembered
 * for one to two refreshes: what memory or a late event still says of it is no new goroutine.
 *
 * Counts by state are kept with every change of a state, so that a summary costs nothing.
 */
#include <stddef.h>
#include <string.h>

#include "model/table.h"
#include "model/tree.h"

enum { PCS_MAX = 1 << 20 }; /* distinct ones; the target's memory is not trusted */

/* ---- states ----------------------------------------------------------------------------------- */

bool state_is_alive(uint8_t raw)
{
	switch (raw) {
	case GS_RUNNABLE:
	case GS_RUNNING:
	case GS_SYSCALL:
	case GS_WAITING:
	case GS_COPYSTACK:
	case GS_PREEMPTED:
	case GS_LEAKED:
	case GS_DEADEXTRA: /* an extra M's, parked: shown for what it is, among the runtime's own */
		return true;
	default:
		return false;
	}
}

uint8_t state_fold(uint8_t raw, bool flap)
{
	return raw == GS_COPYSTACK || (raw == GS_WAITING && flap) ? GS_RUNNING : raw;
}

enum state_class state_class(uint8_t state)
{
	switch (state) {
	case GS_RUNNING:
		return CLASS_RUNNING;
	case GS_RUNNABLE:
		return CLASS_RUNNABLE;
	case GS_WAITING:
	case GS_LEAKED:
		return CLASS_WAITING;
	case GS_SYSCALL:
		return CLASS_SYSCALL;
	default:
		return CLASS_OTHER;
	}
}

static uint64_t *counter(struct model *m, const struct entry *e)
{
	return &m->count[(e->flags & ROW_SYSTEM) != 0][state_class(e->state)];
}

/*
 * The goroutine of an extra M (a C thread that calls Go) is in its function's name the runtime's
 * own, yet NumGoroutine counts it while it is in a call, and does not while it is parked
 * (go-runtime.md §9): so do we.
 */
static bool is_system(const struct model *m, const struct entry *e)
{
	if (e->raw == GS_DEADEXTRA)
		return true;
	return !(e->flags & ROW_EXTRA_M) && m->pcs.v[e->start].name->system;
}

static void set_flag(struct entry *e, uint32_t flag, bool on)
{
	e->flags = on ? e->flags | flag : e->flags & ~flag;
}

static void tell_system(struct model *m, struct entry *e)
{
	bool was = e->flags & ROW_SYSTEM, is = is_system(m, e);

	set_flag(e, ROW_SYSTEM, is);
	if (was != is)
		tree_touch(m, (size_t)(e - m->live.v));
}

void table_set_state(struct model *m, struct entry *e, uint8_t raw, bool flap)
{
	--*counter(m, e);
	e->raw = raw;
	e->state = state_fold(raw, flap);
	set_flag(e, ENTRY_FLAP, flap);
	tell_system(m, e);
	set_flag(e, ROW_STACK_OLD, e->flags & ROW_STACK_READ);
	++*counter(m, e);
	table_touch(m, e);
	m->version++;
}

void table_set_start(struct model *m, struct entry *e, uint64_t startpc, bool extra_m)
{
	if (m->pcs.v[e->start].pc == startpc && extra_m == ((e->flags & ROW_EXTRA_M) != 0))
		return;
	--*counter(m, e);
	e->start = extra_m && !startpc ? PC_EXTRA_M : table_pc(m, NAME_ENTRY, startpc);
	set_flag(e, ROW_EXTRA_M, extra_m);
	tell_system(m, e);
	++*counter(m, e);
	table_touch(m, e);
	m->version++;
}

/* ---- who is there ----------------------------------------------------------------------------- */

struct entry *table_by_goid(struct model *m, uint64_t goid)
{
	uint32_t at = index_get(&m->by_goid, m->live.v, goid);

	return at == INDEX_NONE ? NULL : &m->live.v[at];
}

struct entry *table_by_g(struct model *m, uint64_t g)
{
	uint32_t at = index_get(&m->by_g, m->live.v, g);

	return at == INDEX_NONE ? NULL : &m->live.v[at];
}

void table_reserve(struct model *m, size_t n)
{
	if (n > m->live.n && n < INDEX_ROWS && vec_reserve(&m->seen, n) &&
	    vec_reserve(&m->live, n) && index_reserve(&m->by_goid, m->live.v, m->live.n, n))
		index_reserve(&m->by_g, m->live.v, m->live.n, n);
}

static void keys_add(struct key_cache *k)
{
	if (k->known && !vec_push(&k->keys, KEY_STALE))
		k->known = false;
}

/* The place goes to the last one, of whom nobody had a key at that place. */
static void keys_remove(struct key_cache *k, uint32_t place)
{
	if (!k->known)
		return;
	k->keys.v[place] = KEY_STALE;
	k->keys.n--;
}

struct entry *table_add(struct model *m, uint64_t goid, uint64_t g)
{
	struct entry e = {
		.goid = goid,
		.g = g,
		.raw = GS_IDLE,
		.state = GS_IDLE,
		.previous = FEED_NO_STATE,
		.processor = -1,
		.before = TIME_UNKNOWN,
		.flags = m->options.probes ? ROW_KNOWS_COUNTS : 0,
	};
	uint32_t at = (uint32_t)m->live.n;

	if (m->live.n >= INDEX_ROWS || !vec_reserve(&m->seen, m->live.n + 1) ||
	    !vec_push(&m->live, e))
		return NULL;
	if (!index_put(&m->by_goid, m->live.v, at)) {
		m->live.n--;
		return NULL;
	}
	if (g && !index_put(&m->by_g, m->live.v, at)) {
		index_del(&m->by_goid, m->live.v, goid);
		m->live.n--;
		return NULL;
	}
	m->seen.v[m->seen.n++] = false;
	keys_add(&m->keys);
	++*counter(m, &e);
	table_touch(m, &m->live.v[at]);
	tree_touch(m, at);
	m->version++;
	return &m->live.v[at];
}

void table_set_g(struct model *m, struct entry *e, uint64_t g)
{
	if (e->g)
		index_del(&m->by_g, m->live.v, e->g);
	e->g = g;
	if (g && !index_put_among(&m->by_g, m->live.v, (uint32_t)(e - m->live.v), m->live.n))
		e->g = 0;
}

/* Its place goes to the last one. */
static void remove_entry(struct model *m, struct entry *e)
{
	uint32_t at = (uint32_t)(e - m->live.v), last = (uint32_t)m->live.n - 1;

	--*counter(m, e);
	group_remove(m, at, last);
	index_del(&m->by_goid, m->live.v, e->goid);
	index_del(&m->by_g, m->live.v, e->g);
	if (at != last) {
		if (m->live.v[last].share)
			m->shares.v[m->live.v[last].share].row = at;
		index_move(&m->by_goid, m->live.v, m->live.v[last].goid, at);
		index_move(&m->by_g, m->live.v, m->live.v[last].g, at);
		*e = m->live.v[last];
		m->seen.v[at] = m->seen.v[last];
	}
	keys_remove(&m->keys, at);
	m->live.n--;
	m->seen.n--;
	tree_touch(m, at);
	m->version++;
}

static bool drop_ended(__typeof__(((struct model *)0)->ended) *list, uint64_t goid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].entry.goid == goid) {
			list->v[i] = list->v[--list->n];
			return true;
		}
	return false;
}

/* One goid is shown once: of two lives that have ended (an extra M's), the last. */
static void forget_ended(struct model *m, uint64_t goid)
{
	struct grave grave;

	if (table_grave(m, goid, &grave) && grave.shown && !drop_ended(&m->ended, goid))
		drop_ended(&m->ended_before, goid);
}

void table_end(struct model *m, struct entry *e, struct grave grave)
{
	share_touch(m, e);
	times_settle(m, e, grave.time);
	forget_ended(m, e->goid);
	m->n_ended += !(e->flags & ENTRY_RAISED);
	/* Who came and went within one interval was never on a screen: there is nothing to grey. */
	if (!(e->flags & ENTRY_FRESH)) {
		struct ended one = {.entry = *e};

		one.entry.flags |= ROW_ENDED;
		share_of(m, e, &one.share);
		share_close(m, e, grave.time, &one.share);
		/* Without memory it vanishes at once: worse things are the matter then. */
		grave.shown = vec_push(&m->ended, one);
	}
	table_bury(m, e->goid, grave);
	tree_end(m, e);
	share_drop(m, e);
	if (e->labels)
		labels_changed(m, e);
	remove_entry(m, e);
}

void table_is_new(struct model *m, struct entry *e)
{
	m->created++;
	e->flags |= ROW_NEW | ENTRY_FRESH | ENTRY_COUNTED;
	if (!vec_push(&m->fresh, e->goid))
		e->flags &= ~(uint32_t)(ROW_NEW | ENTRY_FRESH);
}

/* ---- graves ----------------------------------------------------------------------------------- */

void table_bury(struct model *m, uint64_t goid, struct grave grave)
{
	struct graves *g = &m->graves;

	if (vec_push(&g->graves, grave) && !hash_put(&g->by_goid, goid, (uint32_t)g->graves.n - 1))
		g->graves.n--;
}

static bool find_grave(const struct graves *g, uint64_t goid, struct grave *ret)
{
	uint32_t at = hash_get(&g->by_goid, goid);

	if (at == HASH_NONE)
		return false;
	*ret = g->graves.v[at];
	return true;
}

bool table_grave(const struct model *m, uint64_t goid, struct grave *ret)
{
	return find_grave(&m->graves, goid, ret) || find_grave(&m->graves_before, goid, ret);
}

void table_forget_graves(struct model *m)
{
	struct graves old = m->graves_before;

	m->graves_before = m->graves;
	hash_clear(&old.by_goid);
	old.graves.n = 0;
	vec_slim(&old.graves, m->graves_before.graves.n);
	m->graves = old;
	m->graves.since = m->time;
}

bool table_forgets(const struct model *m, uint64_t time)
{
	return m->graves_before.since > time;
}

/* ---- newborns --------------------------------------------------------------------------------- */

void newborn_put(struct model *m, const struct newborn *n)
{
	uint32_t at = hash_get(&m->newborn_by_g, n->g);

	if (at != HASH_NONE)
		m->newborns.v[at] = *n;
	else if (vec_push(&m->newborns, *n) &&
		 !hash_put(&m->newborn_by_g, n->g, (uint32_t)m->newborns.n - 1))
		m->newborns.n--;
}

const struct newborn *newborn_get(const struct model *m, uint64_t g)
{
	uint32_t at = hash_get(&m->newborn_by_g, g);

	return at == HASH_NONE ? NULL : &m->newborns.v[at];
}

bool newborn_take(struct model *m, uint64_t g, struct newborn *ret)
{
	uint32_t at = hash_get(&m->newborn_by_g, g);
	size_t last = m->newborns.n - 1;

	if (at == HASH_NONE)
		return false;
	*ret = m->newborns.v[at];
	hash_del(&m->newborn_by_g, g);
	if (at != last) {
		m->newborns.v[at] = m->newborns.v[last];
		hash_put(&m->newborn_by_g, m->newborns.v[at].g, at);
	}
	m->newborns.n--;
	return true;
}

void newborn_forget(struct model *m)
{
	hash_clear(&m->newborn_by_g);
	m->newborns.n = 0;
}

/* ---- pcs -------------------------------------------------------------------------------------- */

uint32_t table_pc(struct model *m, enum name_kind kind, uint64_t pc)
{
	struct model_pc one = {.pc = pc};
	uint32_t id;

	if (!pc)
		return 0;
	/* One goroutine is often made like the last one. */
	if (m->pcs.v[m->last_pc[kind]].pc == pc)
		return m->last_pc[kind];
	id = hash_get(&m->pc_ids[kind], pc);
	if (id != HASH_NONE) {
		m->last_pc[kind] = id;
		return id;
	}
	if (m->pcs.n >= PCS_MAX)
		return 0;
	one.name = m->options.names ? names_pc(m->options.names, kind, pc) : &name_unknown;
	id = (uint32_t)m->pcs.n;
	if (!vec_push(&m->pcs, one))
		return 0;
	if (!hash_put(&m->pc_ids[kind], pc, id)) {
		m->pcs.n--;
		return 0;
	}
	return id;
}
