/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runtime's g.atomicstatus, the same numbers in every Go release (src/runtime/runtime2.go, Go
 * 1.17 to 1.27; 9 came with 1.14, 10 and 11 with 1.26). The kernel half includes this file too.
 */
#ifndef GOROUTOP_BASE_GSTATUS_H
#define GOROUTOP_BASE_GSTATUS_H

enum gstatus {
	GS_IDLE = 0,
	GS_RUNNABLE = 1,
	GS_RUNNING = 2,
	GS_SYSCALL = 3,
	GS_WAITING = 4,
	GS_DEAD = 6,
	GS_COPYSTACK = 8,
	GS_PREEMPTED = 9,
	GS_LEAKED = 10,
	GS_DEADEXTRA = 11,
	GS_COUNT = 12,
};

/* Set on top of a status while the garbage collector scans the stack; never part of a state. */
#define GS_SCAN 0x1000u

#define GS_BASE(status) ((status) & ~GS_SCAN)

#endif
