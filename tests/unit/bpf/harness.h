/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Go runtime in miniature: this process is the target, its goroutines are made-up g structs, and
 * casgstatus is a few instructions of assembler with known places for probes. So each transition is
 * scripted, and what the kernel half must say of it is known exactly.
 */
#ifndef GOROUTOP_TESTS_HARNESS_H
#define GOROUTOP_TESTS_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/gstatus.h"
#include "bpf/tracer.h"
#include "tests/unit/skip.h"

/* ---- the miniature runtime ---------------------------------------------------------------------- */

struct fake_m {
	uint64_t pad[2], curg, procid;
};

struct fake_g {
	uint64_t pad0;
	struct fake_m *m;
	uint64_t pad1[3];
	uint64_t goid;
	uint64_t pad2[2];
	uint8_t waitreason;
	uint64_t gopc;
};

/*
 * fake_cas: gp, old, new in rdi, rsi, rdx (x0–x2), the current g where Go keeps it; fake_cas_24: a
 * copy as a PGO build has them, whose states are constants (2→4) and gp is in rbx (x19), and spilled.
 */
typedef void fake_cas_fn(struct fake_g *gp, long old_status, long new_status,
			 struct fake_g *current);
__attribute__((visibility("hidden"))) fake_cas_fn fake_cas, fake_cas_24;
extern const char fake_cas_site[], fake_cas_24_site[];

#if defined(__x86_64__)
__asm__(".pushsection .text\n"
	".globl fake_cas\n.hidden fake_cas\n.type fake_cas, @function\nfake_cas:\n"
	"	endbr64\n	push %r14\n	mov %rcx, %r14\n"
	".globl fake_cas_site\n.hidden fake_cas_site\nfake_cas_site:\n"
	"	nop\n	pop %r14\n	ret\n.size fake_cas, .-fake_cas\n"
	".globl fake_cas_24\n.hidden fake_cas_24\n.type fake_cas_24, @function\nfake_cas_24:\n"
	"	endbr64\n	push %rbx\n	mov %rdi, %rbx\n"
	"	push %rdi\n	xor %edi, %edi\n"
	".globl fake_cas_24_site\n.hidden fake_cas_24_site\nfake_cas_24_site:\n"
	"	nop\n	pop %rdi\n	pop %rbx\n	ret\n.size fake_cas_24, "
	".-fake_cas_24\n.popsection\n");
enum { REG_GP = 5, REG_OLD = 4, REG_NEW = 3, REG_GP_24 = 3 - 2, REG_G = 14 };
enum { RETURN_SP = 8, SP_GP_24 = 0 };
#elif defined(__aarch64__)
__asm__(".pushsection .text\n.balign 4\n"
	".globl fake_cas\n.hidden fake_cas\n.type fake_cas, %function\nfake_cas:\n"
	"	str x28, [sp, #-16]!\n	mov x28, x3\n"
	".globl fake_cas_site\n.hidden fake_cas_site\nfake_cas_site:\n"
	"	nop\n	ldr x28, [sp], #16\n	ret\n.size fake_cas, .-fake_cas\n"
	".globl fake_cas_24\n.hidden fake_cas_24\n.type fake_cas_24, %function\nfake_cas_24:\n"
	"	stp x19, x0, [sp, #-16]!\n	mov x19, x0\n	mov x0, xzr\n"
	".globl fake_cas_24_site\n.hidden fake_cas_24_site\nfake_cas_24_site:\n"
	"	nop\n	ldr x19, [sp], #16\n	ret\n.size fake_cas_24, "
	".-fake_cas_24\n.popsection\n");
enum { REG_GP = 0, REG_OLD = 1, REG_NEW = 2, REG_GP_24 = 19, REG_G = 28 };
enum { RETURN_SP = 0, SP_GP_24 = 8 };
#endif

/* A transition of gp, by the runtime itself (nobody's g). */
static inline void cas(struct fake_g *gp, int old_status, int new_status)
{
	static struct fake_m m;
	static struct fake_g g0 = {.m = &m};

	fake_cas(gp, old_status, new_status, &g0);
}

static inline struct fake_g fake_g_make(uint64_t goid)
{
	return (struct fake_g){.goid = goid, .gopc = 0x401000};
}

/* ---- the tracer on it --------------------------------------------------------------------------- */

struct where {
	uintptr_t addr;
	uint64_t offset;
};

static inline int where_in_file(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct where *w = ctx;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD && w->addr >= start && w->addr - start < ph->p_filesz)
			w->offset = w->addr - start + ph->p_offset;
	}
	return 1;
}

static inline uint64_t file_offset(const void *addr)
{
	struct where w = {.addr = (uintptr_t)addr};

	dl_iterate_phdr(where_in_file, &w);
	assert_true(w.offset);
	return w.offset;
}

/* Both sites; the first alone unless n_sites is set to 2. vaddr is the address: the bias is 0. */
static inline const struct tracer_site *fake_sites(void)
{
	static struct tracer_site sites[2];

	sites[0] = (struct tracer_site){
		.file_offset = file_offset(fake_cas_site),
		.emulated = true,
		.site =
			{
				.gp = {GT_REGISTER, REG_GP},
				.old_status = {GT_REGISTER, REG_OLD},
				.new_status = {GT_REGISTER, REG_NEW},
				.vaddr = (uintptr_t)fake_cas_site,
				.return_sp = RETURN_SP,
#ifdef __aarch64__
				.return_in_lr = 1,
#endif
			},
	};
	sites[1] = (struct tracer_site){
		.file_offset = file_offset(fake_cas_24_site),
		.emulated = true,
		.site = {.gp = {GT_REGISTER, REG_GP_24},
			 .old_status = {GT_CONST, GS_RUNNING},
			 .new_status = {GT_CONST, GS_WAITING},
			 .vaddr = (uintptr_t)fake_cas_24_site},
	};
	return sites;
}

enum {
	REASON_FLAP = 3,
	REASON_WAIT = 19,
};

static inline struct tracer_options options_for(pid_t pid)
{
	struct tracer_options o = {
		.config = {.identity = GT_ID_INIT,
			   .tgid = (uint32_t)pid,
			   .off_goid = offsetof(struct fake_g, goid),
			   .off_waitreason = offsetof(struct fake_g, waitreason),
			   .off_m = offsetof(struct fake_g, m),
			   .off_procid = offsetof(struct fake_m, procid),
			   .off_gopc = offsetof(struct fake_g, gopc),
			   .off_curg = -1,
			   .reg_g = REG_G,
			   .stream = 1,
			   .flap_reasons = 1ull << REASON_FLAP},
		.sites = fake_sites(),
		.n_sites = 1,
		.max_goroutines = 1000,
		.ring_bytes = 64 << 10,
		.pid = pid,
		.exe_path = "/proc/self/exe",
	};

	return o;
}

/* Skips where probes are not permitted, and several sites where the kernel can't tell them apart. */
static inline struct tracer *open_tracer(const struct tracer_options *o)
{
	struct tracer *t = NULL;
	struct err err = {0};
	int r = tracer_open(&t, o, &err);

	if (r &&
	    (err.status == EXIT_PERMISSION || (o->n_sites > 1 && strstr(err.text, "Linux 5.15"))))
		skip_for("probe", err.text);
	if (r)
		fail_msg("%s", err.text);
	return t;
}

static inline void attach(struct tracer *t)
{
	struct err err = {0};

	if (tracer_attach(t, &err))
		fail_msg("%s", err.text);
}

static inline struct tracer *start(const struct tracer_options *o)
{
	struct tracer *t = open_tracer(o);

	attach(t);
	return t;
}

/* ---- what it says ------------------------------------------------------------------------------- */

struct taken {
	struct gt_record r[512];
	size_t n;
};

static inline void take(void *ctx, const struct gt_record *r)
{
	struct taken *t = ctx;

	if (t->n < sizeof(t->r) / sizeof(t->r[0]))
		t->r[t->n] = *r;
	t->n++;
}

static inline size_t drain(struct tracer *t, struct taken *taken)
{
	taken->n = 0;
	assert_true(tracer_drain(t, take, taken, 1 << 20) >= 0);
	return taken->n;
}

static inline struct gt_entry entry(struct tracer *t, uint64_t goid)
{
	struct gt_entry e;
	int r = tracer_entry(t, goid, &e);

	if (r)
		fail_msg("no entry of goroutine %d: %s", (int)goid, strerror(-r));
	return e;
}

static inline struct gt_counters counters(struct tracer *t)
{
	struct tracer_counts c;

	tracer_counts(t, &c);
	return c.kernel;
}

static inline void assert_sums_up(const struct gt_entry *e)
{
	assert_int_equal(e->running + e->runnable + e->waiting + e->syscall + e->unknown,
			 e->since - e->first);
	assert_true(e->first <= e->since && e->since <= e->last);
}

/* Spends at least ns, and returns what it was. */
static inline uint64_t spend(uint64_t ns)
{
	uint64_t began = clock_mono();

	while (clock_mono() - began < ns)
		;
	return clock_mono() - began;
}

#endif
