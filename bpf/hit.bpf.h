/* SPDX-License-Identifier: GPL-2.0-or-later OR GPL-2.0-only */
/*
 * Part of the kernel half, included by goroutine.bpf.c alone: from the trap at a site to what was
 * found there. Who it was, which goroutine, from which state to which, why, and who woke it.
 */
#ifndef GOROUTOP_BPF_HIT_BPF_H
#define GOROUTOP_BPF_HIT_BPF_H

#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "base/gstatus.h"
#include "goroutine.h"

/* Known constants to the verifier: what they switch off is removed before it is ever compiled. */
const volatile struct gt_config gt_config;
const volatile struct gt_site gt_sites[GT_MAX_SITES];

/* On cache lines of their own: epoch is only read here, the others are written at every hit. */
#define OWN_LINE __attribute__((aligned(128)))
__u64 gt_epoch
	OWN_LINE; /* since when all sites are probed; user space writes it. ~0: they aren't */
struct gt_counters gt_counters OWN_LINE;
struct gt_latency gt_latency OWN_LINE;

#define NO_STATE      0xff
#define add(where, n) ((void)__sync_fetch_and_add(&(where), (n)))
#define count(what)   add(gt_counters.what, 1)

/* One hit: what was found at the site. The map keys are pointers to its members. */
struct hit {
	__u64 g, goid, now, waker;
	__u32 tid;
	__u8 old_state, new_state, reason, flags;
};

/* ---- registers ---------------------------------------------------------------------------------- */

/*
 * The context may only be read at constant offsets, so a register by number is a switch. The loads
 * are assembler: clang would make them one load at a computed address, which no verifier takes.
 */
/* clang-format off */
#if defined(__TARGET_ARCH_x86)

typedef struct pt_regs regs_t;
#define REGISTERS(R)                                                        \
	R(0, rax) R(1, rbx) R(2, rcx) R(3, rdx) R(4, rsi) R(5, rdi)         \
	R(6, rbp) R(7, rsp) R(8, r8) R(9, r9) R(10, r10) R(11, r11)         \
	R(12, r12) R(13, r13) R(14, r14) R(15, r15)

#elif defined(__TARGET_ARCH_arm64)

typedef struct user_pt_regs regs_t;
#define X(R, n) R(n, regs[n])
#define REGISTERS(R)                                                        \
	X(R, 0) X(R, 1) X(R, 2) X(R, 3) X(R, 4) X(R, 5) X(R, 6) X(R, 7)     \
	X(R, 8) X(R, 9) X(R, 10) X(R, 11) X(R, 12) X(R, 13) X(R, 14)        \
	X(R, 15) X(R, 16) X(R, 17) X(R, 18) X(R, 19) X(R, 20) X(R, 21)      \
	X(R, 22) X(R, 23) X(R, 24) X(R, 25) X(R, 26) X(R, 27) X(R, 28)      \
	X(R, 29) X(R, 30) R(31, sp)

#else
#error "no such architecture"
#endif
/* clang-format on */

static __always_inline __u64 reg_at(struct pt_regs *ctx, __u32 number)
{
	__u64 value = 0;

	switch (number) {
#define REGISTER(n, field)                                                        \
	case n:                                                                   \
		asm volatile("%0 = *(u64 *)(%1 + %2)"                             \
			     : "=r"(value)                                        \
			     : "r"(ctx), "i"(__builtin_offsetof(regs_t, field))); \
		break;
		REGISTERS(REGISTER)
	}
	return value;
}

static __noinline __u64 reg(struct pt_regs *ctx, __u32 number)
{
	return reg_at(ctx, number);
}

/* Inlined: with one site the number is known to the verifier, and of the switch one load is left. */
static __always_inline __u64 value_at(struct pt_regs *ctx, const volatile struct gt_value *v)
{
	return v->kind == GT_CONST ? v->number : reg_at(ctx, v->number);
}

static __always_inline __u8 state_of(__u64 status)
{
	__u32 base = GS_BASE((__u32)status);

	return base < GS_COUNT ? base : NO_STATE;
}

/* ---- user memory -------------------------------------------------------------------------------- */

/* The 8 bytes at addr + off; 0, counted, when they can't be read (page faults are not served). */
static __noinline __u64 user_word(__u64 addr, __s64 off)
{
	__u64 word = 0;

	if (bpf_probe_read_user(&word, sizeof(word), (void *)(addr + off))) {
		count(unread);
		return 0;
	}
	return word;
}

/* The m of the thread that calls casgstatus, by the current g (on the system stack: g0). */
static __always_inline __u64 current_m(struct pt_regs *ctx)
{
	__u64 g = reg(ctx, gt_config.reg_g);

	return g ? user_word(g, gt_config.off_m) : 0;
}

/* ready() runs on the system stack of the thread whose curg woke gp; the runtime itself has none. */
static __noinline __u64 waker_goid(struct pt_regs *ctx)
{
	__u64 m = current_m(ctx), curg = 0;

	if (m)
		curg = user_word(m, gt_config.off_curg);
	return curg ? user_word(curg, gt_config.off_goid) : 0;
}

static __always_inline __u64 gp_at(struct pt_regs *ctx, const volatile struct gt_site *site)
{
	if (site->gp.kind == GT_STACK)
		return user_word(PT_REGS_SP(ctx), site->gp.number);
	return value_at(ctx, &site->gp);
}

/* ---- who ---------------------------------------------------------------------------------------- */

#define STRANGER (-1ll)

/* The thread's id, 0 unknown; STRANGER for a hit that is not the target's. */
static __noinline __s64 thread_in_pidns(void)
{
	struct bpf_pidns_info ids = {};

	if (bpf_get_ns_current_pid_tgid(gt_config.pidns_dev, gt_config.pidns_ino, &ids,
					sizeof(ids)))
		return STRANGER;
	return ids.tgid == gt_config.tgid ? (__s64)ids.pid : STRANGER;
}

static __noinline __s64 thread_in_memory(struct pt_regs *ctx)
{
	__u64 m;

	if (gt_config.off_m < 0 || gt_config.off_procid < 0)
		return 0;
	m = current_m(ctx);
	return m ? (__s64)(__u32)user_word(m, gt_config.off_procid) : 0;
}

static __always_inline __s64 thread_of_target(struct pt_regs *ctx)
{
	__u64 ids;

	if (gt_config.identity == GT_ID_PIDNS)
		return thread_in_pidns();
	if (gt_config.identity != GT_ID_INIT)
		return thread_in_memory(ctx);
	ids = bpf_get_current_pid_tgid();
	return ids >> 32 == gt_config.tgid ? (__s64)(__u32)ids : STRANGER;
}

/* ---- what --------------------------------------------------------------------------------------- */

static __always_inline const volatile struct gt_site *site_of(struct pt_regs *ctx)
{
	__u64 i = 0;

	if (gt_config.n_sites > 1) /* else not even called: the helper came with 5.15 */
		i = bpf_get_attach_cookie(ctx);
	if (i >= GT_MAX_SITES || i >= gt_config.n_sites)
		return 0;
	return &gt_sites[i];
}

/* Whether the caller of casgstatus is park_m: everything else that says 2→4 is a flap. */
static __noinline bool called_by_park(struct pt_regs *ctx, const volatile struct gt_site *site)
{
	__u64 from;

	if (site->return_in_lr)
		from = reg(ctx, 30);
	else
		from = user_word(PT_REGS_SP(ctx), site->return_sp);
	from -= PT_REGS_IP(ctx) - site->vaddr;
	return from >= gt_config.park_lo && from < gt_config.park_hi;
}

static __always_inline void read_goid(struct hit *h)
{
	if (bpf_probe_read_user(&h->goid, sizeof(h->goid), (void *)(h->g + gt_config.off_goid))) {
		count(unread);
		h->goid = 0;
		h->flags |= GT_F_UNREAD;
	}
}

static __always_inline void read_reason(struct hit *h)
{
	if (bpf_probe_read_user(&h->reason, 1, (void *)(h->g + gt_config.off_waitreason))) {
		count(unread);
		h->reason = 0;
	}
}

/* The reason lies 24 bytes behind the goid in every Go so far: one read takes both. */
static __noinline bool read_both(struct hit *h)
{
	__u32 behind = gt_config.off_waitreason - gt_config.off_goid;
	__u64 near[4];

	if (behind >= sizeof(near) ||
	    bpf_probe_read_user(near, sizeof(near), (void *)(h->g + gt_config.off_goid)))
		return false;
	h->goid = near[0];
	h->reason = ((__u8 *)near)[behind];
	return true;
}

/*
 * There is no goid at 0→6 and 0→11; and where it comes late, g still holds that of whoever lived
 * here before.
 */
static __always_inline void read_g(struct hit *h)
{
	bool wait = h->new_state == GS_WAITING && gt_config.off_waitreason >= 0;

	if (h->old_state == GS_IDLE)
		return;
	if (h->old_state == GS_DEAD)
		h->flags |= GT_F_BIRTH;
	if (gt_config.goid_late && h->old_state == GS_DEAD && h->new_state != GS_SYSCALL) {
		h->flags |= GT_F_STALE_ID;
		if (wait)
			read_reason(h);
		return;
	}
	if (wait && read_both(h))
		return;
	read_goid(h);
	if (wait)
		read_reason(h);
}

/* Whether a goroutine that says "waiting" does so for the collector's or tracer's sake. */
static __always_inline bool is_flap(struct pt_regs *ctx, const volatile struct gt_site *site,
				    const struct hit *h)
{
	if (h->old_state != GS_RUNNING || h->new_state != GS_WAITING)
		return false;
	if (h->reason < 64 && gt_config.flap_reasons >> h->reason & 1)
		return true;
	return gt_config.park_hi && !called_by_park(ctx, site);
}

static __noinline int read_hit(struct pt_regs *ctx, struct hit *h)
{
	const volatile struct gt_site *site = site_of(ctx);

	if (!site) {
		count(bad_site);
		return -1;
	}
	/* A site behind a compare-and-swap: where that has failed, the runtime calls casgstatus. */
	if (gt_config.n_sites > 1 && site->made && !(reg(ctx, site->made - 1) & 1))
		return -1;
	h->g = gp_at(ctx, site);
	h->old_state = state_of(value_at(ctx, &site->old_status));
	h->new_state = state_of(value_at(ctx, &site->new_status));
	read_g(h);
	if (is_flap(ctx, site, h))
		h->flags |= GT_F_FLAP;
	if (gt_config.off_curg >= 0 && h->old_state == GS_WAITING && h->new_state == GS_RUNNABLE)
		h->waker = waker_goid(ctx);
	return 0;
}

#endif
