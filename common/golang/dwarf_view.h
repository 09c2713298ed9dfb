/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The debug information of a Go executable, as far as types need it. libdw is given a small ELF
 * file made in memory of just the sections that describe types: it would otherwise decompress all
 * of them when it opens the file (half a second for a program of 100 MB), and it never sees
 * anything else of a file that is not trusted.
 */
#ifndef GOROUTOP_GOLANG_DWARF_VIEW_H
#define GOROUTOP_GOLANG_DWARF_VIEW_H

#include <elfutils/libdw.h>

#include "golang/elf_image.h"
#include "golang/layout.h"

struct dwarf_view {
	uint8_t *image;
	Elf *elf;
	Dwarf *dwarf;
};

/* Whether there is debug information at all, judged by the section's name. */
bool dwarf_view_exists(const struct elf_image *img);

/* 0, -ENOENT without debug information, -EINVAL when it cannot be used, -ENOMEM. */
int dwarf_view_open(struct dwarf_view *ret, const struct elf_image *img);
void dwarf_view_close(struct dwarf_view *v);

/*
 * Fills ret->offset, ret->origin and ret->source; wait reasons are not in DWARF and stay unset.
 * 0; -ENOENT without debug information; -ESRCH when it does not tell of the runtime's g.
 */
int dwarf_layout(const struct elf_image *img, struct layout *ret);

#endif
