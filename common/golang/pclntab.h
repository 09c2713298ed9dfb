/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * .gopclntab: the table of functions, names, files, lines and stack depths that every Go program
 * carries, stripped or not (src/runtime/symtab.go; written by cmd/link/internal/ld/pcln.go).
 *
 * Its format changed with Go 1.16, 1.18 and 1.20; from 1.26 on it no longer holds the address of
 * the text (golang.org/cl/710275), which moduledata.c then finds. Go 1.15 and older is recognised
 * only to be refused by name. Offsets inside are checked where they are used.
 */
#ifndef GOROUTOP_GOLANG_PCLNTAB_H
#define GOROUTOP_GOLANG_PCLNTAB_H

#include "golang/elf_relocs.h"
#include "golang/span.h"

enum pclntab_format { PCLNTAB_12, PCLNTAB_116, PCLNTAB_118, PCLNTAB_120 };

/* src/internal/abi/symtab.go; the same numbers since Go 1.16. */
enum { PCDATA_INL_TREE_INDEX = 2, FUNCDATA_INL_TREE = 3 };

struct pclntab {
	struct span span; /* offsets below are in it */
	uint64_t vaddr;
	enum pclntab_format format;
	uint8_t quantum; /* of the pc: 1 on amd64, 4 on arm64 */
	uint64_t n_funcs;
	uint64_t text; /* what entries are relative to; 0 until known (1.26+), and in 1.16 */
	uint64_t funcname, cutab, filetab, pctab, pcln; /* tables, in this order */
	uint32_t *names;				/* of each function, the name's offset */
	uint8_t wrapper_id;				/* funcID of wrappers: the greatest */
	const struct elf_relocs *relocs;		/* outlives this */
};

struct pclntab_func {
	uint64_t entry, end; /* link-time */
	uint32_t index;
	uint32_t name, pcsp, pcfile, pcline, cu; /* offsets into their tables */
	uint32_t n_pcdata;
	uint8_t func_id, n_funcdata;
	uint64_t tables; /* of pcdata[n_pcdata], in the span; funcdata follows */
};

/* Bytes that every table begins with, from its second byte on; the first says which format. */
#define PCLNTAB_MAGIC_LEN 7
void pclntab_magic(uint8_t dst[PCLNTAB_MAGIC_LEN], unsigned elf_machine);

/*
 * Opens the table at vaddr, of at most `size` bytes, and checks its head and the order of its
 * functions. -EINVAL: no such table there; -ENOTSUP: it is Go 1.15's or older; or another -errno.
 * The struct must stay where it is.
 */
int pclntab_open(struct pclntab *ret, const struct elf_image *img, const struct elf_relocs *relocs,
		 uint64_t vaddr, uint64_t size);
void pclntab_close(struct pclntab *t);

/* "1.2", "1.16", … */
const char *pclntab_format_name(enum pclntab_format f);

/* The entry of function i ≤ n_funcs relative to text (absolute in 1.16); false when unreadable. */
bool pclntab_entry_offset(const struct pclntab *t, uint64_t i, uint64_t *ret);

bool pclntab_func(const struct pclntab *t, uint64_t index, struct pclntab_func *ret);

/* The function that holds pc. */
bool pclntab_func_at(const struct pclntab *t, uint64_t pc, struct pclntab_func *ret);

/*
 * The function of that name. Functions called from assembly are there twice, as body and as ABI
 * wrapper, under one name: the body is returned.
 */
bool pclntab_func_named(const struct pclntab *t, const char *name, struct pclntab_func *ret);

/* A function's name by its offset; NULL when it is out of range. */
const char *pclntab_name(const struct pclntab *t, uint32_t name);

/* The offset of a name; UINT64_MAX when the table does not have it. */
uint64_t pclntab_name_offset(const struct pclntab *t, const char *name);

/* Whether the name at the offset is of the same package as `like` ("runtime.casgstatus"). */
bool pclntab_in_package(const struct pclntab *t, uint32_t name, const char *like);

/* Whether a name begins at this offset: what other tables refer to names by. */
bool pclntab_is_name(const struct pclntab *t, uint32_t name);

/* The file of number fileno in the function's compile unit; NULL when there is none. */
const char *pclntab_file(const struct pclntab *t, const struct pclntab_func *f, int32_t fileno);

/* The value that the pc-value table at offset `table` has for pc inside f; false if none. */
bool pclntab_value(const struct pclntab *t, const struct pclntab_func *f, uint32_t table,
		   uint64_t pc, int32_t *ret);

/*
 * Calls visit for each run [from, to) of pcs of one value, in their order, until it returns false.
 * False when the table cannot be read whole.
 */
bool pclntab_value_runs(const struct pclntab *t, const struct pclntab_func *f, uint32_t table,
			bool (*visit)(void *arg, uint64_t from, uint64_t to, int32_t value),
			void *arg);

/* The offset of the function's pc-value table i; 0 when it has none. */
uint32_t pclntab_pcdata(const struct pclntab *t, const struct pclntab_func *f, unsigned i);

/*
 * The function's funcdata i: an address up to Go 1.17, then an offset from moduledata.gofunc.
 * False when it has none.
 */
bool pclntab_funcdata(const struct pclntab *t, const struct pclntab_func *f, unsigned i,
		      uint64_t *ret);

#endif
