// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <string.h>

#include "tui/layout.h"

static int growth(const struct layout_item *it)
{
	return it->max_width > it->width ? it->max_width - it->width : 0;
}

struct plan {
	const struct layout_item *items;
	size_t n;
	bool hidden[LAYOUT_MAX], in[LAYOUT_MAX];
	int used;   /* by the items that are in, gaps included */
	int growth; /* that they would like to have */
};

/* Takes an item in if it fits, and the others keep `reserve` to grow. */
static bool take(struct plan *p, size_t i, int width, int reserve)
{
	const struct layout_item *it = &p->items[i];
	int used = p->used + it->width + (p->used ? LAYOUT_GAP : 0);

	if (used > width - reserve)
		return false;
	p->in[i] = true;
	p->used = used;
	p->growth += growth(it);
	return true;
}

/* The next in order of priority that is not yet in; n when there is none. */
static size_t next_item(const struct plan *p, int *priority, size_t *after)
{
	for (;;) {
		int following = INT_MAX;

		for (size_t i = *after; i < p->n; i++)
			if (!p->hidden[i] && p->items[i].priority == *priority) {
				*after = i + 1;
				return i;
			}
		for (size_t i = 0; i < p->n; i++)
			if (p->items[i].priority > *priority && p->items[i].priority < following)
				following = p->items[i].priority;
		if (following == INT_MAX)
			return p->n;
		*priority = following;
		*after = 0;
	}
}

/* What the others keep to grow before this one comes in. Names make room for one another. */
static int reserve_for(const struct plan *p, size_t i)
{
	const struct layout_item *it = &p->items[i];

	if (it->priority > LAYOUT_CORE)
		return p->growth;
	return growth(it) && it->priority < LAYOUT_CORE ? 0 : p->growth / 2;
}

static void choose_by_priority(struct plan *p, int width, bool generous)
{
	int priority = 0;
	size_t after = 0, i;

	while ((i = next_item(p, &priority, &after)) < p->n) {
		int reserve = generous ? reserve_for(p, i) : 0;

		/* What is never dropped comes in whether it fits or not: the line is clipped then. */
		if (!take(p, i, priority ? width : INT_MAX, priority ? reserve : 0))
			return;
	}
}

static void choose_in_order(struct plan *p, int width)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->hidden[i] && !take(p, i, p->used ? width : INT_MAX, 0))
			return;
}

/* Gives what is left over to those that grow, one column each in turn. */
static void spread(struct plan *p, int *widths, int width)
{
	int left = width - p->used;

	for (bool given = true; given && left > 0;) {
		given = false;
		for (size_t i = 0; i < p->n && left > 0; i++) {
			if (!p->in[i] || widths[i] >= p->items[i].max_width)
				continue;
			widths[i]++;
			left--;
			given = true;
		}
	}
}

static int hide(struct plan *p, int shift, bool chosen)
{
	size_t droppable = 0, hidden = 0;

	for (size_t i = 0; i < p->n; i++)
		droppable += chosen ? i > 0 : p->items[i].priority > 0;
	if (shift < 0 || !droppable)
		shift = 0;
	if (droppable && (size_t)shift >= droppable)
		shift = (int)droppable - 1;
	for (size_t i = 0; i < p->n && hidden < (size_t)shift; i++)
		if (chosen ? i > 0 : p->items[i].priority > 0) {
			p->hidden[i] = true;
			hidden++;
		}
	return shift;
}

int layout_make(struct layout *ret, const struct layout_item *items, size_t n, bool chosen,
		int width, int shift)
{
	struct plan p = {.items = items, .n = n < LAYOUT_MAX ? n : LAYOUT_MAX};
	int widths[LAYOUT_MAX], x = 0;

	memset(ret, 0, sizeof(*ret));
	shift = hide(&p, shift, chosen);
	if (chosen)
		choose_in_order(&p, width);
	else
		choose_by_priority(&p, width, !shift);
	for (size_t i = 0; i < p.n; i++)
		widths[i] = items[i].width;
	spread(&p, widths, width);
	for (size_t i = 0; i < p.n; i++) {
		if (!p.in[i]) {
			if (!p.hidden[i] && (chosen || items[i].priority >= 0))
				ret->more_right = true;
			continue;
		}
		ret->slots[ret->n++] = (struct layout_slot){i, x, widths[i]};
		x += widths[i] + LAYOUT_GAP;
	}
	ret->more_left = shift > 0;
	return shift;
}
