// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a layout fits the live process (DESIGN.md law 6). A wrong offset shows at once: goids that
 * repeat, start PCs inside functions, an m that runs somebody else. The process goes on meanwhile,
 * so what two reads may see differently is only refused when it is wrong more often than right.
 */
#include <errno.h>

#include "base/hash.h"
#include "runtime/internal.h"

struct tally {
	size_t good, bad;
};

static int refuse(const struct runtime *rt, struct err *err, const char *what, struct tally t)
{
	return err_set(
		err, EXIT_TARGET, ENOTSUP,
		"the layout of %s (%s) does not fit the live process: %s (%zu right, %zu wrong); "
		"is it a modified Go runtime?",
		go_exe_info(rt->exe)->version.text, rt->layout.source, what, t.good, t.bad);
}

static struct tally check_goids(const struct g_batch *batch)
{
	struct hash seen = {0};
	struct tally t = {0};

	vec_foreach (f, &batch->facts) {
		/* goids are handed out in blocks of 16 a P: far below 2^56 in any life. */
		if (f->goid >> 56 || hash_get(&seen, f->goid) != HASH_NONE)
			t.bad++;
		else
			t.good += hash_put(&seen, f->goid, 0);
	}
	hash_free(&seen);
	return t;
}

static struct tally check_start_pcs(struct runtime *rt, const struct g_batch *batch)
{
	const struct go_exe_info *info = go_exe_info(rt->exe);
	struct tally t = {0};
	struct go_func f;
	uint64_t last = 0;

	vec_foreach (g, &batch->facts) {
		uint64_t pc = g->startpc - rt->bias;

		/* A million goroutines start at a hundred places, and neighbours at the same. */
		if (g->extra_m || pc == last)
			continue;
		last = pc;
		if (go_func_at(rt->exe, pc, &f))
			*(f.entry == pc ? &t.good : &t.bad) += 1;
		else if (pc >= info->text && pc < info->etext)
			t.bad++;
		/* Elsewhere: a plugin's function, which this executable cannot know. */
	}
	return t;
}

/* A goroutine that runs or is in a syscall has an m, and that m has it as its current one. */
static struct tally check_machines(struct runtime *rt, const struct g_batch *batch)
{
	struct tally t = {0};

	vec_foreach (g, &batch->facts) {
		const struct machine *m;

		if (g->status != GS_RUNNING && g->status != GS_SYSCALL)
			continue;
		m = machine_get(rt, g->m);
		*(m && m->curg == g->g ? &t.good : &t.bad) += 1;
	}
	return t;
}

int runtime_check(struct runtime *rt, const struct g_batch *batch, struct err *err)
{
	struct tally t;

	/* The first goroutines; but main lives on. */
	if (!batch->facts.n && !batch->unreadable && batch->total < 4)
		return -EAGAIN;
	if (!batch->facts.n && !batch->unreadable)
		return refuse(rt, err, "no goroutine is alive", (struct tally){0, batch->total});
	t = (struct tally){batch->facts.n, batch->unreadable};
	if (t.bad > t.good / 8)
		return refuse(rt, err, "states out of range", t);
	t = check_goids(batch);
	if (t.bad > t.good / 8)
		return refuse(rt, err, "goroutine ids are not distinct", t);
	t = check_start_pcs(rt, batch);
	if (t.bad || !t.good)
		return refuse(rt, err, "start addresses are not functions", t);
	t = check_machines(rt, batch);
	if (t.bad > 2 + t.good)
		return refuse(rt, err, "threads run other goroutines", t);
	return 0;
}
