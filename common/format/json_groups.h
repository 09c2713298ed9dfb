/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The array "groups", which stands where "goroutines" does when groups are asked for. */
#ifndef GOROUTOP_FORMAT_JSON_GROUPS_H
#define GOROUTOP_FORMAT_JSON_GROUPS_H

#include <yajl/yajl_gen.h>

#include "model/picture.h"

void json_groups(yajl_gen g, const struct picture *p);

#endif
