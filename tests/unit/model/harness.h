/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of the model: made-up names, and a model that is told what happens in short words.
 * Include it after cmocka.h.
 */
#ifndef TESTS_UNIT_MODEL_HARNESS_H
#define TESTS_UNIT_MODEL_HARNESS_H

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hash.h"
#include "model/model.h"

#define MS NSEC_PER_MSEC
#define S  NSEC_PER_SEC

/* pcs that the made-up binary knows */
enum {
	PC_MAIN = 0x1000,    /* main.main */
	PC_WORKER = 0x1100,  /* example.com/app/pool.(*worker).run */
	PC_FORCEGC = 0x1200, /* runtime.forcegchelper: the runtime's own */
	PC_EXTRA = 0x1300,   /* runtime.goexit: the start of an extra M's goroutine */
	PC_SITE = 0x2000,    /* pool.go:42 in example.com/app/pool.New */
	PC_INIT = 0x2100,    /* proc.go:250 in runtime.main */
	PC_MANY = 0x10000,   /* up to twice that each is a function of its own, in no order */
};

/* So long after an event memory does not lag behind it any more. */
#define LATER (20 * MS)

/* wait reasons, as Go 1.26 numbers them */
enum {
	R_SLEEP = 14,
	R_RECEIVE = 19,
	R_SELECT = 18,
	R_PREEMPTED = 30,
	R_STW = 33,
	R_COROUTINE = 38,
	R_IO = 2,
};

static inline bool made_up_pc(void *ctx, enum name_kind kind, uint64_t pc, struct name *ret)
{
	static const struct {
		uint64_t pc;
		struct name name;
	} known[] = {
		{PC_MAIN, {"main.main", "/src/main.go", 10, false}},
		{PC_WORKER, {"example.com/app/pool.(*worker).run", "/src/pool.go", 50, false}},
		{PC_FORCEGC, {"runtime.forcegchelper", "/go/proc.go", 300, true}},
		{PC_EXTRA, {"runtime.goexit", "/go/asm.s", 1, true}},
		{PC_SITE, {"example.com/app/pool.New", "/src/pool.go", 42, false}},
		{PC_INIT, {"runtime.main", "/go/proc.go", 250, false}},
	};

	static char text[64];

	(void)kind;
	if (ctx)
		++*(int *)ctx;
	if (pc >= PC_MANY && pc < 2 * PC_MANY) {
		snprintf(text, sizeof(text), "example.com/many.f%llx",
			 (unsigned long long)hash_mix(pc));
		*ret = (struct name){text, "/src/many.go", 1, false};
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].pc == pc) {
			*ret = known[i].name;
			return true;
		}
	return false;
}

static inline const char *made_up_reason(void *ctx, uint8_t reason)
{
	static const char *const texts[256] = {
		[0] = "",
		[R_SLEEP] = "sleep",
		[R_RECEIVE] = "chan receive",
		[R_SELECT] = "select",
		[R_PREEMPTED] = "preempted",
		[R_STW] = "stopping the world",
		[R_COROUTINE] = "coroutine",
		[R_IO] = "IO wait",
	};

	(void)ctx;
	return texts[reason];
}

static inline struct names *made_up_names(int *asked)
{
	const struct names_source source = {.ctx = asked,
					    .pc = made_up_pc,
					    .reason = made_up_reason};

	return names_new(&source);
}

/* ---- a model ---------------------------------------------------------------------------------- */

struct world {
	struct names *names;
	struct model *model;
	struct feed_sink sink;
};

/* Options of a probed target with memory; attached at 1 s. */
static inline struct model_options watching(void)
{
	return (struct model_options){.attached = 1 * S,
				      .probes = true,
				      .memory = true,
				      .syscall_times = true};
}

/* The names are the world's from here on. */
static inline struct world world_with(struct names *names, struct model_options options)
{
	struct world w = {.names = names};

	assert_non_null(w.names);
	options.names = w.names;
	w.model = model_new(&options);
	assert_non_null(w.model);
	w.sink = model_sink(w.model);
	return w;
}

static inline struct world world_new(struct model_options options)
{
	return world_with(made_up_names(NULL), options);
}

static inline void world_free(struct world *w)
{
	model_free(w->model);
	names_free(w->names);
}

#define WORLD(w, options) _cleanup_(world_free) struct world w = world_new(options)

/* The g address of a goid, when nothing else is said. */
static inline uint64_t g_of(uint64_t goid)
{
	return 0xc000000000 + goid * 0x200;
}

/* ---- events ----------------------------------------------------------------------------------- */

static inline struct feed_transition event(uint64_t time, uint64_t goid, uint8_t old, uint8_t new)
{
	return (struct feed_transition){
		.time = time,
		.goid = goid,
		.g = g_of(goid),
		.tid = 100,
		.old_state = old,
		.new_state = new,
		.reason = new == GS_WAITING ? R_RECEIVE : 0,
		.flags = old == GS_DEAD ? FEED_BIRTH : 0,
	};
}

static inline void tell(struct world *w, struct feed_transition t)
{
	w->sink.transitions(w->sink.ctx, &t, 1);
}

static inline void move(struct world *w, uint64_t time, uint64_t goid, uint8_t old, uint8_t new)
{
	tell(w, event(time, goid, old, new));
}

/* ---- looks ------------------------------------------------------------------------------------ */

static inline struct feed_fact fact(uint64_t goid, uint8_t status)
{
	return (struct feed_fact){
		.goid = goid,
		.g = g_of(goid),
		.startpc = goid == 1 ? PC_MAIN : PC_WORKER,
		.gopc = goid == 1 ? PC_INIT : PC_SITE,
		.tid = status == GS_RUNNING || status == GS_SYSCALL ? 100 : 0,
		.processor = status == GS_RUNNING ? 0 : -1,
		.status = status,
		.reason = status == GS_WAITING ? R_RECEIVE : 0,
	};
}

/* In whatever state, of whatever origin. */
static inline struct feed_fact random_fact(uint64_t goid)
{
	static const uint8_t states[] = {GS_RUNNABLE, GS_RUNNING,   GS_SYSCALL,
					 GS_WAITING,  GS_PREEMPTED, GS_DEADEXTRA};
	static const uint64_t starts[] = {PC_MAIN, PC_WORKER, PC_FORCEGC, 0x666, 0};
	static const uint64_t sites[] = {PC_SITE, PC_INIT, 0x667, 0};
	static const uint8_t reasons[] = {0, R_RECEIVE, R_SELECT, R_SLEEP, 200};
	struct feed_fact f = fact(goid, states[rand() % (int)ARRAY_SIZE(states)]);

	f.startpc = starts[rand() % (int)ARRAY_SIZE(starts)];
	f.gopc = sites[rand() % (int)ARRAY_SIZE(sites)];
	f.reason = reasons[rand() % (int)ARRAY_SIZE(reasons)];
	f.parent = (uint64_t)(rand() % 5);
	f.tid = (uint32_t)(rand() % 4);
	f.processor = rand() % 4 - 1;
	return f;
}

static inline void look_at(struct world *w, uint64_t t0, const struct feed_fact *facts, size_t n,
			   bool complete)
{
	const struct feed_look look = {
		.t0 = t0, .t1 = t0 + MS, .complete = complete, .facts = facts, .n = n};

	w->sink.look(w->sink.ctx, &look);
}

/* A complete look in [t0, t0 + 1 ms]. */
#define LOOK(w, t0, ...)                                              \
	do {                                                          \
		const struct feed_fact facts_[] = {__VA_ARGS__};      \
		look_at((w), (t0), facts_, ARRAY_SIZE(facts_), true); \
	} while (0)

/* A look at some. */
#define GLANCE(w, t0, ...)                                             \
	do {                                                           \
		const struct feed_fact facts_[] = {__VA_ARGS__};       \
		look_at((w), (t0), facts_, ARRAY_SIZE(facts_), false); \
	} while (0)

/* ---- what is seen ----------------------------------------------------------------------------- */

static inline struct picture picture_of(struct world *w, struct request request)
{
	struct picture p;

	assert_int_equal(model_picture(w->model, &request, &p), 0);
	return p;
}

static inline struct picture all_of(struct world *w)
{
	return picture_of(w, (struct request){.count = SIZE_MAX, .system = true});
}

/* A copy: every look at the model overwrites the last. */
static inline struct row row_of(struct world *w, uint64_t goid)
{
	const struct row *r = model_row(w->model, goid);

	assert_non_null(r);
	return *r;
}

static inline bool is_there(struct world *w, uint64_t goid)
{
	return model_row(w->model, goid) != NULL;
}

static inline bool is_wanted(struct world *w, uint64_t goid)
{
	uint64_t addrs[64];
	size_t n = model_wants(w->model, addrs, ARRAY_SIZE(addrs));

	for (size_t i = 0; i < n && i < ARRAY_SIZE(addrs); i++)
		if (addrs[i] == g_of(goid))
			return true;
	return false;
}

static inline struct picture header(struct world *w)
{
	return picture_of(w, (struct request){0});
}

static inline uint64_t corrected(struct world *w)
{
	return header(w).source.corrected;
}

#define assert_age(w, goid, since_, bound_)          \
	do {                                         \
		struct row r_ = row_of((w), (goid)); \
		assert_int_equal(r_.since, since_);  \
		assert_int_equal(r_.bound, bound_);  \
	} while (0)

#define assert_state(w, goid, expected) \
	assert_string_equal(state_name(row_of((w), (goid)).state), state_name(expected))

#endif
