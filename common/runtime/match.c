// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "runtime/calibrate.h"
#include "runtime/internal.h"
#include "runtime/match.h"

enum {
	TRIES = 100, /* looks for a goroutine that runs or is in a syscall */
	PAUSE_MS = 3,
};

/*
 * What is read of every goroutine and its thread: rows that agree on it cannot be told apart. Not
 * among it is trackingSeq, which nothing in a live process bears out: a layout that is matched is
 * without.
 */
static const enum layout_field used[] = {
	LF_G_STACK_LO,	 LF_G_STACK_HI, LF_G_M,		 LF_G_ATOMICSTATUS,
	LF_G_GOID,	 LF_G_LOCKEDM,	LF_G_WAITREASON, LF_G_GOPC,
	LF_G_PARENTGOID, LF_G_LABELS,	LF_G_STARTPC,	 LF_M_PROCID,
	LF_M_CURG,	 LF_M_P,
};

static bool same_use(const struct layout_row *a, const struct layout_row *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(used); i++)
		if (a->offset[used[i]] != b->offset[used[i]])
			return false;
	return true;
}

/* What all rows that are used like this one have in common. Keeps texts of the program's own. */
static void common_layout(struct layout *ret, const struct layout_row *row,
			  const struct layout *known)
{
	size_t n;
	const struct layout_row *rows = layout_table(&n);

	layout_from_row(ret, row, LAYOUT_MATCHED);
	for (const struct layout_row *r = rows; r < rows + n; r++) {
		if (r->arch != row->arch || layout_row_hidden(r) || !same_use(r, row))
			continue;
		for (size_t f = 0; f < LF_COUNT; f++)
			if (r->offset[f] != row->offset[f])
				ret->offset[f] = LAYOUT_NONE;
		if (r->wait_reasons != row->wait_reasons) {
			ret->wait_reasons = NULL;
			ret->n_wait_reasons = 0;
		}
	}
	ret->offset[LF_G_TRACKINGSEQ] = LAYOUT_NONE;
	if (known->wait_reasons) {
		ret->wait_reasons = known->wait_reasons;
		ret->n_wait_reasons = known->n_wait_reasons;
	}
}

/* ---- whether threads bear it out --------------------------------------------------------------- */

/* Whether the m at that address names a thread of the process. */
static bool has_thread(struct runtime *rt, uint64_t m)
{
	uint64_t procid;

	if (memory_read_all(rt->mem, m + off(rt, LF_M_PROCID), &procid, sizeof(procid)))
		return false;
	return rt->threads ? thread_map_has(rt->threads, procid) : valid_procid(procid);
}

static bool runs(struct runtime *rt, const struct g_facts *g)
{
	const struct machine *m = machine_get(rt, g->m);

	return m && m->curg == g->g && has_thread(rt, g->m);
}

/* The newest m: a thread of the process, whose g0 belongs to it. */
static bool newest_m_fits(struct runtime *rt)
{
	uint64_t place = rt->globals[GG_ALLM].addr, m, g0, back;

	if (!place || off(rt, LF_M_G0) < 0 ||
	    memory_read_all(rt->mem, place + rt->bias, &m, sizeof(m)) || !plausible_pointer(m) ||
	    memory_read_all(rt->mem, m + off(rt, LF_M_G0), &g0, sizeof(g0)) ||
	    !plausible_pointer(g0) ||
	    memory_read_all(rt->mem, g0 + off(rt, LF_G_M), &back, sizeof(back)) || back != m)
		return false;
	return has_thread(rt, m);
}

/*
 * Whether m's fields are where the layout says: by goroutines that run, as soon as there is one. In
 * a process in which nothing moves the newest m has to do. Of very many all are read once, for few
 * of them run; to do so again and again would take longer than anybody waits.
 */
static bool threads_fit(struct runtime *rt)
{
	struct g_batch batch = {0};
	size_t good = 0, bad = 0;

	for (int i = 0; i < TRIES && good <= bad; i++) {
		if (i)
			poll(NULL, 0, PAUSE_MS);
		if ((i ? g_read_sample : runtime_read_all)(rt, &batch))
			break;
		vec_foreach (g, &batch.facts)
			if (g->status == GS_RUNNING || g->status == GS_SYSCALL)
				*(runs(rt, g) ? &good : &bad) += 1;
	}
	g_batch_free(&batch);
	machines_forget(&rt->machines);
	return good + bad ? good > bad : newest_m_fits(rt);
}

/* ---- fields that may stay unknown -------------------------------------------------------------- */

/* A thread that a goroutine is locked to is locked to it. */
static bool locks_fit(struct runtime *rt, const struct g_facts *g)
{
	uint64_t m, back;

	return !memory_read_all(rt->mem, g->g + off(rt, LF_G_LOCKEDM), &m, sizeof(m)) &&
	       (!m || (off(rt, LF_M_LOCKEDG) >= 0 && plausible_pointer(m) &&
		       !memory_read_all(rt->mem, m + off(rt, LF_M_LOCKEDG), &back, sizeof(back)) &&
		       back == g->g));
}

static bool labels_fit(struct runtime *rt, const struct g_facts *g)
{
	uint64_t map;

	return !g->labels || (plausible_pointer(g->labels) &&
			      !memory_read_all(rt->mem, g->labels, &map, sizeof(map)));
}

/* Main has no parent; the forcer, the sweeper and the scavenger of every program have main. */
static bool parents_fit(struct runtime *rt, const struct g_facts *g)
{
	struct go_func f;

	if (g->goid == 1)
		return !g->parent;
	if (go_func_at(rt->exe, g->startpc - rt->bias, &f) &&
	    (!strcmp(f.name, "runtime.forcegchelper") ||
	     !strncmp(f.name, "runtime.gcenable", strlen("runtime.gcenable"))))
		return g->parent == 1;
	return !(g->parent >> 48);
}

static const struct {
	enum layout_field field;
	bool (*fits)(struct runtime *rt, const struct g_facts *g);
} optional[] = {
	{LF_G_LOCKEDM, locks_fit},
	{LF_G_LABELS, labels_fit},
	{LF_G_PARENTGOID, parents_fit},
};

/* What does not hold of all goroutines, or of a sample of very many, is left out. */
static void drop_unproven(struct runtime *rt, struct layout *layout)
{
	struct g_batch batch = {0};

	if (g_read_sample(rt, &batch))
		batch.facts.n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(optional); i++) {
		bool fits = batch.facts.n && off(rt, optional[i].field) >= 0;

		vec_foreach (g, &batch.facts)
			fits = fits && optional[i].fits(rt, g);
		if (!fits)
			layout->offset[optional[i].field] = LAYOUT_NONE;
	}
	g_batch_free(&batch);
}

/* ---- the table --------------------------------------------------------------------------------- */

static int try_row(struct layout *layout, const struct live_exe *live, struct err *err)
{
	struct runtime *rt;
	int r = runtime_open(&rt, live->exe, layout, live->mem, live->bias, live->threads, err);

	if (r)
		return r;
	if (!threads_fit(rt))
		r = err_set(err, EXIT_TARGET, ENOTSUP, "threads run other goroutines");
	else
		drop_unproven(rt, layout);
	runtime_close(rt);
	return r;
}

static bool counted(const struct layout_row *rows, const struct layout_row *row)
{
	for (const struct layout_row *r = rows; r < row; r++)
		if (r->arch == row->arch && !layout_row_hidden(r) && same_use(r, row))
			return true;
	return false;
}

int layout_match(struct layout *layout, const struct live_exe *live, struct err *err)
{
	enum go_arch arch = go_exe_info(live->exe)->arch;
	struct layout candidate, found;
	size_t n, fits = 0;
	const struct layout_row *rows = layout_table(&n);

	for (const struct layout_row *row = rows; row < rows + n; row++) {
		struct err why = {0};
		int r;

		if (row->arch != arch || layout_row_hidden(row) || counted(rows, row))
			continue;
		common_layout(&candidate, row, layout);
		r = try_row(&candidate, live, &why);
		if (r == -ESRCH || r == -ENOMEM) {
			*err = why;
			return r;
		}
		if (r)
			continue;
		if (fits++)
			return err_set(err, EXIT_TARGET, ENOTUNIQ,
				       "both that of %s and that of %s fit the live process",
				       found.source, candidate.source);
		found = candidate;
	}
	if (!fits)
		return err_set(err, EXIT_TARGET, ENOENT,
			       "none that is known fits the live process");
	*layout = found;
	return 0;
}

/* ---- both -------------------------------------------------------------------------------------- */

static int unknown(const struct live_exe *live, const struct err *why, struct err *err)
{
	const struct go_version *v = &go_exe_info(live->exe)->version;
	const struct err reason = *why;

	return err_set(err, EXIT_TARGET, ENOTSUP, "the layout of %s's runtime is not known: %s",
		       v->major ? v->text : "this Go release", reason.text);
}

/* Fills a layout that is LAYOUT_UNKNOWN, but may have texts of wait reasons. */
static int settle(struct layout *layout, const struct live_exe *live, struct err *err)
{
	struct err why = {0};
	int r = layout_match(layout, live, &why);

	if (r == -ENOENT)
		r = layout_calibrate(layout, live, &why);
	if (r == -ESRCH || r == -ENOMEM)
		*err = why;
	else if (r && r != -EAGAIN)
		r = unknown(live, &why, err);
	return r;
}

static int open_with(struct runtime **ret, const struct layout *layout, const struct live_exe *live,
		     struct err *err)
{
	return runtime_open(ret, live->exe, layout, live->mem, live->bias, live->threads, err);
}

int runtime_open_any(struct runtime **ret, const struct layout *layout, const struct live_exe *live,
		     struct err *err)
{
	struct layout found = *layout;
	int r = -ENOTSUP;

	if (layout->origin != LAYOUT_UNKNOWN)
		r = open_with(ret, layout, live, err);
	if (r != -ENOTSUP || (layout->origin != LAYOUT_UNKNOWN && layout->origin != LAYOUT_TABLE))
		return r;
	if (layout->origin == LAYOUT_TABLE)
		log_add(LOG_INFO, "%s", err->text);
	found.origin = LAYOUT_UNKNOWN;
	r = settle(&found, live, err);
	return r ? r : open_with(ret, &found, live, err);
}
