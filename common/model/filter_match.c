// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Matching is three-valued: what is not known makes a test neither true nor false, and negation
 * leaves it so; only what is true matches. A text is known not to be there (a running goroutine's
 * reason) where the column says so: then the test is false, and its negation true.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "model/filter_tree.h"
#include "model/wait_picture.h"

/* Ordered, so that "all" is the least and "any" the greatest of what is below. */
enum truth { NO, UNKNOWN, YES };

static enum truth truth(bool b)
{
	return b ? YES : NO;
}

static bool contains(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

/* ---- texts ------------------------------------------------------------------------------------ */

/*
 * A function is meant by its name as the binary has it, by its short one, and by either with its
 * line, as the screen shows it.
 */
static bool name_matches(const struct filter_test *t, const struct name *n)
{
	char line[16];
	size_t len;

	if (t->op == OP_CONTAINS && contains(n->function, t->text))
		return true;
	if (t->op == OP_EQUALS &&
	    (!strcmp(n->function, t->text) || !strcmp(short_function(n->function), t->text)))
		return true;
	if (!n->line)
		return false;
	snprintf(line, sizeof(line), ":%d", n->line);
	if (t->op == OP_CONTAINS) {
		char both[NAME_MAX_TEXT + sizeof(line)];

		if (!strchr(t->text, ':'))
			return false;
		snprintf(both, sizeof(both), "%s%s", n->function, line);
		return contains(both, t->text);
	}
	len = strlen(t->text);
	if (len <= strlen(line) || strcmp(t->text + len - strlen(line), line))
		return false;
	len -= strlen(line);
	return (strlen(n->function) == len && !memcmp(n->function, t->text, len)) ||
	       (strlen(short_function(n->function)) == len &&
		!memcmp(short_function(n->function), t->text, len));
}

static bool text_matches(const struct filter_test *t, const char *text)
{
	return t->op == OP_CONTAINS ? contains(text, t->text) : !strcmp(text, t->text);
}

static enum truth match_text(const struct filter_test *t, const struct column *c,
			     const struct row *r, const struct row_context *ctx)
{
	const char *text = c->text(r, ctx);

	if (!text)
		return c->none && c->none(r) ? NO : UNKNOWN;
	return truth(c->named ? name_matches(t, c->named(r)) : text_matches(t, text));
}

/* True of any that is known; when none is, nobody can say. */
static enum truth match_file(const struct filter_test *t, const struct row *r)
{
	const struct name *const names[] = {r->start, r->created, r->where};
	enum truth best = UNKNOWN;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i]->file)
			continue;
		if (text_matches(t, names[i]->file))
			return YES;
		best = NO;
	}
	return best;
}

static bool knows_labels(const struct row *r)
{
	return r->label_set || (r->flags & ROW_KNOWS_MEMORY && !r->labels);
}

/* Who has labels, but not this one, has it not with that value either. */
static enum truth match_label(const struct filter_test *t, const struct row *r)
{
	const char *value = label_value(r->label_set, t->key);

	if (!knows_labels(r))
		return UNKNOWN;
	return truth(value && text_matches(t, value));
}

/* Who does not wait is known to wait on nothing. */
static enum truth match_waits(const struct filter_test *t, const struct row *r,
			      const struct row_context *ctx)
{
	const struct wait_fact *f = waits_of(ctx->waits, r);
	char name[400];

	if (!f)
		return r->state == GS_WAITING || r->state == GS_LEAKED ? UNKNOWN : NO;
	for (uint32_t i = 0; i < f->n; i++) {
		const struct wait_link *l = &ctx->waits->links[f->first + i];

		wait_name(name, sizeof(name), ctx->waits, &ctx->waits->objects[l->object]);
		if (text_matches(t, name))
			return YES;
	}
	return NO;
}

static bool is_searched(const struct column *c)
{
	return c->named || !strcmp(c->name, "reason") || !strcmp(c->name, "labels");
}

/* A word is looked for in all that is known of a goroutine's names. */
static enum truth match_word(const struct filter_test *t, const struct row *r,
			     const struct row_context *ctx)
{
	enum truth best = match_file(t, r);

	for (size_t i = 0; i < n_columns && best != YES; i++) {
		enum truth found;

		if (!is_searched(&columns[i]))
			continue;
		found = match_text(t, &columns[i], r, ctx);
		if (found != UNKNOWN)
			best = found;
	}
	return best;
}

/* ---- numbers ---------------------------------------------------------------------------------- */

static bool number_matches(enum filter_op op, double value, double than)
{
	switch (op) {
	case OP_LESS:
		return value < than;
	case OP_LESS_EQUAL:
		return value <= than;
	case OP_GREATER:
		return value > than;
	case OP_GREATER_EQUAL:
		return value >= than;
	default:
		return value == than;
	}
}

/* Of a value that may be greater than it is known to be: what holds or fails for all greater ones. */
static enum truth minimum_matches(enum filter_op op, double least, double than)
{
	bool now = number_matches(op, least, than);

	if (op == OP_GREATER || op == OP_GREATER_EQUAL)
		return now ? YES : UNKNOWN;
	return now || least < than ? UNKNOWN : NO;
}

static enum truth match_number(const struct filter_test *t, const struct column *c,
			       const struct row *r, const struct row_context *ctx)
{
	double v;

	if (!c->number(r, ctx, &v))
		return c->none && c->none(r) ? NO : UNKNOWN;
	if (t->op == OP_CONTAINS) {
		struct cell cell;

		column_format(c, &cell, r, ctx);
		return truth(contains(cell.text, t->text));
	}
	if (c->unit == UNIT_TIME && r->bound == AGE_MIN && !strcmp(c->name, "age"))
		return minimum_matches(t->op, v, t->number);
	return truth(number_matches(t->op, v, t->number));
}

/* ---- the tree --------------------------------------------------------------------------------- */

static enum truth match_test(const struct filter_test *t, const struct row *r,
			     const struct row_context *ctx)
{
	switch (t->field) {
	case FIELD_FILE:
		return match_file(t, r);
	case FIELD_SYSTEM:
		return truth(((r->flags & ROW_SYSTEM) != 0) == (t->number != 0));
	case FIELD_WORD:
		return match_word(t, r, ctx);
	case FIELD_WAITS:
		return match_waits(t, r, ctx);
	case FIELD_LABEL:
		return match_label(t, r);
	default:
		return columns[t->column].text ? match_text(t, &columns[t->column], r, ctx)
					       : match_number(t, &columns[t->column], r, ctx);
	}
}

static enum truth match_node(const struct filter *f, uint32_t at, const struct row *r,
			     const struct row_context *ctx)
{
	const struct filter_node *node = &f->nodes.v[at];
	enum truth result = node->kind == FILTER_ANY ? NO : YES;

	if (node->kind == FILTER_TEST)
		return match_test(&node->test, r, ctx);
	if (node->kind == FILTER_NOT)
		return YES - match_node(f, node->child, r, ctx);
	for (uint32_t child = node->child; child; child = f->nodes.v[child].next) {
		enum truth one = match_node(f, child, r, ctx);

		if (node->kind == FILTER_ANY ? one > result : one < result)
			result = one;
	}
	return result;
}

bool filter_match(const struct filter *f, const struct row *r, const struct row_context *ctx)
{
	return !f || match_node(f, f->root, r, ctx) == YES;
}

uint64_t filter_serial(const struct filter *f)
{
	return f ? f->serial : 0;
}

bool filter_is_timeless(const struct filter *f)
{
	for (size_t i = 1; f && i < f->nodes.n; i++) {
		const struct filter_node *node = &f->nodes.v[i];
		const struct column *c = &columns[node->test.column];

		if (node->kind != FILTER_TEST || node->test.field != FIELD_COLUMN)
			continue;
		if (c->unit == UNIT_TIME || c->unit == UNIT_PERCENT || c->unit == UNIT_PER_SECOND)
			return false;
	}
	return true;
}

bool filter_asks_where(const struct filter *f)
{
	static const char where[] = "where";
	int column = column_by_name(where, strlen(where));

	for (size_t i = 1; f && i < f->nodes.n; i++) {
		const struct filter_test *t = &f->nodes.v[i].test;

		if (f->nodes.v[i].kind == FILTER_TEST &&
		    (t->field == FIELD_FILE || t->field == FIELD_WORD ||
		     (t->field == FIELD_COLUMN && t->column == column)))
			return true;
	}
	return false;
}

bool filter_asks_waits(const struct filter *f)
{
	for (size_t i = 1; f && i < f->nodes.n; i++)
		if (f->nodes.v[i].kind == FILTER_TEST && f->nodes.v[i].test.field == FIELD_WAITS)
			return true;
	return false;
}

bool filter_uses_only(const struct filter *f, uint64_t set, const char **offending)
{
	static const char *const field_names[] = {
		[FIELD_FILE] = "file",	 [FIELD_SYSTEM] = "system", [FIELD_WORD] = "a word",
		[FIELD_LABEL] = "label", [FIELD_WAITS] = "waits",
	};

	for (size_t i = 1; f && i < f->nodes.n; i++) {
		const struct filter_test *t = &f->nodes.v[i].test;

		if (f->nodes.v[i].kind != FILTER_TEST)
			continue;
		if (t->field == FIELD_COLUMN && set >> t->column & 1)
			continue;
		*offending =
			t->field == FIELD_COLUMN ? columns[t->column].name : field_names[t->field];
		return false;
	}
	return true;
}
