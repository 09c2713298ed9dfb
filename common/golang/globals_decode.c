// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each variable is recognised by how certain functions use it, which has been the same in Go 1.17 to
 * 1.27 on both architectures (reference: go-runtime.md §6). What fits in more than one way is not
 * found: a wrong address is worse than none.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/vec.h"
#include "golang/code_op.h"
#include "golang/exe.h"
#include "golang/globals_decode.h"

#define LOCK_MAX 64 /* sched.lock lies 24 or 32 bytes into sched */

typedef VEC(struct code_ref) refs;

static void refs_free(refs *r)
{
	vec_free(r);
}

/* All references of the function, pairs of words as two; empty when it cannot be decoded. */
static refs refs_of(const struct go_exe *x, const char *name)
{
	_cleanup_(decoder_close) struct decoder d = {0};
	struct pclntab_func f;
	struct code_ref ref;
	refs all = {0};

	if (!pclntab_func_named(&x->pcln, name, &f) || decoder_open(&d, &x->img, f.entry, f.end))
		return all;
	while (decoder_next(&d)) {
		if (!decoder_ref(&d, &ref))
			continue;
		for (int words = ref.size == 16 ? 2 : 1; words; words--) {
			if (ref.size == 16)
				ref.size = 8;
			if (!vec_push(&all, ref))
				return all;
			ref.addr += 8;
		}
	}
	return all;
}

static bool uses(const refs *r, enum code_ref_kind kind, uint64_t addr)
{
	vec_foreach (e, r)
		if (e->kind == kind && e->addr == addr && (e->size == 8 || kind == CODE_ADDRESS))
			return true;
	return false;
}

/* The nth distinct address of that kind and of 8 bytes, from 0; 0 when there are fewer. */
static uint64_t nth(const refs *r, enum code_ref_kind kind, size_t n)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct code_ref *e = &r->v[i];
		bool seen = e->kind != kind || e->size != 8;

		for (size_t k = 0; k < i && !seen; k++)
			seen = r->v[k].kind == kind && r->v[k].size == 8 && r->v[k].addr == e->addr;
		if (!seen && !n--)
			return e->addr;
	}
	return 0;
}

static bool is_writable(const struct go_exe *x, uint64_t addr)
{
	struct go_range ranges[32];
	size_t n = go_exe_writable(x, ranges, ARRAY_SIZE(ranges));

	for (size_t i = 0; i < n && i < ARRAY_SIZE(ranges); i++)
		if (addr >= ranges[i].start && addr < ranges[i].end)
			return true;
	return false;
}

static void found(struct go_global_place *p, uint64_t addr, const char *where)
{
	p->addr = addr;
	if (addr)
		snprintf(p->how, sizeof(p->how), "decoded from %s", where);
	else
		snprintf(p->how, sizeof(p->how), "%s is not as expected", where);
}

/* Keeps *only if it is the same as addr, or the first; returns false for a second address. */
static bool only(uint64_t *kept, uint64_t addr)
{
	if (*kept && *kept != addr)
		return false;
	*kept = addr;
	return true;
}

/* allgs = append(allgs, gp): the slice's three words are loaded and stored. */
static uint64_t find_allgs(const refs *allgadd)
{
	uint64_t kept = 0;

	vec_foreach (e, allgadd) {
		bool slice = e->kind == CODE_LOAD && e->size == 8;

		for (int w = 0; w < 3 && slice; w++)
			slice = uses(allgadd, CODE_LOAD, e->addr + 8 * w) &&
				uses(allgadd, CODE_STORE, e->addr + 8 * w);
		if (slice && !only(&kept, e->addr))
			return 0;
	}
	return kept;
}

static void find_allg(const struct go_exe *x, struct go_global_place *ret)
{
	_cleanup_(refs_free) refs allgadd = refs_of(x, "runtime.allgadd");
	_cleanup_(refs_free) refs race = refs_of(x, "runtime.forEachGRace");
	uint64_t len = nth(&race, CODE_LOAD, 0), ptr = nth(&race, CODE_LOAD, 1);

	found(&ret[GG_ALLGS], find_allgs(&allgadd), "runtime.allgadd");
	/* allgadd stores both: it is their only writer. */
	if (!ptr || !uses(&allgadd, CODE_ADDRESS, len) || !uses(&allgadd, CODE_LOAD, ptr))
		len = ptr = 0;
	found(&ret[GG_ALLGLEN], len, "runtime.forEachGRace");
	found(&ret[GG_ALLGPTR], ptr, "runtime.forEachGRace");
}

/* for _, pp := range allp */
static void find_allp(const struct go_exe *x, struct go_global_place *ret)
{
	_cleanup_(refs_free) refs r = refs_of(x, "runtime.preemptall");
	uint64_t a = nth(&r, CODE_LOAD, 0), b = nth(&r, CODE_LOAD, 1);
	uint64_t low = a < b ? a : b;

	found(&ret[GG_ALLP], low && (a == low + 8 || b == low + 8) ? low : 0, "runtime.preemptall");
}

/*
 * lock(&sched.lock) is the first thing in incidlelocked; and newproc1 takes a batch of goids from
 * sched.goidgen, sched's first field: the one address that it takes shortly before the lock's.
 */
static void find_sched(const struct go_exe *x, struct go_global_place *ret)
{
	_cleanup_(refs_free) refs idle = refs_of(x, "runtime.incidlelocked");
	_cleanup_(refs_free) refs newproc = refs_of(x, "runtime.newproc1");
	uint64_t lock = nth(&idle, CODE_ADDRESS, 0), kept = 0;

	vec_foreach (e, &newproc)
		if (e->kind == CODE_ADDRESS && e->addr < lock && lock - e->addr <= LOCK_MAX &&
		    !only(&kept, e->addr))
			lock = 0;
	found(&ret[GG_SCHED], lock ? kept : 0, "runtime.incidlelocked and runtime.newproc1");
}

/* mcommoninit puts the new m at the head of the list, mexit takes one out. */
static void find_allm(const struct go_exe *x, struct go_global_place *ret)
{
	_cleanup_(refs_free) refs init = refs_of(x, "runtime.mcommoninit");
	_cleanup_(refs_free) refs leave = refs_of(x, "runtime.mexit");
	uint64_t kept = 0;
	bool unique = true;

	vec_foreach (e, &init)
		if (e->kind == CODE_LOAD && e->size == 8 && uses(&init, CODE_ADDRESS, e->addr) &&
		    uses(&leave, CODE_ADDRESS, e->addr) && !only(&kept, e->addr))
			unique = false;
	found(&ret[GG_ALLM], unique ? kept : 0, "runtime.mcommoninit and runtime.mexit");
}

static bool loads(const refs *r, uint64_t addr, uint8_t size)
{
	vec_foreach (e, r)
		if (e->kind == CODE_LOAD && e->addr == addr && e->size == size)
			return true;
	return false;
}

/* The one word of 32 bits that all three look at before anything else. */
static void find_gcphase(const struct go_exe *x, struct go_global_place *ret)
{
	_cleanup_(refs_free) refs free_some = refs_of(x, "runtime.freeSomeWbufs");
	_cleanup_(refs_free) refs sweep = refs_of(x, "runtime.gcSweep");
	_cleanup_(refs_free) refs mark = refs_of(x, "runtime.gcMark");
	uint64_t kept = 0;
	bool unique = true;

	vec_foreach (e, &free_some)
		if (e->kind == CODE_LOAD && e->size == 4 && loads(&sweep, e->addr, 4) &&
		    loads(&mark, e->addr, 4) && !only(&kept, e->addr))
			unique = false;
	found(&ret[GG_GCPHASE], unique ? kept : 0, "runtime.freeSomeWbufs and runtime.gcSweep");
}

/*
 * Both ends of a semaphore go to the queue of its address: the one writable place that both take the
 * address of. (Texts that they throw with are constants; on arm64 up to Go 1.19 both also take that
 * of a byte that tells of the processor's features.)
 */
static void find_semtable(const struct go_exe *x, struct go_global_place *ret)
{
	_cleanup_(refs_free) refs acquire = refs_of(x, "runtime.semacquire1");
	_cleanup_(refs_free) refs release = refs_of(x, "runtime.semrelease1");
	uint64_t kept = 0;
	bool unique = true;

	vec_foreach (e, &acquire)
		if (e->kind == CODE_ADDRESS && uses(&release, CODE_ADDRESS, e->addr) &&
		    e->addr % 8 == 0 && is_writable(x, e->addr) && !only(&kept, e->addr))
			unique = false;
	found(&ret[GG_SEMTABLE], unique ? kept : 0, "runtime.semacquire1 and runtime.semrelease1");
	/* Each queue has a cache line of its own; arm64's were taken for 64 bytes up to Go 1.19. */
	ret[GG_SEMTABLE].count =
		x->info.arch == GO_ARCH_ARM64 && go_version_cmp(&x->info.version, 20, 0) >= 0 ? 128
											      : 64;
}

/* The bound that an index is compared with, if the instruction after the comparison tells. */
static int64_t bound_after(const struct decoder *d, int64_t compared)
{
	if (d->arch == GO_ARCH_AMD64)
		switch (d->insn->id) {
		case X86_INS_JB:
		case X86_INS_JAE:
			return compared;
		case X86_INS_JA:
		case X86_INS_JBE:
			return compared + 1;
		default:
			return 0;
		}
	switch (d->insn->detail->arm64.cc) {
	case ARM64_CC_LO:
	case ARM64_CC_HS:
		return compared;
	case ARM64_CC_HI:
	case ARM64_CC_LS:
		return compared + 1;
	default:
		return 0;
	}
}

/* if w >= len(waitReasonStrings) { return "unknown wait reason" }; return waitReasonStrings[w] */
static void find_wait_reasons(const struct go_exe *x, struct go_global_place *ret)
{
	_cleanup_(decoder_close) struct decoder d = {0};
	struct go_global_place *p = &ret[GG_WAIT_REASON_STRINGS];
	struct wait_reasons texts;
	int64_t compared = 0, bound = 0;
	struct pclntab_func f;
	struct code_ref ref;

	found(p, 0, "runtime.waitReason.String");
	if (!pclntab_func_named(&x->pcln, "runtime.waitReason.String", &f) ||
	    decoder_open(&d, &x->img, f.entry, f.end))
		return;
	while (decoder_next(&d) && !p->addr) {
		if (compared && !bound)
			bound = bound_after(&d, compared);
		if (!d.unknown &&
		    (d.insn->id ==
		     (unsigned)(d.arch == GO_ARCH_AMD64 ? X86_INS_CMP : ARM64_INS_CMP)))
			decoder_immediate(&d, &compared);
		if (bound <= 0 || !decoder_ref(&d, &ref) || ref.kind != CODE_ADDRESS ||
		    wait_reasons_read(&texts, &x->img, &x->relocs, ref.addr, bound))
			continue;
		wait_reasons_free(&texts);
		found(p, ref.addr, "runtime.waitReason.String");
		p->count = bound;
	}
}

void globals_decode(const struct go_exe *x, struct go_global_place ret[GG_COUNT])
{
	find_allg(x, ret);
	find_allp(x, ret);
	find_sched(x, ret);
	find_allm(x, ret);
	find_gcphase(x, ret);
	find_semtable(x, ret);
	find_wait_reasons(x, ret);
}
