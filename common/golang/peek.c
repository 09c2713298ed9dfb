// SPDX-License-Identifier: GPL-2.0-or-later
/* A look at an executable that costs some ten microseconds, for lists of processes. */
#include <errno.h>

#include "base/cleanup.h"
#include "golang/build_info.h"
#include "golang/exe.h"
#include "golang/pclntab_find.h"

/* Of a writable segment: linkers put the build info first (cmd/link/internal/ld/data.go). */
#define SCAN (64u << 10)

/* Without section headers: where a large program has its tables, at the cost of a tenth of a second. */
#define SEARCH_MAX (256u << 20)

/* Whether section headers tell of Go; without any, only the whole file could. */
static bool may_be_go(const struct elf_image *img)
{
	return !img->n_shdr || pclntab_has_section(img) ||
	       elf_image_section(img, ".go.buildinfo") ||
	       elf_image_section(img, ".note.go.buildid");
}

/* Without readable build info: everything that go_exe_open tries, within bounds. */
static int look_closely(const struct elf_image *img, struct go_exe_info *ret)
{
	struct go_exe *x;

	if (!may_be_go(img))
		return -ENOEXEC;
	if (exe_open(&x, img->fd, SEARCH_MAX, NULL))
		return pclntab_has_section(img) ? 0 : -ENOEXEC;
	ret->version = x->info.version;
	ret->version_from = x->info.version_from;
	go_exe_close(x);
	return 0;
}

int go_exe_peek(int fd, struct go_exe_info *ret)
{
	_cleanup_(elf_image_close) struct elf_image img = {.fd = -1};
	struct build_info info;
	int r = elf_image_open(&img, fd, NULL);

	if (r)
		return r;
	*ret = (struct go_exe_info){.version_from = "", .main_module = "", .pclntab_from = ""};
	go_exe_describe(&img, ret);
	if (build_info_read(&info, &img, NULL, SCAN))
		return look_closely(&img, ret);
	ret->version = info.version;
	ret->version_from = "build info";
	build_info_free(&info);
	return 0;
}
