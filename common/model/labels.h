/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Labels of pprof. A set never changes; goroutines share it, and pictures on other threads hold it
 * by a reference. Texts are clean.
 */
#ifndef GOROUTOP_MODEL_LABELS_H
#define GOROUTOP_MODEL_LABELS_H

#include <stddef.h>
#include <stdint.h>

struct label {
	const char *key, *value;
};

struct label_set {
	unsigned refs; /* atomic */
	size_t n;
	const struct label *v; /* by key, ascending */
	const char *all;       /* "route=/orders user=7"; NULL when n is 0 */
};

/*
 * A copy of n labels, whose texts are as the target has them and whose keys ascend, with one
 * reference; NULL: no memory.
 */
struct label_set *label_set_new(const struct label *v, size_t n);
/* Both take NULL, and any thread may call them. */
struct label_set *label_set_ref(struct label_set *s);
void label_set_unref(struct label_set *s);

/* The value of a key, or NULL, as of no set. The key has been cleaned, or needed not. */
const char *label_value(const struct label_set *s, const char *key);

#endif
