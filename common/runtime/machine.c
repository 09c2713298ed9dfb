// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/bytes.h"
#include "runtime/internal.h"

/* An m is read in one piece from its beginning to the last field that is wanted. */
enum { MACHINE_MAX = 4096 };

static int32_t p_id(struct runtime *rt, uint64_t p)
{
	int32_t id;

	if (!p || !plausible_pointer(p) || off(rt, LF_P_ID) < 0)
		return -1;
	if (memory_read_all(rt->mem, p + off(rt, LF_P_ID), &id, sizeof(id)))
		return -1;
	return id >= 0 && id < 1 << 20 ? id : -1;
}

static uint64_t m_field(struct runtime *rt, const uint8_t *m, size_t n, enum layout_field f)
{
	int32_t at = off(rt, f);

	return at >= 0 && (size_t)at + 8 <= n ? le64(m + at) : 0;
}

pid_t machine_tid(struct runtime *rt, uint64_t procid)
{
	if (!valid_procid(procid))
		return 0;
	return rt->threads ? thread_map_get(rt->threads, procid) : (pid_t)procid;
}

static bool machine_read(struct runtime *rt, uint64_t addr, struct machine *ret)
{
	static const enum layout_field wanted[] = {LF_M_PROCID, LF_M_CURG, LF_M_P};
	uint8_t m[MACHINE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		int32_t end = off(rt, wanted[i]) + 8;

		if (off(rt, wanted[i]) >= 0 && end <= MACHINE_MAX && (size_t)end > n)
			n = end;
	}
	if (!plausible_pointer(addr) || memory_read_all(rt->mem, addr, m, n))
		return false;
	*ret = (struct machine){
		.addr = addr,
		.curg = m_field(rt, m, n, LF_M_CURG),
		.tid = machine_tid(rt, m_field(rt, m, n, LF_M_PROCID)),
		.p = p_id(rt, m_field(rt, m, n, LF_M_P)),
	};
	return true;
}

const struct machine *machine_get(struct runtime *rt, uint64_t addr)
{
	struct machines *ms = &rt->machines;
	struct machine m;
	uint32_t i;

	if (!addr)
		return NULL;
	i = hash_get(&ms->by_addr, addr);
	if (i != HASH_NONE)
		return &ms->all.v[i];
	if (!machine_read(rt, addr, &m) || !vec_push(&ms->all, m))
		return NULL;
	if (!hash_put(&ms->by_addr, addr, ms->all.n - 1)) {
		ms->all.n--;
		return NULL;
	}
	return &ms->all.v[ms->all.n - 1];
}

void machines_forget(struct machines *ms)
{
	hash_clear(&ms->by_addr);
	ms->all.n = 0;
}

void machines_free(struct machines *ms)
{
	hash_free(&ms->by_addr);
	vec_free(&ms->all);
}
