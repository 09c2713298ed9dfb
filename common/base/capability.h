/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities as <linux/capability.h> of kernel 5.8 and later has them; older headers have not. */
#ifndef GOROUTOP_BASE_CAPABILITY_H
#define GOROUTOP_BASE_CAPABILITY_H

#include <linux/capability.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

#endif
