// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tracer_internal.h"

enum {
	SITE_SUMS = 8192, /* `go` statements of a program; measured: etcd has some 600 */
	NEWBORNS_LEAST = 16384,
};

/* Births wait in the second map only where goids come late, and not for long. */
static uint32_t newborns(const struct load_request *q)
{
	if (!q->config.goid_late)
		return 1;
	return q->max_goroutines / 4 > NEWBORNS_LEAST ? q->max_goroutines / 4 : NEWBORNS_LEAST;
}

static int configure(struct goroutine_bpf *skel, const struct tables *tables,
		     const struct load_request *q)
{
	int r;

	memcpy((void *)&skel->rodata->gt_config, &q->config, sizeof(q->config));
	memcpy((void *)skel->rodata->gt_sites, q->sites, q->config.n_sites * sizeof(*q->sites));
	/* What the program is checked with; the kernel takes others like it later. */
	r = bpf_map__set_inner_map_fd(skel->maps.tables, tables->fd[GT_TABLE_NEW]);
	if (!r)
		r = bpf_map__set_max_entries(skel->maps.newborns, newborns(q));
	if (!r)
		r = bpf_map__set_max_entries(skel->maps.site_sums,
					     q->config.off_gopc < 0 ? 1 : SITE_SUMS);
	if (!r)
		r = bpf_map__set_max_entries(skel->maps.records, q->ring_bytes);
	if (!r && q->method == ATTACH_MULTI)
		r = bpf_program__set_expected_attach_type(skel->progs.on_casgstatus,
							  GT_TRACE_UPROBE_MULTI);
	return r;
}

int load_instance(struct goroutine_bpf **ret, struct tables *tables, const struct load_request *q,
		  struct err *err)
{
	struct goroutine_bpf *skel;
	int r;

	diagnose_redirect_libbpf();
	skel = goroutine_bpf__open();
	if (!skel)
		return err_set(err, EXIT_FAILED, errno, "the BPF object can't be opened: %s",
			       strerror(errno));
	r = tables_open(tables, q->max_goroutines);
	if (!r)
		r = configure(skel, tables, q);
	if (!r)
		r = goroutine_bpf__load(skel);
	if (!r)
		r = tables_put(tables, bpf_map__fd(skel->maps.tables));
	if (r) {
		goroutine_bpf__destroy(skel);
		return diagnose_load(-r, q->max_goroutines, err);
	}
	load_count_hits(skel, false);
	*ret = skel;
	return 0;
}

void load_count_hits(struct goroutine_bpf *skel, bool on)
{
	__atomic_store_n(&skel->bss->gt_epoch, on ? clock_mono() : UINT64_MAX, __ATOMIC_SEQ_CST);
}
