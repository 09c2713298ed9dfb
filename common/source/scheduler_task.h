/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The task that reads the scheduler: for its screen, for outputs, and at each refresh for alarms. */
#ifndef GOROUTOP_SOURCE_SCHEDULER_TASK_H
#define GOROUTOP_SOURCE_SCHEDULER_TASK_H

#include "source/task.h"

extern const struct task_kind scheduler_task;

#endif
