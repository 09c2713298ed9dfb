/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges (DESIGN.md law 9): capabilities stay in the permitted set and are effective only
 * between privilege_raise and privilege_lower, on the calling thread. The only caller of capset.
 */
#ifndef GOROUTOP_PROCESS_PRIVILEGE_H
#define GOROUTOP_PROCESS_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * At the start of the program, before any thread: empties the effective set (and the inheritable
 * and ambient ones), keeps the permitted one. As root too: files are then opened as an unprivileged
 * root would, so every privileged open stands inside a bracket.
 */
void privilege_begin(void);

/* Makes all permitted capabilities effective on this thread, and takes them back. They nest not. */
void privilege_raise(void);
void privilege_lower(void);

/* Gives up the permitted set of this thread for good. */
void privilege_drop(void);

/* What is missing for probing (BPF, uprobes), as "CAP_BPF, CAP_PERFMON"; "" when nothing is. */
void privilege_missing_for_probes(char *dst, size_t size);

/* Before exec of a child: drops to uid/gid of `user` with its groups; -errno. NULL: gives the child
 * the capabilities that goroutop was started with (they were only set aside). */
int privilege_for_child(const char *user);

#endif
