/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Go executable in miniature, made without a toolchain: headers, three functions with lines and
 * an inlined call, build info, moduledata. Each of its tables can be spoilt before it is written.
 */
#ifndef GOROUTOP_TESTS_GOLANG_MINI_GO_H
#define GOROUTOP_TESTS_GOLANG_MINI_GO_H

#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golang/pclntab.h"

enum {
	MINI_BASE = 0x400000,
	MINI_TEXT = MINI_BASE + 0x1000,
	MINI_PCLN = MINI_BASE + 0x2000,
	MINI_GOFUNC = MINI_BASE + 0x3000,
	MINI_DATA = MINI_BASE + 0x4000,
	MINI_MODULE = MINI_DATA + 0x800,
	MINI_SIZE = 0x5000,
	MINI_FUNCS = 12, /* enough with inline trees to find what funcdata is relative to */
	MINI_FUNC_SIZE = 0x40,
	MINI_RECORD = 80,
};

struct mini_go {
	uint8_t file[MINI_SIZE];
	/* Where things are in the file, to spoil them. */
	size_t functab, funcs, funcname, cutab, filetab, pctab, tree;
};

static inline void mini_put32(struct mini_go *m, size_t at, uint32_t v)
{
	memcpy(m->file + at, &v, 4);
}

static inline void mini_put64(struct mini_go *m, size_t at, uint64_t v)
{
	memcpy(m->file + at, &v, 8);
}

static inline size_t mini_offset(uint64_t vaddr)
{
	return vaddr - MINI_BASE;
}

static inline void mini_headers(struct mini_go *m)
{
	Elf64_Ehdr h = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = MINI_TEXT,
		.e_phoff = sizeof(h),
		.e_ehsize = sizeof(h),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 3,
	};
	static const struct {
		uint64_t from, to;
		uint32_t flags;
	} seg[3] = {
		{MINI_BASE, MINI_PCLN, PF_R | PF_X},
		{MINI_PCLN, MINI_DATA, PF_R},
		{MINI_DATA, MINI_BASE + MINI_SIZE, PF_R | PF_W},
	};

	memcpy(m->file, &h, sizeof(h));
	for (int i = 0; i < 3; i++) {
		Elf64_Phdr p = {
			.p_type = PT_LOAD,
			.p_flags = seg[i].flags,
			.p_offset = seg[i].from - MINI_BASE,
			.p_vaddr = seg[i].from,
			.p_filesz = seg[i].to - seg[i].from,
			.p_memsz = seg[i].to - seg[i].from,
			.p_align = 0x1000,
		};

		memcpy(m->file + sizeof(h) + i * sizeof(p), &p, sizeof(p));
	}
}

static inline void mini_build_info(struct mini_go *m, const char *version)
{
	size_t at = mini_offset(MINI_DATA);

	memset(m->file + at, 0, 0x100);
	memcpy(m->file + at, "\xff Go buildinf:\x08\x02", 16);
	m->file[at + 32] = strlen(version);
	memcpy(m->file + at + 33, version, strlen(version));
}

/* Function i of main.f0, main.f1, …; the last is runtime.casgstatus. All inline main.inlined. */
static inline void mini_func(struct mini_go *m, int i, uint32_t name, uint32_t inlined)
{
	size_t f = m->funcs + i * MINI_RECORD;

	mini_put32(m, m->functab + i * 8, i * MINI_FUNC_SIZE);
	mini_put32(m, m->functab + i * 8 + 4, f - m->functab);
	mini_put32(m, f, i * MINI_FUNC_SIZE);
	mini_put32(m, f + 4, name);
	mini_put32(m, f + 16, 1); /* pcsp */
	mini_put32(m, f + 20, 5); /* pcfile */
	mini_put32(m, f + 24, 9); /* pcln */
	mini_put32(m, f + 28, 3); /* npcdata */
	m->file[f + 43] = 4;	  /* nfuncdata */
	mini_put32(m, f + 44 + 4 * PCDATA_INL_TREE_INDEX, 15);
	for (int k = 0; k < 3; k++)
		mini_put32(m, f + 56 + 4 * k, UINT32_MAX);
	mini_put32(m, f + 56 + 4 * FUNCDATA_INL_TREE, i * 16);
	mini_put32(m, m->tree + i * 16 + 4, inlined);
	mini_put32(m, m->tree + i * 16 + 8, 0x30); /* parentPc */
}

static inline void mini_functions(struct mini_go *m)
{
	static const uint8_t values[] = {
		0,				  /* offset 0: none */
		2,  0x40, 0, 0,			  /* pcsp: 0 */
		2,  0x40, 0, 0,			  /* file 0 */
		42, 0x20, 6, 0x20, 0, 0,	  /* line 20, then 23 */
		0,  0x10, 2, 0x10, 1, 0x20, 0, 0, /* inlined call 0 at [0x10, 0x20) */
	};
	size_t name = m->funcname;
	uint32_t inlined;

	memcpy(m->file + name, "zero", 5);
	name += 5;
	inlined = name - m->funcname;
	memcpy(m->file + name, "main.inlined", 13);
	name += 13;
	for (int i = 0; i < MINI_FUNCS; i++) {
		char text[32];
		int n = i == MINI_FUNCS - 1 ? snprintf(text, sizeof(text), "runtime.casgstatus")
					    : snprintf(text, sizeof(text), "main.f%d", i);

		memcpy(m->file + name, text, n + 1);
		mini_func(m, i, name - m->funcname, inlined);
		name += n + 1;
	}
	mini_put32(m, m->functab + MINI_FUNCS * 8, MINI_FUNCS * MINI_FUNC_SIZE);
	memcpy(m->file + m->filetab, "main.go", 8);
	memcpy(m->file + m->pctab, values, sizeof(values));
}

/* The format of Go 1.20 to 1.25. */
static inline void mini_pclntab(struct mini_go *m)
{
	size_t base = mini_offset(MINI_PCLN);

	m->funcname = base + 0x80;
	m->cutab = base + 0x300;
	m->filetab = base + 0x320;
	m->pctab = base + 0x340;
	m->functab = base + 0x400;
	m->funcs = m->functab + 0x100;
	m->tree = mini_offset(MINI_GOFUNC);
	memcpy(m->file + base, "\xf1\xff\xff\xff\0\0\x01\x08", 8);
	mini_put64(m, base + 8, MINI_FUNCS);
	mini_put64(m, base + 16, 1);
	mini_put64(m, base + 24, MINI_TEXT);
	mini_put64(m, base + 32, m->funcname - base);
	mini_put64(m, base + 40, m->cutab - base);
	mini_put64(m, base + 48, m->filetab - base);
	mini_put64(m, base + 56, m->pctab - base);
	mini_put64(m, base + 64, m->functab - base);
	mini_functions(m);
}

static inline void mini_module(struct mini_go *m)
{
	size_t at = mini_offset(MINI_MODULE);
	uint64_t end = MINI_TEXT + MINI_FUNCS * MINI_FUNC_SIZE;

	mini_put64(m, at, MINI_PCLN);
	mini_put64(m, at + 8, MINI_PCLN + 0x80);
	mini_put64(m, at + 17 * 8, MINI_FUNCS + 1);
	mini_put64(m, at + 20 * 8, MINI_TEXT);
	mini_put64(m, at + 21 * 8, end);
	mini_put64(m, at + 22 * 8, MINI_TEXT);
	mini_put64(m, at + 23 * 8, end);
	mini_put64(m, at + 40 * 8, MINI_GOFUNC);
}

static inline struct mini_go *mini_go_new(void)
{
	struct mini_go *m = calloc(1, sizeof(*m));

	if (!m)
		abort();
	mini_headers(m);
	mini_build_info(m, "go1.23.4");
	mini_pclntab(m);
	mini_module(m);
	memset(m->file + mini_offset(MINI_TEXT), 0x90, MINI_FUNCS * MINI_FUNC_SIZE);
	return m;
}

#endif
