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
 * writer. The sites of --syscalls fire behind it, on the thread that has the goroutine still
 * (site_syscalls.c).
 */
#include <asm/errno.h>

#include "hit.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* New map elements are copied from here, never from the stack. */
static const struct gt_entry blank_entry;
static const struct gt_site_sum blank_sum;

/*
 * The tables of entries: the first is where they are made and found. When it becomes too small user
 * space puts a larger one before it, and the old one is looked at for what is not in the new one
 * yet, until user space has copied all that is left there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, GT_TABLES);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_HASH);
			__uint(max_entries, 1);
			__type(key, __u64);
			__type(value, struct gt_entry);
		});
} tables SEC(".maps");

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
		add(gt_latency.run_bucket[gt_log2(ns)], 1);
}

static __always_inline void sample_latency(struct gt_entry *e, __u64 ns)
{
	add(gt_latency.bucket[gt_log2(ns)], 1);
	if (ns > e->max_latency)
		e->max_latency = ns;
}

/* Whether the change between the entry's state and this transition's old one passes casgstatus by. */
static __always_inline bool is_bypass(__u8 was, __u8 old)
{
	if (was == GS_RUNNING && old == GS_WAITING)
		return gt_config.bypasses & (GT_BYPASS_PREEMPTION | GT_BYPASS_COROUTINES);
	if (was == GS_WAITING && old == GS_RUNNING)
		return gt_config.bypasses & GT_BYPASS_COROUTINES;
	if ((was == GS_RUNNING && old == GS_SYSCALL) || (was == GS_SYSCALL && old == GS_RUNNING))
		return gt_config.bypasses & GT_BYPASS_SYSCALLS;
	if (was == GS_LEAKED && old == GS_WAITING)
		return gt_config.bypasses & GT_BYPASS_LEAKS;
	return false;
}

/* Something came between: begin anew from what this transition says of the state before it. */
static __always_inline void start_over(struct gt_entry *e, struct hit *h, bool attached)
{
	e->unknown += h->now - e->since;
	e->since = h->now;
	e->folded = folded_before(h);
	e->flags |= GT_F_SINCE_MIN;
	h->flags |= GT_F_MISSED;
	if (attached && is_bypass(e->raw, h->old_state))
		count(bypassed);
	else
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
static __noinline __u32 entry_update(struct gt_entry *e, struct hit *h, __u64 epoch)
{
	__u64 version = e->head + 1;
	__u8 to = folded_after(h);

	e->tail = version;
	barrier();
	if (e->raw != h->old_state || e->last < epoch)
		start_over(e, h, e->last >= epoch);
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
static __always_inline void entry_begin(struct gt_entry *e, const struct hit *h, __u64 epoch)
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
	if (born->time >= epoch) {
		e->raw = e->folded = born->state;
		e->first = e->since = e->last = born->time;
		e->flags = GT_F_BIRTH;
	}
	bpf_map_delete_elem(&newborns, &h->g);
}

static __always_inline void *table(__u32 which)
{
	return bpf_map_lookup_elem(&tables, &which);
}

static __always_inline struct gt_entry *entry_find(__u32 which, const struct hit *h)
{
	void *t = table(which);

	return t ? bpf_map_lookup_elem(t, &h->goid) : 0;
}

/* Puts a copy of `from` into the first table; that of this goroutine, whoever put it there. */
static __always_inline struct gt_entry *entry_put(const struct hit *h, const struct gt_entry *from)
{
	void *t = table(GT_TABLE_NEW);
	int r = t ? bpf_map_update_elem(t, &h->goid, from, BPF_NOEXIST) : -ENOENT;

	if (!r)
		count(made);
	else if (r == -EBUSY)
		count(map_busy);
	else if (r != -EEXIST)
		count(map_full);
	return t ? bpf_map_lookup_elem(t, &h->goid) : 0;
}

/*
 * An entry of the old table moves before it changes: nobody but the goroutine's own transition
 * writes to it, so that the copy is whole. It stays there if the new table has no room for it.
 */
static __noinline struct gt_entry *entry_move(const struct hit *h)
{
	struct gt_entry *e = entry_find(GT_TABLE_OLD, h), *to;
	void *old;

	if (!e)
		return 0;
	to = entry_put(h, e);
	old = table(GT_TABLE_OLD);
	if (!to || !old)
		return e;
	bpf_map_delete_elem(old, &h->goid);
	return to;
}

static __noinline struct gt_entry *entry_make(const struct hit *h, __u64 epoch)
{
	struct gt_entry *e = entry_put(h, &blank_entry);

	if (e)
		entry_begin(e, h, epoch);
	return e;
}

static __noinline void newborn_keep(const struct hit *h)
{
	struct gt_newborn born = {.time = h->now, .state = h->new_state};

	if (bpf_map_update_elem(&newborns, &h->g, &born, BPF_ANY))
		count(newborn_full);
}

/* The new table had no room for it: left here, user space would copy a dead one later. */
static __always_inline void entry_drop_old(const struct hit *h)
{
	void *old = table(GT_TABLE_OLD);

	if (old)
		bpf_map_delete_elem(old, &h->goid);
}

static __noinline void account_end(struct hit *h, struct gt_entry *e)
{
	void *t = table(GT_TABLE_NEW);

	site_end(h, e);
	if (e && t && !bpf_map_delete_elem(t, &h->goid))
		count(gone);
	else if (e)
		entry_drop_old(h);
	else if (!e && gt_config.goid_late)
		bpf_map_delete_elem(&newborns, &h->g);
}

/* Keeps the account of the goroutine; returns the number of the transition, 0: no entry. */
static __noinline __u32 account(struct hit *h, __u64 epoch)
{
	struct gt_entry *e;
	__u32 sequence = 0;

	if (h->flags & GT_F_BIRTH)
		site_birth(h);
	if (h->flags & GT_F_STALE_ID)
		newborn_keep(h);
	if (!h->goid || h->old_state == NO_STATE || h->new_state == NO_STATE)
		return 0;
	e = entry_find(GT_TABLE_NEW, h);
	if (!e && !(h->flags & GT_F_BIRTH))
		e = entry_move(h);
	if (!e && h->new_state != GS_DEAD)
		e = entry_make(h, epoch);
	if (e)
		sequence = entry_update(e, h, epoch);
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
	__u64 epoch = *(volatile __u64 *)&gt_epoch; /* once: it may change at any time */
	__u32 sequence;
	__s64 tid;

	/* A part of the sites would show a part of the transitions. */
	if (h.now < epoch)
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
	sequence = account(&h, epoch);
	if (gt_config.stream)
		send(&h, sequence);
	return 0;
}
