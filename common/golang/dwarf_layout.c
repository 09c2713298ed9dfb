// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Layouts of the runtime's structs out of DWARF. The Go linker puts all types of the program into
 * one compile unit of its own that it calls "runtime" (cmd/link/internal/ld/dwarf.go), beside those
 * that hold the package's code: only units of that name are looked into.
 */
#include <dwarf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/dwarf_view.h"

#define TYPEDEF_DEPTH 8		/* of typedefs before a struct: Go has one at most */
#define MEMBERS_MAX   4096	/* of one struct */
#define OFFSET_MAX    INT16_MAX /* as the table stores them; the largest struct, p, has 11 KiB */

const struct layout_name layout_names[LF_COUNT] = {
#define FIELD(id, type, path) [LF_##id] = {type, path},
#define SIZE(id, type)	      [LF_##id] = {type, NULL},
#include "golang/layout_fields.inc"
#undef FIELD
#undef SIZE
};

/* The structs that the fields are of, each once, and where they were found. */
struct types {
	struct {
		const char *name;
		Dwarf_Die die;
		bool found;
	} v[LF_COUNT];
	size_t n, missing;
};

static size_t type_index(const struct types *t, const char *name)
{
	size_t i = 0;

	while (i < t->n && strcmp(t->v[i].name, name))
		i++;
	return i;
}

static void types_init(struct types *t)
{
	t->n = 0;
	for (size_t f = 0; f < LF_COUNT; f++)
		if (type_index(t, layout_names[f].type) == t->n) {
			t->v[t->n].name = layout_names[f].type;
			t->v[t->n++].found = false;
		}
	t->missing = t->n;
}

static void note_type(struct types *t, Dwarf_Die *die)
{
	const char *name;
	size_t i;

	if (dwarf_tag(die) != DW_TAG_structure_type)
		return;
	name = dwarf_diename(die);
	if (!name || strncmp(name, "runtime.", 8))
		return;
	i = type_index(t, name);
	if (i == t->n || t->v[i].found)
		return;
	t->v[i].found = true;
	t->v[i].die = *die;
	t->missing--;
}

static bool is_runtime_unit(Dwarf_Die *cu)
{
	const char *name = dwarf_diename(cu);

	return dwarf_tag(cu) == DW_TAG_compile_unit && name && !strcmp(name, "runtime");
}

/* Sibling references may lead backwards in a hostile file: then the walk ends. */
static void scan_unit(struct types *t, Dwarf_Die *cu)
{
	Dwarf_Off last = dwarf_dieoffset(cu);
	Dwarf_Die die;
	int r = dwarf_child(cu, &die);

	while (r == 0 && t->missing && dwarf_dieoffset(&die) > last) {
		last = dwarf_dieoffset(&die);
		note_type(t, &die);
		r = dwarf_siblingof(&die, &die);
	}
}

/* Returns the DWARF version of the unit that told of g, or 0. */
static int scan_units(struct types *t, Dwarf *dwarf)
{
	size_t g = type_index(t, "runtime.g");
	Dwarf_Off off = 0, next;
	Dwarf_Half version;
	size_t header;

	while (dwarf_next_unit(dwarf, off, &next, &header, &version, NULL, NULL, NULL, NULL,
			       NULL) == 0 &&
	       next > off) {
		Dwarf_Die cu;

		if (dwarf_offdie(dwarf, off + header, &cu) && is_runtime_unit(&cu)) {
			scan_unit(t, &cu);
			if (t->v[g].found)
				return version;
		}
		off = next;
	}
	return 0;
}

/* The struct behind typedefs, or false. */
static bool strip_typedefs(Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	for (int i = 0; i < TYPEDEF_DEPTH; i++) {
		if (dwarf_tag(die) != DW_TAG_typedef)
			return dwarf_tag(die) == DW_TAG_structure_type;
		if (!dwarf_attr(die, DW_AT_type, &attr) || !dwarf_formref_die(&attr, die))
			return false;
	}
	return false;
}

static bool find_member(Dwarf_Die *type, const char *name, size_t len, Dwarf_Die *ret)
{
	int r = dwarf_child(type, ret);

	for (int i = 0; r == 0 && i < MEMBERS_MAX; i++) {
		const char *n = dwarf_diename(ret);

		if (dwarf_tag(ret) == DW_TAG_member && n && strlen(n) == len &&
		    !memcmp(n, name, len))
			return true;
		r = dwarf_siblingof(ret, ret);
	}
	return false;
}

/* The offset of "a.b.c" in the struct, or LAYOUT_NONE. */
static int32_t member_offset(Dwarf_Die type, const char *path)
{
	uint64_t offset = 0;

	for (;;) {
		size_t len = strcspn(path, ".");
		Dwarf_Attribute attr;
		Dwarf_Die member;
		Dwarf_Word at;

		if (!strip_typedefs(&type) || !find_member(&type, path, len, &member) ||
		    dwarf_formudata(dwarf_attr(&member, DW_AT_data_member_location, &attr), &at))
			return LAYOUT_NONE;
		offset += at;
		if (at > OFFSET_MAX || offset > OFFSET_MAX)
			return LAYOUT_NONE;
		if (!path[len])
			return offset;
		if (!dwarf_formref_die(dwarf_attr(&member, DW_AT_type, &attr), &type))
			return LAYOUT_NONE;
		path += len + 1;
	}
}

static int32_t field_offset(struct types *t, const struct layout_name *f)
{
	size_t i = type_index(t, f->type);
	int size;

	if (!t->v[i].found)
		return LAYOUT_NONE;
	if (f->path)
		return member_offset(t->v[i].die, f->path);
	size = dwarf_bytesize(&t->v[i].die);
	return size > 0 && size <= OFFSET_MAX ? size : LAYOUT_NONE;
}

int dwarf_layout(const struct elf_image *img, struct layout *ret)
{
	_cleanup_(dwarf_view_close) struct dwarf_view v = {0};
	struct types t;
	int version, r;

	r = dwarf_view_open(&v, img);
	if (r)
		return r;
	types_init(&t);
	version = scan_units(&t, v.dwarf);
	if (!version)
		return -ESRCH;
	for (size_t f = 0; f < LF_COUNT; f++)
		ret->offset[f] = field_offset(&t, &layout_names[f]);
	if (ret->offset[LF_G_ATOMICSTATUS] < 0 || ret->offset[LF_G_GOID] < 0)
		return -ESRCH;
	ret->origin = LAYOUT_DWARF;
	snprintf(ret->source, sizeof(ret->source), "DWARF %d of the executable", version);
	ret->wait_reasons = NULL;
	ret->n_wait_reasons = 0;
	return 0;
}
