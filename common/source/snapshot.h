/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture of its own, for another thread: the window's rows copied, the texts shared. */
#ifndef GOROUTOP_SOURCE_SNAPSHOT_H
#define GOROUTOP_SOURCE_SNAPSHOT_H

#include "model/picture.h"

/*
 * Copies p; picture_free calls release(ctx) when it is freed, so that who owns the texts (names,
 * the target's facts) stays until then. NULL: no memory.
 */
struct picture *picture_copy(const struct picture *p, void (*release)(void *ctx), void *ctx);

#endif
