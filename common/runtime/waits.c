// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A goroutine that waits on channels has its sudogs in g.waiting, linked by waitlink; each names the
 * channel (src/runtime/chan.go, select.go, Go 1.17 to 1.27). One that waits for a semaphore (and all
 * of package sync is made of those) has a sudog in a queue of runtime.semtable: a tree by address,
 * and behind each node the others of that address (sema.go); from Go 1.26 on also in g.waiting.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/radix.h"
#include "runtime/waits_internal.h"

enum {
	CHUNK = 8192,	  /* structs in one go */
	ROUNDS = 512,	  /* short queues in one go */
	CASES_MAX = 4096, /* of a select; those behind are left out */
	SUDOGS_MAX = 1 << 24,
	SUDOG_MAX = 256, /* bytes; 104 in Go 1.27 */
	G_MAX = 4096,
	QUEUE_STRIDE_MAX = 256,
};

static const uint64_t slice = 15 * NSEC_PER_MSEC;

/* In this order: a longer text before one that it begins with. */
static const struct wait_rule rules[] = {
	{"chan receive (nil chan)", BY_NATURE, WAIT_NEVER, WAY_RECEIVE, 0},
	{"chan send (nil chan)", BY_NATURE, WAIT_NEVER, WAY_SEND, 0},
	{"select (no cases)", BY_NATURE, WAIT_NEVER, WAY_UNKNOWN, 0},
	{"chan receive", BY_CHAN, WAIT_CHAN, WAY_RECEIVE, 0},
	{"chan send", BY_CHAN, WAIT_CHAN, WAY_SEND, 0},
	{"select", BY_CHAN, WAIT_CHAN, WAY_UNKNOWN, 0},
	/*
	 * Where the semaphore lies in what it is of, src/sync at Go 1.20 to 1.27: Mutex{state, sema},
	 * RWMutex{Mutex, writerSem, readerSem}, WaitGroup{8 bytes of state, sema}.
	 */
	{"sync.Mutex.Lock", BY_SEMA, WAIT_MUTEX, WAY_LOCK, 4},
	{"sync.RWMutex.RLock", BY_SEMA, WAIT_RWMUTEX, WAY_RLOCK, 12},
	{"sync.RWMutex.Lock", BY_SEMA, WAIT_RWMUTEX, WAY_LOCK, 8},
	{"sync.WaitGroup.Wait", BY_SEMA, WAIT_WAITGROUP, WAY_WAIT, 8},
	{"semacquire", BY_SEMA, WAIT_SEMAPHORE, WAY_WAIT, 0},
	{"sync.Cond.Wait", BY_COND, WAIT_COND, WAY_WAIT, 0},
	{"IO wait", BY_DESC, WAIT_FD, WAY_UNKNOWN, 0},
	{"sleep", BY_TIMER, WAIT_TIMER, WAY_WAIT, 0},
};

/* ---- who waits --------------------------------------------------------------------------------- */

static void make_rules(struct waits_pass *p)
{
	for (int i = 0; i < 256; i++) {
		const char *text = runtime_wait_reason(p->rt, (uint8_t)i);

		for (size_t k = 0; text && k < ARRAY_SIZE(rules) && !p->rules[i]; k++)
			if (!strncmp(text, rules[k].reason, strlen(rules[k].reason)))
				p->rules[i] = &rules[k];
	}
}

static uint64_t field(const struct runtime *rt, const uint8_t *bytes, int32_t from,
		      enum layout_field f)
{
	return off(rt, f) < 0 ? 0 : le64(bytes + off(rt, f) - from);
}

/* A parked goroutine has no m; one that only says that it waits has (law 1). */
static void take_seed(void *ctx, size_t i, const uint8_t *g)
{
	struct waits_pass *p = ctx;
	const struct runtime *rt = p->rt;
	struct seed s = {.g = p->gs.v[p->at + i]};
	int32_t from = off(rt, LF_G_STACK_HI);

	if (!g || GS_BASE(le32(g + off(rt, LF_G_ATOMICSTATUS) - from)) != GS_WAITING ||
	    field(rt, g, from, LF_G_M))
		return;
	s.rule = p->rules[g[off(rt, LF_G_WAITREASON) - from]];
	s.goid = field(rt, g, from, LF_G_GOID);
	if (!s.rule || !s.goid)
		return;
	s.waiting = field(rt, g, from, LF_G_WAITING);
	s.sp = field(rt, g, from, LF_G_SCHED_SP);
	s.hi = field(rt, g, from, LF_G_STACK_HI);
	s.timer = field(rt, g, from, LF_G_TIMER);
	s.due = field(rt, g, from, LF_G_SLEEPWHEN);
	if (!vec_push(&p->seeds, s))
		p->failed = true;
}

static int32_t g_end(const struct runtime *rt)
{
	static const enum layout_field wanted[] = {LF_G_ATOMICSTATUS, LF_G_WAITREASON,
						   LF_G_GOID,	      LF_G_M,
						   LF_G_WAITING,      LF_G_SCHED_SP,
						   LF_G_TIMER,	      LF_G_SLEEPWHEN};
	int32_t end = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int32_t at = off(rt, wanted[i]);

		/* The first five are indispensable; what is read begins at the end of the stack. */
		if ((i < 5 || at >= 0) && at < off(rt, LF_G_STACK_HI))
			return -1;
		if (at + 8 > end)
			end = at + 8;
	}
	return off(rt, LF_G_STACK_HI) < 0 || end > G_MAX ? -1 : end;
}

static int read_seeds(struct waits_pass *p)
{
	struct gather g = {.visit = take_seed, .ctx = p};
	int r = 0;

	if (!p->begun) {
		p->begun = true;
		p->w->batch.t0 = clock_mono();
		r = g_list_update(p->rt);
		if (r)
			return r == -EAGAIN ? 0 : r;
		if (g_end(p->rt) < 0)
			return -ENOTSUP;
		make_rules(p);
		if (!vec_append(&p->gs, p->rt->list.sorted.v, p->rt->list.sorted.n))
			return -ENOMEM;
	}
	g.v = p->gs.v + p->at;
	g.n = p->gs.n - p->at < CHUNK ? p->gs.n - p->at : CHUNK;
	g.from = off(p->rt, LF_G_STACK_HI);
	g.to = g_end(p->rt);
	r = gather(p->rt, &g);
	p->at += g.n;
	return r ? r : p->at < p->gs.n;
}

/* ---- sudogs ------------------------------------------------------------------------------------ */

int32_t sudog_size(const struct runtime *rt)
{
	static const enum layout_field wanted[] = {LF_SUDOG_G,	     LF_SUDOG_NEXT,
						   LF_SUDOG_PREV,    LF_SUDOG_ELEM,
						   LF_SUDOG_C,	     LF_SUDOG_WAITLINK,
						   LF_SUDOG_ISSELECT};

	return wait_size(rt, LF_SUDOG_SIZE, SUDOG_MAX, wanted, ARRAY_SIZE(wanted));
}

/* From Go 1.26 on these are pairs of pointers, of which the second is the truth. */
static uint64_t pair(const struct runtime *rt, const uint8_t *bytes, enum layout_field plain,
		     enum layout_field second)
{
	int32_t at = off(rt, second);

	return le64(bytes + (at >= 0 && at <= off(rt, LF_SUDOG_SIZE) - 8 ? at : off(rt, plain)));
}

bool sudog_parse(const struct runtime *rt, const uint8_t *bytes, struct sudog *ret)
{
	if (!bytes)
		return false;
	*ret = (struct sudog){
		.g = le64(bytes + off(rt, LF_SUDOG_G)),
		.next = le64(bytes + off(rt, LF_SUDOG_NEXT)),
		.prev = le64(bytes + off(rt, LF_SUDOG_PREV)),
		.elem = pair(rt, bytes, LF_SUDOG_ELEM, LF_SUDOG_ELEM_VU),
		.waitlink = le64(bytes + off(rt, LF_SUDOG_WAITLINK)),
		.c = pair(rt, bytes, LF_SUDOG_C, LF_SUDOG_C_VU),
		.is_select = bytes[off(rt, LF_SUDOG_ISSELECT)] & 1,
	};
	return true;
}

/* Lists of a hostile process lead in circles, or have no end. */
static void follow(struct waits_pass *p, uint64_t sudog)
{
	if (!plausible_pointer(sudog) || hash_get(&p->visited, sudog) != HASH_NONE ||
	    p->visited.n >= SUDOGS_MAX)
		return;
	if (!hash_put(&p->visited, sudog, 0) || !vec_push(&p->next, sudog))
		p->failed = true;
}

static void add_semaphore(struct waits_pass *p, const struct seed *s, uint64_t sema)
{
	uint64_t before = (uint64_t)s->rule->before;

	/* They are words of 32 bits. */
	if (sema < 4096 || sema >> 52 || sema % 4)
		return;
	/*
	 * A WaitGroup of Go 1.17 is three such words; its semaphore is the first one where the second
	 * and third are aligned for a counter of 64 bits. Later ones are aligned themselves.
	 */
	if (s->rule->kind == WAIT_WAITGROUP && sema % 8)
		before = 0;
	wait_add(p, s, wait_object_at(p, s->rule->kind, sema - before), s->rule->way, 0, 0);
}

/* A sudog that g.waiting led to. */
static void take_sudog(void *ctx, size_t i, const uint8_t *bytes)
{
	struct waits_pass *p = ctx;
	uint64_t at = p->front.v[p->at + i];
	struct sudog d;
	struct seed *s;

	if (!sudog_parse(p->rt, bytes, &d))
		return;
	s = seed_at(p, d.g);
	if (!s)
		return;
	if (s->rule->class == BY_CHAN && plausible_pointer(d.c)) {
		wait_add(p, s, wait_object_at(p, WAIT_CHAN, d.c), s->rule->way, at, d.prev);
		if (d.is_select)
			follow(p, d.waitlink);
	} else if (s->rule->class == BY_SEMA && !d.c && !seed_is_linked(p, s)) {
		add_semaphore(p, s, d.elem);
	} else if (s->rule->class == BY_COND && !d.c && plausible_pointer(d.elem)) {
		wait_add(p, s, wait_object_at(p, WAIT_COND, d.elem - COND_LIST), WAY_WAIT, 0, 0);
	}
}

/* Takes the sudogs found behind the last ones as those to be read now. */
static int advance_front(struct waits_pass *p)
{
	size_t n = 0;

	p->front.n = 0;
	if (!radix_sort(p->next.v, p->next.n) || !vec_append(&p->front, p->next.v, p->next.n))
		return -ENOMEM;
	for (size_t i = 0; i < p->front.n; i++)
		if (!n || p->front.v[i] != p->front.v[n - 1])
			p->front.v[n++] = p->front.v[i];
	p->front.n = n;
	p->next.n = 0;
	p->at = 0;
	p->rounds++;
	return 0;
}

/* Reads a part of the front: 1 while there is more of it, or of what lies behind. */
static int read_front(struct waits_pass *p, void (*take)(void *, size_t, const uint8_t *))
{
	struct gather g = {.to = sudog_size(p->rt), .visit = take, .ctx = p};
	int r = 0;

	if (p->at == p->front.n) {
		if (!p->next.n)
			return 0;
		r = advance_front(p);
	}
	if (r)
		return r;
	g.v = p->front.v + p->at;
	g.n = p->front.n - p->at < CHUNK ? p->front.n - p->at : CHUNK;
	r = gather(p->rt, &g);
	p->at += g.n;
	return r ? r : 1;
}

static int read_sudogs(struct waits_pass *p)
{
	if (!sudog_size(p->rt))
		return 0;
	if (!p->begun) {
		p->begun = true;
		vec_foreach (s, &p->seeds)
			if (s->rule->class == BY_CHAN || s->rule->class == BY_SEMA ||
			    s->rule->class == BY_COND)
				follow(p, s->waiting);
	}
	return p->rounds > CASES_MAX ? 0 : read_front(p, take_sudog);
}

/* ---- semaphores --------------------------------------------------------------------------------- */

/* A sudog of a queue: its neighbours in the tree, and who waits behind it for the same address. */
static void take_queued(void *ctx, size_t i, const uint8_t *bytes)
{
	struct waits_pass *p = ctx;
	struct sudog d;
	struct seed *s;

	(void)i;
	if (!sudog_parse(p->rt, bytes, &d) || d.c)
		return;
	follow(p, d.next);
	follow(p, d.prev);
	follow(p, d.waitlink);
	s = seed_at(p, d.g);
	if (s && s->rule->class == BY_SEMA && !seed_is_linked(p, s))
		add_semaphore(p, s, d.elem);
}

/* Each queue holds the addresses that its number tells; one that holds another is none. */
static bool is_queue(struct waits_pass *p, size_t number, uint64_t treap)
{
	uint8_t bytes[SUDOG_MAX];
	struct sudog d;

	return plausible_pointer(treap) &&
	       !memory_read_all(p->rt->mem, treap, bytes, sudog_size(p->rt)) &&
	       sudog_parse(p->rt, bytes, &d) && (d.elem >> 3) % GO_SEMAPHORE_QUEUES == number;
}

static bool wants_queues(struct waits_pass *p)
{
	const struct go_global_place *place = &p->rt->globals[GG_SEMTABLE];

	if (!sudog_size(p->rt) || !place->addr || place->count < 8 ||
	    place->count > QUEUE_STRIDE_MAX || off(p->rt, LF_SEMAROOT_TREAP) < 0 ||
	    off(p->rt, LF_SEMAROOT_TREAP) > (int32_t)place->count - 8)
		return false;
	vec_foreach (s, &p->seeds)
		if (s->rule->class == BY_SEMA && !seed_is_linked(p, s))
			return true;
	return false;
}

static int begin_queues(struct waits_pass *p)
{
	const struct go_global_place *place = &p->rt->globals[GG_SEMTABLE];
	uint8_t table[GO_SEMAPHORE_QUEUES * QUEUE_STRIDE_MAX];

	if (memory_read_all(p->rt->mem, place->addr + p->rt->bias, table,
			    (size_t)place->count * GO_SEMAPHORE_QUEUES))
		return 0;
	for (size_t i = 0; i < GO_SEMAPHORE_QUEUES; i++) {
		uint64_t treap = le64(table + i * place->count + off(p->rt, LF_SEMAROOT_TREAP));

		if (treap && is_queue(p, i, treap))
			follow(p, treap);
	}
	return 1;
}

static int read_queues(struct waits_pass *p)
{
	int r = 1;

	if (!p->begun) {
		p->begun = true;
		p->front.n = p->next.n = p->at = 0;
		hash_clear(&p->visited);
		return wants_queues(p) ? begin_queues(p) : 0;
	}
	/* A long queue is a chain of single reads. */
	for (int i = 0; i < ROUNDS && r == 1; i++)
		r = read_front(p, take_queued);
	return r;
}

/* ---- all of it ---------------------------------------------------------------------------------- */

static void pass_free(struct waits_pass *p)
{
	if (!p)
		return;
	vec_free(&p->gs);
	vec_free(&p->seeds);
	vec_free(&p->front);
	vec_free(&p->next);
	vec_free(&p->records);
	hash_free(&p->objects);
	hash_free(&p->visited);
	hash_free(&p->linked);
	hash_free(&p->by_sudog);
	hash_free(&p->natures);
	free(p);
}

void waits_begin(struct waits *w)
{
	pass_free(w->pass);
	w->pass = NULL;
}

static int pass_new(struct waits *w)
{
	struct wait_batch *b = &w->batch;

	b->facts.n = b->links.n = b->objects.n = b->texts.n = 0;
	w->pass = calloc(1, sizeof(*w->pass));
	if (!w->pass || !vec_push(&b->texts, '\0'))
		return -ENOMEM;
	w->pass->w = w;
	return 0;
}

static int work(struct waits_pass *p)
{
	static int (*const phases[])(struct waits_pass *) = {
		[PHASE_SEEDS] = read_seeds,	 [PHASE_FRAMES] = waits_frames,
		[PHASE_SUDOGS] = read_sudogs,	 [PHASE_QUEUES] = read_queues,
		[PHASE_DESCS] = waits_descs,	 [PHASE_STACKS] = waits_stacks,
		[PHASE_OBJECTS] = waits_objects, [PHASE_FACTS] = waits_facts,
	};
	int r = phases[p->phase](p);

	if (p->failed)
		return -ENOMEM;
	if (r)
		return r;
	p->phase++;
	p->at = 0;
	p->begun = false;
	return p->phase != PHASE_DONE;
}

int waits_step(struct waits *w, struct runtime *rt)
{
	uint64_t until = clock_mono() + slice;
	int r = w->pass ? 0 : pass_new(w);

	if (!r) {
		w->pass->rt = rt;
		do
			r = work(w->pass);
		while (r == 1 && clock_mono() < until);
	}
	if (r == 1)
		return 1;
	w->batch.t1 = clock_mono();
	waits_begin(w);
	return r;
}

void waits_free(struct waits *w)
{
	waits_begin(w);
	vec_free(&w->batch.facts);
	vec_free(&w->batch.links);
	vec_free(&w->batch.objects);
	vec_free(&w->batch.texts);
	vec_free(&w->descs);
	vec_free(&w->fd_at);
	hash_free(&w->fds);
}
