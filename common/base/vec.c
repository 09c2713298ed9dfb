// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>

#include "base/large.h"
#include "base/vec.h"

bool vec_grow_raw(void **v, size_t *cap, size_t want, size_t size)
{
	size_t next = *cap ? *cap : 8;
	void *p;

	while (next < want) {
		if (next > SIZE_MAX / 2)
			return false;
		next *= 2;
	}
	if (next > SIZE_MAX / size)
		return false;
	p = realloc(*v, next * size);
	if (!p)
		return false;
	large_memory(p, next * size);
	*v = p;
	*cap = next;
	return true;
}
