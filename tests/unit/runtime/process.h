/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A made-up process of a real executable: its functions and its writable segments are those of the
 * file, all that stands in memory is put there by the test. Goroutines are laid out as the table says
 * of one release, or of two at the same time.
 */
#ifndef GOROUTOP_TESTS_RUNTIME_PROCESS_H
#define GOROUTOP_TESTS_RUNTIME_PROCESS_H

#include "tests/unit/golang/fixture.h"

#include "base/cleanup.h"
#include "golang/globals.h"
#include "golang/sites.h"
#include "runtime/calibrate.h"
#include "runtime/internal.h"
#include "runtime/match.h"

enum {
	HEAP_SIZE = 64 << 10,
	SEGMENTS = 16,
	G_SIZE = 1024, /* from one g or m to the next: more than is read of either */
	GOROUTINES = 5,
};

#define HEAP_BASE 0xc000000000ull

struct segment {
	struct go_range at;
	uint8_t *bytes;
};

struct process_made_up {
	struct memory memory; /* first: what the reader is given */
	struct segment segment[SEGMENTS + 1];
	size_t n_segments;
	struct go_exe *exe;
	struct live_exe live;
	struct layout layout; /* what is told of it: nothing but the texts of wait reasons */
	const struct layout_row *row; /* by which goroutines are put there */
	uint64_t next;		      /* of the heap */
	uint64_t g[GOROUTINES], m;
	struct go_global_place global[GG_COUNT];
};

static inline uint8_t *place_of(struct process_made_up *p, uint64_t addr, size_t *left)
{
	for (size_t i = 0; i < p->n_segments; i++) {
		struct segment *s = &p->segment[i];

		if (addr < s->at.start || addr >= s->at.end)
			continue;
		*left = s->at.end - addr;
		return s->bytes + (addr - s->at.start);
	}
	return NULL;
}

static inline ssize_t process_read(const struct memory *m, uint64_t addr, void *dst, size_t n)
{
	size_t left = 0;
	const uint8_t *from = place_of((struct process_made_up *)m, addr, &left);

	if (!from)
		return 0;
	if (n > left)
		n = left;
	memcpy(dst, from, n);
	return (ssize_t)n;
}

static inline void put(struct process_made_up *p, uint64_t addr, const void *what, size_t n)
{
	size_t left = 0;
	uint8_t *to = place_of(p, addr, &left);

	assert_non_null(to);
	assert_true(n <= left);
	memcpy(to, what, n);
}

static inline void put64(struct process_made_up *p, uint64_t addr, uint64_t v)
{
	put(p, addr, &v, sizeof(v));
}

static inline uint64_t process_alloc(struct process_made_up *p, size_t n)
{
	uint64_t at = p->next;

	p->next += n;
	assert_true(p->next <= HEAP_BASE + HEAP_SIZE);
	return at;
}

static inline void add_segment(struct process_made_up *p, uint64_t start, uint64_t end)
{
	struct segment *s = &p->segment[p->n_segments++];

	s->at = (struct go_range){start, end};
	s->bytes = calloc(end - start, 1);
	assert_non_null(s->bytes);
}

/* As a release of that number lays it out. */
static inline struct process_made_up *process_new(int minor)
{
	static const struct build_mode stripped = {"stripped", "-ldflags='-s -w'", "CGO_ENABLED=0",
						   NULL};
	struct process_made_up *p = calloc(1, sizeof(*p));
	struct go_version v = {.major = 1, .minor = minor};
	struct go_range ranges[SEGMENTS];
	int fd = fixture_open(fixture_build("truth", &stripped));
	struct err err = {0};
	size_t n;

	assert_non_null(p);
	assert_int_equal(go_exe_open(&p->exe, fd, &err), 0);
	close(fd);
	p->memory.read = process_read;
	p->live = (struct live_exe){.exe = p->exe, .mem = &p->memory};
	p->row = layout_table_find(&v, go_exe_info(p->exe)->arch);
	assert_non_null(p->row);
	layout_from_row(&p->layout, p->row, LAYOUT_UNKNOWN);
	for (size_t i = 0; i < LF_COUNT; i++)
		p->layout.offset[i] = LAYOUT_NONE;
	n = go_exe_writable(p->exe, ranges, SEGMENTS);
	assert_in_range(n, 1, SEGMENTS);
	for (size_t i = 0; i < n; i++)
		add_segment(p, ranges[i].start, ranges[i].end);
	add_segment(p, HEAP_BASE, HEAP_BASE + HEAP_SIZE);
	p->next = HEAP_BASE;
	go_globals_find(p->exe, p->global);
	assert_true(p->global[GG_ALLGS].addr && p->global[GG_ALLM].addr);
	return p;
}

static inline void process_free(struct process_made_up *p)
{
	for (size_t i = 0; i < p->n_segments; i++)
		free(p->segment[i].bytes);
	go_exe_close(p->exe);
	free(p);
}

/* ---- what stands in it ------------------------------------------------------------------------- */

static inline uint64_t field_of(const struct process_made_up *p, uint64_t addr, enum layout_field f)
{
	assert_true(p->row->offset[f] >= 0);
	return addr + (uint64_t)p->row->offset[f];
}

static inline void put_field(struct process_made_up *p, uint64_t addr, enum layout_field f,
			     uint64_t v)
{
	put64(p, field_of(p, addr, f), v);
}

static inline uint64_t function(const struct process_made_up *p, const char *name)
{
	struct go_func f;

	if (!go_func_find(p->exe, name, &f))
		fail_msg("the program has no %s", name);
	return f.entry;
}

static inline uint8_t reason(const struct process_made_up *p, const char *text)
{
	for (int i = 0; i < p->row->n_wait_reasons; i++)
		if (p->row->wait_reasons[i] && !strcmp(p->row->wait_reasons[i], text))
			return (uint8_t)i;
	fail_msg("the release has no wait reason %s", text);
	return 0;
}

/* Those that every program has, and one that runs if the process is busy. */
static inline void put_goroutines(struct process_made_up *p, bool busy)
{
	static const struct {
		const char *start, *reason;
	} known[GOROUTINES] = {
		{"runtime.main", "chan receive"},     {"runtime.forcegchelper", "force gc (idle)"},
		{"runtime.bgsweep", "GC sweep wait"}, {"runtime.bgscavenge", "GC scavenge wait"},
		{"main.main", "chan receive"},
	};
	uint64_t g0 = process_alloc(p, G_SIZE);

	p->m = process_alloc(p, G_SIZE);
	put_field(p, p->m, LF_M_G0, g0);
	put_field(p, g0, LF_G_M, p->m);
	put_field(p, p->m, LF_M_PROCID, 4711);
	put64(p, p->global[GG_ALLM].addr, p->m);
	for (size_t i = 0; i < GOROUTINES; i++) {
		uint32_t status = busy && i == GOROUTINES - 1 ? GS_RUNNING : GS_WAITING;
		uint8_t why = reason(p, known[i].reason);
		uint64_t g = p->g[i] = process_alloc(p, G_SIZE);

		put(p, field_of(p, g, LF_G_ATOMICSTATUS), &status, sizeof(status));
		put(p, field_of(p, g, LF_G_WAITREASON), &why, sizeof(why));
		put_field(p, g, LF_G_GOID, i + 1);
		put_field(p, g, LF_G_STARTPC, function(p, known[i].start));
		put_field(p, g, LF_G_GOPC, function(p, i ? "runtime.main" : "runtime.newproc") + 8);
	}
	if (busy) {
		put_field(p, p->g[GOROUTINES - 1], LF_G_M, p->m);
		put_field(p, p->m, LF_M_CURG, p->g[GOROUTINES - 1]);
	}
}

/* A slice of the first n at addr. */
static inline void put_list(struct process_made_up *p, uint64_t addr, const uint64_t *g, size_t n)
{
	const uint64_t slice[] = {process_alloc(p, n * 8), n, n};

	put(p, slice[0], g, n * 8);
	put(p, addr, slice, sizeof(slice));
}

#endif
