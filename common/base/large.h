/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of many megabytes. A page fault for each 4 KB of it costs more than what is put there, and
 * so does finding the page again for whoever jumps about in it: large pages are asked for. A kernel
 * that has none to give gives small ones.
 */
#ifndef GOROUTOP_BASE_LARGE_H
#define GOROUTOP_BASE_LARGE_H

#include <stddef.h>

/* Of what malloc or realloc returned. Does nothing if it is small. */
void large_memory(void *p, size_t size);

#endif
