/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GOROUTOP_SOURCE_LABEL_TASK_H
#define GOROUTOP_SOURCE_LABEL_TASK_H

#include "source/task.h"

/* Reads the labels of pprof behind each pointer that goroutines have, once. */
extern const struct task_kind label_task;

#endif
