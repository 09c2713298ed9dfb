/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layout found on the live process alone, by what must hold in every Go runtime: for a release
 * that no row of the table fits.
 */
#ifndef GOROUTOP_RUNTIME_CALIBRATE_H
#define GOROUTOP_RUNTIME_CALIBRATE_H

#include "runtime/match.h"

/*
 * Searches goid, atomicstatus, m, curg, procid, waitreason, gopc and startpc, and with less at stake
 * parentGoid and the saved registers; fields beyond stay unknown. 0, or as runtime_open_any, whose reasons
 * it gives: what was not found, or may be in several places.
 */
int layout_calibrate(struct layout *layout, const struct live_exe *live, struct err *err);

#endif
