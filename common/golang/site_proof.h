/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A proof that a function takes (gp, old, new) in the registers that casgstatus is called with, and
 * does with them what casgstatus does: compare and swap the status of gp from old to new. It follows
 * the arguments through moves, spills and reloads. A build with another calling convention
 * (GOEXPERIMENT=noregabi), or another function of that name, does not pass.
 */
#ifndef GOROUTOP_GOLANG_SITE_PROOF_H
#define GOROUTOP_GOLANG_SITE_PROOF_H

#include "golang/decode.h"

/* Decodes to the end of d. True: proven, and *offset is that of the status in g. */
bool prove_casgstatus(struct decoder *d, int32_t *offset);

#endif
