// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "golang/probe_cost.h"

/*
 * What arch/x86/kernel/uprobes.c emulates since 5.1 (branch_setup_xol_ops, push_setup_xol_ops),
 * which is before the first kernel that we run on. Left out of it: calls (shadow stacks); longer
 * nops (see below); nops and jumps with prefixes (66 90 cannot be probed at all before commit
 * cefa72129e45, and 49 90 is no nop).
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

/*
 * Plain instructions, of which a copy elsewhere does the same. Not among them: the 5-byte nop, which
 * Linux 6.18 replaces by a call that pushes onto the goroutine's stack, and its other lengths.
 */
static bool is_plain_amd64(unsigned id)
{
	static const uint16_t plain[] = {
		X86_INS_MOV, X86_INS_LEA, X86_INS_ADD,	X86_INS_SUB,	X86_INS_XOR,   X86_INS_AND,
		X86_INS_OR,  X86_INS_CMP, X86_INS_TEST, X86_INS_MOVZX,	X86_INS_INC,   X86_INS_DEC,
		X86_INS_BT,  X86_INS_SHL, X86_INS_SHR,	X86_INS_MOVSXD, X86_INS_MOVSX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (plain[i] == id)
			return true;
	return false;
}

/* What arch/arm64/kernel/probes/decode-insn.c (arm_probe_decode_insn) simulates, but no calls. */
static bool is_emulated_arm64(unsigned id)
{
	switch (id) {
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

static bool is_plain_arm64(unsigned id)
{
	static const uint16_t plain[] = {
		ARM64_INS_MOV, ARM64_INS_MOVZ, ARM64_INS_ADD,  ARM64_INS_SUB,  ARM64_INS_STR,
		ARM64_INS_LDR, ARM64_INS_STP,  ARM64_INS_LDP,  ARM64_INS_CMP,  ARM64_INS_ORR,
		ARM64_INS_AND, ARM64_INS_STUR, ARM64_INS_LDUR, ARM64_INS_LDRB, ARM64_INS_STRB,
	};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		if (plain[i] == id)
			return true;
	return false;
}

enum probe_cost probe_cost_of(const struct decoder *d)
{
	bool emulated, plain;

	if (d->unknown)
		return PROBE_FORBIDDEN;
	if (d->arch == GO_ARCH_AMD64) {
		emulated = is_emulated_amd64(d->insn);
		/* A prefix like LOCK makes it anything but plain. */
		plain = is_plain_amd64(d->insn->id) && !d->insn->detail->x86.prefix[0];
	} else {
		emulated = is_emulated_arm64(d->insn->id);
		plain = is_plain_arm64(d->insn->id);
	}
	return emulated ? PROBE_EMULATED : plain ? PROBE_STEPPED : PROBE_FORBIDDEN;
}
