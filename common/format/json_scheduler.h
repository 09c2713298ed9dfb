/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of the JSON object that tell of the scheduler and of alarms. */
#ifndef GOROUTOP_FORMAT_JSON_SCHEDULER_H
#define GOROUTOP_FORMAT_JSON_SCHEDULER_H

#include <yajl/yajl_gen.h>

#include "model/picture.h"

void json_alarms(yajl_gen g, const struct picture *p);
void json_scheduler(yajl_gen g, const struct picture *p);

#endif
