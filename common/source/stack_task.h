/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stacks, and with them WHERE: those of the rows on the screen at each refresh, those of all rows
 * when the order or the filter depends on them or an output writes all; else the rest in turns,
 * within one percent of a CPU. A goroutine that has not moved is not read again.
 */
#ifndef GOROUTOP_SOURCE_STACK_TASK_H
#define GOROUTOP_SOURCE_STACK_TASK_H

#include "source/task.h"

extern const struct task_kind stack_task;

#endif
