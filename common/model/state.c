// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "model/row.h"

static const char *const names[GS_COUNT] = {
	[GS_IDLE] = "idle",	      [GS_RUNNABLE] = "runnable",   [GS_RUNNING] = "running",
	[GS_SYSCALL] = "syscall",     [GS_WAITING] = "waiting",	    [GS_DEAD] = "dead",
	[GS_COPYSTACK] = "copystack", [GS_PREEMPTED] = "preempted", [GS_LEAKED] = "leaked",
	[GS_DEADEXTRA] = "deadextra",
};

const char *state_name(uint8_t state)
{
	return state < GS_COUNT && names[state] ? names[state] : "unknown";
}

int state_by_name(const char *name)
{
	for (int i = 0; i < GS_COUNT; i++)
		if (names[i] && !strcmp(names[i], name))
			return i;
	return -1;
}

int state_rank(uint8_t state)
{
	switch (state) {
	case GS_RUNNING:
		return 0;
	case GS_RUNNABLE:
		return 1;
	case GS_SYSCALL:
		return 2;
	case GS_WAITING:
		return 3;
	default:
		return 4 + state;
	}
}
