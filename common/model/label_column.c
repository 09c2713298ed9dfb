// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "model/label_column.h"

char label_column_names[LABEL_COLUMNS][LABEL_COLUMN_NAME];

/* Names are written before they are counted: other threads read those that count. */
static size_t used;

size_t label_columns_used(void)
{
	return __atomic_load_n(&used, __ATOMIC_ACQUIRE);
}

int label_column(const char *name, size_t n)
{
	static const size_t prefix = sizeof(LABEL_COLUMN_PREFIX) - 1;
	size_t in_use = label_columns_used();

	if (n <= prefix || n >= LABEL_COLUMN_NAME || memcmp(name, LABEL_COLUMN_PREFIX, prefix))
		return -1;
	for (size_t i = 0; i < in_use; i++)
		if (strlen(label_column_names[i]) == n && !memcmp(label_column_names[i], name, n))
			return (int)i;
	if (in_use == LABEL_COLUMNS)
		return -1;
	memcpy(label_column_names[in_use], name, n);
	__atomic_store_n(&used, in_use + 1, __ATOMIC_RELEASE);
	return (int)in_use;
}

const char *label_column_value(size_t nth, const struct row *r)
{
	return label_value(r->label_set, label_column_names[nth] + sizeof(LABEL_COLUMN_PREFIX) - 1);
}

bool label_column_none(size_t nth, const struct row *r)
{
	if (!r->label_set)
		return r->flags & ROW_KNOWS_MEMORY && !r->labels;
	return !label_column_value(nth, r);
}
