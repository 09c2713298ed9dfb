// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of all g structs. runtime.allgs is a slice to which allgadd appends under a lock; the
 * array is copied when it grows, but entries never change and g structs are never freed
 * (src/runtime/proc.go: allgs, Go 1.17 to 1.27). So each entry is read once, and must be right.
 */
#include <errno.h>

#include "base/radix.h"
#include "runtime/internal.h"

enum { TRIES = 8 };

struct addresses {
	uint64_t *v;
	size_t n, cap;
};

int slice_read(const struct memory *mem, uint64_t addr, struct slice *ret)
{
	struct slice after;
	int r = memory_read_all(mem, addr, ret, sizeof(*ret));

	for (int tries = 0; !r; tries++) {
		if (tries == TRIES)
			return -EIO;
		r = memory_read_all(mem, addr, &after, sizeof(after));
		if (!r && after.ptr == ret->ptr && after.cap == ret->cap)
			break;
		*ret = after;
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

/*
 * The entries behind those that are known. When the array grows it is copied and the old one given
 * back: what is read of it then is anybody's, which shows at the header alone (-ESTALE). The length
 * is stored before the entry, so the last one, and no other, may not be there yet.
 */
static int read_new(struct runtime *rt, struct addresses *fresh)
{
	uint64_t known = rt->list.known, ptr;
	struct slice s;
	int r = slice_read(rt->mem, rt->allgs, &s), still;

	if (r)
		return r;
	if (s.len < known)
		return -EIO;
	fresh->n = 0;
	if (s.len == known)
		return 0;
	if (!vec_reserve(fresh, s.len - known))
		return -ENOMEM;
	r = memory_read_all(rt->mem, s.ptr + known * 8, fresh->v, (s.len - known) * 8);
	still = memory_read_all(rt->mem, rt->allgs, &ptr, sizeof(ptr));
	if (still)
		return still;
	if (ptr != s.ptr)
		return -ESTALE;
	if (!r)
		fresh->n = s.len - known - !fresh->v[s.len - known - 1];
	return r;
}

static int add_new(struct g_list *list, struct addresses *fresh)
{
	size_t n = fresh->n, good = 0;
	int r;

	for (size_t i = 0; i < n; i++)
		if (plausible_pointer(fresh->v[i]))
			fresh->v[good++] = fresh->v[i];
	r = radix_sort(fresh->v, good) ? merge(list, fresh->v, good) : -ENOMEM;
	if (!r)
		list->known += n;
	return r;
}

int g_list_update(struct runtime *rt)
{
	struct addresses fresh = {0};
	int r = -ESTALE;

	for (int tries = 0; r == -ESTALE && tries < TRIES; tries++)
		r = read_new(rt, &fresh);
	if (!r && fresh.n)
		r = add_new(&rt->list, &fresh);
	vec_free(&fresh);
	return r == -EFAULT || r == -ESTALE ? -EIO : r;
}
