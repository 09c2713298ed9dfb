// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "kernel.h"
#include "tracer_internal.h"

#if defined(__aarch64__)
enum { REG_G = 28 };
#else
enum { REG_G = 14 };
#endif

static enum kernel_answer answer_of(int r)
{
	return !r ? KERNEL_YES : r == -EPERM || r == -EACCES ? KERNEL_DENIED : KERNEL_NO;
}

static int load_nothing(void)
{
	const struct bpf_insn exit_0[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "goroutop_probe", "GPL", exit_0,
			       ARRAY_SIZE(exit_0), NULL);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int make_ring_buffer(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "goroutop_probe", 0, 0,
				(uint32_t)sysconf(_SC_PAGESIZE), NULL);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

void kernel_ask(struct kernel_offer *ret)
{
	diagnose_redirect_libbpf();
	ret->bpf = answer_of(load_nothing());
	ret->ring_buffer = answer_of(make_ring_buffer());
	ret->perf_uprobes = answer_of(attach_perf_allowed());
	/* Without leave to load a program the kernel says nothing about these two. */
	ret->uprobe_multi = ret->bpf == KERNEL_DENIED ? KERNEL_DENIED
			    : attach_multi_known()    ? KERNEL_YES
						      : KERNEL_NO;
	ret->cookies = ret->bpf == KERNEL_DENIED ? KERNEL_DENIED
		       : libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie,
						 NULL) == 1
			       ? KERNEL_YES
			       : KERNEL_NO;
}

static int try_one(unsigned n_sites, bool emulated, double *ns, struct err *err)
{
	struct tracer_site sites[GT_MAX_SITES] = {0};
	struct tracer_options o = {
		/* As in Go 1.26: what is read of a goroutine is a part of the cost. */
		.config = {.identity = GT_ID_NONE,
			   .tgid = (uint32_t)getpid(),
			   .off_goid = 152,
			   .off_waitreason = 176,
			   .off_m = 48,
			   .off_procid = 64,
			   .off_gopc = 288,
			   .off_curg = 184,
			   .reg_g = REG_G,
			   .stream = 1},
		.sites = sites,
		.n_sites = n_sites,
		.max_goroutines = 64,
		.pid = getpid(),
		.exe_path = "/proc/self/exe",
	};
	struct tracer *t;
	int r;

	for (unsigned i = 0; i < n_sites; i++)
		sites[i].emulated = emulated;
	r = tracer_open(&t, &o, err);
	if (r)
		return r;
	r = tracer_calibrate(t, ns, err);
	tracer_close(t);
	return r;
}

int kernel_try(unsigned n_sites, double *emulated, double *stepped, struct err *err)
{
	int r = n_sites < 1 || n_sites > GT_MAX_SITES
			? err_set(err, EXIT_FAILED, EINVAL, "%u probe sites", n_sites)
			: try_one(n_sites, true, emulated, err);

	return r ? r : try_one(n_sites, false, stepped, err);
}
