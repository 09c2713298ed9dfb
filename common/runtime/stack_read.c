// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stacks of many goroutines at once. First the g structs, then the used parts of their stacks in
 * the order of their addresses, neighbours in one piece, each walked in the window where it lies;
 * then the g structs again: who has moved meanwhile is read once more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/radix.h"
#include "runtime/gather.h"
#include "runtime/stack_internal.h"

enum {
	WINDOW = 256 << 10,
	USED_MOST = 16 << 10, /* of one stack; deeper ones are read on as they are walked */
	/* Reading this much that is not wanted costs less than another read. */
	STACK_GAP = 2 << 10,
	G_MOST = 4 << 10, /* bytes of a g that hold what is wanted */
	TRIES = 3,
};

/* A Go stack is never larger (runtime.maxstacksize: 1 GB). */
static const uint64_t stack_max = 1ull << 30;

/* What a g says of its stack. */
struct registers {
	uint64_t lo, hi;
	uint64_t sp, pc, lr, bp; /* sched */
	uint64_t syscallsp, syscallpc, syscallbp;
	uint64_t goid, startpc;
	uint32_t status;
	uint8_t tracking_seq;
};

struct stack_slot {
	uint64_t g;
	struct registers r;
	uint32_t stack; /* in the batch */
	uint8_t flags;
	bool done, gone;
};

/* One call: the slots from `at` on are still to be settled. */
struct reading {
	struct runtime *rt;
	struct stack_reader *sr;
	struct stack_batch *batch;
	uint32_t n;
	uint64_t *order;  /* n of them */
	int32_t from, to; /* the bytes of a g that are read */
	bool no_memory;
};

/* ---- g structs -------------------------------------------------------------------------------- */

/* The first NEEDED of them are not to be done without. */
enum { NEEDED = 6 };
static const enum layout_field wanted[] = {
	LF_G_STACK_LO, LF_G_STACK_HI,	 LF_G_SCHED_SP,	 LF_G_SCHED_PC,	 LF_G_ATOMICSTATUS,
	LF_G_GOID,     LF_G_SCHED_BP,	 LF_G_SYSCALLSP, LF_G_SYSCALLPC, LF_G_SYSCALLBP,
	LF_G_STARTPC,  LF_G_TRACKINGSEQ, LF_G_SCHED_LR,
};

/* The bytes of a g that hold them: [from, to). */
static bool extent(struct reading *rd)
{
	rd->from = INT32_MAX;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		int32_t at = off(rd->rt, wanted[i]);

		if (at < 0)
			continue;
		rd->from = at < rd->from ? at : rd->from;
		rd->to = at + 8 > rd->to ? at + 8 : rd->to;
	}
	for (size_t i = 0; i < NEEDED; i++)
		if (off(rd->rt, wanted[i]) < 0)
			return false;
	return rd->to - rd->from <= G_MOST;
}

/* hot: the bytes of a g from rd->from on. */
static uint64_t field(const struct reading *rd, const uint8_t *hot, enum layout_field f)
{
	return off(rd->rt, f) < 0 ? 0 : le64(hot + off(rd->rt, f) - rd->from);
}

static void pick(const struct reading *rd, const uint8_t *hot, struct registers *ret)
{
	*ret = (struct registers){
		.lo = field(rd, hot, LF_G_STACK_LO),
		.hi = field(rd, hot, LF_G_STACK_HI),
		.sp = field(rd, hot, LF_G_SCHED_SP),
		.pc = field(rd, hot, LF_G_SCHED_PC),
		.lr = field(rd, hot, LF_G_SCHED_LR),
		.bp = field(rd, hot, LF_G_SCHED_BP),
		.syscallsp = field(rd, hot, LF_G_SYSCALLSP),
		.syscallpc = field(rd, hot, LF_G_SYSCALLPC),
		.syscallbp = field(rd, hot, LF_G_SYSCALLBP),
		.goid = field(rd, hot, LF_G_GOID),
		.startpc = field(rd, hot, LF_G_STARTPC),
		.status = GS_BASE((uint32_t)field(rd, hot, LF_G_ATOMICSTATUS)),
		.tracking_seq = (uint8_t)field(rd, hot, LF_G_TRACKINGSEQ),
	};
}

static bool is_sane(const struct registers *r)
{
	return valid_status(r->status) && r->status != GS_IDLE && r->status != GS_DEAD && r->goid &&
	       r->hi > r->lo && r->hi - r->lo <= stack_max && r->hi % 8 == 0 && r->lo >= 4096 &&
	       !(r->hi >> 63);
}

typedef void take_fn(struct stack_slot *s, const struct registers *r);

struct g_reading {
	struct reading *rd;
	take_fn *take;
};

static void take_g(void *ctx, size_t i, const uint8_t *hot)
{
	const struct g_reading *of = ctx;
	struct registers r;

	if (hot)
		pick(of->rd, hot, &r);
	of->take(&of->rd->sr->slots[of->rd->order[i]], hot ? &r : NULL);
}

/*
 * Calls `take` for each slot of the order with its registers, or with NULL when they could not be
 * read. The order is that of addresses.
 */
static int read_gs(struct reading *rd, take_fn *take)
{
	_cleanup_free_ uint64_t *v = malloc(rd->n * sizeof(*v) + 1);
	struct g_reading of = {rd, take};

	if (!v)
		return -ENOMEM;
	for (uint32_t i = 0; i < rd->n; i++)
		v[i] = rd->sr->slots[rd->order[i]].g;
	return gather(rd->rt,
		      &(struct gather){v, rd->n, rd->from, rd->to, .visit = take_g, .ctx = &of});
}

static void take_first(struct stack_slot *s, const struct registers *r)
{
	if (!r || !is_sane(r))
		s->gone = true;
	else
		s->r = *r;
}

static bool is_same(const struct registers *a, const struct registers *b)
{
	/* What is stale while it runs may change: the state tells. */
	return a->status == b->status && a->goid == b->goid && a->lo == b->lo && a->hi == b->hi &&
	       a->sp == b->sp && a->pc == b->pc && a->lr == b->lr && a->syscallsp == b->syscallsp &&
	       a->syscallpc == b->syscallpc && a->tracking_seq == b->tracking_seq;
}

static void take_again(struct stack_slot *s, const struct registers *r)
{
	if (!r || !is_sane(r) || r->goid != s->r.goid)
		s->gone = true;
	else if (is_same(&s->r, r))
		s->done = true;
	else
		s->r = *r;
}

/* ---- stacks ----------------------------------------------------------------------------------- */

/*
 * The registers as the runtime's own traceback takes them (traceback, src/runtime/traceback.go):
 * those of the system call as long as they are set, whatever the state.
 */
static struct stack_start start_of(const struct runtime *rt, const struct registers *r)
{
	struct stack_start s = {.lo = r->lo, .hi = r->hi, .startpc = r->startpc};

	if (r->syscallsp) {
		s.sp = r->syscallsp;
		s.pc = r->syscallpc;
		s.bp = r->syscallbp;
		s.has_bp = off(rt, LF_G_SYSCALLBP) >= 0;
	} else {
		s.sp = r->sp;
		s.pc = r->pc;
		s.lr = r->lr;
		s.bp = r->bp;
		s.has_bp = off(rt, LF_G_SCHED_BP) >= 0;
	}
	return s;
}

static bool is_within(const struct stack_start *s)
{
	return s->sp >= s->lo + 8 && s->sp <= s->hi - 8 && s->sp % 8 == 0;
}

static void settle(struct reading *rd, struct stack_slot *s, const struct stack_view *view)
{
	struct stack_walk w = {
		.rt = rd->rt,
		.code = &rd->sr->code,
		.start = start_of(rd->rt, &s->r),
		.view = *view,
		.more = rd->sr->more,
		.pcs = rd->sr->pcs,
	};

	s->flags = 0;
	/* gogo clears sched.sp: it is set while the goroutine is off its own stack. */
	if (s->r.status == GS_RUNNING || s->r.status == GS_COPYSTACK)
		s->flags |= STACK_RUNNING;
	if (is_within(&w.start))
		stack_walk(&w);
	else if (s->flags & STACK_RUNNING)
		stack_walk_running(&w);
	if (w.cut)
		s->flags |= STACK_CUT;
	if (!stack_batch_add(rd->batch, &w, &s->stack))
		rd->no_memory = true;
}

static uint64_t used_from(const struct reading *rd, const struct stack_slot *s)
{
	const struct stack_start start = start_of(rd->rt, &s->r);

	/* arm64 keeps the frame pointer in the word below SP. */
	return is_within(&start) ? start.sp - 8 : s->r.hi - 8;
}

static uint64_t used_to(const struct reading *rd, const struct stack_slot *s)
{
	uint64_t from = used_from(rd, s);

	return s->r.hi - from > USED_MOST ? from + USED_MOST : s->r.hi;
}

static int by_stack(const void *a, const void *b)
{
	const struct stack_slot *const *x = a, *const *y = b;

	return (*x)->r.hi < (*y)->r.hi ? -1 : (*x)->r.hi > (*y)->r.hi;
}

/* Reads the used parts of v[from..to) in one piece and walks them. */
static int read_piece(struct reading *rd, struct stack_slot **v, size_t from, size_t to)
{
	uint64_t base = used_from(rd, v[from]), end = used_to(rd, v[to - 1]);
	ssize_t got = memory_read(rd->rt->mem, base, rd->sr->window, end - base);

	if (got == -ESRCH)
		return -ESRCH;
	for (size_t i = from; i < to; i++) {
		/* What is not in the view is read on its own as the walk comes to it. */
		const struct stack_view view = {rd->sr->window, base,
						base + (got > 0 ? (uint64_t)got : 0)};

		settle(rd, v[i], &view);
	}
	return 0;
}

static int read_used(struct reading *rd, struct stack_slot **v, size_t n)
{
	int r = 0;

	qsort(v, n, sizeof(*v), by_stack);
	for (size_t i = 0, end; i < n && !r; i = end) {
		uint64_t base = used_from(rd, v[i]), upto = used_to(rd, v[i]);

		for (end = i + 1; end < n; end++) {
			uint64_t from = used_from(rd, v[end]), to = used_to(rd, v[end]);

			if (from < upto || from - upto > STACK_GAP || to - base > WINDOW)
				break;
			upto = to;
		}
		r = read_piece(rd, v, i, end);
	}
	return rd->no_memory ? -ENOMEM : r;
}

/* ---- a slice ---------------------------------------------------------------------------------- */

static bool order_slots(struct reading *rd, const uint64_t *addrs, size_t n)
{
	uint64_t *sorted = rd->order;

	for (size_t i = 0; i < n; i++)
		if (plausible_pointer(addrs[i]))
			sorted[rd->n++] = addrs[i];
	if (!radix_sort(sorted, rd->n))
		return false;
	for (uint32_t i = 0; i < rd->n; i++) {
		rd->sr->slots[i] = (struct stack_slot){.g = sorted[i]};
		sorted[i] = i;
	}
	return true;
}

/* Leaves in the order who is not settled yet. */
static void drop_settled(struct reading *rd)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < rd->n; i++) {
		const struct stack_slot *s = &rd->sr->slots[rd->order[i]];

		if (!s->done && !s->gone)
			rd->order[kept++] = rd->order[i];
	}
	rd->n = kept;
}

static int read_once(struct reading *rd)
{
	struct stack_slot **v = malloc(rd->n * sizeof(*v) + 1);
	int r;

	if (!v)
		return -ENOMEM;
	for (uint32_t i = 0; i < rd->n; i++)
		v[i] = &rd->sr->slots[rd->order[i]];
	r = read_used(rd, v, rd->n);
	free(v);
	if (!r)
		r = read_gs(rd, take_again);
	return r;
}

static bool add_slots(struct reading *rd, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct stack_slot *s = &rd->sr->slots[i];
		const struct g_stack of = {
			.g = s->g,
			.goid = s->r.goid,
			.stack = s->stack,
			.status = (uint8_t)s->r.status,
			.tracking_seq = s->r.tracking_seq,
			/* One that runs holds still no more than is said of it already. */
			.flags = s->flags | (s->done || s->flags & STACK_RUNNING ? 0 : STACK_TORN),
		};

		if (!s->gone && !vec_push(&rd->batch->of, of))
			return false;
	}
	return true;
}

static int read_slice(struct reading *rd, const uint64_t *addrs, size_t n)
{
	uint32_t all;
	int r;

	if (!extent(rd))
		return -ENOTSUP;
	if (!order_slots(rd, addrs, n))
		return -ENOMEM;
	all = rd->n;
	r = read_gs(rd, take_first);
	for (int tries = 0; !r && tries < TRIES; tries++) {
		drop_settled(rd);
		if (!rd->n)
			break;
		r = read_once(rd);
	}
	if (!r && !add_slots(rd, all))
		r = -ENOMEM;
	return r;
}

static struct stack_reader *reader_of(struct runtime *rt)
{
	struct stack_reader *sr = rt->stacks;

	if (sr)
		return sr;
	sr = calloc(1, sizeof(*sr));
	if (!sr)
		return NULL;
	rt->stacks = sr;
	sr->slots = calloc(STACK_SLICE, sizeof(*sr->slots));
	sr->window = malloc(WINDOW);
	sr->more = malloc(STACK_MORE);
	sr->pcs = calloc(STACK_DEPTH, sizeof(*sr->pcs));
	return sr;
}

int runtime_read_stacks(struct runtime *rt, const uint64_t *addrs, size_t n,
			struct stack_batch *batch)
{
	struct reading rd = {.rt = rt, .sr = reader_of(rt), .batch = batch};
	uint64_t *order;
	int r;

	if (!rd.sr || !rd.sr->slots || !rd.sr->window || !rd.sr->more || !rd.sr->pcs)
		return -ENOMEM;
	if (!rd.sr->code.known)
		stack_code_open(&rd.sr->code, rt);
	n = n < STACK_SLICE ? n : STACK_SLICE;
	order = rd.order = malloc(n * sizeof(*order) + 1);
	if (!order)
		return -ENOMEM;
	if (!batch->t0)
		batch->t0 = clock_mono();
	r = read_slice(&rd, addrs, n);
	batch->t1 = clock_mono();
	free(order);
	return r;
}

void stack_reader_free(struct stack_reader *sr)
{
	if (!sr)
		return;
	stack_code_free(&sr->code);
	free(sr->slots);
	free(sr->window);
	free(sr->more);
	free(sr->pcs);
	free(sr);
}
