// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/build_info.h"
#include "golang/build_version.h"
#include "golang/dwarf_view.h"
#include "golang/exe.h"
#include "golang/pclntab_find.h"

#define PAGE 4096

/* Registers carry arguments from these releases on: reference, go-runtime.md §4. */
static int floor_minor(enum go_arch arch)
{
	return arch == GO_ARCH_AMD64 ? 17 : 18;
}

static int refuse_old(const char *what, enum go_arch arch, struct err *err)
{
	return err_set(
		err, EXIT_TARGET, ENOTSUP,
		"built with %s: goroutop needs Go 1.%d or newer on %s; build it with a newer "
		"Go",
		what, floor_minor(arch), go_arch_name(arch));
}

static int check_version(const struct go_exe *x, struct err *err)
{
	const struct go_version *v = &x->info.version;

	if (v->major && go_version_cmp(v, floor_minor(x->info.arch), 0) < 0)
		return refuse_old(v->text, x->info.arch, err);
	return 0;
}

static int read_build_info(struct go_exe *x, struct err *err)
{
	struct build_info b;
	int r = build_info_read(&b, &x->img, &x->relocs, SPAN_MAX);

	x->info.main_module = "";
	if (r)
		return 0;
	x->info.version = b.version;
	x->info.version_from = "build info";
	x->main_module = b.main_module;
	if (b.main_module)
		x->info.main_module = b.main_module;
	return check_version(x, err);
}

static int read_pclntab(struct go_exe *x, struct err *err)
{
	const char *how;
	int r = pclntab_find(&x->pcln, &x->img, &x->relocs, &x->symbols, &how);

	if (r == -ENOMEM)
		return err_set(err, EXIT_FAILED, ENOMEM, "no memory for the table of functions");
	if (r == -ENOTSUP)
		return refuse_old("Go 1.15 or older", x->info.arch, err);
	if (r && x->info.version.major)
		return err_set(err, EXIT_TARGET, ENOEXEC,
			       "built with %s, but its table of functions (.gopclntab) is missing "
			       "or damaged",
			       x->info.version.text);
	if (r)
		return err_set(err, EXIT_TARGET, ENOEXEC, "%s",
			       not_go_reason(&x->img, &x->symbols));
	snprintf(x->pclntab_from, sizeof(x->pclntab_from), "%s, format of Go %s", how,
		 pclntab_format_name(x->pcln.format));
	x->info.pclntab_from = x->pclntab_from;
	return 0;
}

/* From Go 1.26 on only moduledata says where the text begins that the table is relative to. */
static int read_moduledata(struct go_exe *x, struct err *err)
{
	struct pclntab *t = &x->pcln;
	uint64_t last;

	moduledata_find(&x->module, &x->img, &x->relocs, &x->symbols, t);
	if (t->format >= PCLNTAB_118 && !t->text &&
	    !elf_symbols_find(&x->symbols, "runtime.text", &t->text, NULL))
		return err_set(err, EXIT_TARGET, ENOEXEC,
			       "its table of functions does not say where its code is, and "
			       "runtime.firstmoduledata was not found");
	x->info.text = x->module.text;
	x->info.etext = x->module.etext;
	if (!x->module.addr && pclntab_entry_offset(t, t->n_funcs, &last)) {
		pclntab_entry_offset(t, 0, &x->info.text);
		x->info.text += t->text;
		x->info.etext = t->text + last;
	}
	return 0;
}

/* Without build info; up to 1.17 a program of unknown version may be one of Go 1.16. */
static int guess_version(struct go_exe *x, struct err *err)
{
	if (x->info.version.major)
		return 0;
	if (!build_version_find(&x->info.version, &x->img, &x->relocs, &x->symbols, &x->pcln,
				&x->info.version_from))
		x->info.version_from = "pclntab magic";
	if (!x->info.version.major && x->pcln.format == PCLNTAB_116)
		return refuse_old("Go 1.16 or 1.17 (it does not say which)", x->info.arch, err);
	return check_version(x, err);
}

/*
 * Where the program headers are once loaded, as AT_PHDR says it: by the segment that holds their
 * offset (fs/binfmt_elf.c; kernel commit 0da1d5002745).
 */
static bool phdr_vaddr(const struct elf_image *img, uint64_t *ret)
{
	const Elf64_Phdr *named = NULL;

	for (size_t i = 0; i < img->n_phdr; i++) {
		const Elf64_Phdr *p = &img->phdr[i];

		if (p->p_type == PT_LOAD && img->ehdr.e_phoff >= p->p_offset &&
		    img->ehdr.e_phoff - p->p_offset < p->p_filesz) {
			*ret = p->p_vaddr + (img->ehdr.e_phoff - p->p_offset);
			return true;
		}
		if (p->p_type == PT_PHDR)
			named = p;
	}
	if (named)
		*ret = named->p_vaddr;
	return named;
}

void go_exe_describe(const struct elf_image *img, struct go_exe_info *info)
{
	uint64_t first = UINT64_MAX;

	info->arch = img->ehdr.e_machine == EM_X86_64 ? GO_ARCH_AMD64 : GO_ARCH_ARM64;
	info->stripped = !elf_symbols_exist(img);
	info->has_dwarf = dwarf_view_exists(img);
	info->pie = img->ehdr.e_type == ET_DYN;
	for (size_t i = 0; i < img->n_phdr; i++) {
		const Elf64_Phdr *p = &img->phdr[i];

		if (p->p_type == PT_INTERP)
			info->dynamic = true;
		if (p->p_type == PT_LOAD && p->p_vaddr < first)
			first = p->p_vaddr;
	}
	info->first_vaddr = first == UINT64_MAX ? 0 : first & ~(uint64_t)(PAGE - 1);
	if (!phdr_vaddr(img, &info->phdr_vaddr))
		info->phdr_vaddr = info->first_vaddr + img->ehdr.e_phoff;
}

static int open_tables(struct go_exe *x, struct err *err)
{
	if (elf_symbols_open(&x->symbols, &x->img) == -ENOMEM ||
	    elf_relocs_load(&x->relocs, &x->img) == -ENOMEM)
		return err_set(err, EXIT_FAILED, ENOMEM, "no memory for the executable's tables");
	return 0;
}

int exe_open(struct go_exe **ret, int fd, uint64_t search_max, struct err *err)
{
	static int (*const steps[])(struct go_exe *, struct err *) = {
		open_tables, read_build_info, read_pclntab, read_moduledata, guess_version,
	};
	struct go_exe *x = calloc(1, sizeof(*x));
	int r;

	if (!x)
		return err_set(err, EXIT_FAILED, ENOMEM, "no memory for the executable");
	r = elf_image_open(&x->img, fd, err);
	if (r) {
		free(x);
		return r;
	}
	if (x->img.search_max > search_max)
		x->img.search_max = search_max;
	go_exe_describe(&x->img, &x->info);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && !r; i++)
		r = steps[i](x, err);
	if (r) {
		go_exe_close(x);
		return r;
	}
	*ret = x;
	return 0;
}

int go_exe_open(struct go_exe **ret, int fd, struct err *err)
{
	return exe_open(ret, fd, UINT64_MAX, err);
}

void go_exe_close(struct go_exe *x)
{
	if (!x)
		return;
	wait_reasons_free(&x->reasons);
	pclntab_close(&x->pcln);
	elf_symbols_close(&x->symbols);
	elf_relocs_free(&x->relocs);
	elf_image_close(&x->img);
	free(x->main_module);
	free(x);
}

const struct go_exe_info *go_exe_info(const struct go_exe *x)
{
	return &x->info;
}

bool go_exe_text_offset(const struct go_exe *x, uint64_t vaddr, uint64_t *ret)
{
	const Elf64_Phdr *p = elf_image_segment(&x->img, vaddr, 1);

	return p && (p->p_flags & PF_X) && elf_image_offset(&x->img, vaddr, ret, NULL);
}

size_t go_exe_writable(const struct go_exe *x, struct go_range *ret, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < x->img.n_phdr; i++) {
		const Elf64_Phdr *p = &x->img.phdr[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_W) || !p->p_memsz ||
		    p->p_memsz > UINT64_MAX - p->p_vaddr)
			continue;
		if (n < max)
			ret[n] = (struct go_range){p->p_vaddr, p->p_vaddr + p->p_memsz};
		n++;
	}
	return n;
}
