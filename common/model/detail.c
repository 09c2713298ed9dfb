// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "model/table.h"

static enum detail_part part_of(uint8_t state)
{
	switch (state) {
	case GS_RUNNING:
		return PART_RUNNING;
	case GS_RUNNABLE:
		return PART_RUNNABLE;
	case GS_SYSCALL:
		return PART_SYSCALL;
	case GS_WAITING:
	case GS_LEAKED:
		return PART_WAITING;
	default:
		return PART_OTHER;
	}
}

/* ---- the strip -------------------------------------------------------------------------------- */

/* Makes the slot that holds time t the newest one, if it is not older. */
static void advance(struct detail *d, uint64_t t)
{
	uint64_t slot = t / STRIP_SLOT;

	if (slot > d->slot + STRIP_SLOTS)
		d->slot = slot - STRIP_SLOTS;
	while (d->slot < slot)
		d->strip[++d->slot % STRIP_SLOTS] = (struct strip_slot){0};
}

static void add(struct detail *d, enum detail_part part, uint64_t from, uint64_t to)
{
	uint64_t oldest;

	advance(d, to);
	oldest = (d->slot + 1 > STRIP_SLOTS ? d->slot + 1 - STRIP_SLOTS : 0) * STRIP_SLOT;
	if (from < oldest)
		from = oldest;
	while (from < to) {
		uint64_t slot = from / STRIP_SLOT, end = (slot + 1) * STRIP_SLOT;

		if (end > to)
			end = to;
		d->strip[slot % STRIP_SLOTS].part[part] += (uint32_t)(end - from);
		from = end;
	}
}

void detail_until(struct model *m, const struct entry *e, uint64_t t, bool unknown)
{
	struct detail *d = &m->detail;

	if (e->goid != d->goid || t <= d->until)
		return;
	if (unknown)
		advance(d, t);
	else
		add(d, part_of(e->state), d->until, t);
	d->until = t;
}

/* Whoever is looked at first: its state is known since it began. */
static void watch(struct model *m, uint64_t goid)
{
	const struct entry *e = goid ? table_by_goid(m, goid) : NULL;
	struct detail *d = &m->detail;

	if (d->goid == goid)
		return;
	*d = (struct detail){.goid = e ? goid : 0, .since = m->time, .until = m->time};
	d->slot = m->time / STRIP_SLOT;
	if (e && (e->bound == AGE_EXACT || e->bound == AGE_MIN) && e->since < m->time &&
	    !gap_since(m, e->since))
		d->until = e->since;
}

/* ---- the picture ------------------------------------------------------------------------------ */

static void add_ancestors(struct model *m, const struct entry *e, struct detail_picture *p)
{
	while (e && e->parent && p->n_ancestors < ANCESTORS_MOST) {
		const struct entry *parent = table_by_goid(m, e->parent);
		uint32_t pc = parent ? parent->start : e->created;

		p->ancestors[p->n_ancestors++] = (struct detail_parent){
			.goid = e->parent,
			.alive = parent,
			.name = *m->pcs.v[pc].name,
		};
		e = parent;
	}
}

void detail_picture(struct model *m, const struct request *request,
		    const struct detail_picture **ret)
{
	struct detail *d = &m->detail;
	struct detail_picture *p = &d->picture;
	const struct entry *e;

	*ret = NULL;
	/* All stacks are asked for once in a while, for a file: whoever is looked at stays so. */
	if (request->stacks != STACKS_ALL)
		watch(m, request->stacks == STACKS_SELECTED ? request->selected : 0);
	e = d->goid ? table_by_goid(m, d->goid) : NULL;
	if (!d->goid)
		return;
	if (e)
		detail_until(m, e, m->time, gap_since(m, d->until));
	*p = (struct detail_picture){
		.goid = d->goid,
		.since = d->since,
		.samples = !m->options.probes,
		.upto = (d->slot + 1) * STRIP_SLOT,
		.latency = d->latency,
	};
	for (uint64_t i = 0; i < STRIP_SLOTS; i++)
		p->strip[i] = d->strip[(d->slot + 1 + i) % STRIP_SLOTS];
	add_ancestors(m, e, p);
	*ret = p;
}
