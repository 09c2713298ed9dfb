// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/large.h"

/* Less is not worth up to a large page (2 MB) that is not needed at either end. */
static const size_t large = 8 << 20;

void large_memory(void *p, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)p + page - 1) & ~(page - 1);
	uintptr_t to = ((uintptr_t)p + size) & ~(page - 1);

	if (size >= large)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE); /* only advice */
}
