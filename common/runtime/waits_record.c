// SPDX-License-Identifier: GPL-2.0-or-later
/* What a pass over those who wait has put down: who they are, the objects, who waits on which. */
#include "runtime/waits_internal.h"

struct seed *seed_at(struct waits_pass *p, uint64_t g)
{
	size_t lo = 0, hi = p->seeds.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (p->seeds.v[mid].g < g)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->seeds.n && p->seeds.v[lo].g == g ? &p->seeds.v[lo] : NULL;
}

bool seed_is_linked(struct waits_pass *p, const struct seed *s)
{
	return hash_get(&p->linked, (uint64_t)(s - p->seeds.v) + 1) != HASH_NONE;
}

/*
 * The kind is part of what an object is: a process can have the same address be two of them, and
 * the facts of one kind are not those of another. (Addresses have 52 bits.)
 */
uint64_t wait_object_key(enum wait_kind kind, uint64_t addr)
{
	/* Writers of an RWMutex wait for each other at the Mutex that it begins with. */
	return (uint64_t)(kind == WAIT_RWMUTEX ? WAIT_MUTEX : kind) << 56 | addr;
}

uint32_t wait_object_at(struct waits_pass *p, enum wait_kind kind, uint64_t addr)
{
	uint64_t key = wait_object_key(kind, addr);
	uint32_t at = hash_get(&p->objects, key);
	struct wait_object o = {.addr = addr, .kind = (uint8_t)kind};

	if (at != HASH_NONE) {
		if (kind == WAIT_RWMUTEX)
			p->w->batch.objects.v[at].kind = WAIT_RWMUTEX;
		return at;
	}
	at = (uint32_t)p->w->batch.objects.n;
	if (!vec_push(&p->w->batch.objects, o) || !hash_put(&p->objects, key, at)) {
		p->failed = true;
		return NO_OBJECT;
	}
	return at;
}

void wait_add(struct waits_pass *p, const struct seed *s, uint32_t object, enum wait_way way,
	      uint64_t sudog, uint64_t prev)
{
	uint32_t seed = (uint32_t)(s - p->seeds.v);
	struct record r = {seed, object, sudog, prev, (uint8_t)way};

	if (object == NO_OBJECT || !vec_push(&p->records, r) ||
	    !hash_put(&p->linked, (uint64_t)seed + 1, (uint32_t)p->records.n - 1))
		p->failed = true;
}
