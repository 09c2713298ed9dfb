/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Global variables of a stripped executable, by the code that uses them. */
#ifndef GOROUTOP_GOLANG_GLOBALS_DECODE_H
#define GOROUTOP_GOLANG_GLOBALS_DECODE_H

#include "golang/globals.h"

/*
 * Finds each one in the functions that are known to use it in a way of their own. Fills addr, how,
 * and count; addr stays 0 and how says why where the code does not look as expected.
 */
void globals_decode(const struct go_exe *x, struct go_global_place ret[GG_COUNT]);

#endif
