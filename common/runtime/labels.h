/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Labels of pprof (runtime/pprof.Do, SetGoroutineLabels): g.labels points at a set that never
 * changes once a goroutine has it.
 */
#ifndef GOROUTOP_RUNTIME_LABELS_H
#define GOROUTOP_RUNTIME_LABELS_H

#include "base/buf.h"
#include "base/vec.h"
#include "runtime/runtime.h"

enum {
	LABELS_MAX = 64,       /* in a set; who has more is not read */
	LABEL_KEY_MAX = 256,   /* bytes; the same */
	LABEL_VALUE_MAX = 1024 /* bytes; what is longer is cut and ends in "…" */
};

struct g_label {
	const char *key, *value; /* as the target has them, but for NUL bytes: 0xff, no character */
};

struct g_labels {
	VEC(struct g_label) v; /* by key, ascending bytes */
	char *text;	       /* what they point into */
};

/*
 * Reads the set that the goroutine at address g has at `labels` (g_facts.labels, not 0), into *ret
 * (all zero, or used before: its memory is used again). 0; -EAGAIN: it no longer has that one;
 * -EIO: what is there makes no sense; -ENOTSUP: this build's representation is not known; another
 * -errno. After an error *ret holds nothing.
 */
int runtime_read_labels(struct runtime *rt, uint64_t g, uint64_t labels, struct g_labels *ret);
void g_labels_free(struct g_labels *l);

#endif
