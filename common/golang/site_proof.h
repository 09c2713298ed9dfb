/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A compare-and-swap of a goroutine's status, in runtime.casgstatus or in a copy of it: on which g
 * it works, and from which status to which.
 */
#ifndef GOROUTOP_GOLANG_SITE_PROOF_H
#define GOROUTOP_GOLANG_SITE_PROOF_H

#include "golang/values.h"

struct status_swap {
	struct value status; /* address of the status: that of g, plus an offset */
	struct value old_status, new_status;
};

/* Whether the swap begins at that instruction; sets *ret to the values that it works on. */
bool status_swap_at(struct values *v, uint32_t insn, struct status_swap *ret);

/*
 * Whether the function gets (gp, old, new) in the registers that casgstatus is called with, and
 * swaps the status of gp from old to new: a build with another calling convention
 * (GOEXPERIMENT=noregabi), or another function of that name, does not. *offset is that of the
 * status in g.
 */
bool prove_casgstatus(struct values *v, int32_t *offset);

#endif
