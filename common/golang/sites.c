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
#include "golang/exe.h"
#include "golang/inline_tree.h"
#include "golang/site_proof.h"
#include "golang/sites.h"

#define CASGSTATUS "runtime.casgstatus"

enum { ARG_GP = 0, ARG_OLD = 1, ARG_NEW = 2, LINK_REGISTER = 30 };

#define ARGS ((1u << ARG_GP) | (1u << ARG_OLD) | (1u << ARG_NEW))

static int sp_register(enum go_arch arch)
{
	return arch == GO_ARCH_AMD64 ? 7 : 31;
}

/*
 * What arch/x86/kernel/uprobes.c emulates since 5.1 (branch_setup_xol_ops, push_setup_xol_ops),
 * which is before the first kernel that we run on. Left out of it: calls (shadow stacks); longer
 * nops (a 5-byte one becomes a call from 6.18 on, others are single-stepped); nops and jumps with
 * prefixes (66 90 cannot be probed at all before commit cefa72129e45, and 49 90 is no nop).
 */
static bool is_emulated_amd64(const cs_insn *insn)
{
	const uint8_t *b = insn->bytes;
	bool push = insn->size == 1 && b[0] >= 0x50 && b[0] <= 0x57;
	bool push_r8 = insn->size == 2 && b[0] == 0x41 && b[1] >= 0x50 && b[1] <= 0x57;
	bool nop = insn->size == 1 && b[0] == 0x90;
	bool jcc = (insn->size == 2 && (b[0] & 0xf0) == 0x70) ||
		   (insn->size == 6 && b[0] == 0x0f && (b[1] & 0xf0) == 0x80);
	bool jmp = (insn->size == 2 && b[0] == 0xeb) || (insn->size == 5 && b[0] == 0xe9);

	return push || push_r8 || nop || jcc || jmp;
}

/* What arch/arm64/kernel/probes/decode-insn.c (arm_probe_decode_insn) simulates, but no calls. */
static bool is_emulated_arm64(const cs_insn *insn)
{
	switch (insn->id) {
	case ARM64_INS_B:
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_TBZ:
	case ARM64_INS_TBNZ:
	case ARM64_INS_ADR:
	case ARM64_INS_ADRP:
		return true;
	default:
		return false;
	}
}

static bool is_emulated(const struct decoder *d)
{
	if (d->unknown)
		return false;
	return d->arch == GO_ARCH_AMD64 ? is_emulated_amd64(d->insn) : is_emulated_arm64(d->insn);
}

/* As people write it: AT&T syntax on amd64. */
static void put_text(const struct decoder *d, char *dst, size_t size)
{
	cs_insn *insn = NULL;
	size_t n;

	if (d->arch == GO_ARCH_AMD64)
		cs_option(d->handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	n = cs_disasm(d->handle, d->insn->bytes, d->insn->size, d->insn->address, 1, &insn);
	if (d->arch == GO_ARCH_AMD64)
		cs_option(d->handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_INTEL);
	if (n)
		snprintf(dst, size, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "",
			 insn->op_str);
	else
		snprintf(dst, size, "?");
	cs_free(insn, n);
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
	const cs_insn *insn = w->d.insn;
	unsigned long at = insn->address - w->f.entry;
	struct go_site s = {
		.vaddr = insn->address,
		.func_entry = w->f.entry,
		.n_bytes = insn->size,
		.emulated = is_emulated(&w->d),
		.gp = {GO_VALUE_REGISTER, ARG_GP},
		.old_status = {GO_VALUE_REGISTER, ARG_OLD},
		.new_status = {GO_VALUE_REGISTER, ARG_NEW},
		.return_sp = -w->sp,
		.return_in_lr = w->d.arch == GO_ARCH_ARM64 && w->lr_intact,
	};

	if (!go_exe_text_offset(w->x, insn->address, &s.file_offset))
		return -EINVAL;
	memcpy(s.bytes, insn->bytes, insn->size);
	put_text(&w->d, s.instruction, sizeof(s.instruction));
	snprintf(s.where, sizeof(s.where), at ? "%s+0x%lx" : "%s", CASGSTATUS, at);
	w->site = s;
	return 0;
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
		    c.op[i].kind == OP_LEAVE || c.op[i].kind == OP_UNKNOWN)
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
	if (!decoder_next(&w->d) || !is_safe(w))
		return -EINVAL;
	r = take(w);
	while (!r && !w->site.emulated && follow(w) && decoder_next(&w->d))
		if (is_emulated(&w->d) && is_safe(w))
			r = take(w);
	return r;
}

static int prove(struct walk *w)
{
	int32_t offset;
	int r = open_walk(w);

	if (r)
		return r;
	return prove_casgstatus(&w->d, &offset) ? 0 : -EINVAL;
}

static int check_copies(const struct go_exe *x, struct err *err)
{
	struct inlined_copies copies;

	/* Profiles steer inlining from Go 1.21 on; before that casgstatus is too large for it. */
	if (x->info.version.major && go_version_cmp(&x->info.version, 21, 0) < 0)
		return 0;
	if (!inlined_copies_find(&copies, &x->img, &x->pcln, x->module.gofunc, CASGSTATUS))
		return err_set(err, EXIT_TARGET, ENOTSUP,
			       "whether %s was inlined cannot be told: the inline trees were not "
			       "found",
			       CASGSTATUS);
	if (copies.n)
		return err_set(err, EXIT_TARGET, ENOTSUP,
			       "PGO build: %zu copies of %s are inlined (the first in %s), and a "
			       "probe on the function itself sees none of them",
			       copies.n, CASGSTATUS, copies.first);
	return 0;
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

int go_sites_find(const struct go_exe *x, struct go_site **ret, size_t *n, struct err *err)
{
	_cleanup_(walk_close) struct walk w = {.x = x};
	struct go_site *site;
	int r = check_abi(x, err);

	if (!r)
		r = check_copies(x, err);
	if (r)
		return r;
	if (!pclntab_func_named(&x->pcln, CASGSTATUS, &w.f))
		return err_set(err, EXIT_TARGET, ENOENT,
			       "%s is not in the table of functions: were names removed?",
			       CASGSTATUS);
	if (find_lowest_target(&w))
		return err_set(err, EXIT_TARGET, EINVAL, "the code of %s cannot be decoded",
			       CASGSTATUS);
	if (prove(&w))
		return err_set(err, EXIT_TARGET, EINVAL,
			       "%s does not change the status of its first argument as known "
			       "releases do",
			       CASGSTATUS);
	if (choose(&w))
		return err_set(err, EXIT_TARGET, EINVAL, "no safe place for a probe in %s",
			       CASGSTATUS);
	site = malloc(sizeof(*site));
	if (!site)
		return err_set(err, EXIT_FAILED, ENOMEM, "no memory for a probe site");
	*site = w.site;
	*ret = site;
	*n = 1;
	return 0;
}
