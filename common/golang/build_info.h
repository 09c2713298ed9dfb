/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the linker notes about a build (src/debug/buildinfo): the Go version and the main module.
 */
#ifndef GOROUTOP_GOLANG_BUILD_INFO_H
#define GOROUTOP_GOLANG_BUILD_INFO_H

#include "golang/elf_relocs.h"
#include "golang/version.h"

struct build_info {
	struct go_version version;
	char *main_module; /* malloc'd, NULL when it does not say */
};

/*
 * Looks in section .go.buildinfo, else through the first `scan` bytes of each writable segment.
 * relocs may be NULL: then addresses in it (up to Go 1.17) are taken as the file has them. 0,
 * -ENOENT when there is none that can be read, -ENOMEM.
 */
int build_info_read(struct build_info *ret, const struct elf_image *img,
		    const struct elf_relocs *relocs, uint64_t scan);
void build_info_free(struct build_info *b);

#endif
