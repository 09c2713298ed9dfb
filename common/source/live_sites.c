// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel has summed of the goroutines that one go statement made. */
#include <stdlib.h>

#include "base/vec.h"
#include "source/live_internal.h"

typedef VEC(struct feed_site) feed_sites;

struct collected {
	feed_sites sites;
	bool failed;
};

static void collect(void *ctx, uint64_t gopc, const struct gt_site_sum *sum)
{
	struct collected *all = ctx;
	const struct feed_site site = {
		.gopc = gopc,
		.created = sum->created,
		.ended = sum->ended,
		.switches = sum->switches,
		.max_latency = sum->max_latency,
		.running = sum->running,
		.runnable = sum->runnable,
		.waiting = sum->waiting,
		.syscall = sum->syscall,
		.unknown = sum->unknown,
	};

	if (!vec_push(&all->sites, site))
		all->failed = true;
}

int live_sites(struct live *l, const struct feed_sink *sink, uint64_t now)
{
	struct collected all = {0};
	int r = tracer_site_sums(l->tracer, collect, &all);

	if (!r && !all.failed)
		sink->sites(sink->ctx, all.sites.v, all.sites.n, now);
	vec_free(&all.sites);
	return r;
}
