/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The texts of runtime.waitReasonStrings out of the executable's data. */
#ifndef GOROUTOP_GOLANG_WAIT_REASONS_H
#define GOROUTOP_GOLANG_WAIT_REASONS_H

#include "golang/elf_relocs.h"

struct wait_reasons {
	const char **v; /* n of them */
	int n;
	char *texts;
};

/*
 * Reads count strings ([]string's elements) at addr. 0, or -EINVAL when that is not the array: the
 * first reason is empty and the third is "IO wait" in every release from 1.11 to 1.27.
 */
int wait_reasons_read(struct wait_reasons *ret, const struct elf_image *img,
		      const struct elf_relocs *relocs, uint64_t addr, uint64_t count);
void wait_reasons_free(struct wait_reasons *w);

#endif
