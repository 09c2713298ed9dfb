/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a process, read only (DESIGN.md law 8): one open /proc/PID/mem, never
 * process_vm_readv. Or an image made up by a test: readers know no difference.
 */
#ifndef GOROUTOP_PROCESS_MEMORY_H
#define GOROUTOP_PROCESS_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "process/process.h"

struct memory {
	/*
	 * Reads n bytes at addr into dst. Returns how many it read from the front (less than n where
	 * an unmapped page follows, 0 where the first one is), or -errno: -ESRCH after exit or exec.
	 */
	ssize_t (*read)(const struct memory *m, uint64_t addr, void *dst, size_t n);
	void (*close)(struct memory *m);
};

/*
 * EXIT_PERMISSION when not permitted: the text names the blocker (another user, Yama, a missing
 * capability, not dumpable) and what lifts it. EXIT_TARGET when the process has ended or execed
 * since it was opened. Needs the privileges raised for a process of another user, or under Yama.
 */
int memory_open(struct memory **ret, const struct process *p, struct err *err);
void memory_close(struct memory *m);

/* Safe from several threads at once. Pages that would have to be fetched from FUSE can block. */
static inline ssize_t memory_read(const struct memory *m, uint64_t addr, void *dst, size_t n)
{
	return m->read(m, addr, dst, n);
}

/* All n bytes or an error: 0, or -errno (-EFAULT: not all mapped). */
int memory_read_all(const struct memory *m, uint64_t addr, void *dst, size_t n);

/*
 * A test's memory: [base, base+n) reads as bytes; pieces that touch are read across, where they
 * overlap the first counts. The bytes are borrowed, the list of pieces is copied. NULL: no memory.
 */
struct memory_piece {
	uint64_t base;
	const void *bytes;
	size_t n;
};
struct memory *memory_image_new(const struct memory_piece *pieces, size_t n);

#endif
