// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutines by place, and windows of them (select.h). */
#include "model/select.h"

const struct ended *place_ended(const struct model *m, size_t at)
{
	at -= m->live.n;
	return at < m->ended.n ? &m->ended.v[at] : &m->ended_before.v[at - m->ended.n];
}

size_t place_count(const struct model *m, bool ended)
{
	return m->live.n + (ended ? m->ended.n + m->ended_before.n : 0);
}

size_t window_begin(const struct request *request, const struct selection *s)
{
	size_t first = request->first, count = request->count, at = (size_t)s->selected_at;

	if (first > s->matching || s->matching - first < count)
		first = s->matching > count ? s->matching - count : 0;
	if (!request->follow || s->selected_at < 0 || !count)
		return first;
	if (at < first)
		return at;
	return at - first >= count ? at - count + 1 : first;
}

bool place_is_meant(const struct model *m, const struct request *request, size_t at)
{
	const struct entry *e = place_entry(m, at);

	if (!entry_is_meant(request, e))
		return false;
	/* An extra M's goroutine of Go ≤ 1.25 ends and comes back under the same goid. */
	return at < m->live.n || index_get(&m->by_goid, m->live.v, e->goid) == INDEX_NONE;
}

void place_row(const struct model *m, size_t at, struct row *ret)
{
	if (at < m->live.n)
		show_row(m, &m->live.v[at], ret);
	else
		show_ended(m, place_ended(m, at), ret);
}
