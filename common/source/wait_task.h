/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GOROUTOP_SOURCE_WAIT_TASK_H
#define GOROUTOP_SOURCE_WAIT_TASK_H

#include "source/task.h"

/* Reads on what goroutines wait, while somebody looks at that. */
extern const struct task_kind wait_task;

#endif
