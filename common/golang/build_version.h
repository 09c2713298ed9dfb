/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Go version of an executable without build info: runtime.buildVersion is in every program
 * (runtime.schedinit refers to it for just that: src/runtime/proc.go), with or without symbols.
 */
#ifndef GOROUTOP_GOLANG_BUILD_VERSION_H
#define GOROUTOP_GOLANG_BUILD_VERSION_H

#include "golang/elf_symbols.h"
#include "golang/pclntab.h"
#include "golang/version.h"

/* *how says where it was found. False: not found, *ret is all zero. */
bool build_version_find(struct go_version *ret, const struct elf_image *img,
			const struct elf_relocs *relocs, const struct elf_symbols *symbols,
			const struct pclntab *t, const char **how);

#endif
