// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where to probe runtime.casgstatus. The trap is what a probe costs, and it costs a tenth where the
 * kernel emulates the probed instruction instead of single-stepping a copy of it: the first such
 * instruction on the straight path from the entry is taken, as long as the arguments are still in
 * their registers there. Without one it is the entry.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/code_op.h"
#include "golang/probe_cost.h"
#include "golang/site_make.h"
#include "golang/site_proof.h"

enum { ARG_GP = 0, ARG_OLD = 1, ARG_NEW = 2, LINK_REGISTER = 30 };

#define ARGS ((1u << ARG_GP) | (1u << ARG_OLD) | (1u << ARG_NEW))

static int sp_register(enum go_arch arch)
{
	return arch == GO_ARCH_AMD64 ? 7 : 31;
}

/* The walk along the straight path. */
struct walk {
	const struct go_exe *x;
	struct pclntab_func f;
	struct decoder d;
	uint64_t lowest_target; /* of the jumps inside the function */
	int64_t sp;		/* relative to the entry */
	bool sp_known;
	bool lr_intact; /* arm64 */
	struct go_site site;
};

static void walk_close(struct walk *w)
{
	decoder_close(&w->d);
}

/*
 * The linker's own table of stack depths must say the same as the instructions, and no loop may
 * lead back to the instruction: it would be hit more than once a call.
 */
static bool is_safe(const struct walk *w)
{
	int32_t depth;

	return w->sp_known && w->d.insn->address < w->lowest_target &&
	       pclntab_value(&w->x->pcln, &w->f, w->f.pcsp, w->d.insn->address, &depth) &&
	       depth == -w->sp;
}

static int take(struct walk *w)
{
	struct go_site s = {
		.gp = {GO_VALUE_REGISTER, ARG_GP},
		.old_status = {GO_VALUE_REGISTER, ARG_OLD},
		.new_status = {GO_VALUE_REGISTER, ARG_NEW},
		.return_sp = -w->sp,
		.return_in_lr = w->d.arch == GO_ARCH_ARM64 && w->lr_intact,
	};
	int r = site_describe(&s, w->x, &w->f, &w->d);

	if (!r)
		w->site = s;
	return r;
}

/* Follows one instruction; false where the straight path ends, or an argument's register does. */
static bool follow(struct walk *w)
{
	uint32_t sp = 1u << sp_register(w->d.arch);
	struct code_step c;
	bool moved = false;

	code_step_of(&c, &w->d);
	for (int i = 0; i < c.n; i++) {
		if (c.op[i].kind == OP_CALL || c.op[i].kind == OP_JUMP ||
		    c.op[i].kind == OP_LEAVE || c.op[i].kind == OP_JUMP_TABLE ||
		    c.op[i].kind == OP_UNKNOWN)
			return false;
		if (c.op[i].kind == OP_SP) {
			w->sp += c.op[i].imm;
			moved = true;
		}
	}
	if ((c.written & sp) && !moved)
		w->sp_known = false;
	if (c.written & (1u << LINK_REGISTER))
		w->lr_intact = false;
	return !(c.written & ARGS);
}

static int open_walk(struct walk *w)
{
	decoder_close(&w->d);
	w->sp = 0;
	w->sp_known = w->lr_intact = true;
	return decoder_open(&w->d, &w->x->img, w->f.entry, w->f.end);
}

/* Decodes all of the function: what lies between its instructions is nowhere guessed. */
static int find_lowest_target(struct walk *w)
{
	int r = open_walk(w);

	w->lowest_target = UINT64_MAX;
	while (!r && decoder_next(&w->d)) {
		struct code_step c;

		code_step_of(&c, &w->d);
		if (c.op[0].kind == OP_JUMP && (uint64_t)c.op[0].imm >= w->f.entry &&
		    (uint64_t)c.op[0].imm < w->lowest_target)
			w->lowest_target = c.op[0].imm;
	}
	return !r && !decoder_done(&w->d) ? -EINVAL : r;
}

/* The entry, then the first better place behind it. */
static int choose(struct walk *w)
{
	int r = open_walk(w);

	if (r)
		return r;
	if (!decoder_next(&w->d) || !is_safe(w) || probe_cost_of(&w->d) == PROBE_FORBIDDEN)
		return -EINVAL;
	r = take(w);
	while (!r && !w->site.emulated && follow(w) && decoder_next(&w->d))
		if (probe_cost_of(&w->d) == PROBE_EMULATED && is_safe(w))
			r = take(w);
	return r;
}

static bool prove(const struct walk *w, int32_t *status)
{
	_cleanup_(flow_close) struct flow flow = {0};
	_cleanup_(values_free) struct values values = {0};

	return !flow_open(&flow, w->x, &w->f) && !values_compute(&values, &flow) &&
	       prove_casgstatus(&values, status);
}

/* Opt-outs of the register ABI, while there were any: amd64 in Go 1.17, arm64 in 1.18. */
static int check_abi(const struct go_exe *x, struct err *err)
{
	if (strstr(x->info.version.text, "noregabi"))
		return err_set(err, EXIT_TARGET, ENOTSUP,
			       "built with GOEXPERIMENT=noregabi: %s does not get its arguments in "
			       "registers",
			       CASGSTATUS);
	return 0;
}

/* The site in the function itself. */
static int add_function(site_list *ret, struct walk *w, int32_t *status, struct err *err)
{
	if (find_lowest_target(w))
		return err_set(err, EXIT_TARGET, EINVAL, "the code of %s cannot be decoded",
			       CASGSTATUS);
	if (!prove(w, status))
		return err_set(err, EXIT_TARGET, EINVAL,
			       "%s does not change the status of its first argument as known "
			       "releases do",
			       CASGSTATUS);
	if (choose(w))
		return err_set(err, EXIT_TARGET, EINVAL, "no safe place for a probe in %s",
			       CASGSTATUS);
	if (!vec_push(ret, w->site))
		return err_set(err, EXIT_FAILED, ENOMEM, "no memory for a probe site");
	return 0;
}

/* Where the status is in g by the table; −1 when the release is not in it. */
static int32_t known_status_offset(const struct go_exe *x)
{
	const struct layout_row *row = layout_table_find(&x->info.version, x->info.arch);

	return row ? row->offset[LF_G_ATOMICSTATUS] : -1;
}

bool go_status_offset(const struct go_exe *x, int32_t *ret)
{
	_cleanup_(walk_close) struct walk w = {.x = x};

	return pclntab_func_named(&x->pcln, CASGSTATUS, &w.f) && prove(&w, ret);
}

bool site_status_offset(const struct go_exe *x, int32_t *ret)
{
	if (go_status_offset(x, ret))
		return true;
	*ret = known_status_offset(x);
	return *ret >= 0;
}

static int find_all(site_list *ret, const struct go_exe *x, struct err *err)
{
	_cleanup_(walk_close) struct walk w = {.x = x};
	int32_t status = known_status_offset(x);
	int r = check_abi(x, err);

	if (!r && pclntab_func_named(&x->pcln, CASGSTATUS, &w.f))
		r = add_function(ret, &w, &status, err);
	/* Profiles steer inlining from Go 1.21 on; before that casgstatus is too large for it. */
	if (!r && (!x->info.version.major || go_version_cmp(&x->info.version, 21, 0) >= 0))
		r = site_copies(ret, x, status, err);
	if (!r && !ret->n)
		r = err_set(err, EXIT_TARGET, ENOENT,
			    "%s is not in the table of functions: were names removed?", CASGSTATUS);
	return r;
}

int go_sites_find(const struct go_exe *x, struct go_site **ret, size_t *n, struct err *err)
{
	site_list sites = {0};
	int r = find_all(&sites, x, err);

	if (r) {
		vec_free(&sites);
		return r;
	}
	*ret = sites.v;
	*n = sites.n;
	return 0;
}
