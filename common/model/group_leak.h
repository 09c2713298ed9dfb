/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The leak radar over the groups of a grouping: which of them are marked, and why. */
#ifndef GOROUTOP_MODEL_GROUP_LEAK_H
#define GOROUTOP_MODEL_GROUP_LEAK_H

#include "model/group.h"

/* At the end of a refresh interval: whenever a slot of the radar is full, groups are judged. */
void grouping_find_leaks(struct model *m, struct grouping *g);

#endif
