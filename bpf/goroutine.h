/* SPDX-License-Identifier: GPL-2.0-or-later OR GPL-2.0-only */
/*
 * The wire between the kernel half and bpf/tracer.c: included by both, so fixed-width types, every
 * enum value written out, sizes asserted by both compilers. Nobody else includes it but
 * source/live.c, which translates it into model/feed.h.
 */
#ifndef GOROUTOP_BPF_GOROUTINE_H
#define GOROUTOP_BPF_GOROUTINE_H

#include <linux/types.h>

enum {
	GT_MAX_SITES = 64,	 /* call sites of casgstatus, with every copy of a PGO build */
	GT_LATENCY_BUCKETS = 64, /* bucket b counts latencies of [2^b, 2^(b+1)) ns; 0 ns is in 0 */
	GT_ENTRY_SIZE = 128,
	GT_TABLE_NEW = 0, /* where entries are made, and looked for first */
	GT_TABLE_OLD = 1, /* what was too small, until its entries have moved */
	GT_TABLES = 2,
	GT_RECORD_SIZE = 48,
};

/* Where a value is found at a site: register numbers as golang/sites.h numbers them. */
enum gt_value_kind {
	GT_REGISTER = 0,
	GT_CONST = 1,
	GT_STACK = 2, /* gt_site.gp alone */
};

struct gt_value {
	__u32 kind;   /* enum gt_value_kind */
	__u32 number; /* register, the constant, or the place of 8 bytes: [sp + number] */
};

struct gt_site {
	struct gt_value gp, old_status, new_status;
	__u64 vaddr;	 /* link-time address of the probed instruction: ip − vaddr is the bias */
	__s32 return_sp; /* the caller's return address is at [sp + return_sp] … */
	__u32 return_in_lr; /* … or in the link register */
	/* 1 + the register whose lowest bit says whether the change was made; 0: it is always. */
	__u32 made;
	__u32 spare;
};

/* How the program knows the target's own hits. */
enum gt_identity {
	GT_ID_NONE = 0,	 /* the perf event's mm filter alone; thread ids are the target's own */
	GT_ID_INIT = 1,	 /* tgid as bpf_get_current_pid_tgid gives it */
	GT_ID_PIDNS = 2, /* bpf_get_ns_current_pid_tgid with pidns_dev, pidns_ino */
};

/* `const volatile` in the program, written before load. */
struct gt_config {
	__u32 identity; /* enum gt_identity */
	__u32 tgid;
	__u64 pidns_dev, pidns_ino;
	__u32 n_sites;	 /* 1: the cookie is not asked for */
	__u32 goid_late; /* Go ≤ 1.23: at 6→1 and 6→4 the goid still is the old one's */
	__s32 off_goid, off_waitreason, off_m, off_procid, off_gopc; /* −1: not known */
	__s32 off_curg; /* m.curg, for the waker; −1: not known, or not wanted */
	__s32 reg_g;	/* register of the current g (14 on amd64, 28 on arm64) */
	__u32 stream;	/* records go to the ring buffer */
	/*
	 * Flaps: running goroutines that show "waiting" for the collector's or tracer's sake. By wait
	 * reason (bit n of flap_reasons), or, where reasons come late (Go ≤ 1.19), by the caller: any
	 * 2→4 whose return address is outside [park_lo, park_hi) (link time; 0, 0: not asked).
	 */
	__u64 flap_reasons;
	__u64 park_lo, park_hi;
	__u32 bypasses; /* enum gt_bypass: what changes states past casgstatus in this Go release */
	__u32 spare;
};

/* go-runtime.md §3. A transition that does not fit the one before it is explained by these. */
enum gt_bypass {
	GT_BYPASS_PREEMPTION = 1, /* running → preempted → waiting: 2, then 4→ */
	GT_BYPASS_COROUTINES = 2, /* running → waiting and back: 2, then 4→; 4, then 2→ */
	GT_BYPASS_SYSCALLS = 4,	  /* running → syscall and back: 2, then 3→; 3, then 2→ */
	GT_BYPASS_LEAKS = 8,	  /* leaked → waiting: 10, then 4→ */
};

/* gt_entry.flags (E) and gt_record.flags (R) */
enum {
	GT_F_FLAP = 1,	 /* ER: the raw state is waiting, but it still occupies its thread */
	GT_F_UNREAD = 2, /* R: goid could not be read, only g is known */
	GT_F_BIRTH = 4,	 /* R: the first record of this life. E: seen from its birth on */
	GT_F_MISSED = 8, /* R: old was not the entry's state: something came between unseen */
	GT_F_STALE_ID = 16, /* R: g.goid is that of an earlier life (6→… of Go ≤ 1.23): not given */
	GT_F_SINCE_MIN = 64, /* E: it was in the folded state before `since` already */
};

/*
 * One goroutine, the value of the map keyed by goid. Times are ns of bpf_ktime_get_ns. Totals are of
 * folded states (DESIGN.md law 1), leaked ones as waiting; `unknown` has the intervals that contain
 * something unseen, and the time in states that have no total (deadextra). The total of the present
 * state does not hold the time from `since` on: running + … + unknown = since − first.
 *
 * Look-ups race with the program's writes. It stores tail = n + 1, the fields, check, and then head
 * = n + 1; a reader takes a copy only if head = tail and check is gt_entry_sum() of it, and looks
 * again otherwise. Head and tail alone would do only if the kernel copied from the front: but x86's
 * memcpy goes backwards where the addresses suit it (memcpy_orig, chosen from 6.4 on by every CPU
 * without FSRM), and arm64 orders neither its loads nor the writer's stores. A sum over every word
 * holds whatever the order. 0 in head: not set yet.
 */
struct gt_entry {
	__u64 head;
	__u64 g;
	__u64 first; /* when this entry was made: its birth, if GT_F_BIRTH */
	__u64 since; /* last transition that changed the folded state */
	__u64 last;  /* last transition at all */
	union {
		struct {
			__u64 unknown, runnable, running, syscall, waiting;
		};
		__u64 total[5]; /* by the numbers of enum gstatus */
	};
	__u64 max_latency; /* longest runnable→running */
	__u64 waker;	   /* goid that made it runnable last; 0: unknown or the runtime */
	__u32 transitions, switches;	 /* wrap; switches: times it was scheduled (1→2) */
	__u32 tid;			 /* thread of the last transition into running; 0: none */
	__u8 raw, folded, reason, flags; /* raw: last new state; reason: of its last wait */
	__u64 check;
	__u64 tail;
};

/* Odd weights, so that no mixture of two versions has the sum of either but by chance (2⁻⁶⁴). */
static inline __attribute__((always_inline)) __u64 gt_entry_sum(const struct gt_entry *e)
{
	typedef __u64 __attribute__((may_alias)) word;
	const word *w = (const word *)e;

	return w[1] * 0x3c6ef373 + w[2] * 0x1b873593 + w[3] * 0x27d4eb2f + w[4] * 0x165667b1 +
	       w[5] * 0x4cf5ad43 + w[6] * 0x2545f491 + w[7] * 0x38b34ae5 + w[8] * 0x52dce729 +
	       w[9] * 0x61c88647 + w[10] * 0x6c50b47d + w[11] * 0x5bd1e995 + w[12] * 0x7feb352d +
	       w[13] * 0x2c1b3c6d + w[15] * 0x297a2d39;
}

/* One transition, as it stands in the ring buffer. */
struct gt_record {
	__u64 time; /* bpf_ktime_get_ns at the hit */
	__u64 goid; /* 0: not known, see flags; or not given yet (0→6, 0→11) */
	__u64 g;
	__u64 waker;
	__u32 tid;	/* thread on which casgstatus ran; 0: not known */
	__u32 sequence; /* the entry's transitions after this one; 0: there is no entry */
	__u8 old_state, new_state; /* without _Gscan; 0xff: not a state */
	__u8 reason;		   /* of new_state waiting, else 0 */
	__u8 flags;
	__u32 spare;
};

/*
 * The bucket of a latency: the number of its highest bit. Without a branch, since the verifier would
 * follow each of them: all bits below the highest are set, which makes one of 64 numbers, and the
 * product of each with a de Bruijn sequence has other bits on top.
 */
static inline __attribute__((always_inline)) __u32 gt_log2(__u64 v)
{
	static const __u8 place[64] = {0,  47, 1,  56, 48, 27, 2,  60, 57, 49, 41, 37, 28,
				       16, 3,  61, 54, 58, 35, 52, 50, 42, 21, 44, 38, 32,
				       29, 23, 17, 11, 4,  62, 46, 55, 26, 59, 40, 36, 15,
				       53, 34, 51, 20, 43, 31, 22, 10, 45, 25, 39, 14, 33,
				       19, 30, 9,  24, 13, 18, 8,  12, 7,  6,  5,  63};

	v |= v >> 1;
	v |= v >> 2;
	v |= v >> 4;
	v |= v >> 8;
	v |= v >> 16;
	v |= v >> 32;
	return place[v * 0x03f79d71b4cb0a89 >> 58] & (GT_LATENCY_BUCKETS - 1);
}

/* In .bss, with atomic adds. */
struct gt_latency {
	__u64 bucket[GT_LATENCY_BUCKETS];     /* runnable→running */
	__u64 run_bucket[GT_LATENCY_BUCKETS]; /* run lengths, running→anything */
};

/* A newborn of Go ≤ 1.23 between its birth and its first transition after: map keyed by g address. */
struct gt_newborn {
	__u64 time;
	__u32 state;
	__u32 spare;
};

/* What became of the goroutines made at one place: map keyed by gopc; atomic adds. */
struct gt_site_sum {
	__u64 created, ended;
	union { /* of the ended, as far as they were watched */
		struct {
			__u64 unknown, runnable, running, syscall, waiting;
		};
		__u64 total[5];
	};
	__u64 switches;
	__u64 max_latency; /* not atomic: when two end at once the smaller may stand */
};

/* Counters, in .bss; each is only ever added to. */
struct gt_counters {
	__u64 hits;	    /* of the target */
	__u64 strangers;    /* hits of other processes (a fork, a filter that is wider) */
	__u64 lost;	    /* no room in the ring buffer */
	__u64 made, gone;   /* entries put into the first table by the program, taken from it */
	__u64 map_full;	    /* -E2BIG, -ENOMEM from the map */
	__u64 map_busy;	    /* -EBUSY */
	__u64 unread;	    /* user memory could not be read */
	__u64 missed;	    /* see GT_F_MISSED; the first hit after a time detached counts too */
	__u64 bypassed;	    /* the same where enum gt_bypass explains it: not in missed */
	__u64 newborn_full; /* births whose time was not kept */
	__u64 site_full;    /* births and ends that no site sum has */
	__u64 bad_site;	    /* a cookie that names no site */
};

#define GT_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
GT_ASSERT_SIZE(struct gt_site, 48);
GT_ASSERT_SIZE(struct gt_entry, GT_ENTRY_SIZE);
GT_ASSERT_SIZE(struct gt_record, GT_RECORD_SIZE);
GT_ASSERT_SIZE(struct gt_newborn, 16);
_Static_assert(__builtin_offsetof(struct gt_entry, check) == 14 * 8, "gt_entry_sum leaves it out");
_Static_assert(__builtin_offsetof(struct gt_entry, tail) == 15 * 8, "and has all behind head");

#endif
