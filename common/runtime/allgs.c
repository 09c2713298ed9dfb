// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of all g structs. runtime.allgs is a slice to which allgadd appends under a lock; the
 * array is copied when it grows, but entries never change and g structs are never freed
 * (src/runtime/proc.go: allgs, Go 1.17 to 1.27). So each entry is read once.
 */
#include <errno.h>

#include "base/radix.h"
#include "runtime/internal.h"

struct slice {
	uint64_t ptr, len, cap;
};

/*
 * The header is three words that the target may be storing just now: a new length with an old
 * pointer would lead beyond the old array. Two equal readings in a row are no mixture, for the
 * length never comes back.
 */
static int read_header(struct runtime *rt, struct slice *ret)
{
	struct slice before;
	int r = memory_read_all(rt->mem, rt->allgs, &before, sizeof(before));

	for (int tries = 0; !r && tries < 8; tries++) {
		r = memory_read_all(rt->mem, rt->allgs, ret, sizeof(*ret));
		if (!r && before.ptr == ret->ptr && before.len == ret->len &&
		    before.cap == ret->cap)
			break;
		before = *ret;
	}
	if (r)
		return r == -ESRCH ? r : -EIO;
	if (!ret->len && !ret->ptr)
		return -EAGAIN;
	if (ret->len > ret->cap || ret->len > MAX_GOROUTINES || !plausible_pointer(ret->ptr))
		return -EIO;
	return 0;
}

/* Merges fresh[0..n), ascending, into the sorted list, leaving out what is double. */
static int merge(struct g_list *list, const uint64_t *fresh, size_t n)
{
	size_t from = list->sorted.n, to = from + n, total = to, unique = 0;
	uint64_t *v;

	if (!vec_reserve(&list->sorted, to))
		return -ENOMEM;
	v = list->sorted.v;
	while (n) {
		if (from && v[from - 1] > fresh[n - 1])
			v[--to] = v[--from];
		else
			v[--to] = fresh[--n];
	}
	for (size_t i = 0; i < total; i++)
		if (!unique || v[i] != v[unique - 1])
			v[unique++] = v[i];
	list->sorted.n = unique;
	return 0;
}

int g_list_update(struct runtime *rt)
{
	struct g_list *list = &rt->list;
	VEC(uint64_t) fresh = {0};
	struct slice s;
	size_t n, good = 0;
	int r;

	r = read_header(rt, &s);
	if (r)
		return r;
	if (s.len < list->known)
		return -EIO;
	n = s.len - list->known;
	if (!n)
		return 0;
	if (!vec_reserve(&fresh, n))
		return -ENOMEM;
	r = memory_read_all(rt->mem, s.ptr + list->known * 8, fresh.v, n * 8);
	for (size_t i = 0; !r && i < n; i++)
		if (plausible_pointer(fresh.v[i]))
			fresh.v[good++] = fresh.v[i];
	if (!r)
		r = radix_sort(fresh.v, good) ? merge(list, fresh.v, good) : -ENOMEM;
	if (!r)
		list->known = s.len;
	vec_free(&fresh);
	return r == -EFAULT ? -EIO : r;
}
