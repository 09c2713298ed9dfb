// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Threads. An m begins with its g0, and g0.m is that m: so g.m is found by goroutines that run. Some
 * fields of an m hold other ms (alllink), and allm leads to the first. m.curg is the goroutine that
 * the m runs, 0 in idle ones (m.tls, which also holds the goroutine, has g0 there, and m.gsignal has
 * no state); m.procid is a thread of the process, in each m another one. (src/runtime/runtime2.go, Go 1.17 to 1.27.)
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/calibrate_threads.h"

enum {
	LOOKS = 1000, /* for goroutines that run, one a millisecond; a quiet process may have none */
	ENOUGH = 6,   /* goroutines seen running; fewer have to do where there are no more */
	FEW_LOOKS = 20,
	ANEW = 10, /* looks at ms until they are collected anew */
	G_WORDS = CAL_G_BYTES / 8,
	M_WORDS = CAL_M_BYTES / 8,
	MACHINES = 32,
};

struct threads {
	struct calibration *c;
	uint32_t seen;		   /* goroutines that ran */
	uint32_t votes[G_WORDS];   /* how many of them had an m at that place */
	size_t in_g;		   /* where g.m is */
	uint32_t current[M_WORDS]; /* how often a place held who ran, … */
	uint32_t wrong[M_WORDS];   /* … and how often who did not */
	uint32_t procid[M_WORDS];  /* looks at which a place had the ids of threads */
	uint32_t looks;		   /* at ms */
	uint64_t addr[MACHINES];   /* ms of one look */
	uint64_t m[MACHINES][M_WORDS];
	size_t n;
};

static bool read_word(const struct threads *t, uint64_t addr, uint64_t *ret)
{
	return plausible_pointer(addr) &&
	       !memory_read_all(t->c->live->mem, addr, ret, sizeof(*ret));
}

/* Whether there is an m at p, if g.m is the word `in_g` of a g. */
static bool is_m(const struct threads *t, uint64_t p, size_t in_g)
{
	uint64_t g0, back;

	return read_word(t, p, &g0) && read_word(t, g0 + in_g * 8, &back) && back == p;
}

static bool runs(const struct calibration *c, const struct cal_g *g)
{
	uint32_t s = calibration_status(c, g);

	return s == GS_RUNNING || s == GS_SYSCALL;
}

/* ---- g.m --------------------------------------------------------------------------------------- */

static void vote(struct threads *t)
{
	const struct calibration *c = t->c;

	for (size_t k = 0; k < c->n; k++) {
		if (!runs(c, &c->g[k]))
			continue;
		t->seen++;
		for (size_t i = 2; i < G_WORDS; i++) /* behind the stack's bounds */
			t->votes[i] += is_m(t, c->g[k].word[i], i);
	}
}

/* They go on while they are looked at, so not all have to agree. */
static bool elected(struct threads *t)
{
	size_t n = 0;

	for (size_t i = 0; i < G_WORDS; i++)
		if (t->votes[i] && 2 * t->votes[i] >= t->seen) {
			t->in_g = i;
			n++;
		}
	return n == 1;
}

static int find_m(struct threads *t, struct err *err)
{
	int r = 0;

	for (int i = 0; i < LOOKS; i++) {
		if (t->seen >= ENOUGH || (t->seen && i >= FEW_LOOKS))
			break;
		if (i) {
			poll(NULL, 0, 1);
			r = calibration_sample(t->c);
		}
		if (r)
			return r;
		vote(t);
	}
	if (!t->seen)
		return err_set(err, EXIT_TARGET, ENOENT,
			       "no goroutine has run for a second, and without one neither m nor "
			       "curg can be found: try again when the program is busy");
	if (!elected(t))
		return err_set(err, EXIT_TARGET, ENOTUNIQ,
			       "g.m was not found, or in several places");
	t->c->offset[LF_G_M] = (int32_t)t->in_g * 8;
	return 0;
}

/* ---- all ms ------------------------------------------------------------------------------------ */

static void add_machine(struct threads *t, uint64_t p)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->addr[i] == p)
			return;
	if (t->n == MACHINES || !is_m(t, p, t->in_g))
		return;
	memset(t->m[t->n], 0, CAL_M_BYTES);
	if (memory_read(t->c->live->mem, p, t->m[t->n], CAL_M_BYTES) <= 0)
		return;
	t->addr[t->n++] = p;
}

/* Those of goroutines that run, and all that they lead to. */
static void collect(struct threads *t)
{
	const struct calibration *c = t->c;
	uint64_t first;

	t->n = 0;
	if (c->allm && read_word(t, c->allm, &first))
		add_machine(t, first);
	for (size_t i = 0; i < c->n; i++)
		if (runs(c, &c->g[i]))
			add_machine(t, c->g[i].word[t->in_g]);
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 1; k < M_WORDS; k++)
			add_machine(t, t->m[i][k]);
}

/* ---- m.curg ------------------------------------------------------------------------------------ */

enum current { NOT_IT, MAY_BE, IS_IT };

/* Whether a goroutine at v says that it is the one of m. It may have left it since. */
static enum current look_at(const struct threads *t, uint64_t v, uint64_t m)
{
	uint64_t back;
	uint32_t status;

	if (!read_word(t, v + t->in_g * 8, &back) ||
	    memory_read_all(t->c->live->mem, v + t->c->offset[LF_G_ATOMICSTATUS], &status,
			    sizeof(status)) ||
	    !valid_status(GS_BASE(status)) || GS_BASE(status) == GS_IDLE)
		return NOT_IT;
	return back == m ? IS_IT : MAY_BE;
}

static bool is_hopeless(const struct threads *t, size_t k)
{
	return t->wrong[k] > 8 && 4 * t->wrong[k] > t->current[k];
}

/* Quickly: many a goroutine runs for some microseconds only. */
static void judge_current(struct threads *t, size_t i)
{
	if (memory_read(t->c->live->mem, t->addr[i], t->m[i], CAL_M_BYTES) <= 0)
		return;
	for (size_t k = 1; k < M_WORDS; k++) {
		enum current is;

		if (!t->m[i][k] || is_hopeless(t, k))
			continue;
		is = look_at(t, t->m[i][k], t->addr[i]);
		t->current[k] += is == IS_IT;
		t->wrong[k] += is == NOT_IT;
	}
}

/* How often the places that are right most often were. */
static uint32_t best_current(const struct threads *t)
{
	uint32_t best = 0;

	for (size_t k = 1; k < M_WORDS; k++)
		if (t->current[k] > best && 4 * t->wrong[k] <= t->current[k])
			best = t->current[k];
	return best;
}

/*
 * The one place that held who ran, and nobody else but now and then. m.lockedg does so as well, for
 * those that are locked to their thread: fewer, unless nobody else runs.
 */
static int find_current(struct threads *t, struct err *err)
{
	uint32_t best = best_current(t);
	size_t n = 0, found = 0;

	for (size_t k = 1; best && k < M_WORDS; k++)
		if (2 * t->current[k] > best && 4 * t->wrong[k] <= t->current[k]) {
			found = k;
			n++;
		}
	if (n != 1)
		return err_set(err, EXIT_TARGET, n ? ENOTUNIQ : ENOENT,
			       n ? "curg may be at %zu places in m"
				 : "curg was not found in m (%zu places)",
			       n);
	t->c->offset[LF_M_CURG] = (int32_t)found * 8;
	return 0;
}

/* ---- m.procid ---------------------------------------------------------------------------------- */

static bool has_threads(const struct threads *t, size_t word)
{
	struct thread_map *threads = t->c->live->threads;

	for (size_t i = 0; i < t->n; i++) {
		uint64_t id = t->m[i][word];

		if (!valid_procid(id))
			return false;
		if (threads && !thread_map_has(threads, id))
			return false;
		for (size_t k = 0; k < i; k++)
			if (t->m[k][word] == id)
				return false;
	}
	return t->n;
}

static int find_procid(struct threads *t, struct err *err)
{
	size_t n = 0, found = 0;

	for (size_t k = 1; k < M_WORDS; k++)
		if (t->procid[k] && 2 * t->procid[k] >= t->looks) {
			found = k;
			n++;
		}
	if (n != 1)
		return err_set(err, EXIT_TARGET, n ? ENOTUNIQ : ENOENT,
			       n ? "procid may be at %zu places in m"
				 : "procid was not found in m (%zu places)",
			       n);
	t->c->offset[LF_M_PROCID] = (int32_t)found * 8;
	return 0;
}

/* ---- together ---------------------------------------------------------------------------------- */

static void look_at_machines(struct threads *t, bool anew)
{
	if (anew || !t->n)
		collect(t);
	if (!t->n)
		return;
	t->looks++;
	for (size_t i = 0; i < t->n; i++)
		judge_current(t, i);
	for (size_t k = 1; k < M_WORDS; k++)
		t->procid[k] += has_threads(t, k);
}

int calibrate_threads(struct calibration *c, struct err *err)
{
	_cleanup_free_ struct threads *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	t->c = c;
	r = find_m(t, err);
	for (int i = 0; !r && i < LOOKS && (i < FEW_LOOKS || best_current(t) < ENOUGH / 2); i++) {
		poll(NULL, 0, 1);
		r = i % ANEW ? 0 : calibration_sample(c);
		if (!r)
			look_at_machines(t, i % ANEW == 0);
	}
	if (!r)
		r = find_current(t, err);
	if (!r)
		r = find_procid(t, err);
	return r;
}
