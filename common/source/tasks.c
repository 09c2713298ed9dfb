// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "source/label_task.h"
#include "source/scheduler_task.h"
#include "source/stack_task.h"
#include "source/wait_task.h"

/* In the order of their turns: what a refresh waits for first comes first. */
const struct task_kind *const task_kinds[] = {
	&scheduler_task,
	&label_task,
	&wait_task,
	&stack_task,
};

const size_t n_task_kinds = ARRAY_SIZE(task_kinds);
