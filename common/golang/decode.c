// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/code_op.h"
#include "golang/decode.h"

#define CODE_MAX (512u << 10) /* of one function; the runtime's longest has some 20 KiB */

static int open_capstone(struct decoder *d)
{
	cs_err e = d->arch == GO_ARCH_AMD64 ? cs_open(CS_ARCH_X86, CS_MODE_64, &d->handle)
					    : cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &d->handle);

	if (e != CS_ERR_OK) {
		d->handle = 0;
		return -ENOMEM;
	}
	cs_option(d->handle, CS_OPT_DETAIL, CS_OPT_ON);
	d->insn = cs_malloc(d->handle);
	return d->insn ? 0 : -ENOMEM;
}

int decoder_open(struct decoder *ret, const struct elf_image *img, uint64_t start, uint64_t end)
{
	_cleanup_(decoder_close) struct decoder d = {.pc = start};
	int r;

	if (end <= start || end - start > CODE_MAX)
		return -EINVAL;
	d.arch = img->ehdr.e_machine == EM_X86_64 ? GO_ARCH_AMD64 : GO_ARCH_ARM64;
	d.left = end - start;
	d.code = malloc(d.left);
	d.at = d.code;
	if (!d.code)
		return -ENOMEM;
	r = elf_image_read(img, start, d.code, d.left);
	if (!r)
		r = open_capstone(&d);
	if (r)
		return r;
	*ret = d;
	d = (struct decoder){0};
	return 0;
}

void decoder_close(struct decoder *d)
{
	if (d->insn)
		cs_free(d->insn, 1);
	if (d->handle)
		cs_close(&d->handle);
	free(d->code);
	*d = (struct decoder){0};
}

/* The number of a general register, SP apart: addresses in it are no fixed ones. */
static int x_number(arm64_reg r)
{
	int n = code_register(GO_ARCH_ARM64, r);

	return n == 31 ? -1 : n;
}

static const struct known_register *x_known(const struct decoder *d, arm64_reg r)
{
	static const struct known_register none;
	int n = x_number(r);

	return n < 0 ? &none : &d->x[n];
}

static void forget_written(struct decoder *d)
{
	cs_regs read, write;
	uint8_t n_read, n_write;

	/* A call leaves nothing as it was: Go has no callee-saved registers. */
	if (cs_insn_group(d->handle, d->insn, CS_GRP_CALL)) {
		memset(d->x, 0, sizeof(d->x));
		return;
	}
	if (cs_regs_access(d->handle, d->insn, read, &n_read, write, &n_write)) {
		memset(d->x, 0, sizeof(d->x));
		return;
	}
	for (uint8_t i = 0; i < n_write; i++) {
		int n = x_number(write[i]);

		if (n >= 0)
			d->x[n].known = false;
	}
}

static struct known_register plus(const struct known_register *a, int64_t n)
{
	return (struct known_register){a->known, a->value + n};
}

/* ADRP x, page; ADD y, x, #low: follows what is known, and notes what is referred to. */
static void track_arm64(struct decoder *d)
{
	const cs_arm64 *a = &d->insn->detail->arm64;
	const cs_arm64_op *op = a->operands;
	struct known_register result = {0};

	d->address.known = false;
	if ((d->insn->id == ARM64_INS_ADRP || d->insn->id == ARM64_INS_ADR) && a->op_count == 2) {
		result = (struct known_register){true, op[1].imm};
	} else if (d->insn->id == ARM64_INS_ADD && a->op_count == 3 && op[2].type == ARM64_OP_IMM &&
		   !op[2].shift.value) {
		result = plus(x_known(d, op[1].reg), op[2].imm);
		d->address = result;
	} else {
		for (int i = 0; i < a->op_count; i++)
			if (op[i].type == ARM64_OP_MEM && op[i].mem.index == ARM64_REG_INVALID)
				d->address = plus(x_known(d, op[i].mem.base), op[i].mem.disp);
	}
	forget_written(d);
	if (result.known && x_number(op[0].reg) >= 0)
		d->x[x_number(op[0].reg)] = result;
}

/* Capstone 4 does not know the atomics of ARMv8.1; here every instruction has four bytes. */
static bool step_over(struct decoder *d)
{
	if (d->arch != GO_ARCH_ARM64 || d->left < 4)
		return false;
	d->unknown = true;
	d->insn->id = 0;
	d->insn->address = d->pc;
	d->insn->size = 4;
	memcpy(d->insn->bytes, d->at, 4);
	d->at += 4;
	d->left -= 4;
	d->pc += 4;
	d->address.known = false;
	memset(d->x, 0, sizeof(d->x));
	return true;
}

bool decoder_next(struct decoder *d)
{
	d->unknown = false;
	if (!d->left)
		return false;
	if (!cs_disasm_iter(d->handle, &d->at, &d->left, &d->pc, d->insn))
		return step_over(d);
	if (d->arch == GO_ARCH_ARM64)
		track_arm64(d);
	return true;
}

bool decoder_done(const struct decoder *d)
{
	return !d->left;
}

static enum code_ref_kind kind_of(uint8_t access)
{
	if (access & CS_AC_WRITE)
		return access & CS_AC_READ ? CODE_UPDATE : CODE_STORE;
	return CODE_LOAD;
}

static bool ref_amd64(const struct decoder *d, struct code_ref *ret)
{
	const cs_x86 *x = &d->insn->detail->x86;

	for (int i = 0; i < x->op_count; i++) {
		const cs_x86_op *op = &x->operands[i];

		if (op->type != X86_OP_MEM || op->mem.base != X86_REG_RIP)
			continue;
		ret->addr = d->insn->address + d->insn->size + op->mem.disp;
		ret->kind = d->insn->id == X86_INS_LEA ? CODE_ADDRESS : kind_of(op->access);
		ret->size = op->size;
		return true;
	}
	return false;
}

static enum code_ref_kind kind_arm64(const cs_insn *insn)
{
	switch (insn->id) {
	case ARM64_INS_ADD:
		return CODE_ADDRESS;
	case ARM64_INS_STR:
	case ARM64_INS_STRB:
	case ARM64_INS_STP:
	case ARM64_INS_STLR:
	case ARM64_INS_STLRB:
	case ARM64_INS_STUR:
	case ARM64_INS_STXR:
	case ARM64_INS_STLXR:
		return CODE_STORE;
	default:
		return CODE_LOAD;
	}
}

static bool ref_arm64(const struct decoder *d, struct code_ref *ret)
{
	const cs_arm64_op *op = d->insn->detail->arm64.operands;
	bool pair = d->insn->id == ARM64_INS_LDP || d->insn->id == ARM64_INS_STP;
	bool exclusive = d->insn->id == ARM64_INS_STXR || d->insn->id == ARM64_INS_STLXR;
	arm64_reg value = op[exclusive ? 1 : 0].reg;

	if (!d->address.known)
		return false;
	ret->addr = d->address.value;
	ret->kind = kind_arm64(d->insn);
	ret->size = (value >= ARM64_REG_W0 && value <= ARM64_REG_W30 ? 4 : 8) * (pair ? 2 : 1);
	return true;
}

bool decoder_ref(const struct decoder *d, struct code_ref *ret)
{
	if (d->unknown)
		return false;
	return d->arch == GO_ARCH_AMD64 ? ref_amd64(d, ret) : ref_arm64(d, ret);
}

bool decoder_immediate(const struct decoder *d, int64_t *ret)
{
	bool found = false;

	if (d->unknown)
		return false;
	if (d->arch == GO_ARCH_AMD64) {
		const cs_x86 *x = &d->insn->detail->x86;

		for (int i = 0; i < x->op_count; i++)
			if (x->operands[i].type == X86_OP_IMM) {
				*ret = x->operands[i].imm;
				found = true;
			}
		return found;
	}
	for (int i = 0; i < d->insn->detail->arm64.op_count; i++)
		if (d->insn->detail->arm64.operands[i].type == ARM64_OP_IMM) {
			*ret = d->insn->detail->arm64.operands[i].imm;
			found = true;
		}
	return found;
}
