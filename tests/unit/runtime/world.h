/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up memory of 2 MiB and a runtime that reads it, laid out as a release's table says. */
#ifndef GOROUTOP_TESTS_RUNTIME_WORLD_H
#define GOROUTOP_TESTS_RUNTIME_WORLD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "golang/exe.h"
#include "runtime/internal.h"

enum { WORLD_PAGE = 4096, WORLD_SIZE = 512 * WORLD_PAGE };

#define WORLD_BASE 0xc000000000ull

struct world {
	struct memory memory; /* first: what the reader is given */
	uint8_t bytes[WORLD_SIZE];
	struct runtime rt;
	struct go_exe exe;
	size_t reads;
	/* Called before each read: the process goes on meanwhile. */
	void (*meanwhile)(struct world *w);
	uint64_t next; /* where world_alloc goes on */
};

static inline ssize_t world_read(const struct memory *m, uint64_t addr, void *dst, size_t n)
{
	struct world *w = (struct world *)m;
	uint64_t at = addr - WORLD_BASE;

	w->reads++;
	if (w->meanwhile)
		w->meanwhile(w);
	if (addr < WORLD_BASE || at >= WORLD_SIZE)
		return 0;
	if (n > WORLD_SIZE - at)
		n = WORLD_SIZE - at;
	memcpy(dst, w->bytes + at, n);
	return (ssize_t)n;
}

/* The runtime of go1.MINOR.PATCH on amd64. */
static inline struct world *world_new(int minor, int patch)
{
	struct world *w = calloc(1, sizeof(*w));
	struct go_version v = {.major = 1, .minor = minor, .patch = patch};
	const struct layout_row *row = layout_table_find(&v, GO_ARCH_AMD64);

	assert_non_null(w);
	assert_non_null(row);
	w->memory.read = world_read;
	w->exe.info.version = v;
	w->exe.info.arch = GO_ARCH_AMD64;
	w->rt.exe = &w->exe;
	w->rt.mem = &w->memory;
	layout_from_row(&w->rt.layout, row, LAYOUT_TABLE);
	w->next = WORLD_BASE + WORLD_PAGE;
	return w;
}

static inline void world_free(struct world *w)
{
	free(w);
}

/* n zero bytes at a multiple of 16. */
static inline uint64_t world_alloc(struct world *w, size_t n)
{
	uint64_t at = w->next;

	w->next += (n + 15) & ~15ull;
	assert_true(w->next <= WORLD_BASE + WORLD_SIZE);
	return at;
}

static inline void *world_at(struct world *w, uint64_t addr)
{
	assert_true(addr >= WORLD_BASE && addr < WORLD_BASE + WORLD_SIZE);
	return w->bytes + (addr - WORLD_BASE);
}

static inline void put8(struct world *w, uint64_t addr, uint8_t v)
{
	memcpy(world_at(w, addr), &v, sizeof(v));
}

static inline void put32(struct world *w, uint64_t addr, uint32_t v)
{
	memcpy(world_at(w, addr), &v, sizeof(v));
}

static inline void put64(struct world *w, uint64_t addr, uint64_t v)
{
	memcpy(world_at(w, addr), &v, sizeof(v));
}

/* A Go string's header at addr, its bytes elsewhere. */
static inline void put_string_n(struct world *w, uint64_t addr, const char *s, size_t n)
{
	uint64_t text = world_alloc(w, n);

	memcpy(world_at(w, text), s, n);
	put64(w, addr, text);
	put64(w, addr + 8, n);
}

static inline void put_string(struct world *w, uint64_t addr, const char *s)
{
	put_string_n(w, addr, s, strlen(s));
}

static inline uint64_t at_field(const struct world *w, uint64_t addr, enum layout_field f)
{
	assert_true(w->rt.layout.offset[f] >= 0);
	return addr + (uint64_t)w->rt.layout.offset[f];
}

#endif
