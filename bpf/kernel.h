/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel offers for probes, and whether we may use it: for --doctor. */
#ifndef GOROUTOP_BPF_KERNEL_H
#define GOROUTOP_BPF_KERNEL_H

#include <stdbool.h>

#include "base/err.h"

enum kernel_answer {
	KERNEL_YES,
	KERNEL_NO,     /* it is not there */
	KERNEL_DENIED, /* it may be there, but not for us */
};

struct kernel_offer {
	enum kernel_answer bpf;		 /* BPF programs of the kind that probes run */
	enum kernel_answer ring_buffer;	 /* Linux 5.8 */
	enum kernel_answer perf_uprobes; /* uprobes by perf events */
	enum kernel_answer uprobe_multi; /* Linux 6.6 */
	enum kernel_answer cookies;	 /* Linux 5.15: several sites by perf events */
};

/* Asks the kernel, by trying. Needs the privileges raised; sets no probe. */
void kernel_ask(struct kernel_offer *ret);

/*
 * Loads the program for n_sites made-up sites and measures, on ourselves, what a hit costs (ns;
 * *stepped where the instruction must be single-stepped): 0, or why there are no probes. Needs the
 * privileges raised; takes some 150 ms.
 */
int kernel_try(unsigned n_sites, double *emulated, double *stepped, struct err *err);

#endif
