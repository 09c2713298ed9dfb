/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the search share: a sample of g structs, and what was found so far. */
#ifndef GOROUTOP_RUNTIME_CALIBRATE_THREADS_H
#define GOROUTOP_RUNTIME_CALIBRATE_THREADS_H

#include "runtime/internal.h"
#include "runtime/match.h"

enum {
	CAL_SAMPLE = 256,  /* goroutines looked at */
	CAL_G_BYTES = 640, /* of a g: Go 1.27's has 456 */
	CAL_M_BYTES = 1024,
	CAL_TRIES = 40,
	CAL_PAUSE_MS = 5,
};

struct cal_g {
	uint64_t addr;
	uint64_t word[CAL_G_BYTES / 8];
};

struct calibration {
	const struct live_exe *live;
	const struct layout *layout; /* its wait reasons are known */
	uint64_t allgs, allm;	     /* live addresses; allm 0: not known */
	struct cal_g g[CAL_SAMPLE];
	size_t n;
	uint64_t turn; /* where in the list behind the first the next sample goes on */
	int32_t offset[LF_COUNT];
};

/* Reads the sample anew; -EAGAIN, -EIO. */
int calibration_sample(struct calibration *c);

uint32_t calibration_status(const struct calibration *c, const struct cal_g *g);

/* g.m, m.curg and m.procid, by goroutines that run. */
int calibrate_threads(struct calibration *c, struct err *err);

#endif
