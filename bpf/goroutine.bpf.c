// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel half: runs at every call of the target's runtime.casgstatus(gp, old, new), before the
 * change. It keeps the goroutine's entry and sends a record; user space wakes up by its own clock.
 *
 * Kept small and plain on purpose. It must pass the verifiers of 5.8 to the newest, compiled by
 * clang 14 and later, without vmlinux.h. No subprogram may use more than 48 bytes of stack: from
 * 6.13 on, one of 64 or more gets a per-CPU stack which uprobe programs, being preemptible, would
 * share. Hence the parts that are not inlined, and hit as the only thing on the stack.
 *
 * For one goroutine at a time only one thread calls casgstatus (whoever owns the goroutine's next
 * change), and the probe fires before the compare-and-swap that hands it on: entries have a single
 * writer.
 */
#include <asm/errno.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "base/gstatus.h"
#include "goroutine.h"

char LICENSE[] SEC("license") = "GPL";

/* Known constants to the verifier: what they switch off is removed before it is ever compiled. */
const volatile struct gt_config gt_config;
const volatile struct gt_site gt_sites[GT_MAX_SITES];

/* New map elements are copied from here, never from the stack. */
static const struct gt_entry blank_entry;
static const struct gt_site_sum blank_sum;

/* On cache lines of their own: epoch is only read here, the others are written at every hit. */
#define OWN_LINE __attribute__((aligned(128)))
__u64 gt_epoch OWN_LINE; /* since when all probes are on; user space writes it. 0: not all are */
struct gt_counters gt_counters OWN_LINE;
struct gt_latency gt_latency OWN_LINE;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct gt_entry);
} goroutines SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct gt_newborn);
} newborns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, struct gt_site_sum);
} site_sums SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

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
#if defined(__TARGET_ARCH_x86)

typedef struct pt_regs regs_t;
#define REGISTERS(R)                                                                               \
	R(0, rax)                                                                                  \
	R(1, rbx)                                                                                  \
	R(2, rcx)                                                                                  \
	R(3, rdx)                                                                                  \
	R(4, rsi) R(5, rdi) R(6, rbp) R(7, rsp) R(8, r8) R(9, r9) R(10, r10) R(11, r11) R(12, r12) \
		R(13, r13) R(14, r14) R(15, r15)

#elif defined(__TARGET_ARCH_arm64)

typedef struct user_pt_regs regs_t;
#define REGISTERS(R)                                                                            \
	R(0, regs[0])                                                                           \
	R(1, regs[1])                                                                           \
	R(2, regs[2])                                                                           \
	R(3, regs[3])                                                                           \
	R(4, regs[4]) R(5, regs[5]) R(6, regs[6]) R(7, regs[7]) R(8, regs[8]) R(9, regs[9])     \
		R(10, regs[10]) R(11, regs[11]) R(12, regs[12]) R(13, regs[13]) R(14, regs[14]) \
			R(15, regs[15]) R(16, regs[16]) R(17, regs[17]) R(18, regs[18])         \
				R(19, regs[19]) R(20, regs[20]) R(21, regs[21]) R(22, regs[22]) \
					R(23, regs[23]) R(24, regs[24]) R(25, regs[25])         \
						R(26, regs[26]) R(27, regs[27]) R(28, regs[28]) \
							R(29, regs[29]) R(30, regs[30]) R(31, sp)

#else
#error "no such architecture"
#endif

static __noinline __u64 reg(struct pt_regs *ctx, __u32 number)
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

static __always_inline __u64 value_at(struct pt_regs *ctx, const volatile struct gt_value *v)
{
	return v->kind == GT_CONST ? v->number : reg(ctx, v->number);
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

/* ---- who ---------------------------------------------------------------------------------------- */

/* The thread's id, 0 unknown; negative for a hit that is not the target's. */
static __noinline __s64 thread_in_pidns(void)
{
	struct bpf_pidns_info ids = {};

	if (bpf_get_ns_current_pid_tgid(gt_config.pidns_dev, gt_config.pidns_ino, &ids,
					sizeof(ids)))
		return -1;
	return ids.tgid == gt_config.tgid ? ids.pid : -1;
}

static __noinline __s64 thread_in_memory(struct pt_regs *ctx)
{
	__u64 m;

	if (gt_config.off_m < 0 || gt_config.off_procid < 0)
		return 0;
	m = current_m(ctx);
	return m ? (__u32)user_word(m, gt_config.off_procid) : 0;
}

static __always_inline __s64 thread_of_target(struct pt_regs *ctx)
{
	__u64 ids;

	if (gt_config.identity == GT_ID_PIDNS)
		return thread_in_pidns();
	if (gt_config.identity != GT_ID_INIT)
		return thread_in_memory(ctx);
	ids = bpf_get_current_pid_tgid();
	return ids >> 32 == gt_config.tgid ? (__u32)ids : -1;
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

static __always_inline void read_wait(struct pt_regs *ctx, const volatile struct gt_site *site,
				      struct hit *h)
{
	if (gt_config.off_waitreason >= 0 &&
	    bpf_probe_read_user(&h->reason, 1, (void *)(h->g + gt_config.off_waitreason))) {
		count(unread);
		h->reason = 0;
	}
	if (h->old_state != GS_RUNNING)
		return;
	if (h->reason < 64 && gt_config.flap_reasons >> h->reason & 1)
		h->flags |= GT_F_FLAP;
	if (gt_config.park_hi && !called_by_park(ctx, site))
		h->flags |= GT_F_FLAP;
}

/*
 * The goid, unless there is none yet: at 0→6 and 0→11 it has not been given, and where goids come
 * late g still holds that of whoever lived here before.
 */
static __always_inline void read_goid(struct hit *h)
{
	if (h->old_state == GS_IDLE)
		return;
	if (h->old_state == GS_DEAD)
		h->flags |= GT_F_BIRTH;
	if (gt_config.goid_late && h->old_state == GS_DEAD && h->new_state != GS_SYSCALL) {
		h->flags |= GT_F_STALE_ID;
		return;
	}
	if (bpf_probe_read_user(&h->goid, sizeof(h->goid), (void *)(h->g + gt_config.off_goid))) {
		count(unread);
		h->goid = 0;
		h->flags |= GT_F_UNREAD;
	}
}

static __noinline int read_hit(struct pt_regs *ctx, struct hit *h)
{
	const volatile struct gt_site *site = site_of(ctx);

	if (!site) {
		count(bad_site);
		return -1;
	}
	h->g = value_at(ctx, &site->gp);
	h->old_state = state_of(value_at(ctx, &site->old_status));
	h->new_state = state_of(value_at(ctx, &site->new_status));
	read_goid(h);
	if (h->new_state == GS_WAITING)
		read_wait(ctx, site, h);
	if (gt_config.off_curg >= 0 && h->old_state == GS_WAITING && h->new_state == GS_RUNNABLE)
		h->waker = waker_goid(ctx);
	return 0;
}

/* ---- sums by creation site ---------------------------------------------------------------------- */

static __always_inline struct gt_site_sum *site_sum(__u64 gopc)
{
	struct gt_site_sum *s = bpf_map_lookup_elem(&site_sums, &gopc);

	if (s)
		return s;
	bpf_map_update_elem(&site_sums, &gopc, &blank_sum, BPF_NOEXIST);
	s = bpf_map_lookup_elem(&site_sums, &gopc);
	if (!s)
		count(site_full);
	return s;
}

static __noinline void site_birth(struct hit *h)
{
	struct gt_site_sum *s;

	if (gt_config.off_gopc < 0)
		return;
	s = site_sum(user_word(h->g, gt_config.off_gopc));
	if (s)
		add(s->created, 1);
}

/* e is complete up to now, or NULL. */
static __noinline void site_end(struct hit *h, const struct gt_entry *e)
{
	struct gt_site_sum *s;

	if (gt_config.off_gopc < 0)
		return;
	s = site_sum(user_word(h->g, gt_config.off_gopc));
	if (!s)
		return;
	add(s->ended, 1);
	if (!e)
		return;
	for (int i = 0; i < 5; i++)
		add(s->total[i], e->total[i]);
	add(s->switches, e->switches);
	if (e->max_latency > s->max_latency)
		s->max_latency = e->max_latency;
}

/* ---- the entry ---------------------------------------------------------------------------------- */

static __always_inline __u32 log2_of(__u64 v)
{
	__u32 n = 0;

#pragma unroll
	for (int shift = 32; shift; shift /= 2) {
		if (v >> shift) {
			v >>= shift;
			n += shift;
		}
	}
	return n & (GT_LATENCY_BUCKETS - 1);
}

/*
 * What the state before this transition was, folded, when only the transition itself is known. A
 * 4→2 ends a flap as a rule: the goroutine was running all the time.
 */
static __always_inline __u8 folded_before(const struct hit *h)
{
	if (h->old_state == GS_COPYSTACK)
		return GS_RUNNING;
	if (h->old_state == GS_WAITING && h->new_state == GS_RUNNING)
		return GS_RUNNING;
	return h->old_state;
}

static __always_inline __u8 folded_after(const struct hit *h)
{
	if (h->new_state == GS_COPYSTACK || h->flags & GT_F_FLAP)
		return GS_RUNNING;
	return h->new_state;
}

/* The index in total[] of a folded state; 0 is unknown. */
static __always_inline __u32 total_index(__u8 folded)
{
	if (folded == GS_LEAKED)
		return GS_WAITING;
	return folded <= GS_WAITING ? folded : 0;
}

static __always_inline void sample(struct gt_entry *e, __u64 ns)
{
	if (e->folded == GS_RUNNING)
		add(gt_latency.run_bucket[log2_of(ns)], 1);
}

static __always_inline void sample_latency(struct gt_entry *e, __u64 ns)
{
	add(gt_latency.bucket[log2_of(ns)], 1);
	if (ns > e->max_latency)
		e->max_latency = ns;
}

/* Something came between: begin anew from what this transition says of the state before it. */
static __always_inline void start_over(struct gt_entry *e, struct hit *h)
{
	e->unknown += h->now - e->since;
	e->since = h->now;
	e->folded = folded_before(h);
	e->flags |= GT_F_SINCE_MIN;
	h->flags |= GT_F_MISSED;
	count(missed);
}

/* The folded state ends here; its time is exact unless it began before we saw it. */
static __always_inline void end_state(struct gt_entry *e, const struct hit *h, __u8 to)
{
	__u64 ns = h->now - e->since;
	__u32 i = total_index(e->folded);

	e->total[i] += ns;
	if (!(e->flags & GT_F_SINCE_MIN)) {
		sample(e, ns);
		if (e->folded == GS_RUNNABLE && to == GS_RUNNING)
			sample_latency(e, ns);
	}
	e->since = h->now;
	e->folded = to;
	e->flags &= ~GT_F_SINCE_MIN;
}

static __always_inline void note(struct gt_entry *e, const struct hit *h)
{
	e->raw = h->new_state;
	e->last = h->now;
	e->flags = (e->flags & ~GT_F_FLAP) | (h->flags & GT_F_FLAP);
	if (h->new_state == GS_WAITING)
		e->reason = h->reason;
	if (h->new_state == GS_RUNNING)
		e->tid = h->tid;
	if (h->new_state == GS_RUNNABLE && h->old_state == GS_WAITING)
		e->waker = h->waker;
	if (h->old_state == GS_RUNNABLE && h->new_state == GS_RUNNING)
		e->switches++;
	e->transitions++;
}

/* Applies one transition; returns its number in the goroutine's life as we saw it. */
static __noinline __u32 entry_update(struct gt_entry *e, struct hit *h)
{
	__u64 version = e->head + 1;
	__u8 to = folded_after(h);

	e->tail = version;
	barrier();
	if (e->raw != h->old_state || e->last < gt_epoch)
		start_over(e, h);
	if (to != e->folded)
		end_state(e, h, to);
	note(e, h);
	barrier();
	e->check = gt_entry_sum(e);
	barrier();
	e->head = version;
	return e->transitions;
}

/*
 * Fills a blank entry with what was before this transition. Where the birth was seen under the g
 * address alone, the life began there, if the probes have been on since.
 */
static __always_inline void entry_begin(struct gt_entry *e, const struct hit *h)
{
	const struct gt_newborn *born = 0;

	e->g = h->g;
	e->raw = h->old_state;
	e->folded = folded_before(h);
	e->first = e->since = e->last = h->now;
	e->flags = GT_F_SINCE_MIN;
	if (h->flags & GT_F_BIRTH)
		e->flags = GT_F_BIRTH;
	if (!gt_config.goid_late)
		return;
	born = bpf_map_lookup_elem(&newborns, &h->g);
	if (!born)
		return;
	if (born->time >= gt_epoch) {
		e->raw = e->folded = born->state;
		e->first = e->since = e->last = born->time;
		e->flags = GT_F_BIRTH;
	}
	bpf_map_delete_elem(&newborns, &h->g);
}

static __noinline struct gt_entry *entry_make(const struct hit *h)
{
	int r = bpf_map_update_elem(&goroutines, &h->goid, &blank_entry, BPF_NOEXIST);
	struct gt_entry *e;

	if (r == -EBUSY)
		count(map_busy);
	else if (r && r != -EEXIST)
		count(map_full);
	e = bpf_map_lookup_elem(&goroutines, &h->goid);
	if (e)
		entry_begin(e, h);
	return e;
}

static __noinline void newborn_keep(const struct hit *h)
{
	struct gt_newborn born = {.time = h->now, .state = h->new_state};

	if (bpf_map_update_elem(&newborns, &h->g, &born, BPF_ANY))
		count(newborn_full);
}

static __noinline void account_end(struct hit *h, struct gt_entry *e)
{
	site_end(h, e);
	if (e)
		bpf_map_delete_elem(&goroutines, &h->goid);
	else if (gt_config.goid_late)
		bpf_map_delete_elem(&newborns, &h->g);
}

/* Keeps the account of the goroutine; returns the number of the transition, 0: no entry. */
static __noinline __u32 account(struct hit *h)
{
	struct gt_entry *e;
	__u32 sequence = 0;

	if (h->flags & GT_F_BIRTH)
		site_birth(h);
	if (h->flags & GT_F_STALE_ID)
		newborn_keep(h);
	if (!h->goid || h->old_state == NO_STATE || h->new_state == NO_STATE)
		return 0;
	e = bpf_map_lookup_elem(&goroutines, &h->goid);
	if (!e && h->new_state != GS_DEAD)
		e = entry_make(h);
	if (e)
		sequence = entry_update(e, h);
	if (h->new_state == GS_DEAD)
		account_end(h, e);
	return sequence;
}

/* ---- the record --------------------------------------------------------------------------------- */

static __noinline void send(const struct hit *h, __u32 sequence)
{
	struct gt_record *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);

	if (!r) {
		count(lost);
		return;
	}
	r->time = h->now;
	r->goid = h->goid;
	r->g = h->g;
	r->waker = h->waker;
	r->tid = h->tid;
	r->sequence = sequence;
	r->old_state = h->old_state;
	r->new_state = h->new_state;
	r->reason = h->reason;
	r->flags = h->flags;
	r->spare = 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

SEC("uprobe")
int on_casgstatus(struct pt_regs *ctx)
{
	struct hit h = {.now = bpf_ktime_get_ns()};
	__u32 sequence;
	__s64 tid;

	/* A part of the sites would show a part of the transitions. */
	if (!gt_epoch)
		return 0;
	tid = thread_of_target(ctx);
	if (tid < 0) {
		count(strangers);
		return 0;
	}
	count(hits);
	h.tid = tid;
	if (read_hit(ctx, &h))
		return 0;
	sequence = account(&h);
	if (gt_config.stream)
		send(&h, sequence);
	return 0;
}
