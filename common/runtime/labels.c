// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Up to Go 1.23 a set of labels is a map[string]string, and g.labels points at a word that holds
 * the map (src/runtime/pprof/label.go: labelMap). From 1.24 on it is a slice of (key, value), and
 * g.labels points at its header (golang.org/cl/574516; 1.26 moved it to internal/runtime/pprof/label).
 *
 * The map may have been left in the midst of growing: what has not moved yet is in its old buckets
 * (src/runtime/map.go at Go 1.23: bmap, evacuated).
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "runtime/internal.h"
#include "runtime/labels.h"

/* bmap of a map[string]string: 8 hashes, 8 keys, 8 values, the next bucket. */
enum {
	SLOTS = 8,
	STRING = 16, /* bytes of a string's header */
	BUCKET = SLOTS + 2 * SLOTS * STRING + 8,
	EVACUATED_X = 2, /* tophash: the bucket has moved … */
	MIN_HASH = 5,	 /* … from here on: the slot holds something */
	SAME_SIZE = 8,	 /* hmap.flags: it grows to as many buckets */
	HMAP_MAX = 64,
	/* log2 of the buckets of a set of LABELS_MAX, made larger than need be. */
	LOG_BUCKETS_MAX = 8,
	OVERFLOW_MAX = 64 /* buckets in a chain */
};

struct string {
	uint64_t ptr, len;
};

/* The headers of what was found; their texts are read afterwards. */
struct found {
	struct string key[LABELS_MAX], value[LABELS_MAX];
	size_t n;
};

static struct string string_at(const uint8_t *p)
{
	return (struct string){le64(p), le64(p + 8)};
}

static int add(struct found *f, const uint8_t *key, const uint8_t *value)
{
	if (f->n == LABELS_MAX)
		return -EIO;
	f->key[f->n] = string_at(key);
	f->value[f->n++] = string_at(value);
	return 0;
}

/* ---- slices, from Go 1.24 on ------------------------------------------------------------------- */

static int find_in_slice(struct runtime *rt, uint64_t labels, struct found *f)
{
	uint8_t list[LABELS_MAX * 2 * STRING];
	uint64_t slice[3];
	int r = memory_read_all(rt->mem, labels, slice, sizeof(slice));

	if (r || !slice[1])
		return r;
	if (slice[1] > slice[2] || slice[1] > LABELS_MAX || !plausible_pointer(slice[0]))
		return -EIO;
	r = memory_read_all(rt->mem, slice[0], list, slice[1] * 2 * STRING);
	for (size_t i = 0; !r && i < slice[1]; i++)
		r = add(f, list + i * 2 * STRING, list + (i * 2 + 1) * STRING);
	return r;
}

/* ---- maps, up to Go 1.23 ----------------------------------------------------------------------- */

/* A bucket and what overflowed from it. Of an old one: nothing, once all have moved. */
static int find_in_bucket(struct runtime *rt, uint64_t at, struct found *f, bool old)
{
	for (int depth = 0; at; depth++) {
		uint8_t b[BUCKET];
		int r;

		if (depth == OVERFLOW_MAX || !plausible_pointer(at))
			return -EIO;
		r = memory_read_all(rt->mem, at, b, sizeof(b));
		if (r)
			return r;
		if (old && b[0] >= EVACUATED_X && b[0] < MIN_HASH)
			return 0;
		for (size_t i = 0; i < SLOTS; i++) {
			const uint8_t *key = b + SLOTS + i * STRING;

			r = b[i] < MIN_HASH ? 0 : add(f, key, key + SLOTS * STRING);
			if (r)
				return r;
		}
		at = le64(b + BUCKET - 8);
	}
	return 0;
}

static int find_in_buckets(struct runtime *rt, uint64_t at, size_t n, struct found *f, bool old)
{
	int r = 0;

	for (size_t i = 0; !r && i < n; i++)
		r = find_in_bucket(rt, at + i * BUCKET, f, old);
	return r;
}

static int find_in_map(struct runtime *rt, uint64_t labels, struct found *f)
{
	static const enum layout_field needed[] = {LF_HMAP_COUNT, LF_HMAP_FLAGS, LF_HMAP_B,
						   LF_HMAP_BUCKETS, LF_HMAP_OLDBUCKETS};
	uint8_t h[HMAP_MAX], b;
	uint64_t map, count, old;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (off(rt, needed[i]) < 0 || off(rt, needed[i]) > HMAP_MAX - 8)
			return -ENOTSUP;
	r = memory_read_all(rt->mem, labels, &map, sizeof(map));
	if (r || !map)
		return r;
	r = plausible_pointer(map) ? memory_read_all(rt->mem, map, h, sizeof(h)) : -EIO;
	if (r)
		return r;
	count = le64(h + off(rt, LF_HMAP_COUNT));
	b = h[off(rt, LF_HMAP_B)];
	old = le64(h + off(rt, LF_HMAP_OLDBUCKETS));
	if (count > LABELS_MAX || b > LOG_BUCKETS_MAX)
		return -EIO;
	if (!count)
		return 0;
	r = find_in_buckets(rt, le64(h + off(rt, LF_HMAP_BUCKETS)), 1u << b, f, false);
	if (!r && old) {
		if (b && !(h[off(rt, LF_HMAP_FLAGS)] & SAME_SIZE))
			b--;
		r = find_in_buckets(rt, old, 1u << b, f, true);
	}
	return !r && f->n != count ? -EIO : r;
}

/* ---- texts ------------------------------------------------------------------------------------- */

/*
 * Reads a text to dst, which has room for max bytes and "…" and a NUL: the number of bytes that it
 * took, or -errno. A NUL byte becomes one that is no character, so that it cannot end the text.
 */
static ssize_t read_text(struct runtime *rt, struct string s, char *dst, size_t max, bool cut)
{
	size_t n = s.len < max ? s.len : max;
	int r;

	if (s.len >> 40 || (s.len > max && !cut))
		return -EIO;
	r = n ? memory_read_all(rt->mem, s.ptr, dst, n) : 0;
	if (r)
		return r;
	for (size_t i = 0; i < n; i++)
		if (!dst[i])
			dst[i] = (char)0xff;
	/* The cut may go through a character: its first bytes go too. */
	while (s.len > max && n && ((uint8_t)dst[n - 1] & 0xc0) == 0x80)
		n--;
	if (s.len > max && n && (uint8_t)dst[n - 1] >= 0xc0)
		n--;
	strcpy(dst + n, s.len > max ? "…" : "");
	return (ssize_t)(n + strlen(dst + n) + 1);
}

static int by_key(const void *a, const void *b)
{
	const struct g_label *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int read_texts(struct runtime *rt, const struct found *f, struct g_labels *ret)
{
	enum { ROOM = LABEL_KEY_MAX + LABEL_VALUE_MAX + 8 };
	char *at;

	free(ret->text);
	ret->text = at = malloc(f->n * ROOM + 1);
	if (!at || !vec_reserve(&ret->v, f->n))
		return -ENOMEM;
	for (size_t i = 0; i < f->n; i++) {
		ssize_t key = read_text(rt, f->key[i], at, LABEL_KEY_MAX, false), value;

		if (key < 0)
			return (int)key;
		value = read_text(rt, f->value[i], at + key, LABEL_VALUE_MAX, true);
		if (value < 0)
			return (int)value;
		ret->v.v[ret->v.n++] = (struct g_label){at, at + key};
		at += key + value;
	}
	if (f->n)
		qsort(ret->v.v, ret->v.n, sizeof(*ret->v.v), by_key);
	return 0;
}

/* ---- both --------------------------------------------------------------------------------------- */

static bool has_slices(const struct runtime *rt)
{
	const struct go_version *v = &go_exe_info(rt->exe)->version;

	/* Of a build of unknown version its types tell: 1.24 has no hmap any more. */
	return v->major ? go_version_cmp(v, 24, 0) >= 0 : off(rt, LF_HMAP_BUCKETS) < 0;
}

/* As long as a living goroutine points at the set it is what it was. */
static int still_has(struct runtime *rt, uint64_t g, uint64_t labels)
{
	uint64_t now;
	int r = memory_read_all(rt->mem, g + off(rt, LF_G_LABELS), &now, sizeof(now));

	return r ? r : now == labels ? 0 : -EAGAIN;
}

int runtime_read_labels(struct runtime *rt, uint64_t g, uint64_t labels, struct g_labels *ret)
{
	struct found f = {.n = 0};
	int r;

	ret->v.n = 0;
	if (off(rt, LF_G_LABELS) < 0)
		return -ENOTSUP;
	if (!plausible_pointer(labels) || !plausible_pointer(g))
		return -EIO;
	r = has_slices(rt) ? find_in_slice(rt, labels, &f) : find_in_map(rt, labels, &f);
	if (!r)
		r = read_texts(rt, &f, ret);
	if (!r || r == -EIO || r == -EFAULT) {
		int still = still_has(rt, g, labels);

		r = still ? still : r;
	}
	if (r)
		ret->v.n = 0;
	return r == -EFAULT ? -EIO : r;
}

void g_labels_free(struct g_labels *l)
{
	vec_free(&l->v);
	free(l->text);
	l->text = NULL;
}
