// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/task.h"

/* In the order of their turns: what a refresh waits for first comes first. */
const struct task_kind *const task_kinds[] = {
	NULL, /* a list in C is not empty; nobody asks for its turn */
};

const size_t n_task_kinds = 0;
