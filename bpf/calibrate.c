// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a hit costs on this machine: measured on functions of our own, which have the same kinds of
 * instructions as the sites in a target, by another instance of the kernel half that looks for our
 * own process. Nothing of it touches the instance that watches the target.
 */
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/gstatus.h"
#include "tracer_internal.h"

/*
 * void f(void *gp, long old, long new, void *g): puts g where Go keeps the current one, as
 * config.reg_g has it, around the instruction that is probed.
 */
typedef void site_fn(void *gp, long old_status, long new_status, void *g);
__attribute__((visibility("hidden"))) site_fn gt_cal_emulated, gt_cal_stepped;
extern const char gt_cal_emulated_at[], gt_cal_stepped_at[];

#if defined(__x86_64__)

#define CAL_SITE(name, instruction)                                                         \
	__asm__(".pushsection .text\n"                                                      \
		".globl " name "\n.hidden " name "\n.type " name ", @function\n" name ":\n" \
		"	endbr64\n	push %r14\n	mov %rcx, %r14\n"                                   \
		".globl " name "_at\n.hidden " name "_at\n" name "_at:\n"                   \
		"	" instruction "\n"                                                  \
		"	pop %r14\n	ret\n.size " name ", .-" name "\n.popsection\n")

CAL_SITE("gt_cal_emulated", "nop");
CAL_SITE("gt_cal_stepped", "sub $0, %rsp");

enum { CAL_GP = 5, CAL_OLD = 4, CAL_NEW = 3, CAL_RETURN_SP = 8 }; /* rdi, rsi, rdx */

#elif defined(__aarch64__)

#define CAL_SITE(name, instruction)                                                         \
	__asm__(".pushsection .text\n.balign 4\n"                                           \
		".globl " name "\n.hidden " name "\n.type " name ", %function\n" name ":\n" \
		"	str x28, [sp, #-16]!\n	mov x28, x3\n"                                     \
		".globl " name "_at\n.hidden " name "_at\n" name "_at:\n"                   \
		"	" instruction "\n"                                                  \
		"1:	ldr x28, [sp], #16\n	ret\n.size " name ", .-" name "\n.popsection\n")

CAL_SITE("gt_cal_emulated", "tbz x1, #63, 1f");
CAL_SITE("gt_cal_stepped", "sub sp, sp, #0");

enum { CAL_GP = 0, CAL_OLD = 1, CAL_NEW = 2, CAL_RETURN_SP = 0 };

#else
#error "no such architecture"
#endif

enum {
	FAKE_G = 8192,	  /* bytes of a fake g, which is its own m too: every offset lies in it */
	FAKES = 16,	  /* goroutines that take turns */
	ROUNDS = 5,	  /* the cheapest counts: the others were disturbed */
	ROUND_HITS = 240, /* a multiple of the three transitions of a turn */
	LAB_RING = 256 << 10, /* takes a round, and is emptied in between */
};

struct lab {
	struct goroutine_bpf *skel;
	struct tables tables;
	struct attachment at;
	struct ring_buffer *ring;
	site_fn *hit;
	uint8_t *fakes;
	uint64_t best; /* of the rounds in the other thread, ns */
};

/* ---- where the functions are in our own file ---------------------------------------------------- */

struct place {
	uintptr_t addr;
	uint64_t offset;
	bool found;
};

static int find_place(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct place *p = ctx;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type != PT_LOAD || p->addr < start || p->addr - start >= ph->p_filesz)
			continue;
		p->offset = p->addr - start + ph->p_offset;
		p->found = true;
	}
	return 1; /* the first is the executable itself */
}

/* ---- the laboratory ----------------------------------------------------------------------------- */

static bool fits(int32_t off)
{
	return off < FAKE_G - 8;
}

/* Fake gs at FAKE_G distance; each is its own m, and curg of that. */
static int make_fakes(struct lab *lab, const struct gt_config *c)
{
	if (!fits(c->off_goid) || !fits(c->off_waitreason) || !fits(c->off_m) ||
	    !fits(c->off_procid) || !fits(c->off_gopc) || !fits(c->off_curg))
		return -ERANGE;
	lab->fakes = calloc(FAKES, FAKE_G);
	if (!lab->fakes)
		return -ENOMEM;
	for (uint64_t i = 0; i < FAKES; i++) {
		uint8_t *g = lab->fakes + i * FAKE_G;
		uint64_t goid = i + 1;

		if (c->off_m >= 0)
			memcpy(g + c->off_m, &g, sizeof(g));
		if (c->off_curg >= 0)
			memcpy(g + c->off_curg, &g, sizeof(g));
		memcpy(g + c->off_goid, &goid, sizeof(goid));
	}
	return 0;
}

static void lab_close(struct lab *lab)
{
	attach_undo(&lab->at);
	ring_buffer__free(lab->ring);
	tables_close(&lab->tables);
	goroutine_bpf__destroy(lab->skel);
	free(lab->fakes);
}

static int drop(void *ctx, void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	return 0;
}

static int lab_load(struct lab *lab, const struct gt_config *config, enum attach_method method,
		    struct err *err)
{
	const struct gt_site site = {
		.gp = {GT_REGISTER, CAL_GP},
		.old_status = {GT_REGISTER, CAL_OLD},
		.new_status = {GT_REGISTER, CAL_NEW},
		.return_sp = CAL_RETURN_SP,
	};
	struct load_request q = {.config = *config,
				 .sites = &site,
				 .max_goroutines = 2 * FAKES,
				 .ring_bytes = LAB_RING,
				 .method = method};
	int r;

	q.config.tgid = (uint32_t)getpid();
	q.config.n_sites = 1;
	r = load_instance(&lab->skel, &lab->tables, &q, err);
	if (r)
		return r;
	lab->ring = ring_buffer__new(bpf_map__fd(lab->skel->maps.records), drop, NULL, NULL);
	return lab->ring ? 0 : err_set(err, EXIT_FAILED, ENOMEM, "out of memory");
}

static int lab_attach(struct lab *lab, const struct tracer *t, struct err *err)
{
	bool emulated = t->emulated;
	struct place place = {
		.addr = (uintptr_t)(emulated ? gt_cal_emulated_at : gt_cal_stepped_at)};
	struct attach_request q = {.method = t->method,
				   .prog_fd = bpf_program__fd(lab->skel->progs.on_casgstatus),
				   .path = "/proc/self/exe",
				   .offsets = &place.offset,
				   .n = 1,
				   /* Where the kernel's filter misses threads, neither has one. */
				   .pid = t->filter_pid ? getpid() : 0};
	int r;

	dl_iterate_phdr(find_place, &place);
	if (!place.found)
		return err_set(err, EXIT_FAILED, ENOENT,
			       "our own program's file has no such place");
	lab->hit = emulated ? gt_cal_emulated : gt_cal_stepped;
	r = attach_sites(&lab->at, &q, err);
	if (!r)
		load_count_hits(lab->skel, true);
	return r;
}

static int lab_open(struct lab *lab, const struct gt_config *config, enum attach_method method,
		    struct err *err)
{
	int r = make_fakes(lab, config);

	if (r)
		return err_set(err, EXIT_FAILED, -r, "no room for a made-up goroutine");
	return lab_load(lab, config, method, err);
}

/* A round of what goroutines do most: scheduled, parked, made runnable. */
static uint64_t lab_round(struct lab *lab)
{
	uint64_t began = clock_mono();

	for (int i = 0; i < ROUND_HITS / 3; i++) {
		void *g = lab->fakes + i % FAKES * FAKE_G;

		lab->hit(g, GS_RUNNABLE, GS_RUNNING, g);
		lab->hit(g, GS_RUNNING, GS_WAITING, g);
		lab->hit(g, GS_WAITING, GS_RUNNABLE, g);
	}
	return clock_mono() - began;
}

static uint64_t lab_best(struct lab *lab)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t ns = lab_round(lab);

		best = ns < best ? ns : best;
		ring_buffer__consume(lab->ring);
	}
	return best;
}

static uint64_t lab_hits(const struct lab *lab)
{
	return __atomic_load_n(&lab->skel->bss->gt_counters.hits, __ATOMIC_RELAXED);
}

/* ---- what is asked of it ------------------------------------------------------------------------ */

static void *measure(void *lab)
{
	struct lab *l = lab;

	l->best = lab_best(l);
	return NULL;
}

/* In a thread of its own: filters by thread do not see those. */
static int measure_in_a_thread(struct lab *lab, struct err *err)
{
	pthread_t thread;
	int r = pthread_create(&thread, NULL, measure, lab);

	if (r)
		return err_set(err, EXIT_FAILED, r, "no thread could be started: %s", strerror(r));
	pthread_join(thread, NULL);
	return 0;
}

int calibrate(struct tracer *t, uint64_t *missing, struct err *err)
{
	_cleanup_(lab_close) struct lab lab = {0};
	uint64_t without, hits;
	int r = lab_open(&lab, &t->options.config, t->method, err);

	if (r)
		return r;
	lab.hit = t->emulated ? gt_cal_emulated : gt_cal_stepped;
	without = lab_best(&lab);
	r = lab_attach(&lab, t, err);
	if (!r)
		r = measure_in_a_thread(&lab, err);
	if (r)
		return r;
	/* Taking it away takes the kernel some 100 ms, for which nobody has to wait now. */
	attach_undo(&t->calibration);
	t->calibration = lab.at;
	lab.at = (struct attachment){0};
	attach_undo_begin(&t->calibration);
	hits = lab_hits(&lab);
	*missing = hits < ROUNDS * ROUND_HITS ? ROUNDS * ROUND_HITS - hits : 0;
	if (!*missing && lab.best > without)
		t->ns_per_hit = (double)(lab.best - without) / ROUND_HITS;
	return 0;
}

int tracer_calibrate(struct tracer *t, double *ns_per_hit, struct err *err)
{
	uint64_t missing = 0;
	int r = t->ns_per_hit > 0 ? 0 : calibrate(t, &missing, err);

	if (!r && missing)
		r = err_set(err, EXIT_FAILED, EIO,
			    "of %d hits of our own the kernel's half did not see %llu",
			    ROUNDS * ROUND_HITS, (unsigned long long)missing);
	*ns_per_hit = r ? 0 : t->ns_per_hit;
	return r;
}
