// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "golang/exe.h"
#include "golang/globals.h"
#include "golang/globals_decode.h"

static const char *const names[GG_COUNT] = {
	[GG_ALLGS] = "runtime.allgs",
	[GG_ALLGLEN] = "runtime.allglen",
	[GG_ALLGPTR] = "runtime.allgptr",
	[GG_ALLP] = "runtime.allp",
	[GG_SCHED] = "runtime.sched",
	[GG_ALLM] = "runtime.allm",
	[GG_GCPHASE] = "runtime.gcphase",
	[GG_SEMTABLE] = "runtime.semtable",
	[GG_WAIT_REASON_STRINGS] = "runtime.waitReasonStrings",
};

const char *go_global_name(enum go_global g)
{
	return (unsigned)g < GG_COUNT ? names[g] : "?";
}

static bool by_symbol(const struct go_exe *x, enum go_global g, struct go_global_place *ret)
{
	uint64_t size = 0;

	if (!elf_symbols_find(&x->symbols, names[g], &ret->addr, &size))
		return false;
	snprintf(ret->how, sizeof(ret->how), "symbol %s", names[g]);
	if (g == GG_WAIT_REASON_STRINGS)
		ret->count = size / 16;
	if (g == GG_SEMTABLE)
		ret->count = size / GO_SEMAPHORE_QUEUES;
	return true;
}

void go_globals_find(const struct go_exe *x, struct go_global_place ret[GG_COUNT])
{
	struct go_global_place decoded[GG_COUNT] = {0};
	bool stripped = !x->symbols.table.size;

	memset(ret, 0, GG_COUNT * sizeof(*ret));
	for (enum go_global g = 0; g < GG_COUNT && !stripped; g++)
		stripped = !by_symbol(x, g, &ret[g]);
	if (!stripped)
		return;
	globals_decode(x, decoded);
	for (enum go_global g = 0; g < GG_COUNT; g++)
		if (!by_symbol(x, g, &ret[g]))
			ret[g] = decoded[g];
}
