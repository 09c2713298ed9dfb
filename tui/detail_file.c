// SPDX-License-Identifier: GPL-2.0-or-later
/* The details as a text: the stack as Go writes it, and every fact by the name of its column. */
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "format/format.h"
#include "tui/detail_page.h"
#include "tui/snapshot_file.h"

static void put_head(struct buf *out, const struct picture *p)
{
	char time[32];

	clock_iso8601(time, sizeof(time), clock_wall_at(p->time));
	buf_printf(out, "# goroutop: goroutine %llu of process %d (%s), %s\n",
		   (unsigned long long)p->selected->row->goid, (int)p->target.pid, p->target.comm,
		   time);
}

static void put_facts(struct buf *out, const struct picture *p)
{
	const struct row *r = p->selected->row;

	for (size_t i = 0; i < n_columns; i++) {
		struct cell cell;

		column_format(&columns[i], &cell, r, &p->context);
		buf_printf(out, "# %-12s %s\n", columns[i].name, cell.text);
	}
}

static void put_ancestors(struct buf *out, const struct detail_picture *d)
{
	for (size_t i = 0; d && i < d->n_ancestors; i++) {
		const struct detail_parent *a = &d->ancestors[i];

		buf_printf(out, "# %-12s goroutine %llu %s%s\n", i ? "" : "made by",
			   (unsigned long long)a->goid, a->name.function ? a->name.function : "",
			   a->alive ? "" : " (ended)");
	}
}

void detail_write(struct app *app)
{
	const struct picture *p = detail_picture_of(app);
	_cleanup_(buf_free) struct buf text = {0};
	char ending[40];

	if (!p)
		return;
	put_head(&text, p);
	put_facts(&text, p);
	put_ancestors(&text, p->detail);
	buf_putc(&text, '\n');
	format_stack(&text, p->selected->row, stack_of_selected(p), &p->context);
	snprintf(ending, sizeof(ending), "-%llu.txt", (unsigned long long)app->detail.goid);
	snapshot_text(app, ending, &text);
}
