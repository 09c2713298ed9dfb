/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine permits us, as its settings have it: for --doctor. */
#ifndef GOROUTOP_PROCESS_PERMISSION_H
#define GOROUTOP_PROCESS_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PERMISSION_UNKNOWN = -100 }; /* of a number: there is no such setting, or it can't be read */

struct permission {
	uid_t uid;		  /* effective */
	bool user_namespace;	  /* we are in one of our own: capabilities count for little */
	bool pid_namespace;	  /* likewise: PIDs are not the kernel's own */
	int yama;		  /* kernel.yama.ptrace_scope */
	int perf_event_paranoid;  /* kernel.perf_event_paranoid */
	int unprivileged_bpf_off; /* kernel.unprivileged_bpf_disabled */
	int seccomp;		  /* mode of a filter that confines us, 0: none */
	char lockdown[32];	  /* "none", "integrity", "confidentiality"; "": there is none */
};
void permission_look(struct permission *ret);

/* One of the capabilities that matter here. */
struct permission_capability {
	int number;
	const char *name; /* "CAP_BPF" */
	const char *what; /* what it is needed for */
	bool in_admin;	  /* CAP_SYS_ADMIN includes it */
};
extern const struct permission_capability permission_capabilities[];
extern const size_t n_permission_capabilities;

#endif
