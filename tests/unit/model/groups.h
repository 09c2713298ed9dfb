/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of groups: how they are asked for and found. Include it after cmocka.h. */
#ifndef TESTS_UNIT_MODEL_GROUPS_H
#define TESTS_UNIT_MODEL_GROUPS_H

#include "harness.h"
#include "model/group.h"

static inline struct request by(enum group_kind kind)
{
	return (struct request){.view = VIEW_GROUPS,
				.groups = {.by = {.kind = kind},
					   .dir = SORT_DESC,
					   .count = SIZE_MAX}};
}

static inline const struct groups_picture *groups_of(struct world *w, struct request request)
{
	struct picture p = picture_of(w, request);

	assert_non_null(p.groups);
	return p.groups;
}

static inline const struct group_row *row_named(const struct groups_picture *p, const char *name)
{
	char key[300];

	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(group_key_text(key, sizeof(key), p, &p->rows[i], true), name))
			return &p->rows[i];
	return NULL;
}

#endif
