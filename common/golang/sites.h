/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probe sites: the instructions at which every call of runtime.casgstatus is seen, the cheapest
 * that are safe (reference: uprobes-and-bpf.md, "What one probe hit costs" and "Dangers"). In a
 * default build there is one, in a PGO build one for each inlined copy.
 *
 * A site is proven by decoding from its function's entry: an offset in the middle of an instruction
 * would corrupt the target without a word from the kernel. The bytes come out of the file: memory
 * of a process that is probed already reads back breakpoints.
 */
#ifndef GOROUTOP_GOLANG_SITES_H
#define GOROUTOP_GOLANG_SITES_H

#include <stdint.h>

#include "base/err.h"
#include "golang/executable.h"

/* As many as the kernel half has room for (GT_MAX_SITES). */
enum { GO_SITES_MAX = 64 };

/* General registers in DWARF-free, fixed numbers that the kernel half uses as well:
 * amd64: 0 rax 1 rbx 2 rcx 3 rdx 4 rsi 5 rdi 6 rbp 7 rsp 8–15 r8–r15; arm64: 0–30 x0–x30, 31 sp. */
enum go_value_kind {
	GO_VALUE_REGISTER, /* number is the register */
	GO_VALUE_CONST,	   /* number is the value */
	GO_VALUE_STACK,	   /* the 8 bytes at [sp + number] */
};

struct go_value {
	enum go_value_kind kind;
	uint32_t number;
};

struct go_site {
	uint64_t vaddr;	      /* of the instruction, link time */
	uint64_t file_offset; /* of its first byte */
	uint64_t func_entry;  /* of the function that holds it */
	char where[96];	      /* "runtime.casgstatus+0x1f" */
	char instruction[32]; /* "nop", "push %rbp" */
	uint8_t bytes[16];    /* of the instruction, as decoded, for the check before attaching */
	uint8_t n_bytes;
	bool emulated; /* the kernel emulates it; false: single-stepped, dearer */
	struct go_value gp, old_status, new_status;
	/*
	 * 0: each hit is a change. Else 1 + the register whose lowest bit says whether the change was
	 * made: where it was not, casgstatus makes it.
	 */
	uint32_t made;
	/*
	 * Where the return address of casgstatus's caller is: [sp + return_sp] (amd64), or the link
	 * register while it is intact (return_in_lr). Only meaningful in casgstatus itself.
	 */
	int32_t return_sp;
	bool return_in_lr;
};

/*
 * All sites of x. *ret is an array of *n that the caller frees. Fails with EXIT_TARGET and the
 * reason when casgstatus is missing or cannot be decoded: never a partial set.
 */
int go_sites_find(const struct go_exe *x, struct go_site **ret, size_t *n, struct err *err);

/*
 * The sites at which syscalls begin and end without casgstatus (Go ≥ 1.26), to be probed beside
 * those of go_sites_find; *n is 0 where casgstatus sees all of them. Otherwise as that.
 */
int go_syscall_sites_find(const struct go_exe *x, struct go_site **ret, size_t *n, struct err *err);

/* Where the status is in g, by the code of casgstatus; false when that does not tell. */
bool go_status_offset(const struct go_exe *x, int32_t *ret);

#endif
