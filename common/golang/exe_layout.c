// SPDX-License-Identifier: GPL-2.0-or-later
/* The layout of one executable: by its DWARF, else by the table for its version. */
#include <errno.h>
#include <string.h>

#include "golang/dwarf_view.h"
#include "golang/exe.h"
#include "golang/globals.h"

/*
 * The linker leaves types out that a program does not use. What DWARF does not tell the table may,
 * if it says the same about all that DWARF does tell.
 */
static void complete(struct layout *l, const struct layout_row *row)
{
	for (size_t i = 0; i < LF_COUNT; i++)
		if (l->offset[i] != LAYOUT_NONE && l->offset[i] != row->offset[i])
			return;
	for (size_t i = 0; i < LF_COUNT; i++)
		l->offset[i] = row->offset[i];
}

/* Texts of wait reasons: the program's own, wherever they can be found in the file. */
static void read_wait_reasons(struct go_exe *x, struct layout *l)
{
	struct go_global_place places[GG_COUNT];
	uint64_t addr, size;

	if (!x->reasons.n &&
	    elf_symbols_find(&x->symbols, "runtime.waitReasonStrings", &addr, &size))
		wait_reasons_read(&x->reasons, &x->img, &x->relocs, addr, size / 16);
	if (!x->reasons.n && !l->wait_reasons) {
		go_globals_find(x, places);
		wait_reasons_read(&x->reasons, &x->img, &x->relocs,
				  places[GG_WAIT_REASON_STRINGS].addr,
				  places[GG_WAIT_REASON_STRINGS].count);
	}
	if (!x->reasons.n)
		return;
	l->wait_reasons = x->reasons.v;
	l->n_wait_reasons = x->reasons.n;
}

static void layout_none(struct layout *l)
{
	*l = (struct layout){.origin = LAYOUT_UNKNOWN, .source = "not known"};
	for (size_t i = 0; i < LF_COUNT; i++)
		l->offset[i] = LAYOUT_NONE;
}

int go_exe_layout(struct go_exe *x, struct layout *ret, struct err *err)
{
	const struct go_version *v = &x->info.version;
	const struct layout_row *row = layout_table_find(v, x->info.arch);
	int r = dwarf_layout(&x->img, ret);

	if (r && row)
		layout_from_row(ret, row, LAYOUT_TABLE);
	else if (r)
		layout_none(ret);
	if (!r && row) {
		ret->wait_reasons = row->wait_reasons;
		ret->n_wait_reasons = row->n_wait_reasons;
		complete(ret, row);
	}
	read_wait_reasons(x, ret);
	if (ret->origin != LAYOUT_UNKNOWN)
		return 0;
	return err_set(err, EXIT_TARGET, ENOTSUP,
		       "the layout of %s's runtime is not known (%s/%s), and the executable has no "
		       "DWARF that tells it",
		       v->major ? v->text : "this Go release", "linux", go_arch_name(x->info.arch));
}
