/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why the kernel refuses us a process, and what would lift it: ptrace(2), "access mode checking". */
#ifndef GOROUTOP_PROCESS_DENIED_H
#define GOROUTOP_PROCESS_DENIED_H

#include <stddef.h>

enum denied_access {
	DENIED_READ,   /* PTRACE_MODE_READ: exe, auxv, maps */
	DENIED_ATTACH, /* PTRACE_MODE_ATTACH: mem; Yama has its say */
};

/*
 * After EACCES or EPERM on a file below proc_fd: "cause: remedy", one line, into dst.
 */
void denied_explain(char *dst, size_t size, int proc_fd, enum denied_access access);

#endif
