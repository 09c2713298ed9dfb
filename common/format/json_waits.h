/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef GOROUTOP_FORMAT_JSON_WAITS_H
#define GOROUTOP_FORMAT_JSON_WAITS_H

#include <yajl/yajl_gen.h>

#include "model/picture.h"

/* "waits_on" of a goroutine: null where it is not known, [] where it does not wait. */
void json_waits(yajl_gen g, const struct picture *p, const struct row *r);

#endif
