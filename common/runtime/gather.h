/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the same bytes of many structs: neighbours in one piece, through a window that stays in
 * the cache. See read.c for what that saves.
 */
#ifndef GOROUTOP_RUNTIME_GATHER_H
#define GOROUTOP_RUNTIME_GATHER_H

#include "runtime/internal.h"

enum { GATHER_WINDOW = 64 << 10 };

struct gather {
	const uint64_t *v; /* addresses, ascending */
	size_t n;
	int32_t from, to; /* [v[i] + from, v[i] + to) is wanted; to − from ≤ GATHER_WINDOW / 2 */
	/* Called for each in order; bytes NULL: not readable. */
	void (*visit)(void *ctx, size_t i, const uint8_t *bytes);
	void *ctx;
};

/* 0 or -ESRCH, -ENOMEM. */
int gather(struct runtime *rt, const struct gather *g);

#endif
