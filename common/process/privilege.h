/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges (DESIGN.md law 9): capabilities stay in the permitted set and are effective only
 * between privilege_raise and privilege_lower, on the calling thread. The only caller of capset.
 *
 * With the effective set empty even root is refused what its user id alone does not give. A raised
 * bracket is needed for: process_open, memory_open (another user's process, or one with more
 * capabilities), tracer_open, tracer_attach, tracer_calibrate, root's files in directories of other
 * users, and signals to a command of another user. It is not needed for reading what is open
 * already, process_life, process_usage, process_load_bias, thread_map_get, process_list, draining
 * and reading maps (kernels before 5.19 with kernel.unprivileged_bpf_disabled set want it for
 * reading maps too).
 */
#ifndef GOROUTOP_PROCESS_PRIVILEGE_H
#define GOROUTOP_PROCESS_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

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

/* Whether this thread could raise a capability (CAP_… of <linux/capability.h>). */
bool privilege_permitted(int cap);

/* Whether we are in a user namespace of our own, where capabilities do not count for probes. */
bool privilege_in_user_namespace(void);

/*
 * What is missing for probing (BPF, uprobes), as "CAP_BPF, CAP_PERFMON"; "" when nothing is. Some
 * kernels want CAP_SYS_ADMIN instead of CAP_PERFMON (CVE-2025-38466): only tracer_open knows.
 */
void privilege_missing_for_probes(char *dst, size_t size);

/*
 * Whether a child could become that user (a name or a number). EXIT_USAGE: there is no such user;
 * EXIT_PERMISSION: we may not.
 */
int privilege_check_user(const char *user, struct err *err);

/*
 * In a child before its exec, forked while the process had one thread (the user database takes
 * locks): becomes `user` (a name or a number) with its groups and without capabilities. NULL, or
 * our own user: gives it back the capabilities that goroutop was started with, which were only set
 * aside; of a set-user-id goroutop it becomes the user who called it. -ENOENT: no such user;
 * -EPERM: not allowed. After a failure the child must not exec.
 */
int privilege_for_child(const char *user);

#endif
