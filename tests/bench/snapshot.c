// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * snapshot PID ROUNDS: how long a look at all goroutines takes, three ways, taken in turns so that
 * what disturbs one disturbs the others. A line each: the way, the fastest and the median time in ns,
 * and the bytes read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/radix.h"
#include "runtime/internal.h"
#include "source/target.h"

enum { PIECE = 256 << 10, GAP = 4 << 10, MAX_ROUNDS = 1000 };

struct bench {
	struct target target;
	struct runtime *rt;
	struct g_batch batch;
	uint64_t *v; /* the g structs, ascending */
	size_t n;
	uint8_t *into;
	size_t into_size;
};

static size_t hot_size(const struct bench *b)
{
	return b->rt->hot_to - b->rt->hot_from;
}

static size_t ours(struct bench *b)
{
	if (runtime_read_all(b->rt, &b->batch))
		exit(1);
	return 0;
}

static size_t one_by_one(struct bench *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (memory_read_all(b->target.memory, b->v[i] + b->rt->hot_from, b->into,
				    hot_size(b)))
			exit(1);
	return b->n * hot_size(b);
}

/* The limit: the bytes are copied, and nobody looks at them. Neighbours in one piece. */
static size_t plain_copy(struct bench *b)
{
	size_t bytes = 0;

	for (size_t i = 0, j; i < b->n; i = j) {
		size_t n;

		for (j = i + 1; j < b->n && b->v[j] - b->v[j - 1] <= GAP &&
				b->v[j] + hot_size(b) - b->v[i] <= PIECE;)
			j++;
		n = b->v[j - 1] + hot_size(b) - b->v[i];
		if (memory_read_all(b->target.memory, b->v[i] + b->rt->hot_from, b->into, n))
			exit(1);
		bytes += n;
	}
	return bytes;
}

static const struct {
	const char *name;
	size_t (*run)(struct bench *b);
} ways[] = {{"goroutop", ours}, {"one-by-one", one_by_one}, {"copy", plain_copy}};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static void open_bench(struct bench *b, pid_t pid)
{
	struct err err = {0};

	if (target_open(&b->target, pid, &err) || !b->target.memory ||
	    runtime_open(&b->rt, b->target.exe, &b->target.layout, b->target.memory, b->target.bias,
			 b->target.threads, &err) ||
	    runtime_read_all(b->rt, &b->batch)) {
		fprintf(stderr, "snapshot: %s\n", err.text);
		exit(1);
	}
	b->n = b->batch.facts.n;
	b->v = malloc((b->n + 1) * sizeof(*b->v));
	b->into = malloc(PIECE);
	if (!b->v || !b->into)
		exit(1);
	for (size_t i = 0; i < b->n; i++)
		b->v[i] = b->batch.facts.v[i].g;
	if (!radix_sort(b->v, b->n))
		exit(1);
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static uint64_t took[WAYS][MAX_ROUNDS];
	size_t bytes[WAYS] = {0};
	struct bench b = {0};
	int rounds = argc > 2 ? atoi(argv[2]) : 0;

	if (rounds < 1 || rounds > MAX_ROUNDS)
		return 2;
	open_bench(&b, atoi(argv[1]));
	for (int r = 0; r < rounds; r++) {
		for (int w = 0; w < WAYS; w++) {
			uint64_t begun = clock_mono();

			bytes[w] = ways[w].run(&b);
			took[w][r] = clock_mono() - begun;
		}
	}
	for (int w = 0; w < WAYS; w++) {
		qsort(took[w], rounds, sizeof(took[w][0]), ascending);
		printf("%s %lu %lu %zu\n", ways[w].name, took[w][0], took[w][rounds / 2], bytes[w]);
	}
	return 0;
}
