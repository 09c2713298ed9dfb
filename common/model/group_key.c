// SPDX-License-Identifier: GPL-2.0-or-later
/* What goroutines are grouped by: a number for each, and what it is called. 0: unknown. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/group.h"

enum { KEY_STATE = 1, KEY_REASON = 0x1000, KEY_NO_THREAD = 1 };

static uint64_t reason_key(const struct model *m, const struct entry *e)
{
	const char *text;

	if (e->state != GS_WAITING && e->state != GS_LEAKED)
		return (uint64_t)KEY_STATE + e->state;
	if (!(e->flags & ROW_KNOWS_REASON) || !m->options.names)
		return 0;
	text = names_reason(m->options.names, e->reason);
	return text && *text ? (uint64_t)KEY_REASON + e->reason : 0;
}

static uint64_t thread_key(const struct entry *e)
{
	if (!(e->flags & ROW_KNOWS_THREAD))
		return 0;
	return e->tid ? (uint64_t)e->tid + KEY_NO_THREAD : KEY_NO_THREAD;
}

enum { KEY_NO_LABEL = 1 };
#define KEY_OF_NONE UINT64_MAX /* no group has it, and it gets none */

/* The text of a value gets a number when it is first met, if it can have a group. */
static uint64_t label_key(const struct model *m, struct grouping *g, const struct entry *e)
{
	const struct label_set *set = labels_of(m, e);
	const char *value = label_value(set, g->by.label);
	uint32_t id;

	if (!value)
		return set || (e->flags & ROW_KNOWS_MEMORY && !e->labels) ? KEY_NO_LABEL : 0;
	if (!g->values)
		g->values = intern_new();
	if (!g->values)
		return 0;
	if (g->groups.n >= GROUPS_MAX) {
		id = intern_find(g->values, value, strlen(value));
		return id ? (uint64_t)id + KEY_NO_LABEL : KEY_OF_NONE;
	}
	id = intern_add(g->values, value, strlen(value));
	return id ? (uint64_t)id + KEY_NO_LABEL : 0;
}

void group_values_renew(struct grouping *g)
{
	struct intern *kept = intern_new();
	uint32_t id = 0;

	vec_foreach (group, &g->groups) {
		const char *value;

		if (group->key <= KEY_NO_LABEL)
			continue;
		value = intern_text(g->values, (uint32_t)(group->key - KEY_NO_LABEL));
		if (!kept || !intern_add(kept, value, strlen(value))) {
			intern_free(kept);
			return;
		}
	}
	/* They are distinct: their numbers go up by one. */
	vec_foreach (group, &g->groups)
		if (group->key > KEY_NO_LABEL)
			group->key = (uint64_t)++id + KEY_NO_LABEL;
	intern_free(g->values);
	g->values = kept;
}

uint64_t group_key(const struct model *m, struct grouping *g, const struct entry *e)
{
	switch (g->by.kind) {
	case GROUP_SITE:
		return e->created;
	case GROUP_START:
		return e->start;
	case GROUP_WHERE:
		return e->where;
	case GROUP_STATE:
		return (uint64_t)KEY_STATE + e->state;
	case GROUP_REASON:
		return reason_key(m, e);
	case GROUP_THREAD:
		return thread_key(e);
	default:
		return label_key(m, g, e);
	}
}

static bool put_reason(const struct model *m, uint64_t key, char *dst, size_t size)
{
	if (key >= KEY_REASON)
		snprintf(dst, size, "%s",
			 names_reason(m->options.names, (uint8_t)(key - KEY_REASON)));
	else
		snprintf(dst, size, "(%s)", state_name((uint8_t)(key - KEY_STATE)));
	return true;
}

static bool put_thread(uint64_t key, char *dst, size_t size)
{
	if (key == KEY_NO_THREAD)
		snprintf(dst, size, "(none)");
	else
		snprintf(dst, size, "%llu", (unsigned long long)(key - KEY_NO_THREAD));
	return true;
}

static bool put_label(const struct grouping *g, uint64_t key, char *dst, size_t size)
{
	const char *text = key == KEY_NO_LABEL
				   ? "(none)"
				   : intern_text(g->values, (uint32_t)(key - KEY_NO_LABEL));

	text_print(dst, size, "%s", text);
	return true;
}

bool group_key_name(const struct model *m, const struct grouping *g, uint64_t key, char *dst,
		    size_t size)
{
	if (!key)
		return false;
	switch (g->by.kind) {
	case GROUP_STATE:
		snprintf(dst, size, "%s", state_name((uint8_t)(key - KEY_STATE)));
		return true;
	case GROUP_REASON:
		return put_reason(m, key, dst, size);
	case GROUP_THREAD:
		return put_thread(key, dst, size);
	case GROUP_LABEL:
		return put_label(g, key, dst, size);
	default:
		return false;
	}
}
