// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands in no table but in the frames of who waits. netpollblock keeps the address of the word
 * in the pollDesc that holds its g (rg or wg); sync.(*Cond).Wait keeps the Cond (Go ≤ 1.25: later
 * g.waiting tells). Which words of the frames these are differs from release to release; that they
 * are it shows at the other end: the word holds this very g, and the pollDesc names itself; or the
 * list of the Cond leads to a sudog of this g, and ends where the list says.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/radix.h"
#include "runtime/waits_internal.h"

enum {
	STACK_BYTES = 1024, /* from the stack pointer on: gopark to the caller's caller */
	WORDS = STACK_BYTES / 8,
	SEEDS_AT_ONCE = 64,
	DESCS_AT_ONCE = 4096,
	DESC_MAX = 512,	     /* bytes of a pollDesc; 296 in Go 1.27 */
	DESC_BLOCK = 4096,   /* they are allocated by so much (netpoll.go: pollBlockSize) */
	DESCS_MAX = 1 << 20, /* who has more is searched for anew each time */
	FD_MAX = 1 << 30,
	SUDOG_BYTES = 256,
	LIST_HOPS = 4096,
};

/* ---- descriptors -------------------------------------------------------------------------------- */

/* Bytes of a pollDesc that are read; 0 when the layout does not tell enough. */
static int32_t desc_size(const struct runtime *rt)
{
	static const enum layout_field wanted[] = {LF_POLLDESC_FD, LF_POLLDESC_RG, LF_POLLDESC_WG,
						   LF_POLLDESC_SELF};
	int32_t end = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		if (off(rt, wanted[i]) < 0)
			return 0;
		if (off(rt, wanted[i]) + 8 > end)
			end = off(rt, wanted[i]) + 8;
	}
	return end <= DESC_MAX ? end : 0;
}

static void link_desc(struct waits_pass *p, uint64_t pd, const uint8_t *bytes, struct seed *s,
		      enum wait_way way)
{
	uint64_t fd = le64(bytes + off(p->rt, LF_POLLDESC_FD));
	uint32_t at;

	if (!s || s->rule->class != BY_DESC || seed_is_linked(p, s) || fd >= FD_MAX)
		return;
	at = wait_object_at(p, WAIT_FD, pd);
	wait_add(p, s, at, way, 0, 0);
	if (at == NO_OBJECT)
		return;
	p->w->batch.objects.v[at].fd.fd = (int32_t)fd;
	p->w->batch.objects.v[at].known = true;
}

/* Links who waits at the pollDesc; false when there is none at pd. */
static bool take_desc(struct waits_pass *p, uint64_t pd, const uint8_t *bytes)
{
	if (!bytes || le64(bytes + off(p->rt, LF_POLLDESC_SELF)) != pd)
		return false;
	link_desc(p, pd, bytes, seed_at(p, le64(bytes + off(p->rt, LF_POLLDESC_RG))), WAY_READ);
	link_desc(p, pd, bytes, seed_at(p, le64(bytes + off(p->rt, LF_POLLDESC_WG))), WAY_WRITE);
	return true;
}

static void take_known_desc(void *ctx, size_t i, const uint8_t *bytes)
{
	struct waits_pass *p = ctx;

	take_desc(p, p->w->descs.v[p->at + i], bytes);
}

static bool anybody(const struct waits_pass *p, enum wait_class class)
{
	vec_foreach (s, &p->seeds)
		if (s->rule->class == class)
			return true;
	return false;
}

/* First those that earlier readings found: they are never freed. */
int waits_descs(struct waits_pass *p)
{
	struct gather g = {.to = desc_size(p->rt), .visit = take_known_desc, .ctx = p};
	int r;

	if (!g.to || !anybody(p, BY_DESC))
		return 0;
	g.v = p->w->descs.v + p->at;
	g.n = p->w->descs.n - p->at < DESCS_AT_ONCE ? p->w->descs.n - p->at : DESCS_AT_ONCE;
	r = gather(p->rt, &g);
	p->at += g.n;
	return r ? r : p->at < p->w->descs.n;
}

static bool read_desc(struct waits_pass *p, uint64_t pd, uint8_t *bytes)
{
	return plausible_pointer(pd) && !memory_read_all(p->rt->mem, pd, bytes, desc_size(p->rt)) &&
	       le64(bytes + off(p->rt, LF_POLLDESC_SELF)) == pd;
}

static void remember_desc(struct waits_pass *p, uint64_t pd)
{
	if (hash_get(&p->visited, pd) != HASH_NONE || p->w->descs.n >= DESCS_MAX)
		return;
	if (!hash_put(&p->visited, pd, 0) || !vec_push(&p->w->descs, pd))
		p->failed = true;
}

/* pd and those of the same block, so that nobody's stack need be searched for them. */
static void remember_descs(struct waits_pass *p, uint64_t pd)
{
	int32_t size = off(p->rt, LF_POLLDESC_SIZE);
	uint8_t bytes[DESC_MAX];

	if (hash_get(&p->visited, pd) != HASH_NONE)
		return;
	remember_desc(p, pd);
	if (size <= 0)
		return;
	for (int way = -1; way <= 1; way += 2)
		for (int k = 1; k <= DESC_BLOCK / size; k++) {
			uint64_t at = pd + (uint64_t)(int64_t)(way * k * size);

			if (!read_desc(p, at, bytes))
				break;
			remember_desc(p, at);
		}
}

static bool is_desc_of(struct waits_pass *p, struct seed *s, uint64_t word, enum layout_field f)
{
	uint8_t bytes[DESC_MAX];
	uint64_t pd = word - (uint64_t)off(p->rt, f);

	if (!read_desc(p, pd, bytes) || le64(bytes + off(p->rt, f)) != s->g)
		return false;
	take_desc(p, pd, bytes);
	if (seed_is_linked(p, s))
		remember_descs(p, pd);
	return seed_is_linked(p, s);
}

static void find_desc(struct waits_pass *p, struct seed *s, const uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t held;

		if (memory_read_all(p->rt->mem, words[i], &held, sizeof(held)) || held != s->g)
			continue;
		if (is_desc_of(p, s, words[i], LF_POLLDESC_RG) ||
		    is_desc_of(p, s, words[i], LF_POLLDESC_WG))
			return;
	}
}

/* ---- conditions --------------------------------------------------------------------------------- */

/*
 * The seeds in the list that begins at head, in its order, in p->front; whether s is among them and
 * the list ends at tail. Each list is walked once, but for those that change meanwhile: many more
 * steps in a pass than there are goroutines are those of a process that means harm.
 */
static bool walk_list(struct waits_pass *p, const struct seed *s, uint64_t head, uint64_t tail)
{
	uint8_t bytes[SUDOG_BYTES];
	bool mine = false;

	p->front.n = 0;
	for (uint64_t at = head;;) {
		struct seed *of;
		struct sudog d;

		if (p->list_hops >= 8 * p->seeds.n + LIST_HOPS || !plausible_pointer(at) ||
		    memory_read_all(p->rt->mem, at, bytes, sudog_size(p->rt)) ||
		    !sudog_parse(p->rt, bytes, &d) || d.c)
			return false;
		p->list_hops++;
		of = seed_at(p, d.g);
		/* Who came or went since the seeds were read is none; but the first one must be. */
		if (of && of->rule->class == BY_COND && !vec_push(&p->front, of->g))
			p->failed = true;
		if (p->failed || !p->front.n)
			return false;
		mine |= of == s;
		if (at == tail)
			return mine && !d.next;
		at = d.next;
	}
}

static bool is_list_of(struct waits_pass *p, struct seed *s, uint64_t list, const uint8_t *bytes)
{
	uint64_t head = le64(bytes + off(p->rt, LF_NOTIFYLIST_HEAD));
	uint64_t tail = le64(bytes + off(p->rt, LF_NOTIFYLIST_TAIL));
	uint32_t object;

	if (!plausible_pointer(list) || !plausible_pointer(head) || !plausible_pointer(tail) ||
	    !walk_list(p, s, head, tail))
		return false;
	object = wait_object_at(p, WAIT_COND, list - COND_LIST);
	vec_foreach (g, &p->front) {
		struct seed *of = seed_at(p, *g);

		if (!seed_is_linked(p, of))
			wait_add(p, of, object, WAY_WAIT, 0, 0);
	}
	return true;
}

/* A word may be the Cond, its list, or the list's lock. */
static void find_cond(struct waits_pass *p, struct seed *s, const uint64_t *words, size_t n)
{
	enum { LOCK = 8, LIST = 32 };
	uint8_t b[LOCK + COND_LIST + LIST];

	if (off(p->rt, LF_NOTIFYLIST_HEAD) < 0 || off(p->rt, LF_NOTIFYLIST_HEAD) > LIST - 8 ||
	    off(p->rt, LF_NOTIFYLIST_TAIL) < 0 || off(p->rt, LF_NOTIFYLIST_TAIL) > LIST - 8 ||
	    !sudog_size(p->rt))
		return;
	for (size_t i = 0; i < n; i++) {
		if (memory_read_all(p->rt->mem, words[i] - LOCK, b, sizeof(b)))
			continue;
		if (is_list_of(p, s, words[i] + COND_LIST, b + LOCK + COND_LIST) ||
		    is_list_of(p, s, words[i], b + LOCK) || is_list_of(p, s, words[i] - LOCK, b))
			return;
	}
}

/* ---- stacks ------------------------------------------------------------------------------------- */

/* The words near the stack pointer that may be addresses of something not on the stack, each once. */
static size_t read_words(struct waits_pass *p, const struct seed *s, uint64_t *words)
{
	const struct go_exe_info *info = go_exe_info(p->rt->exe);
	uint64_t raw[WORDS];
	size_t want, n = 0;
	ssize_t got;

	if (!plausible_pointer(s->sp) || s->sp >= s->hi)
		return 0;
	want = s->hi - s->sp < STACK_BYTES ? s->hi - s->sp : STACK_BYTES;
	got = memory_read(p->rt->mem, s->sp, raw, want / 8 * 8);
	for (ssize_t i = 0; i < got / 8; i++) {
		bool known = !plausible_pointer(raw[i]) || raw[i] == s->g ||
			     (raw[i] >= s->sp && raw[i] < s->hi) ||
			     raw[i] - p->rt->bias - info->text < info->etext - info->text;

		for (size_t k = 0; k < n && !known; k++)
			known = words[k] == raw[i];
		if (!known)
			words[n++] = raw[i];
	}
	return n;
}

static struct wait_object *desc_of(struct waits_pass *p, const struct seed *s)
{
	uint32_t record = hash_get(&p->linked, (uint64_t)(s - p->seeds.v) + 1);

	return record == HASH_NONE ? NULL : &p->w->batch.objects.v[p->records.v[record].object];
}

static void search_stack(struct waits_pass *p, struct seed *s)
{
	uint64_t words[WORDS];
	struct wait_object *o;
	size_t n;

	if (s->rule->class == BY_COND && !seed_is_linked(p, s)) {
		n = read_words(p, s, words);
		find_cond(p, s, words, n);
	}
	if (s->rule->class != BY_DESC || !desc_size(p->rt))
		return;
	o = desc_of(p, s);
	if (o && waits_net_known(p, o->addr, o->fd.fd))
		return;
	n = read_words(p, s, words);
	if (!o)
		find_desc(p, s, words, n);
	o = desc_of(p, s);
	if (o)
		waits_net_find(p, o->addr, o->fd.fd, words, n);
}

static void begin_stacks(struct waits_pass *p)
{
	p->begun = true;
	hash_clear(&p->visited);
	vec_foreach (pd, &p->w->descs)
		if (!hash_put(&p->visited, *pd, 0))
			p->failed = true;
}

int waits_stacks(struct waits_pass *p)
{
	if (!p->begun)
		begin_stacks(p);
	for (int i = 0; i < SEEDS_AT_ONCE && p->at < p->seeds.n; p->at++) {
		struct seed *s = &p->seeds.v[p->at];

		if (s->rule->class != BY_COND && s->rule->class != BY_DESC)
			continue;
		search_stack(p, s);
		i++;
	}
	if (p->at < p->seeds.n)
		return 1;
	return radix_sort(p->w->descs.v, p->w->descs.n) ? 0 : -ENOMEM;
}
