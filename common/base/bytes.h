/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Little-endian numbers at any address: both architectures that goroutop knows are so. */
#ifndef GOROUTOP_BASE_BYTES_H
#define GOROUTOP_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint32_t le32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t le64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

#endif
