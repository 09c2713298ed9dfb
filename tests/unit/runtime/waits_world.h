/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Goroutines that wait, and what they wait on, in made-up memory. */
#ifndef GOROUTOP_TESTS_RUNTIME_WAITS_WORLD_H
#define GOROUTOP_TESTS_RUNTIME_WAITS_WORLD_H

#include "base/radix.h"
#include "runtime/waits.h"
#include "world.h"

enum { DESC = 512, STACK = 2048, LIE = 0xdead000000 };

static inline uint8_t reason(const struct world *w, const char *text)
{
	for (int i = 0; i < w->rt.layout.n_wait_reasons; i++)
		if (!strcmp(w->rt.layout.wait_reasons[i], text))
			return (uint8_t)i;
	fail_msg("no reason %s", text);
	return 0;
}

/* A goroutine that waits, with a stack of its own, entered among the others. */
static inline uint64_t add_g(struct world *w, uint64_t goid, const char *why)
{
	uint64_t g = world_alloc(w, 512), stack = world_alloc(w, STACK);

	put64(w, at_field(w, g, LF_G_STACK_LO), stack);
	put64(w, at_field(w, g, LF_G_STACK_HI), stack + STACK);
	put64(w, at_field(w, g, LF_G_SCHED_SP), stack + STACK / 2);
	put32(w, at_field(w, g, LF_G_ATOMICSTATUS), GS_WAITING);
	put64(w, at_field(w, g, LF_G_GOID), goid);
	put8(w, at_field(w, g, LF_G_WAITREASON), reason(w, why));
	assert_true(vec_push(&w->rt.list.sorted, g));
	radix_sort(w->rt.list.sorted.v, w->rt.list.sorted.n);
	w->rt.list.known = w->rt.list.sorted.n;
	/* runtime.allgs, a slice as long as what is known of it: nothing is new */
	put64(w, WORLD_BASE, WORLD_BASE + 64);
	put64(w, WORLD_BASE + 8, w->rt.list.known);
	put64(w, WORLD_BASE + 16, w->rt.list.known);
	w->rt.allgs = WORLD_BASE;
	return g;
}

static inline void put_on_stack(struct world *w, uint64_t g, size_t word, uint64_t v)
{
	uint64_t sp = le64(world_at(w, at_field(w, g, LF_G_SCHED_SP)));

	put64(w, sp + word * 8, v);
}

/* From Go 1.26 on the second of two words is the truth. */
static inline void put_pair(struct world *w, uint64_t s, enum layout_field plain,
			    enum layout_field second, uint64_t v)
{
	if (w->rt.layout.offset[second] >= 0)
		put64(w, at_field(w, s, second), v);
	else
		put64(w, at_field(w, s, plain), v);
}

static inline uint64_t sudog_of(struct world *w, uint64_t g, uint64_t chan, uint64_t elem)
{
	uint64_t s = world_alloc(w, 128);

	put64(w, at_field(w, s, LF_SUDOG_G), g);
	put_pair(w, s, LF_SUDOG_C, LF_SUDOG_C_VU, chan);
	put_pair(w, s, LF_SUDOG_ELEM, LF_SUDOG_ELEM_VU, elem);
	return s;
}

static inline void set_waiting(struct world *w, uint64_t g, uint64_t sudog)
{
	put64(w, at_field(w, g, LF_G_WAITING), sudog);
}

static inline uint64_t chan_of(struct world *w, uint64_t used, uint64_t capacity)
{
	uint64_t c = world_alloc(w, 128);

	put64(w, at_field(w, c, LF_HCHAN_QCOUNT), used);
	put64(w, at_field(w, c, LF_HCHAN_DATAQSIZ), capacity);
	return c;
}

/* Reads to the end. */
static inline const struct wait_batch *read_all(struct world *w, struct waits *waits)
{
	int r;

	waits_begin(waits);
	while ((r = waits_step(waits, &w->rt)) == 1)
		;
	assert_int_equal(r, 0);
	return &waits->batch;
}

static inline const struct wait_fact *fact_of(const struct wait_batch *b, uint64_t goid)
{
	vec_foreach (f, &b->facts)
		if (f->goid == goid)
			return f;
	return NULL;
}

static inline const struct wait_object *object_of(const struct wait_batch *b, uint64_t goid,
						  uint32_t nth, enum wait_way way)
{
	const struct wait_fact *f = fact_of(b, goid);

	assert_non_null(f);
	assert_true(nth < f->n);
	assert_int_equal(b->links.v[f->first + nth].way, way);
	return &b->objects.v[b->links.v[f->first + nth].object];
}

static inline void world_close(struct world *w, struct waits *waits)
{
	waits_free(waits);
	vec_free(&w->rt.list.sorted);
	world_free(w);
}

static inline uint64_t desc_of(struct world *w, uint64_t fd)
{
	uint64_t pd = world_alloc(w, DESC);

	put64(w, at_field(w, pd, LF_POLLDESC_SELF), pd);
	put64(w, at_field(w, pd, LF_POLLDESC_FD), fd);
	return pd;
}

static const struct {
	int minor, patch;
} releases[] = {{17, 0}, {20, 0}, {23, 8}, {25, 0}, {26, 0}, {27, 1}};

#define EACH_RELEASE(w, waits)                                                               \
	for (size_t i_ = 0; i_ < ARRAY_SIZE(releases); i_++)                                 \
		for (struct world *w = world_new(releases[i_].minor, releases[i_].patch); w; \
		     w = NULL)                                                               \
			for (struct waits waits = {0}, *once_ = &waits; once_;               \
			     world_close(w, &waits), once_ = NULL)

#endif
