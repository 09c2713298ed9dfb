// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "tui/app.h"
#include "tui/terminal.h"
#include "tui/tree_lines.h"

/* ---- drawing ---------------------------------------------------------------------------------- */

bool tree_is_trunk(int column)
{
	return !strcmp(columns[column].name, "start");
}

static const char *rail(const struct tree_place *place, unsigned depth)
{
	bool ascii = terminal_ascii(), goes_on = true;

	if (depth == place->depth)
		return place->last ? (ascii ? "`-" : "└─") : (ascii ? "|-" : "├─");
	if (depth <= TREE_RAILS)
		goes_on = place->rails >> (depth - 1) & 1;
	return !goes_on ? "  " : ascii ? "| " : "│ ";
}

/* Who it was: where it began, or as far as a descendant knows. */
static const char *name_of(const struct picture_row *pr, const char *text, char *dst, size_t size)
{
	if (!pr->tree.ran || !pr->tree.ran->function)
		return text;
	snprintf(dst, size, "in %s", short_function(pr->tree.ran->function));
	return dst;
}

void tree_format(struct cell *cell, const struct picture_row *pr, size_t width)
{
	const struct tree_place *place = &pr->tree;
	unsigned most = width / 4 < 24 ? (unsigned)(width / 4) : 24;
	unsigned from = place->depth > most ? place->depth - most + 1 : 1;
	char text[sizeof(cell->text)], name[sizeof(cell->text)];
	size_t n = 0;

	/* What is too deep to be drawn whole is at least seen to be deeper. */
	if (from > 1)
		n = (size_t)snprintf(text, sizeof(text), terminal_ascii() ? ".." : "…");
	for (unsigned d = from; d <= place->depth && n + 8 < sizeof(text); d++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", rail(place, d));
	if (place->folded && n + 8 < sizeof(text))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[+] ");
	else if (place->depth && n + 8 < sizeof(text))
		n += (size_t)snprintf(text + n, sizeof(text) - n, " ");
	snprintf(text + n, sizeof(text) - n, "%s", name_of(pr, cell->text, name, sizeof(name)));
	snprintf(cell->text, sizeof(cell->text), "%s", text);
}

/* ---- keys ------------------------------------------------------------------------------------- */

/* The row that the cursor is on stays under it. */
static void keep_cursor(struct app *app)
{
	const struct picture_row *pr = app_row(app, app->view.window.cursor);

	app->view.keep = pr ? pr->row->goid : 0;
}

/* Whether the target is too old to tell who made whom; its minor version then. */
static bool is_too_old(const struct app *app, int *minor)
{
	const struct picture *p = app->picture;

	return p && sscanf(p->target.go_version, "go1.%d", minor) == 1 && *minor < 21;
}

void tree_toggle(struct app *app)
{
	int minor;

	app->view.tree = !app->view.tree;
	memset(app->view.needed, 0, sizeof(app->view.needed));
	keep_cursor(app);
	if (app->view.tree && is_too_old(app, &minor))
		app_say(app, ROLE_STATUS,
			"Go 1.%d does not tell who made whom: a tree needs Go 1.21", minor);
}

/* The next row above that is less deep. */
static const struct picture_row *row_above(const struct app *app, const struct picture_row *pr)
{
	for (size_t place = app->view.window.cursor; place-- > 0;) {
		const struct picture_row *above = app_row(app, place);

		if (!above || above->tree.depth < pr->tree.depth)
			return above;
	}
	return NULL;
}

static void unfold(struct table_view *v, uint64_t goid)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->n_folded; i++)
		if (v->folded[i] != goid)
			v->folded[kept++] = v->folded[i];
	v->n_folded = kept;
}

void tree_fold(struct app *app, bool fold)
{
	const struct picture_row *pr = app_row(app, app->view.window.cursor);
	struct table_view *v = &app->view;

	if (!v->tree || !pr)
		return;
	if (fold && (!pr->tree.has_children || pr->tree.folded) && row_above(app, pr))
		pr = row_above(app, pr);
	v->keep = pr->row->goid;
	unfold(v, pr->row->goid);
	if (!fold || !pr->tree.has_children)
		return;
	if (v->n_folded == FOLDED_MAX)
		app_say(app, ROLE_STATUS, "no more than %d can be folded at a time", FOLDED_MAX);
	else
		v->folded[v->n_folded++] = pr->row->goid;
}
