// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "runtime/internal.h"

/* What every fact needs; without them there is no table. */
static const enum layout_field required[] = {LF_G_GOID,	  LF_G_ATOMICSTATUS, LF_G_WAITREASON,
					     LF_G_M,	  LF_G_STARTPC,	     LF_G_GOPC,
					     LF_M_PROCID, LF_M_CURG};
/* What is read of a g if the release has it. */
static const enum layout_field hot[] = {
	LF_G_GOID, LF_G_ATOMICSTATUS, LF_G_WAITREASON, LF_G_M,	    LF_G_STARTPC,
	LF_G_GOPC, LF_G_PARENTGOID,   LF_G_LOCKEDM,    LF_G_LABELS, LF_G_TRACKINGSEQ,
};

/* A struct of the runtime is never larger; an offset beyond is a lie of the target's DWARF. */
enum { MAX_OFFSET = 64 << 10 };

static int layout_usable(struct runtime *rt, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(required); i++)
		if (off(rt, required[i]) < 0)
			return err_set(err, EXIT_TARGET, ENOTSUP,
				       "the layout (%s) lacks a field without which goroutines "
				       "cannot be read; build the program with a released Go",
				       rt->layout.source);
	rt->hot_from = MAX_OFFSET;
	for (size_t i = 0; i < ARRAY_SIZE(hot); i++) {
		int32_t at = off(rt, hot[i]);

		if (at < 0)
			continue;
		if (at > MAX_OFFSET - 8)
			return err_set(err, EXIT_TARGET, ENOTSUP,
				       "the layout (%s) puts a field of g at byte %d",
				       rt->layout.source, at);
		if (at < rt->hot_from)
			rt->hot_from = at;
		if (at + 8 > rt->hot_to)
			rt->hot_to = at + 8;
	}
	return 0;
}

/* Reads goroutines from where allgs is said to be, and checks them. */
static int try_allgs(struct runtime *rt, struct err *err)
{
	struct g_batch batch = {0};
	int r;

	rt->allgs = rt->globals[GG_ALLGS].addr + rt->bias;
	rt->list.sorted.n = 0;
	rt->list.known = 0;
	r = g_read_sample(rt, &batch);
	if (!r)
		r = runtime_check(rt, &batch, err);
	else if (r == -ESRCH)
		err_set(err, EXIT_TARGET, ESRCH, "the process has ended");
	else if (r != -EAGAIN)
		err_set(err, EXIT_TARGET, -r,
			"the list of goroutines (runtime.allgs, %s) makes no sense in the live "
			"process",
			rt->globals[GG_ALLGS].how);
	g_batch_free(&batch);
	return r;
}

/*
 * By symbol or by decoding; where that gives nothing valid, by scanning.
 */
static int find_allgs(struct runtime *rt, struct err *err)
{
	struct go_global_place *place = &rt->globals[GG_ALLGS], scanned;
	int r = -ENOENT, found;

	if (place->addr)
		r = try_allgs(rt, err);
	else
		err_set(err, EXIT_TARGET, ENOENT,
			"the list of goroutines (runtime.allgs) was not found: %s", place->how);
	if (!r || r == -ESRCH || r == -ENOMEM)
		return r;
	found = scan_allgs(rt, &scanned);
	if (found == -ENOTUNIQ && r != -EAGAIN) {
		const struct err first = *err;

		err_set(err, EXIT_TARGET, -r,
			"%s; scanning its memory found several lists that may be it", first.text);
	}
	if (found)
		return r;
	*place = scanned;
	return try_allgs(rt, err);
}

static int runtime_prepare(struct runtime *rt, struct err *err)
{
	int r = layout_usable(rt, err);

	if (r)
		return r;
	go_globals_find(rt->exe, rt->globals);
	reasons_load(rt);
	return find_allgs(rt, err);
}

int runtime_open(struct runtime **ret, const struct go_exe *exe, const struct layout *layout,
		 const struct memory *mem, uint64_t bias, struct thread_map *threads,
		 struct err *err)
{
	struct runtime *rt = calloc(1, sizeof(*rt));
	int r;

	if (rt)
		rt->window = malloc(G_WINDOW);
	if (!rt || !rt->window) {
		free(rt);
		return err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
	}
	rt->exe = exe;
	rt->layout = *layout;
	rt->mem = mem;
	rt->bias = bias;
	rt->threads = threads;
	r = runtime_prepare(rt, err);
	if (r) {
		runtime_close(rt);
		return r;
	}
	*ret = rt;
	return 0;
}

void runtime_close(struct runtime *rt)
{
	if (!rt)
		return;
	vec_free(&rt->list.sorted);
	machines_free(&rt->machines);
	stack_reader_free(rt->stacks);
	free(rt->reasons);
	free(rt->window);
	free(rt);
}

const struct layout *runtime_layout(const struct runtime *rt)
{
	return &rt->layout;
}

size_t runtime_count(const struct runtime *rt)
{
	return rt->list.known;
}

const struct go_global_place *runtime_globals(const struct runtime *rt)
{
	return rt->globals;
}

unsigned runtime_gomaxprocs(struct runtime *rt)
{
	uint64_t slice[3];

	if (!rt->globals[GG_ALLP].addr ||
	    memory_read_all(rt->mem, rt->globals[GG_ALLP].addr + rt->bias, slice, sizeof(slice)))
		return 0;
	return slice[1] <= slice[2] && slice[1] <= 1 << 20 ? (unsigned)slice[1] : 0;
}

/*
 * go-runtime.md §9, from isSystemGoroutine (src/runtime/traceback.go, Go 1.17 to 1.27).
 */
bool runtime_is_system(const char *start_function)
{
	static const char *const users[] = {"runtime.main", "runtime.handleAsyncEvent",
					    "runtime.corostart"};

	if (strncmp(start_function, "runtime.", strlen("runtime.")))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(users); i++)
		if (!strcmp(start_function, users[i]))
			return false;
	return true;
}
