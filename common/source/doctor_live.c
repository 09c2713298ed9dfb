// SPDX-License-Identifier: GPL-2.0-or-later
/* The runtime in a target's memory, checked; and its probes, set for a moment. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/human.h"
#include "runtime/match.h"
#include "runtime/runtime.h"
#include "runtime/sched.h"
#include "source/doctor_internal.h"
#include "source/live.h"

enum {
	OPEN_TRIES = 50, /* a process that has just been started may have no goroutine yet */
	OPEN_PAUSE_MS = 20,
	MAP_ENTRIES = 64 << 10,
};

static const uint64_t watch_least = 300 * NSEC_PER_MSEC, watch_most = 1500 * NSEC_PER_MSEC,
		      close_patience = 3 * NSEC_PER_SEC;

/* ---- memory ----------------------------------------------------------------------------------- */

/* "m 48, sched.sp 56, …" of one struct; what this layout does not have stands behind the others. */
static void struct_text(char *dst, size_t size, const struct layout *l, const char *type,
			bool known)
{
	size_t len = 0;

	dst[0] = '\0';
	for (int f = 0; f < LF_COUNT && len < size; f++) {
		const struct layout_name *n = &layout_names[f];

		if (strcmp(n->type, type) || (l->offset[f] != LAYOUT_NONE) != known)
			continue;
		len += (size_t)snprintf(dst + len, size - len, "%s%s", len ? ", " : "",
					n->path ? n->path : "size");
		if (known && len < size)
			len += (size_t)snprintf(dst + len, size - len, " %d", l->offset[f]);
	}
}

static void say_offsets(struct doctor *d, const struct layout *l)
{
	for (int f = 0; f < LF_COUNT; f++) {
		const char *type = layout_names[f].type;
		char there[1024], absent[1024];

		/* Of each struct once: the rows of one stand together. */
		if (f && !strcmp(type, layout_names[f - 1].type))
			continue;
		struct_text(there, sizeof(there), l, type, true);
		struct_text(absent, sizeof(absent), l, type, false);
		doctor_say(d, DOCTOR_FACT, type, "%s%s%s%s", there, *there && *absent ? "; " : "",
			   *absent ? "without " : "", absent);
	}
}

static void say_layout(struct doctor *d, const struct target *t, const struct runtime *rt,
		       const struct err *err)
{
	const struct layout *l = &t->layout;

	doctor_section(d, "Layout");
	doctor_say(d,
		   l->origin == LAYOUT_DWARF || l->origin == LAYOUT_TABLE ? DOCTOR_GOOD
									  : DOCTOR_LESS,
		   "origin", "%s: %s", layout_origin_name(l->origin), l->source);
	if (rt)
		doctor_say(d, DOCTOR_GOOD, "verified live",
			   "goids are distinct, states in range, start addresses are functions, "
			   "threads run the goroutines that say so%s",
			   l->origin == LAYOUT_MATCHED || l->origin == LAYOUT_CALIBRATED
				   ? "; what could not be proved was left out"
				   : "; the rest is checked where it is used");
	else
		doctor_say_err(d, DOCTOR_LESS, "not verified live", err);
	say_offsets(d, l);
}

static void say_globals(struct doctor *d, struct runtime *rt, uint64_t bias)
{
	const struct go_global_place *places = runtime_globals(rt);
	char found[160];

	doctor_section(d, "Runtime's variables");
	for (enum go_global g = 0; g < GG_COUNT; g++) {
		const struct go_global_place *p = &places[g];
		int r;

		if (!p->addr) {
			doctor_say(d, DOCTOR_LESS, go_global_name(g), "not found: %s", p->how);
			continue;
		}
		r = runtime_verify_global(rt, g, found, sizeof(found));
		doctor_say(d,
			   r > 0   ? DOCTOR_GOOD
			   : r < 0 ? DOCTOR_LESS
				   : DOCTOR_FACT,
			   go_global_name(g), "0x%llx, %s; %s%s",
			   (unsigned long long)(p->addr + bias), p->how,
			   r > 0   ? "verified live: "
			   : r < 0 ? "does not fit: "
				   : "checked where it is used",
			   found);
	}
}

static void say_look(struct doctor *d, const struct g_batch *b)
{
	char took[HUMAN_MAX];

	doctor_section(d, "Memory");
	doctor_say(d, DOCTOR_GOOD, "/proc/PID/mem", "%zu goroutines read in %s, %zu unreadable",
		   b->facts.n, human_age(took, sizeof(took), b->t1 - b->t0), b->unreadable);
}

static struct runtime *open_runtime(struct target *t, struct err *err)
{
	const struct live_exe live = {t->exe, t->memory, t->bias, t->threads};
	struct runtime *rt = NULL;
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < OPEN_TRIES; i++) {
		if (i)
			poll(NULL, 0, OPEN_PAUSE_MS);
		r = runtime_open_any(&rt, &t->layout, &live, err);
	}
	if (r == -EAGAIN)
		err_set(err, EXIT_TARGET, EAGAIN, "its Go runtime has not started");
	if (!r)
		t->layout = *runtime_layout(rt);
	return r ? NULL : rt;
}

/* ---- probes ----------------------------------------------------------------------------------- */

static void nobody_cares(void *ctx)
{
	(void)ctx;
}

struct ending {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool over;
};

static void set_over(void *ctx)
{
	struct ending *e = ctx;

	pthread_mutex_lock(&e->lock);
	e->over = true;
	pthread_cond_signal(&e->changed);
	pthread_mutex_unlock(&e->lock);
}

/* The program must not end while it detaches. */
static void close_live(struct live *l)
{
	static struct ending e = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += close_patience / NSEC_PER_SEC;
	live_close(l, set_over, &e);
	pthread_mutex_lock(&e.lock);
	while (!e.over && !pthread_cond_timedwait(&e.changed, &e.lock, &until))
		;
	pthread_mutex_unlock(&e.lock);
}

/* How many goroutines provably ran or changed between two looks. */
static size_t moved(const struct g_batch *before, const struct g_batch *after)
{
	struct hash was = {0};
	size_t n = 0;

	for (size_t i = 0; i < before->facts.n; i++)
		hash_put(&was, before->facts.v[i].goid, (uint32_t)i);
	vec_foreach (f, &after->facts) {
		uint32_t i = hash_get(&was, f->goid);

		n += i == HASH_NONE || before->facts.v[i].status != f->status ||
		     before->facts.v[i].tracking_seq != f->tracking_seq;
	}
	hash_free(&was);
	return n;
}

/* Watches for a while: less when hits come at once. */
static uint64_t watch(struct live *l, struct live_counts *counts)
{
	uint64_t from = clock_mono(), passed = 0;
	feed_transitions drained = {0};
	live_gaps gaps = {0};

	do {
		poll(NULL, 0, 20);
		live_take(l, &drained, &gaps);
		live_counts(l, counts);
		passed = clock_mono() - from;
	} while (passed < (counts->transitions ? watch_least : watch_most));
	vec_free(&drained);
	vec_free(&gaps);
	return passed;
}

static void say_hits(struct doctor *d, const struct live *l, const struct live_counts *c,
		     uint64_t passed, size_t changed)
{
	char cost[HUMAN_MAX], during[HUMAN_MAX], rate[HUMAN_MAX];

	doctor_section(d, "Probes");
	if (live_ns_per_hit(l) > 0)
		snprintf(cost, sizeof(cost), "%.1f µs", live_ns_per_hit(l) / NSEC_PER_USEC);
	doctor_say(d, DOCTOR_GOOD, "attached", "by %s; a hit costs %s here", live_method(l),
		   live_ns_per_hit(l) > 0 ? cost : "an unknown time");
	human_age(during, sizeof(during), passed);
	if (c->transitions)
		doctor_say(d, DOCTOR_GOOD, "verified live", "%llu changes of state in %s, %s/s",
			   (unsigned long long)c->transitions, during,
			   human_rate(rate, sizeof(rate),
				      (double)c->transitions * NSEC_PER_SEC / (double)passed));
	else if (changed)
		doctor_say(d, DOCTOR_BAD, "not hit",
			   "%zu goroutines moved in %s, and the probes saw none of it", changed,
			   during);
	else
		doctor_say(d, DOCTOR_FACT, "quiet", "nothing moved in %s, by its memory neither",
			   during);
	if (c->loss[LOSS_RING] || c->loss[LOSS_UNREAD])
		doctor_say(d, DOCTOR_LESS, "lost", "%llu records, %llu unread",
			   (unsigned long long)c->loss[LOSS_RING],
			   (unsigned long long)c->loss[LOSS_UNREAD]);
}

static bool try_probes(struct doctor *d, const struct target *t, struct runtime *rt,
		       struct g_batch *before)
{
	const struct go_exe_info *info = go_exe_info(t->exe);
	struct live_options o = {
		.target = t,
		.max_goroutines = MAP_ENTRIES,
		.wake = nobody_cares,
		.flap_reasons = rt ? runtime_flap_reasons(rt)
				   : layout_flap_reasons(&t->layout, &info->version),
	};
	struct g_batch after = {0};
	struct live_counts counts;
	struct err err = {0};
	struct live *l;
	uint64_t passed;
	size_t changed = 0;

	if (live_open(&l, &o, &err)) {
		doctor_section(d, "Probes");
		doctor_say_err(d, DOCTOR_LESS, "not attached", &err);
		return false;
	}
	passed = watch(l, &counts);
	if (rt && !runtime_read_all(rt, &after))
		changed = moved(before, &after);
	say_hits(d, l, &counts, passed, changed);
	g_batch_free(&after);
	close_live(l);
	return counts.transitions || !changed;
}

void doctor_live(struct doctor *d, struct target *t, struct doctor_live *ret)
{
	struct g_batch look = {0};
	struct err err = t->no_memory;
	struct runtime *rt = NULL;

	if (t->memory)
		rt = open_runtime(t, &err);
	say_layout(d, t, rt, &err);
	if (rt && !runtime_read_all(rt, &look)) {
		ret->memory = true;
		say_globals(d, rt, t->bias);
		say_look(d, &look);
	} else {
		doctor_section(d, "Memory");
		doctor_say_err(d, DOCTOR_LESS, "not read", &err);
		/* A layout that does not fit is worse than none: nothing is shown by it. */
		if (t->memory && err.status)
			d->status = err.status;
	}
	if (t->n_sites && t->layout.origin != LAYOUT_UNKNOWN)
		ret->probes = try_probes(d, t, rt, &look);
	g_batch_free(&look);
	runtime_close(rt);
}
