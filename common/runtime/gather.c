// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/cleanup.h"
#include "runtime/gather.h"

enum { GAP = 1 << 10 };

static int one(struct runtime *rt, const struct gather *g, size_t i, uint8_t *window)
{
	int r = memory_read_all(rt->mem, g->v[i] + g->from, window, g->to - g->from);

	if (r == -ESRCH)
		return r;
	g->visit(g->ctx, i, r ? NULL : window);
	return 0;
}

int gather(struct runtime *rt, const struct gather *g)
{
	_cleanup_free_ uint8_t *window = malloc(GATHER_WINDOW);
	size_t size = g->to - g->from;

	if (!window)
		return -ENOMEM;
	for (size_t i = 0, end; i < g->n; i = end) {
		ssize_t got;

		for (end = i + 1; end < g->n && g->v[end] - g->v[end - 1] <= GAP + size &&
				  g->v[end] - g->v[i] + size <= GATHER_WINDOW;)
			end++;
		got = memory_read(rt->mem, g->v[i] + g->from, window,
				  g->v[end - 1] - g->v[i] + size);
		if (got == -ESRCH)
			return -ESRCH;
		if (got >= 0 && (size_t)got == g->v[end - 1] - g->v[i] + size) {
			for (size_t k = i; k < end; k++)
				g->visit(g->ctx, k, window + (g->v[k] - g->v[i]));
			continue;
		}
		for (size_t k = i; k < end; k++) {
			int r = one(rt, g, k, window);

			if (r)
				return r;
		}
	}
	return 0;
}
