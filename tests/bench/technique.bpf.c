// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goroutop is compared with: a program that does nothing, the limit of what can be had at a
 * place; and what tutorials do: a record for every call with the reader woken each time, with and
 * without a line in the kernel's trace.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct event {
	__u64 time, g;
	__u32 tid, old_status, new_status, spare;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

const volatile __u32 tgid SEC(".rodata.tgid");

SEC("uprobe")
int empty(struct pt_regs *ctx)
{
	(void)ctx;
	return 0;
}

static __always_inline int record(struct pt_regs *ctx)
{
	__u64 ids = bpf_get_current_pid_tgid();
	struct event *e;

	if (ids >> 32 != tgid)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return 0;
	e->time = bpf_ktime_get_ns();
	e->tid = (__u32)ids;
#if defined(__TARGET_ARCH_x86)
	e->g = ctx->rax;
	e->old_status = ctx->rbx;
	e->new_status = ctx->rcx;
#endif
	e->spare = 0;
	bpf_ringbuf_submit(e, BPF_RB_FORCE_WAKEUP);
	return 0;
}

SEC("uprobe")
int plain(struct pt_regs *ctx)
{
	return record(ctx);
}

SEC("uprobe")
int printing(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
	bpf_printk("casgstatus %x %d %d", ctx->rax, ctx->rbx, ctx->rcx);
#endif
	return record(ctx);
}
