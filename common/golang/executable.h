/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Go executable as a file: what it is, its functions, their lines, its layouts, its probe sites.
 * Nothing here knows a process: all addresses are the file's own (link-time) virtual addresses; a
 * position-independent executable adds a bias when it runs.
 *
 * The file is not trusted: sizes, counts and offsets are bounded before use, it is read by pread
 * and never mapped (a truncation would be a SIGBUS), names come out as the file has them and are to
 * be cleaned where they leave the program.
 */
#ifndef GOROUTOP_GOLANG_EXECUTABLE_H
#define GOROUTOP_GOLANG_EXECUTABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "golang/layout.h"
#include "golang/version.h"

struct go_exe;

struct go_exe_info {
	enum go_arch arch;
	struct go_version version;
	const char *version_from; /* "build info", "runtime.buildVersion", "pclntab magic", … */
	const char *main_module;  /* path of the main module by build info, or "" */
	bool stripped;		  /* no .symtab */
	bool has_dwarf;
	bool pie;
	bool dynamic;		  /* has an interpreter: cgo or external linking, as a rule */
	uint64_t first_vaddr;	  /* of the lowest PT_LOAD, rounded down to its page */
	uint64_t phdr_vaddr;	  /* where the program headers lie: AT_PHDR − this = bias */
	uint64_t text, etext;	  /* the runtime's idea of its text: [text, etext) */
	const char *pclntab_from; /* how .gopclntab was found */
};

/*
 * Opens the executable behind fd, which stays the caller's (it is duplicated). Fails with EXIT_TARGET and a text that says what the file is instead: not an
 * ELF file, 32-bit, another architecture, not Go, gccgo, a Go older than 1.17 (1.18 on arm64),
 * packed, no usable pclntab.
 */
int go_exe_open(struct go_exe **ret, int fd, struct err *err);
void go_exe_close(struct go_exe *x);
const struct go_exe_info *go_exe_info(const struct go_exe *x);

/*
 * Whether the file is a Go executable at all, and which, at the least cost: for lists of processes.
 * 0 and *ret set (version, stripped, arch), or -errno. Does not judge whether it is supported.
 */
int go_exe_peek(int fd, struct go_exe_info *ret);

struct go_func {
	uint64_t entry, end; /* [entry, end) */
	const char *name;    /* lives as long as the executable */
	uint32_t index;	     /* in functab */
	uint8_t func_id;
};

/* The body of a function by its full name (never an ABI wrapper); false if there is none. */
bool go_func_find(const struct go_exe *x, const char *name, struct go_func *ret);

/* The function that holds pc; false outside the Go text. */
bool go_func_at(const struct go_exe *x, uint64_t pc, struct go_func *ret);

struct go_line {
	const char *file; /* as the compiler recorded it; lives as long as the executable */
	int line;	  /* ≥ 1 */
};

/* File and line of the instruction at pc, of the innermost inlined call. False when unknown. */
bool go_line_at(const struct go_exe *x, uint64_t pc, struct go_line *ret);

/*
 * Frames at pc, innermost inlined call first, the function itself last. Returns how many there are
 * (at most max are written), 0 when pc is not known.
 */
struct go_frame {
	const char *function;
	struct go_line line;
	bool inlined;
	bool wrapper; /* made by the compiler: the runtime leaves it out of its tracebacks */
	uint8_t func_id;
};
size_t go_frames_at(const struct go_exe *x, uint64_t pc, struct go_frame *frames, size_t max);

/* Bytes that SP lies below the frame's CFA-8 (amd64) at pc, by pcsp; false when unknown. */
bool go_spdelta_at(const struct go_exe *x, uint64_t pc, int32_t *ret);

/* The file offset that is mapped at vaddr from an executable segment; false if none is. */
bool go_exe_text_offset(const struct go_exe *x, uint64_t vaddr, uint64_t *ret);

/* Writable segments' [start, end) at link time; returns how many there are, writes at most max. */
struct go_range {
	uint64_t start, end;
};
size_t go_exe_writable(const struct go_exe *x, struct go_range *ret, size_t max);

/*
 * The layout by DWARF, else by the table. 0, or -ENOTSUP with EXIT_TARGET and a text that names the
 * version when neither knows it: *ret is then LAYOUT_UNKNOWN without offsets, but with the texts of
 * wait reasons if the file has them (runtime/match.h goes on from there).
 */
int go_exe_layout(struct go_exe *x, struct layout *ret, struct err *err);

#endif
