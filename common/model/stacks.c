// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where goroutines stand. Many stand at few places: a stack is kept once, however many have it, and
 * with it the line that a user would look at. A stack holds until its goroutine moves.
 */
#include "model/table.h"

enum {
	SWEEP_LEAST = 4096,	 /* stacks kept without asking who still has them */
	LOOKED_AT = 64 << 10,	 /* goroutines asked in one turn whether theirs is due */
	FRAMES_MOST = 16u << 20, /* beyond, stacks are unknown: 128 MB */
};

static uint64_t key_of(const uint64_t *frames, size_t n, bool cut)
{
	uint64_t key = 2 * n + cut;

	for (size_t i = 0; i < n; i++)
		key = hash_mix(key ^ frames[i]);
	return hash_mix(key) | 1;
}

static bool is_same(const struct model_stacks *s, uint32_t id, const uint64_t *frames, size_t n,
		    bool cut)
{
	const struct model_stack *one = &s->all.v[id];

	return one->n == n && one->cut == cut &&
	       !memcmp(s->frames.v + one->first, frames, n * sizeof(*frames));
}

/* The innermost frame that a user would look at; without any, the goroutine's first function. */
static uint32_t where_of(struct model *m, const uint64_t *frames, size_t n)
{
	if (!m->options.names)
		return 0;
	for (size_t i = 0; i < n; i++) {
		struct frames f = names_frames(m->options.names, frames[i]);

		for (size_t j = 0; j < f.n; j++)
			if (f.v[j].user)
				return table_pc(m, NAME_WHERE, frames[i]);
	}
	while (n > 1 && names_frames(m->options.names, frames[n - 1]).v->wrapper)
		n--;
	return table_pc(m, NAME_WHERE, frames[n - 1]);
}

/* The place of a stack; 0 for lack of memory. */
static uint32_t intern(struct model *m, const uint64_t *frames, size_t n, bool cut)
{
	struct model_stacks *s = &m->stacks;
	struct model_stack new = {(uint32_t)s->frames.n, (uint32_t)n, 0, cut};
	uint64_t key = key_of(frames, n, cut);
	uint32_t id;

	if (!n)
		return 0;
	for (; (id = hash_get(&s->ids, key)) != HASH_NONE; key += 2)
		if (is_same(s, id, frames, n, cut))
			return id;
	if (s->frames.n + n > FRAMES_MOST) {
		s->refused++;
		return 0;
	}
	if (!vec_append(&s->frames, frames, n))
		return 0;
	if (!s->all.n && !vec_push(&s->all, (struct model_stack){0}))
		return 0;
	new.where = where_of(m, frames, n);
	id = (uint32_t)s->all.n;
	if (!vec_push(&s->all, new))
		return 0;
	if (!hash_put(&s->ids, key, id)) {
		s->all.n--;
		return 0;
	}
	return id;
}

void stacks_free(struct model_stacks *s)
{
	vec_free(&s->frames);
	vec_free(&s->all);
	hash_free(&s->ids);
}

/* ---- what nobody has any more ----------------------------------------------------------------- */

static void mark(const struct entry *e, uint8_t *used)
{
	used[e->stack] = 1;
}

static void count_used(const struct model *m, uint8_t *used)
{
	vec_foreach (e, &m->live)
		mark(e, used);
	vec_foreach (e, &m->ended)
		mark(&e->entry, used);
	vec_foreach (e, &m->ended_before)
		mark(&e->entry, used);
}

/* Moves the used ones into a table of their own; to[old place] is the new one, 0 for lack of memory. */
static void move(struct model *m, const uint8_t *used, uint32_t *to)
{
	struct model_stacks old = m->stacks;

	m->stacks = (struct model_stacks){0};
	for (size_t i = 1; i < old.all.n; i++) {
		const struct model_stack *s = &old.all.v[i];

		if (used[i])
			to[i] = intern(m, old.frames.v + s->first, s->n, s->cut);
	}
	stacks_free(&old);
}

static void sweep(struct model *m)
{
	size_t n = m->stacks.all.n;
	uint8_t *used = calloc(n, 1);
	uint32_t *to = calloc(n, sizeof(*to));

	m->stacks.all_known = 0;
	if (used && to) {
		count_used(m, used);
		move(m, used, to);
		vec_foreach (e, &m->live)
			e->stack = to[e->stack];
		vec_foreach (e, &m->ended)
			e->entry.stack = to[e->entry.stack];
		vec_foreach (e, &m->ended_before)
			e->entry.stack = to[e->entry.stack];
	}
	m->stacks.swept = m->stacks.all.n;
	m->stacks.refused = 0;
	free(used);
	free(to);
}

/* ---- the feed --------------------------------------------------------------------------------- */

static void take_one(struct model *m, const struct feed_stacks *s, const struct feed_stack_of *of,
		     uint32_t stack)
{
	struct entry *e = table_by_goid(m, of->goid);
	uint32_t flags, where;

	if (!e || (e->g && e->g != of->g))
		return;
	where = stack ? m->stacks.all.v[stack].where : 0;
	flags = e->flags & ~(uint32_t)ROW_STACK_ABOUT;
	if (of->flags & STACK_IS_GUESS)
		flags |= ROW_STACK_GUESS;
	if (of->flags & STACK_IS_TORN)
		flags |= ROW_STACK_TORN;
	/* It moved again while it was read. */
	if (e->last >= s->t0)
		flags |= ROW_STACK_OLD;
	flags |= ROW_STACK_READ;
	if (e->stack != stack || e->where != where || e->flags != flags)
		m->version++;
	if (e->where != where)
		table_touch(m, e);
	e->stack = stack;
	e->where = where;
	e->flags = flags;
}

/* Bounds are the source's promise, but a recording is a file. */
static bool is_sound(const struct feed_stacks *s, const struct feed_stack_of *of, size_t n_frames)
{
	const struct feed_stack *stack;

	if (of->stack >= s->n_stacks)
		return false;
	stack = &s->stacks[of->stack];
	return stack->first <= n_frames && stack->n <= n_frames - stack->first;
}

/* Many have come since the last one, or some for whom there was no room. */
static bool is_sweep_due(const struct model_stacks *s)
{
	if (s->refused)
		return s->all.n + s->refused > s->swept + s->swept / 4;
	return s->all.n > SWEEP_LEAST && s->all.n > 2 * s->swept;
}

void model_stacks(struct model *m, const struct feed_stacks *s)
{
	/* The same stack may be whole for one and cut for another. */
	uint32_t *to = calloc(2 * s->n_stacks + 1, sizeof(*to));

	if (!to)
		return;
	for (size_t i = 0; i < s->n_of; i++) {
		const struct feed_stack_of *of = &s->of[i];
		bool cut = of->flags & STACK_IS_CUT;
		uint32_t *known;

		if (!is_sound(s, of, s->n_frames))
			continue;
		known = &to[2 * of->stack + cut];
		if (!*known)
			*known = intern(m, s->frames + s->stacks[of->stack].first,
					s->stacks[of->stack].n, cut);
		take_one(m, s, of, *known);
	}
	free(to);
	if (is_sweep_due(&m->stacks))
		sweep(m);
}

/* ---- who is to be read ------------------------------------------------------------------------ */

static bool is_due(const struct model *m, const struct entry *e, bool again)
{
	if (!e->g)
		return false;
	if (!(e->flags & ROW_STACK_READ) || e->flags & ROW_STACK_OLD)
		return true;
	if (!again)
		return false;
	return e->state == GS_RUNNING || (m->options.bypass && e->state == GS_SYSCALL);
}

size_t model_wants_stacks_of(const struct model *m, const uint64_t *goids, size_t n, bool again,
			     uint64_t *addrs, size_t max)
{
	size_t wanted = 0;

	for (size_t i = 0; i < n && wanted < max; i++) {
		uint32_t at = index_get(&m->by_goid, m->live.v, goids[i]);

		if (at != INDEX_NONE && is_due(m, &m->live.v[at], again))
			addrs[wanted++] = m->live.v[at].g;
	}
	return wanted;
}

size_t model_wants_stacks(struct model *m, size_t *cursor, bool again, uint64_t *addrs, size_t max)
{
	size_t wanted = 0, n = m->live.n, at = *cursor < n ? *cursor : 0, i;

	/* An idle target costs no pass. */
	if (m->stacks.all_known == m->version && (m->stacks.known_again || !again))
		return 0;
	for (i = 0; i < n && wanted < max && (i < LOOKED_AT || max >= n); i++) {
		if (is_due(m, &m->live.v[at], again))
			addrs[wanted++] = m->live.v[at].g;
		at = at + 1 < n ? at + 1 : 0;
	}
	if (!wanted && i == n) {
		m->stacks.all_known = m->version;
		m->stacks.known_again = again;
	}
	*cursor = at;
	return wanted;
}
