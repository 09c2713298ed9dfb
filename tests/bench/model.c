// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model N: what the model takes of the CPU for N goroutines that stand still but for one in a
 * thousand. A line each: what, CPU time in ns (the median of some rounds), and among them the bytes
 * a goroutine takes. Each column has something to sort: stacks, labels, wakers, some that run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "model/model.h"

enum {
	ROUNDS = 5,
	PLACES = 200,
	PLACE = 0x1000,
	FRAME = 0x3000,
	FEW = 1000,
	WINDOW = 60,
	ON_THREADS = 8, /* run all the time */
	LABELS = 16,
};

struct bench {
	struct names *names;
	struct model *model;
	struct feed_sink sink;
	struct feed_fact *facts;
	size_t n;
	uint64_t now;
};

static bool name_of(void *ctx, enum name_kind kind, uint64_t pc, struct name *ret)
{
	static char text[64];

	(void)ctx, (void)kind;
	snprintf(text, sizeof(text), "example.com/app/service%llu.(*server).handle",
		 (unsigned long long)pc % PLACES);
	*ret = (struct name){.function = text, .file = "/src/server.go", .line = (int)(pc % 1000)};
	return true;
}

static size_t frames_of(void *ctx, uint64_t frame, struct frame *ret, size_t max)
{
	if (!max || !name_of(ctx, NAME_PC, frame & ~FRAME_EXACT, &ret->name))
		return 0;
	ret->entry = frame & ~FRAME_EXACT;
	return 1;
}

static const char *reason_of(void *ctx, uint8_t reason)
{
	static const char *const texts[] = {"chan receive", "select", "IO wait", "sleep"};

	(void)ctx;
	return texts[reason % ARRAY_SIZE(texts)];
}

static uint64_t g_of(size_t i)
{
	return 0xc000000000 + i * 0x200;
}

static void make_facts(struct bench *b)
{
	for (size_t i = 0; i < b->n; i++) {
		bool runs = i < ON_THREADS;

		b->facts[i] = (struct feed_fact){
			.goid = i + 1,
			.g = g_of(i),
			.startpc = PLACE + i % PLACES,
			.gopc = PLACE + 0x1000 + i % PLACES,
			.parent = i / 10,
			.labels = 1 + i % LABELS,
			.tid = runs ? 100 + (uint32_t)i : 0,
			.processor = runs ? (int32_t)i : -1,
			.status = runs ? GS_RUNNING : GS_WAITING,
			.reason = (uint8_t)(i % 4),
		};
	}
}

/* Two calls each, and as many places as there are to start at. */
static void give_stacks(struct bench *b)
{
	static uint64_t frames[2 * PLACES];
	static struct feed_stack stacks[PLACES];
	struct feed_stack_of *of = calloc(b->n, sizeof(*of));
	const struct feed_stacks all = {.t0 = b->now + 1,
					.t1 = b->now + 2,
					.frames = frames,
					.n_frames = ARRAY_SIZE(frames),
					.stacks = stacks,
					.n_stacks = PLACES,
					.of = of,
					.n_of = b->n};

	if (!of)
		exit(1);
	for (uint32_t i = 0; i < PLACES; i++) {
		frames[2 * i] = FRAME + i;
		frames[2 * i + 1] = PLACE + i;
		stacks[i] = (struct feed_stack){2 * i, 2};
	}
	for (size_t i = 0; i < b->n; i++)
		of[i] = (struct feed_stack_of){.goid = i + 1,
					       .g = g_of(i),
					       .stack = (uint32_t)(i % PLACES)};
	b->now += 2;
	b->sink.stacks(b->sink.ctx, &all);
	free(of);
}

static void give_labels(struct bench *b)
{
	struct label_want wants[LABELS];

	/* By that question the model comes to know which there are. */
	if (model_wants_labels(b->model, wants, LABELS) != LABELS)
		exit(1);
	for (uint64_t i = 0; i < LABELS; i++) {
		char tenant[20];
		const struct label label = {"tenant", tenant};
		const struct feed_labels one = {.labels = 1 + i,
						.readable = true,
						.v = &label,
						.n = 1};

		snprintf(tenant, sizeof(tenant), "customer-%llu", (unsigned long long)i);
		b->sink.labels(b->sink.ctx, &one, 1);
	}
}

/* One at least. The seed is fixed: each round moves others, each run the same ones. */
static void move_few(struct bench *b)
{
	for (size_t i = 0; i < b->n / FEW || !i; i++) {
		uint64_t goid = ON_THREADS + 1 + (uint64_t)rand() % (b->n - ON_THREADS);
		static const uint8_t path[] = {GS_WAITING, GS_RUNNABLE, GS_RUNNING, GS_WAITING};

		for (size_t step = 0; step + 1 < sizeof(path); step++) {
			const struct feed_transition t = {.time = ++b->now,
							  .goid = goid,
							  .g = g_of(goid - 1),
							  .waker = goid / 2,
							  .tid = 100 + i % ON_THREADS,
							  .old_state = path[step],
							  .new_state = path[step + 1]};

			b->sink.transitions(b->sink.ctx, &t, 1);
		}
	}
}

/* One at least: it ends, and another comes. */
static void replace_few(struct bench *b)
{
	static uint64_t born;

	for (size_t i = 0; i < b->n / FEW / 10 || !i; i++) {
		uint64_t goid = ON_THREADS + 1 + (uint64_t)rand() % (b->n - ON_THREADS);
		struct feed_transition t = {.time = ++b->now,
					    .goid = goid,
					    .g = g_of(goid - 1),
					    .tid = 100,
					    .old_state = GS_RUNNING,
					    .new_state = GS_DEAD};

		b->sink.transitions(b->sink.ctx, &t, 1);
		t.time = ++b->now;
		t.goid = b->n + ++born;
		t.old_state = GS_DEAD;
		t.new_state = GS_RUNNABLE;
		t.flags = FEED_BIRTH;
		b->sink.transitions(b->sink.ctx, &t, 1);
	}
}

static void look(struct bench *b)
{
	const struct feed_look all = {
		.t0 = b->now + 1, .t1 = b->now + 2, .complete = true, .facts = b->facts, .n = b->n};

	b->now += 20 * NSEC_PER_MSEC;
	b->sink.look(b->sink.ctx, &all);
}

static void refresh(struct bench *b)
{
	b->now += NSEC_PER_SEC;
	model_refresh(b->model, b->now);
}

static void draw(struct bench *b, const char *sort, enum group_kind kind, bool groups, bool tree)
{
	struct request request = {.view = groups ? VIEW_GROUPS : VIEW_GOROUTINES,
				  .groups = {.by = {.kind = kind}, .count = WINDOW},
				  .tree = tree,
				  .count = WINDOW};
	struct picture p;

	if (sort_parse(sort, &request.sort, NULL) || model_picture(b->model, &request, &p))
		exit(1);
	/* Who knows it stands first. An order by what nobody knows would cost nothing. */
	if (!groups && !tree &&
	    !column_known(&columns[request.sort.column], p.rows[0].row, &p.context)) {
		fprintf(stderr, "model: nobody has a %s\n", sort);
		exit(1);
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

#define MEASURE(what, before, ...)                                                       \
	do {                                                                             \
		uint64_t took_[ROUNDS];                                                  \
		for (int i_ = 0; i_ < ROUNDS; i_++) {                                    \
			before;                                                          \
			took_[i_] = clock_process_cpu();                                 \
			__VA_ARGS__;                                                     \
			took_[i_] = clock_process_cpu() - took_[i_];                     \
		}                                                                        \
		printf("%s\t%llu\n", (what), (unsigned long long)median(took_, ROUNDS)); \
	} while (0)

static size_t resident(void)
{
	unsigned long pages = 0, ignored;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%lu %lu", &ignored, &pages) != 2)
		exit(1);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void measure(struct bench *b)
{
	MEASURE("look", b->now += NSEC_PER_SEC, look(b));
	MEASURE("refresh", move_few(b), refresh(b));
	for (size_t i = 0; i < n_columns; i++) {
		const char *name = columns[i].name;
		char what[40];

		snprintf(what, sizeof(what), "by %s", name);
		MEASURE(what, (move_few(b), refresh(b)), draw(b, name, 0, false, false));
	}
	MEASURE("run, just chosen", draw(b, "goid", 0, false, false),
		draw(b, "run", 0, false, false));
	MEASURE("age, just chosen", draw(b, "goid", 0, false, false),
		draw(b, "age", 0, false, false));
	MEASURE("again", draw(b, "switches", 0, false, false),
		draw(b, "switches", 0, false, false));
	MEASURE("groups", (move_few(b), refresh(b)), draw(b, "age", GROUP_SITE, true, false));
	MEASURE("tree", (move_few(b), refresh(b)), draw(b, "age", 0, false, true));
	MEASURE("tree, just chosen", draw(b, "age", 0, false, false),
		draw(b, "age", 0, false, true));
	MEASURE("tree, by start", draw(b, "age", 0, false, true), draw(b, "start", 0, false, true));
	MEASURE("tree, others", (replace_few(b), refresh(b)), draw(b, "age", 0, false, true));
}

int main(int argc, char **argv)
{
	const struct names_source source = {.pc = name_of,
					    .reason = reason_of,
					    .frames = frames_of};
	struct bench b = {.names = names_new(&source), .now = NSEC_PER_SEC};
	struct model_options o = {.names = b.names,
				  .attached = NSEC_PER_SEC,
				  .probes = true,
				  .memory = true,
				  .syscall_times = true};
	size_t before;
	uint64_t began;

	b.n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	b.model = b.names ? model_new(&o) : NULL;
	b.facts = calloc(b.n + 1, sizeof(*b.facts));
	if (b.n <= ON_THREADS || !b.model || !b.facts)
		return 1;
	b.sink = model_sink(b.model);
	make_facts(&b);
	before = resident();
	began = clock_process_cpu();
	look(&b);
	printf("first look\t%llu\n", (unsigned long long)(clock_process_cpu() - began));
	refresh(&b);
	draw(&b, "age", 0, false, false);
	printf("bytes\t%zu\n", (resident() - before) / b.n);
	give_stacks(&b);
	give_labels(&b);
	measure(&b);
	model_free(b.model);
	names_free(b.names);
	free(b.facts);
	return 0;
}
