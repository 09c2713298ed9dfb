// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stacks PID ROUNDS: how long it takes to read the stacks of all goroutines, and to read them and find
 * all names in them, in turns. A line each: "stacks" and "named" with the first, the fastest and the
 * median time in ns; "found" with the goroutines, the different stacks, the calls in all of them, and
 * the goroutines whose stack is cut or was torn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/vec.h"
#include "model/names.h"
#include "runtime/stack.h"
#include "source/target.h"

enum { MAX_ROUNDS = 1000, MAX_INLINED = 64 };

struct bench {
	struct target target;
	struct runtime *rt;
	uint64_t *addrs; /* of the g structs */
	size_t n;
	struct stack_batch batch;
	size_t calls; /* that have a name, in all goroutines' stacks */
};

static void fail(const char *what)
{
	fprintf(stderr, "stacks: %s\n", what);
	exit(1);
}

static size_t frames_of(void *ctx, uint64_t frame, struct frame *ret, size_t max)
{
	const struct target *t = ctx;
	uint64_t at = (frame & ~FRAME_EXACT) - !(frame & FRAME_EXACT) - t->bias;
	struct go_frame frames[MAX_INLINED];
	size_t n = go_frames_at(t->exe, at, frames, max < MAX_INLINED ? max : MAX_INLINED);

	for (size_t i = 0; i < n && i < max && i < MAX_INLINED; i++)
		ret[i] = (struct frame){.name = {.function = frames[i].function,
						 .file = frames[i].line.file,
						 .line = frames[i].line.line},
					.inlined = frames[i].inlined,
					.wrapper = frames[i].wrapper};
	return n;
}

static void read_stacks(struct bench *b)
{
	stack_batch_clear(&b->batch);
	for (size_t i = 0; i < b->n; i += STACK_SLICE) {
		size_t left = b->n - i;

		if (runtime_read_stacks(b->rt, b->addrs + i,
					left < STACK_SLICE ? left : STACK_SLICE, &b->batch))
			fail("the stacks can't be read");
	}
}

/* How many calls of one stack have a name. */
static size_t name_stack(const struct bench *b, struct names *names, const struct stack *s)
{
	size_t calls = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		struct frames f = names_frames(names, b->batch.pcs.v[s->first + i]);

		for (size_t j = 0; j < f.n; j++)
			calls += f.v[j].name.function && f.v[j].name.line;
	}
	return calls;
}

/* As goroutop does: who has the same stack shares it. Nothing is known of the turn before. */
static void read_and_name(struct bench *b)
{
	const struct names_source source = {.ctx = &b->target, .frames = frames_of};
	struct names *names = names_new(&source);
	size_t *calls;

	read_stacks(b);
	calls = calloc(b->batch.stacks.n + 1, sizeof(*calls));
	if (!names || !calls)
		fail("out of memory");
	for (size_t i = 0; i < b->batch.stacks.n; i++)
		calls[i] = name_stack(b, names, &b->batch.stacks.v[i]);
	b->calls = 0;
	vec_foreach (of, &b->batch.of)
		b->calls += calls[of->stack];
	free(calls);
	names_free(names);
}

static const struct {
	const char *name;
	void (*run)(struct bench *b);
} ways[] = {{"stacks", read_stacks}, {"named", read_and_name}};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static void open_bench(struct bench *b, pid_t pid)
{
	struct g_batch all = {0};
	struct err err = {0};

	if (target_open(&b->target, pid, &err) || !b->target.memory ||
	    runtime_open(&b->rt, b->target.exe, &b->target.layout, b->target.memory, b->target.bias,
			 b->target.threads, &err) ||
	    runtime_read_all(b->rt, &all))
		fail(err.text[0] ? err.text : "the memory can't be read");
	b->n = all.facts.n;
	b->addrs = malloc((b->n + 1) * sizeof(*b->addrs));
	if (!b->addrs)
		fail("out of memory");
	for (size_t i = 0; i < b->n; i++)
		b->addrs[i] = all.facts.v[i].g;
	g_batch_free(&all);
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void tell(const struct bench *b)
{
	size_t doubtful = 0;

	vec_foreach (of, &b->batch.of)
		doubtful += (of->flags & (STACK_TORN | STACK_CUT)) != 0;
	printf("found %zu %zu %zu %zu\n", b->batch.of.n, b->batch.stacks.n, b->calls, doubtful);
}

int main(int argc, char **argv)
{
	static uint64_t took[WAYS][MAX_ROUNDS];
	struct bench b = {0};
	int rounds = argc > 2 ? atoi(argv[2]) : 0;

	if (rounds < 1 || rounds > MAX_ROUNDS)
		return 2;
	open_bench(&b, atoi(argv[1]));
	for (int r = 0; r < rounds; r++) {
		for (int w = 0; w < WAYS; w++) {
			uint64_t begun = clock_mono();

			ways[w].run(&b);
			took[w][r] = clock_mono() - begun;
		}
	}
	for (int w = 0; w < WAYS; w++) {
		uint64_t first = took[w][0];

		qsort(took[w], rounds, sizeof(took[w][0]), ascending);
		printf("%s %lu %lu %lu\n", ways[w].name, first, took[w][0], took[w][rounds / 2]);
	}
	tell(&b);
	return 0;
}
