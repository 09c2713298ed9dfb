// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From frame to frame.
 *
 * Every function with a frame saves its caller's frame pointer where its own points to, right below
 * the return address (amd64), so that one chain of words leads to the goroutine's first function,
 * which returns to goexit. The chain skips a caller where a function has no frame, or not yet: when
 * it was stopped at its beginning (morestack), between two of its instructions (asyncPreempt,
 * sigpanic), on the way to a system stack (systemstack_switch), and where cgocallback goes on on a
 * stack that it did not come from. There, and in system calls before Go 1.23, which do not save the
 * frame pointer, the frames' sizes by the pcsp tables lead on, as they lead the runtime itself
 * (src/runtime/traceback.go, unwinder.next). Both ways found the same on all parked goroutines of
 * Go 1.14 to 1.26.
 */
#include "base/bytes.h"
#include "runtime/stack_internal.h"

enum {
	DELTAS_MAX = 1 << 18,
	LAST_CALLS = 64, /* frames looked for on the stack of one that runs */
	INJECTED_BYTES = 16,
};

static struct code code_of(const struct runtime *rt, const char *name)
{
	struct go_func f;

	if (!go_func_find(rt->exe, name, &f))
		return (struct code){0};
	return (struct code){f.entry + rt->bias, f.end + rt->bias};
}

void stack_code_open(struct stack_code *c, const struct runtime *rt)
{
	const struct go_exe_info *info = go_exe_info(rt->exe);

	c->text = (struct code){info->text + rt->bias, info->etext + rt->bias};
	c->goexit = code_of(rt, "runtime.goexit");
	c->async_preempt = code_of(rt, "runtime.asyncPreempt");
	c->sigpanic = code_of(rt, "runtime.sigpanic");
	c->systemstack_switch = code_of(rt, "runtime.systemstack_switch");
	c->known = true;
}

void stack_code_free(struct stack_code *c)
{
	hash_free(&c->deltas);
}

static bool injects(const struct stack_code *c, uint64_t pc)
{
	return is_in(&c->async_preempt, pc) || is_in(&c->sigpanic, pc);
}

bool stack_is_exact(const struct stack_code *c, uint64_t callee, uint64_t pc)
{
	return injects(c, callee) || pc == c->systemstack_switch.entry;
}

/* ---- words of the stack ----------------------------------------------------------------------- */

static bool load(struct stack_walk *w, uint64_t addr)
{
	uint64_t left = w->start.hi - addr;
	ssize_t got;

	got = memory_read(w->rt->mem, addr, w->more, left < STACK_MORE ? left : STACK_MORE);
	if (got < 8)
		return false;
	w->view = (struct stack_view){w->more, addr, addr + (uint64_t)got};
	return true;
}

static bool word(struct stack_walk *w, uint64_t addr, uint64_t *ret)
{
	if (addr < w->view.base || addr > w->view.end || w->view.end - addr < 8) {
		if (addr < w->start.lo || addr > w->start.hi - 8 || addr % 8 || !load(w, addr))
			return false;
	}
	*ret = le64(w->view.bytes + (addr - w->view.base));
	return true;
}

/* ---- one way and the other -------------------------------------------------------------------- */

/* The size of the frame at pc; the call before it, unless that is where it really stands. */
static bool frame_size(struct stack_walk *w, uint64_t pc, bool exact, uint64_t *ret)
{
	struct hash *h = &w->code->deltas;
	uint64_t at = exact ? pc : pc - 1;
	uint32_t known = hash_get(h, at);
	int32_t size;

	if (known != HASH_NONE) {
		*ret = known;
		return true;
	}
	if (!go_spdelta_at(w->rt->exe, at - w->rt->bias, &size) || size < 0 || size % 8)
		return false;
	if (h->n >= DELTAS_MAX)
		hash_clear(h);
	(void)hash_put(h, at, (uint32_t)size);
	*ret = (uint64_t)size;
	return true;
}

bool stack_is_entry(struct stack_code *c, const struct runtime *rt, uint64_t pc)
{
	struct stack_top *top = &c->tops[pc / 4 % STACK_TOPS];
	struct go_func f;

	if (top->pc != pc) {
		top->pc = pc;
		top->entry = go_func_at(rt->exe, pc - rt->bias, &f) && f.entry + rt->bias == pc;
	}
	return top->entry;
}

static bool is_entry(struct stack_walk *w, uint64_t pc)
{
	return stack_is_entry(w->code, w->rt, pc);
}

static bool is_amd64(const struct stack_walk *w)
{
	return go_exe_info(w->rt->exe)->arch == GO_ARCH_AMD64;
}

/* False: full; the frames beyond are left out. */
static bool push(struct stack_walk *w, uint64_t pc)
{
	if (w->n == STACK_DEPTH) {
		w->cut = true;
		return false;
	}
	w->pcs[w->n++] = pc;
	return true;
}

/*
 * Whether the frame pointer is that of the frame at pc: only then does it lead to its caller. On
 * arm64 it lies right below SP.
 */
static bool pointer_fits(struct stack_walk *w)
{
	const struct stack_start *s = &w->start;
	uint64_t size;

	if (!s->has_bp || !frame_size(w, s->pc, is_entry(w, s->pc), &size) || !size)
		return false;
	return is_amd64(w) ? s->bp + 8 == s->sp + size : s->bp + 8 == s->sp;
}

/* True when it came to the beginning, or as far as there is room. */
static bool walk_pointers(struct stack_walk *w)
{
	const struct stack_code *code = w->code;
	uint64_t pc = w->start.pc, fp = w->start.bp, low = w->start.sp, at;

	w->n = 0;
	w->cut = false;
	if (!pointer_fits(w))
		return false;
	while (!is_in(&code->goexit, pc)) {
		if (!is_in(&code->text, pc) || injects(code, pc))
			return false;
		if (!push(w, pc))
			return true;
		at = fp;
		if (at + 8 < low || at > w->start.hi - 16 || !word(w, at, &fp) ||
		    !word(w, at + 8, &pc))
			return false;
		low = at + 24; /* outwards: the next lies beyond this one */
	}
	return true;
}

static bool next_by_size(struct stack_walk *w, uint64_t size, uint64_t *sp, uint64_t *pc)
{
	if (size > w->start.hi - *sp)
		return false;
	if (is_amd64(w)) {
		if (!word(w, *sp + size, pc))
			return false;
		*sp += size + 8;
		return true;
	}
	/* arm64: the return address lies at SP; a function without a frame has it in a register. */
	if (!size || !word(w, *sp, pc))
		return false;
	*sp += size;
	return true;
}

/*
 * arm64: who puts a call between two instructions keeps the link register of what ran in 16 bytes
 * below that one's frame; it is where that returns to if it has no frame, or not yet (pushCall,
 * src/runtime/signal_arm64.go; unwinder.next, src/runtime/traceback.go).
 */
static bool pass_injected(struct stack_walk *w, uint64_t *sp, uint64_t *lr)
{
	if (!word(w, *sp, lr))
		return false;
	*sp += INJECTED_BYTES;
	return true;
}

static bool walk_sizes(struct stack_walk *w)
{
	const struct stack_code *code = w->code;
	uint64_t pc = w->start.pc, sp = w->start.sp, lr = w->start.lr, size, callee;
	bool exact = is_entry(w, pc);

	w->n = 0;
	w->cut = false;
	while (!is_in(&code->goexit, pc)) {
		if (!is_in(&code->text, pc))
			return false;
		if (!push(w, pc))
			return true;
		if (sp >= w->start.hi || !frame_size(w, pc, exact, &size))
			return false;
		callee = pc;
		if (!is_amd64(w) && !size && lr)
			pc = lr;
		else if (!next_by_size(w, size, &sp, &pc))
			return false;
		lr = 0;
		if (!is_amd64(w) && injects(code, callee) && !pass_injected(w, &sp, &lr))
			return false;
		exact = stack_is_exact(code, callee, pc);
	}
	return true;
}

void stack_walk(struct stack_walk *w)
{
	const struct stack_view first = w->view;

	if (walk_pointers(w))
		return;
	w->view = first;
	if (!walk_sizes(w))
		w->cut = true;
}

/* ---- of one that runs ------------------------------------------------------------------------- */

/* Where the first function keeps its caller's frame pointer, which is 0; 0: nowhere. */
static uint64_t find_root(struct stack_walk *w)
{
	uint64_t pc, fp;

	for (uint64_t at = w->start.hi - 16; at >= w->view.base && at + 512 > w->start.hi; at -= 8)
		if (word(w, at + 8, &pc) && is_in(&w->code->goexit, pc) && word(w, at, &fp) && !fp)
			return at;
	return 0;
}

/*
 * The call that the function with its frame pointer at `fp` made last: whom it called saved this
 * frame pointer, at a place that the frame's size at the call tells. 0: none was found.
 */
static uint64_t last_call(struct stack_walk *w, uint64_t fp, uint64_t *pc)
{
	uint64_t saved, size;

	for (uint64_t at = fp - 16; at >= w->view.base && at < fp; at -= 8)
		if (word(w, at, &saved) && saved == fp && word(w, at + 8, pc) &&
		    is_in(&w->code->text, *pc) && frame_size(w, *pc, false, &size) &&
		    at + 8 + size == fp)
			return at;
	return 0;
}

static bool same_function(const struct stack_walk *w, uint64_t a, uint64_t b)
{
	struct go_func f, g;

	return go_func_at(w->rt->exe, a - w->rt->bias, &f) &&
	       go_func_at(w->rt->exe, b - w->rt->bias, &g) && f.entry == g.entry;
}

static void reverse(uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint64_t t = v[i];

		v[i] = v[n - 1 - i];
		v[n - 1 - i] = t;
	}
}

void stack_walk_running(struct stack_walk *w)
{
	uint64_t size = w->start.hi - w->start.lo, fp = 0, pc;

	w->n = 0;
	w->cut = false;
	if (size > STACK_MORE)
		size = STACK_MORE;
	/* arm64 keeps the caller's frame pointer below what it called: it cannot be told so. */
	if (is_amd64(w) && load(w, w->start.hi - size))
		fp = find_root(w);
	while (fp && w->n < LAST_CALLS && (fp = last_call(w, fp, &pc)))
		push(w, pc);
	if (w->n && !same_function(w, w->pcs[0] - 1, w->start.startpc))
		w->n = 0;
	reverse(w->pcs, w->n);
	if (!w->n && is_in(&w->code->text, w->start.startpc))
		push(w, w->start.startpc | STACK_EXACT);
}
