// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every candidate place of a field is held against all goroutines of a sample, among them those that
 * every program has: the main goroutine, which is the first of allgs, has goid 1, starts at
 * runtime.main and was created by rt0_go; the collector's sweeper and forcer, which wait for reasons
 * of their own (src/runtime/proc.go: schedinit, main; mgc.go: gcenable; Go 1.17 to 1.27). One place
 * has to be left, or nothing is believed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/sites.h"
#include "runtime/calibrate.h"
#include "runtime/calibrate_threads.h"

enum {
	LIVE_LEAST = 4,	  /* main, the forcer, the sweeper, the scavenger */
	STATUS_FROM = 64, /* behind stack and sched, … */
	STATUS_TO = 512,  /* … and inside g */
};

/* ---- the sample -------------------------------------------------------------------------------- */

static void read_goroutines(struct calibration *c, const uint64_t *addrs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct cal_g *g = &c->g[c->n];

		memset(g->word, 0, sizeof(g->word));
		if (!plausible_pointer(addrs[i]) ||
		    memory_read(c->live->mem, addrs[i], g->word, sizeof(g->word)) < STATUS_FROM)
			continue;
		g->addr = addrs[i];
		c->n++;
	}
}

/* The first of the list, where the runtime's own are, and others of the rest at each time. */
int calibration_sample(struct calibration *c)
{
	enum { HALF = CAL_SAMPLE / 2 };
	uint64_t addrs[CAL_SAMPLE], rest, start;
	struct slice all;
	size_t n, more = 0;
	int r = slice_read(c->live->mem, c->allgs, &all);

	if (r)
		return r;
	n = all.len < HALF ? all.len : HALF;
	if (all.len > HALF) {
		rest = all.len - HALF;
		start = c->turn % rest;
		more = rest - start < HALF ? rest - start : HALF;
		c->turn = start + more;
		if (memory_read_all(c->live->mem, all.ptr + (HALF + start) * 8, addrs + n,
				    more * sizeof(*addrs)))
			return -EIO;
	}
	if (memory_read_all(c->live->mem, all.ptr, addrs, n * sizeof(*addrs)))
		return -EIO;
	c->n = 0;
	read_goroutines(c, addrs, n + more);
	return c->n ? 0 : -EAGAIN;
}

static uint32_t status_at(const struct cal_g *g, int32_t at)
{
	uint32_t v;

	memcpy(&v, (const uint8_t *)g->word + at, sizeof(v));
	return GS_BASE(v);
}

uint32_t calibration_status(const struct calibration *c, const struct cal_g *g)
{
	return status_at(g, c->offset[LF_G_ATOMICSTATUS]);
}

static bool is_live(const struct calibration *c, const struct cal_g *g)
{
	uint32_t s = calibration_status(c, g);

	return s != GS_DEAD && s != GS_DEADEXTRA && s != GS_IDLE;
}

/* ---- one field --------------------------------------------------------------------------------- */

/* Whether the field could be at that place. */
typedef bool (*test_fn)(const struct calibration *c, int32_t at);

static int search(struct calibration *c, enum layout_field f, const char *name, int32_t step,
		  int32_t from, int32_t to, test_fn fits, struct err *err)
{
	size_t n = 0;

	for (int32_t at = from; at + step <= to; at += step) {
		if (!fits(c, at))
			continue;
		if (!n++)
			c->offset[f] = at;
	}
	if (n == 1)
		return 0;
	c->offset[f] = LAYOUT_NONE;
	return n ? err_set(err, EXIT_TARGET, ENOTUNIQ, "%s may be at %zu places in g", name, n)
		 : err_set(err, EXIT_TARGET, ENOENT, "%s was not found in g", name);
}

static bool fits_status(const struct calibration *c, int32_t at)
{
	for (size_t i = 0; i < c->n; i++) {
		uint32_t s = status_at(&c->g[i], at);

		if (!valid_status(s) || s == GS_IDLE)
			return false;
	}
	return true;
}

/* The code of casgstatus tells it; the process must agree. */
static int find_status(struct calibration *c, struct err *err)
{
	int32_t at;

	if (!go_status_offset(c->live->exe, &at))
		return search(c, LF_G_ATOMICSTATUS, "atomicstatus", 4, STATUS_FROM, STATUS_TO,
			      fits_status, err);
	if (at + 4 > CAL_G_BYTES || !fits_status(c, at))
		return err_set(err, EXIT_TARGET, ENOENT,
			       "goroutines have no states where casgstatus changes them");
	c->offset[LF_G_ATOMICSTATUS] = at;
	return 0;
}

/* The word at that place, of live goroutines alone. */
#define foreach_live(c, g)                                             \
	for (const struct cal_g *g = (c)->g; g < (c)->g + (c)->n; g++) \
		if (is_live(c, g))

static uint64_t word(const struct cal_g *g, int32_t at)
{
	return g->word[at / 8];
}

static bool fits_goid(const struct calibration *c, int32_t at)
{
	struct hash seen = {0};
	bool fits = word(&c->g[0], at) == 1;

	foreach_live(c, g)
	{
		uint64_t id = word(g, at);

		if (!fits || !id || id >> 48 || hash_get(&seen, id) != HASH_NONE ||
		    !hash_put(&seen, id, 0))
			fits = false;
	}
	hash_free(&seen);
	return fits;
}

static bool function_at(const struct calibration *c, uint64_t pc, struct go_func *f)
{
	return go_func_at(c->live->exe, pc - c->live->bias, f);
}

/* The name of the function at whose entry g starts, or "". */
static const char *start_name(const struct calibration *c, const struct cal_g *g, int32_t at)
{
	struct go_func f;

	return function_at(c, word(g, at), &f) && f.entry == word(g, at) - c->live->bias ? f.name
											 : "";
}

/* 0 is that of a goroutine made for a thread of C's. */
static bool fits_startpc(const struct calibration *c, int32_t at)
{
	struct go_func f;

	if (strcmp(start_name(c, &c->g[0], at), "runtime.main"))
		return false;
	foreach_live(c,
		     g) if (word(g, at) && (!function_at(c, word(g, at), &f) ||
					    f.entry != word(g, at) - c->live->bias)) return false;
	return true;
}

/* rt0_go is assembler, and calls newproc by its wrapper: that is whence main seems to come. */
static bool fits_gopc(const struct calibration *c, int32_t at)
{
	struct go_func f;

	if (!function_at(c, word(&c->g[0], at), &f) ||
	    (strncmp(f.name, "runtime.rt0_go", strlen("runtime.rt0_go")) &&
	     strcmp(f.name, "runtime.newproc")))
		return false;
	foreach_live(c,
		     g) if (word(g, at) && (!function_at(c, word(g, at), &f) ||
					    f.entry == word(g, at) - c->live->bias)) return false;
	return true;
}

/* ---- the wait reason --------------------------------------------------------------------------- */

/* By the beginning of the start function's name: gcenable starts two by wrappers of its own. */
static const struct known_wait {
	const char *start, *reason, *other;
	bool by_main; /* the main goroutine started it */
} known_waits[] = {
	{"runtime.forcegchelper", "force gc (idle)", NULL, true},
	{"runtime.gcenable", "GC sweep wait", "GC scavenge wait", true},
	{"runtime.bgsweep", "GC sweep wait", NULL, true},
	{"runtime.bgscavenge", "GC scavenge wait", NULL, true},
	{"runtime.runfinq", "finalizer wait", NULL, false},
	{"runtime.runFinalizers", "finalizer wait", NULL, false},
};

static const struct known_wait *known_wait_of(const struct calibration *c, const struct cal_g *g)
{
	const char *name = start_name(c, g, c->offset[LF_G_STARTPC]);

	for (size_t i = 0; i < ARRAY_SIZE(known_waits); i++)
		if (!strncmp(name, known_waits[i].start, strlen(known_waits[i].start)))
			return &known_waits[i];
	return NULL;
}

/* 1: it waits for what it should, −1: for something else; 0: nothing is known of it. */
static int judge_reason(const struct calibration *c, const struct cal_g *g, uint8_t reason)
{
	const char *text =
		reason < c->layout->n_wait_reasons ? c->layout->wait_reasons[reason] : NULL;
	const struct known_wait *k = known_wait_of(c, g);

	if (!text)
		return -1;
	if (!k)
		return 0;
	if (!strcmp(text, k->reason) || (k->other && !strcmp(text, k->other)))
		return 1;
	/* The scavenger also sleeps, and any of them may have to wait for a lock. */
	return strcmp(text, "sleep") && strcmp(text, "semacquire") ? -1 : 0;
}

static bool fits_reason(const struct calibration *c, int32_t at)
{
	size_t right = 0;

	foreach_live(c, g)
	{
		int judged;

		if (calibration_status(c, g) != GS_WAITING)
			continue;
		judged = judge_reason(c, g, ((const uint8_t *)g->word)[at]);
		if (judged < 0)
			return false;
		right += judged > 0;
	}
	return right >= 2;
}

static int find_reason(struct calibration *c, struct err *err)
{
	if (!c->layout->n_wait_reasons)
		return err_set(
			err, EXIT_TARGET, ENOENT,
			"the texts of wait reasons were not found, and with them waitreason");
	return search(c, LF_G_WAITREASON, "waitreason", 1, STATUS_FROM, CAL_G_BYTES, fits_reason,
		      err);
}

/* ---- what may stay unknown --------------------------------------------------------------------- */

/* The sweeper, the scavenger and the forcer were made by main; main by nobody. */
static bool fits_parent(const struct calibration *c, int32_t at)
{
	size_t of_main = 0;

	if (word(&c->g[0], at))
		return false;
	foreach_live(c, g)
	{
		const struct known_wait *k = known_wait_of(c, g);

		if (word(g, at) >> 48 || (k && k->by_main && word(g, at) != 1))
			return false;
		of_main += k && k->by_main;
	}
	return of_main >= 3;
}

/* gobuf.g points to its own g. */
static bool fits_self(const struct calibration *c, int32_t at)
{
	foreach_live(c, g) if (word(g, at) != g->addr) return false;
	return true;
}

static bool on_stack(const struct cal_g *g, uint64_t addr)
{
	return addr >= g->word[0] && addr < g->word[1];
}

static bool all_waiting(const struct calibration *c, int32_t at,
			bool (*test)(const struct calibration *c, const struct cal_g *g,
				     uint64_t word))
{
	size_t n = 0;

	foreach_live(c, g)
	{
		if (calibration_status(c, g) != GS_WAITING)
			continue;
		if (!test(c, g, word(g, at)))
			return false;
		n++;
	}
	return n > 0;
}

static bool is_sp(const struct calibration *c, const struct cal_g *g, uint64_t v)
{
	(void)c;
	return on_stack(g, v);
}

static bool is_pc(const struct calibration *c, const struct cal_g *g, uint64_t v)
{
	struct go_func f;

	(void)g;
	return function_at(c, v, &f);
}

/* gobuf is sp, pc, g, ctxt, ret (until Go 1.24), lr, bp. */
static void find_registers(struct calibration *c)
{
	struct err ignored;
	int32_t self;
	bool near, far;

	if (search(c, LF_G_SCHED_G, "sched.g", 8, 16, CAL_G_BYTES - 32, fits_self, &ignored))
		return;
	self = c->offset[LF_G_SCHED_G];
	if (!all_waiting(c, self - 16, is_sp) || !all_waiting(c, self - 8, is_pc)) {
		c->offset[LF_G_SCHED_G] = LAYOUT_NONE;
		return;
	}
	c->offset[LF_G_SCHED_SP] = self - 16;
	c->offset[LF_G_SCHED_PC] = self - 8;
	near = all_waiting(c, self + 24, is_sp);
	far = all_waiting(c, self + 32, is_sp);
	if (near != far)
		c->offset[LF_G_SCHED_BP] = self + (near ? 24 : 32);
}

static bool stacks_lead(const struct calibration *c)
{
	foreach_live(c, g) if (!plausible_pointer(g->word[0]) ||
			       g->word[1] <= g->word[0]) return false;
	return true;
}

static void find_more(struct calibration *c)
{
	struct err ignored;

	search(c, LF_G_PARENTGOID, "parentGoid", 8, 0, CAL_G_BYTES, fits_parent, &ignored);
	if (!stacks_lead(c))
		return;
	c->offset[LF_G_STACK_LO] = 0;
	c->offset[LF_G_STACK_HI] = 8;
	find_registers(c);
}

/* ---- together ---------------------------------------------------------------------------------- */

static int find_fields(struct calibration *c, struct err *err)
{
	size_t live = 0;
	int r = find_status(c, err);

	if (r)
		return r;
	foreach_live(c, g) live++;
	if (live < LIVE_LEAST)
		return -EAGAIN;
	if (!is_live(c, &c->g[0]))
		return err_set(err, EXIT_TARGET, ENOENT,
			       "its main goroutine has ended, and it is needed for the search");
	r = search(c, LF_G_GOID, "goid", 8, 0, CAL_G_BYTES, fits_goid, err);
	if (!r)
		r = search(c, LF_G_STARTPC, "startpc", 8, 0, CAL_G_BYTES, fits_startpc, err);
	if (!r)
		r = search(c, LF_G_GOPC, "gopc", 8, 0, CAL_G_BYTES, fits_gopc, err);
	if (!r)
		r = find_reason(c, err);
	return r;
}

/*
 * States and fields are not read at one moment, and a program that has just begun has not yet all
 * that is looked for: what is wrong once may fit the next time.
 */
static int find_in_time(struct calibration *c, struct err *err)
{
	int r = -EIO;

	for (int tries = 0; r && tries < CAL_TRIES; tries++) {
		if (tries)
			poll(NULL, 0, CAL_PAUSE_MS);
		err_set(err, EXIT_TARGET, EIO, "the list of goroutines makes no sense");
		r = calibration_sample(c);
		if (!r)
			r = find_fields(c, err);
		if (c->n < LIVE_LEAST)
			return -EAGAIN;
	}
	return r;
}

static int find_list(struct calibration *c, struct err *err)
{
	struct go_global_place places[GG_COUNT];

	go_globals_find(c->live->exe, places);
	if (!places[GG_ALLGS].addr)
		return err_set(err, EXIT_TARGET, ENOENT,
			       "the list of goroutines (runtime.allgs) was not found: %s",
			       places[GG_ALLGS].how);
	c->allgs = places[GG_ALLGS].addr + c->live->bias;
	if (places[GG_ALLM].addr)
		c->allm = places[GG_ALLM].addr + c->live->bias;
	return 0;
}

int layout_calibrate(struct layout *layout, const struct live_exe *live, struct err *err)
{
	_cleanup_free_ struct calibration *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	c->live = live;
	c->layout = layout;
	for (size_t i = 0; i < LF_COUNT; i++)
		c->offset[i] = LAYOUT_NONE;
	r = find_list(c, err);
	if (!r)
		r = find_in_time(c, err);
	if (!r)
		r = calibrate_threads(c, err);
	if (r)
		return r;
	find_more(c);
	memcpy(layout->offset, c->offset, sizeof(c->offset));
	layout->origin = LAYOUT_CALIBRATED;
	snprintf(layout->source, sizeof(layout->source), "searched on the live process");
	return 0;
}
