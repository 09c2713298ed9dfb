// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "golang/probe_cost.h"
#include "golang/site_make.h"

/* As people write it: AT&T syntax on amd64. */
static void put_text(const struct decoder *d, char *dst, size_t size)
{
	cs_insn *insn = NULL;
	size_t n;

	if (d->arch == GO_ARCH_AMD64)
		cs_option(d->handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	n = cs_disasm(d->handle, d->insn->bytes, d->insn->size, d->insn->address, 1, &insn);
	if (d->arch == GO_ARCH_AMD64)
		cs_option(d->handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_INTEL);
	if (n)
		snprintf(dst, size, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "",
			 insn->op_str);
	else
		snprintf(dst, size, "?");
	cs_free(insn, n);
	/* "nop " */
	for (n = strlen(dst); n && dst[n - 1] == ' '; n--)
		dst[n - 1] = '\0';
}

int site_describe(struct go_site *ret, const struct go_exe *x, const struct pclntab_func *f,
		  const struct decoder *d)
{
	unsigned long at = d->insn->address - f->entry;
	const char *name = pclntab_name(&x->pcln, f->name);

	if (d->insn->size > sizeof(ret->bytes) ||
	    !go_exe_text_offset(x, d->insn->address, &ret->file_offset))
		return -EINVAL;
	ret->vaddr = d->insn->address;
	ret->func_entry = f->entry;
	ret->n_bytes = d->insn->size;
	memcpy(ret->bytes, d->insn->bytes, d->insn->size);
	ret->emulated = probe_cost_of(d) == PROBE_EMULATED;
	put_text(d, ret->instruction, sizeof(ret->instruction));
	snprintf(ret->where, sizeof(ret->where), at ? "%s+0x%lx" : "%s", name ? name : "?", at);
	return 0;
}
