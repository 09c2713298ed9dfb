/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel does to execute an instruction that is probed. */
#ifndef GOROUTOP_GOLANG_PROBE_COST_H
#define GOROUTOP_GOLANG_PROBE_COST_H

#include "golang/decode.h"

enum probe_cost {
	PROBE_FORBIDDEN, /* never probe it */
	PROBE_STEPPED,	 /* a copy is single-stepped: another trap */
	PROBE_EMULATED,	 /* emulated: a tenth of the cost */
};

/* Of d's current instruction. */
enum probe_cost probe_cost_of(const struct decoder *d);

#endif
