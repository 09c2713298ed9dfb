/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine code of one function of an executable, decoded by capstone from its first byte on, and
 * which fixed addresses its instructions refer to.
 */
#ifndef GOROUTOP_GOLANG_DECODE_H
#define GOROUTOP_GOLANG_DECODE_H

#include <capstone/capstone.h>

#include "golang/elf_image.h"
#include "golang/layout.h"

/* What arm64 registers hold that is known: addresses are made by pairs of instructions. */
struct known_register {
	bool known;
	uint64_t value;
};

struct decoder {
	csh handle;
	enum go_arch arch;
	cs_insn *insn; /* the current instruction, after decoder_next */
	uint8_t *code;
	const uint8_t *at; /* of the next instruction */
	size_t left;
	uint64_t pc;  /* of the next instruction, link-time */
	bool unknown; /* arm64: one that capstone does not know was stepped over; insn is void */
	struct known_register x[32];
	struct known_register address; /* what the current instruction refers to, arm64 */
};

/* Reads the code [start, end) from the file. 0; -EINVAL when it is unreasonably long; -errno. */
int decoder_open(struct decoder *ret, const struct elf_image *img, uint64_t start, uint64_t end);
void decoder_close(struct decoder *d);

/* Decodes the next instruction into d->insn; false at the end, or where it cannot be decoded. */
bool decoder_next(struct decoder *d);

/* Whether all was decoded, when decoder_next has returned false. */
bool decoder_done(const struct decoder *d);

enum code_ref_kind { CODE_ADDRESS, CODE_LOAD, CODE_STORE, CODE_UPDATE };

struct code_ref {
	enum code_ref_kind kind; /* address: taken, not accessed */
	uint64_t addr;
	uint8_t size; /* bytes accessed; 16: a pair of words */
};

/* Whether the current instruction refers to a fixed address, and to which. */
bool decoder_ref(const struct decoder *d, struct code_ref *ret);

/* The immediate operand of the current instruction if it has one (the last). */
bool decoder_immediate(const struct decoder *d, int64_t *ret);

#endif
