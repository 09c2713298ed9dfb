/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program as a whole owes to the system. */
#ifndef GOROUTOP_SOURCE_PROGRAM_H
#define GOROUTOP_SOURCE_PROGRAM_H

/*
 * At the start of the program, before any thread: sets the privileges aside, so that they are in
 * force only around what needs them (DESIGN.md law 9).
 */
void program_begin(void);

#endif
