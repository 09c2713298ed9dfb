/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the fields of the runtime's structs lie, for one build of the runtime (DESIGN.md law 6).
 *
 * A field is one row of layout_fields.inc: FIELD(id, "struct", "path"). The enum, the DWARF reader,
 * the table generator and the table's columns all come from it. Offsets are in bytes; what this
 * build does not have is LAYOUT_NONE.
 */
#ifndef GOROUTOP_GOLANG_LAYOUT_H
#define GOROUTOP_GOLANG_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "golang/version.h"

#define LAYOUT_NONE (-1)

enum layout_field {
#define FIELD(id, type, path) LF_##id,
#define SIZE(id, type)	      LF_##id,
#include "golang/layout_fields.inc"
#undef FIELD
#undef SIZE
	LF_COUNT
};

/* What a field is called: "runtime.g", "sched.pc"; path NULL: it is the struct's size. */
struct layout_name {
	const char *type, *path;
};
extern const struct layout_name layout_names[LF_COUNT];

/* How a layout was found; the words of the JSON's target.layout. */
enum layout_origin {
	LAYOUT_UNKNOWN,
	LAYOUT_DWARF,
	LAYOUT_TABLE,
	LAYOUT_MATCHED,
	LAYOUT_CALIBRATED
};

struct layout {
	enum layout_origin origin;
	char source[96]; /* e.g. "DWARF 5 of the executable", "go1.26.0–go1.26.11 linux/amd64" */
	int32_t offset[LF_COUNT]; /* bytes, or LAYOUT_NONE */
	/*
	 * Texts of waitReason by number; NULL where there is none. Points into static storage (table)
	 * or into memory of the golang executable that made it.
	 */
	const char *const *wait_reasons;
	int n_wait_reasons;
};

enum go_arch { GO_ARCH_NONE, GO_ARCH_AMD64, GO_ARCH_ARM64 };
const char *go_arch_name(enum go_arch arch); /* "amd64" */
const char *layout_origin_name(enum layout_origin origin);

/*
 * The generated table (layout_table.inc; `make layouts` makes it anew, its head says how). A row
 * holds for the releases first … last of one minor on one architecture, all of which had the same
 * layout wherever a toolchain could be had; row->origin tells which were looked at.
 */
struct layout_row {
	enum go_arch arch;
	int minor, first_patch, last_patch;
	const char *origin;
	const int16_t *offset; /* LF_COUNT of them */
	const char *const *wait_reasons;
	int n_wait_reasons;
};

/* Rows newest first; *n is set. */
const struct layout_row *layout_table(size_t *n);

/* The row for exactly this version, or NULL. Pre-releases are never in the table. */
const struct layout_row *layout_table_find(const struct go_version *v, enum go_arch arch);

/*
 * For tests: the rows of the minors that GOROUTOP_HIDE_LAYOUTS names ("25 26", "all") are as if they
 * were not there. layout_table_find heeds it; who goes through layout_table must.
 */
bool layout_row_hidden(const struct layout_row *row);

void layout_from_row(struct layout *ret, const struct layout_row *row, enum layout_origin origin);

#endif
