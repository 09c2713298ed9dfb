// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser of INTERFACE.md's filter grammar. What the grammar leaves open is settled so:
 *
 * - A text ends at a space, at "|", and at a ")" that it has not opened itself: so Go's names can be
 *   written as they are ("where:raft.(*node).run"). Quotes and "\" work anywhere in it.
 * - A term that begins with letters and one of ":=<>" is a test; a word with these is to be quoted.
 * - Numbers of time columns without a unit are seconds, as on the command line.
 * - ":" on a number looks at it as the screen shows it, "=" at its value.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/filter_tree.h"

enum {
	TEXT_MAX = 4096, /* bytes of a filter */
	DEPTH_MAX = 64,	 /* parentheses within parentheses: bounds the recursion */
};

struct parser {
	const char *text, *p;
	struct filter *f;
	int depth;
	struct err *err;
};

static int parse_any(struct parser *s, uint32_t *ret);

/* ---- errors ----------------------------------------------------------------------------------- */

/* The column, from 1, of a place in the text. */
static int column_of(const struct parser *s, const char *at)
{
	int column = 1;

	for (const char *p = s->text; p < at; column++) {
		uint32_t cp;

		p += text_decode(p, (size_t)(at - p), &cp);
	}
	return column;
}

__attribute__((format(printf, 3, 4))) static int fail(const struct parser *s, const char *at,
						      const char *fmt, ...)
{
	char what[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(s->err, EXIT_USAGE, 0, "filter, column %d: %s", column_of(s, at), what);
}

static int no_memory(const struct parser *s)
{
	return err_set(s->err, EXIT_FAILED, ENOMEM, "out of memory");
}

static int unknown_name(const struct parser *s, const char *at, size_t n)
{
	struct buf names = {0};
	int r;

	for (size_t i = 0; i < n_columns; i++)
		buf_printf(&names, "%s, ", columns[i].name);
	r = fail(s, at,
		 "there is no \"%.*s\" to test; there are %sfile, site, waits, system and "
		 "label:KEY; "
		 "a word with one of :=<> in it must stand in quotes",
		 (int)(n < 40 ? n : 40), at, buf_str(&names));
	buf_free(&names);
	return r;
}

static int unknown_state(const struct parser *s, const char *at, const char *text)
{
	struct buf names = {0};
	int r;

	for (int i = 0; i < GS_COUNT; i++)
		if (state_by_name(state_name(i)) == i)
			buf_printf(&names, "%s%s", names.len ? ", " : "", state_name(i));
	r = fail(s, at, "no state is called \"%.40s\"; there are %s", text, buf_str(&names));
	buf_free(&names);
	return r;
}

/* ---- texts and numbers ------------------------------------------------------------------------ */

static bool ends_term(char c)
{
	return !c || c == ' ' || c == '\t' || c == '|' || c == ')';
}

static void skip_space(struct parser *s)
{
	s->p += strspn(s->p, " \t");
}

/* The rest of a quoted piece, s->p behind its opening quote; its text goes to b. */
static int parse_quoted(struct parser *s, struct buf *b)
{
	const char *open = s->p - 1;

	for (; *s->p != '"'; s->p++) {
		if (*s->p == '\\' && s->p[1])
			s->p++;
		if (!*s->p)
			return fail(s, open, "the quote is not closed");
		buf_putc(b, *s->p);
	}
	s->p++;
	return 0;
}

/* A text up to where it ends by itself, or at `stop` outside quotes ('\0': nothing more). */
static int parse_text(struct parser *s, char stop, struct buf *b)
{
	const char *begin = s->p, *open = NULL;
	int depth = 0, r;

	while (*s->p && *s->p != stop && (!ends_term(*s->p) || (*s->p == ')' && depth))) {
		char c = *s->p++;

		if (c == '"') {
			r = parse_quoted(s, b);
			if (r)
				return r;
			continue;
		}
		if (c == '\\') {
			if (!*s->p)
				return fail(s, s->p - 1, "nothing follows the \"\\\"");
			c = *s->p++;
		} else if (c == '(') {
			open = depth++ ? open : s->p - 1;
		} else if (c == ')') {
			depth--;
		}
		buf_putc(b, c);
	}
	if (depth)
		return fail(s, open, "the \"(\" is not closed; \"…\" quotes");
	if (s->p == begin)
		return fail(s, begin, "a text is missing here");
	return b->failed ? no_memory(s) : 0;
}

struct unit {
	const char *name;
	double ns;
};

/* A unit at s->p, taken; false: none of them. */
static bool parse_unit(struct parser *s, double *ns)
{
	static const struct unit units[] = {
		{"ns", 1},	     {"us", NSEC_PER_USEC},	 {"ms", NSEC_PER_MSEC},
		{"s", NSEC_PER_SEC}, {"m", 60.0 * NSEC_PER_SEC}, {"h", 3600.0 * NSEC_PER_SEC},
	};
	size_t n = strspn(s->p, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == n && !memcmp(units[i].name, s->p, n)) {
			s->p += n;
			*ns = units[i].ns;
			return true;
		}
	return false;
}

/* Digits with or without a point; not strtod, which reads as the locale writes. */
static bool parse_digits(struct parser *s, double *ret)
{
	double v = 0, place = 1;
	size_t digits = 0;

	for (; *s->p >= '0' && *s->p <= '9'; s->p++, digits++)
		v = v * 10 + (*s->p - '0');
	if (*s->p == '.')
		for (s->p++; *s->p >= '0' && *s->p <= '9'; s->p++, digits++)
			v += (*s->p - '0') * (place /= 10);
	*ret = v;
	return digits;
}

static int parse_number(struct parser *s, const struct column *c, double *ret)
{
	const char *begin = s->p;
	double factor = c->unit == UNIT_TIME ? NSEC_PER_SEC : 1;

	if (!parse_digits(s, ret))
		return fail(s, begin, "\"%s\" is compared with a number", c->name);
	if (!ends_term(*s->p)) {
		const char *unit = s->p;

		if (!parse_unit(s, &factor) || !ends_term(*s->p))
			return fail(s, unit,
				    "after the number comes one of ns, us, ms, s, m, h, "
				    "or a space");
		if (c->unit != UNIT_TIME)
			return fail(s, unit, "\"%s\" is not a time", c->name);
	}
	*ret *= factor;
	return 0;
}

/* ---- tests ------------------------------------------------------------------------------------ */

static int add_node(struct parser *s, const struct filter_node *node, uint32_t *ret)
{
	if (!vec_push(&s->f->nodes, *node))
		return no_memory(s);
	*ret = (uint32_t)s->f->nodes.n - 1;
	return 0;
}

/* The operator at s->p, taken. */
static enum filter_op parse_op(struct parser *s)
{
	char c = *s->p++;
	bool equal = (c == '<' || c == '>') && *s->p == '=';

	s->p += equal;
	switch (c) {
	case ':':
		return OP_CONTAINS;
	case '=':
		return OP_EQUALS;
	case '<':
		return equal ? OP_LESS_EQUAL : OP_LESS;
	default:
		return equal ? OP_GREATER_EQUAL : OP_GREATER;
	}
}

/* Whether a state could match: what no state is called is a mistake. */
static bool state_can_match(const struct filter_test *t)
{
	if (t->op == OP_EQUALS)
		return state_by_name(t->text) >= 0;
	for (int i = 0; i < GS_COUNT; i++)
		if (state_by_name(state_name(i)) == i && strcasestr(state_name(i), t->text))
			return true;
	return false;
}

static int check_system(const struct parser *s, const char *at, struct filter_test *t)
{
	static const char *const words[] = {"no", "yes", "false", "true", "0", "1"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcasecmp(t->text, words[i])) {
			t->number = (double)(i % 2);
			return 0;
		}
	return fail(s, at, "\"system\" is yes or no");
}

static int parse_operand(struct parser *s, struct filter_test *t)
{
	const struct column *c = t->field == FIELD_COLUMN ? &columns[t->column] : NULL;
	const char *begin = s->p;
	struct buf b = {0};
	int r;

	if (t->op != OP_CONTAINS && c && c->number)
		return parse_number(s, c, &t->number);
	if (t->op != OP_CONTAINS && t->op != OP_EQUALS)
		return fail(s, begin - 1, "texts are tested with \":\" (contains) and \"=\" (is)");
	r = parse_text(s, '\0', &b);
	t->text = b.p;
	if (!r && !t->text && !(t->text = strdup("")))
		r = no_memory(s);
	if (!r && t->field == FIELD_SYSTEM)
		r = check_system(s, begin, t);
	if (!r && c && c->rank && !state_can_match(t))
		r = unknown_state(s, begin, t->text);
	return r;
}

/* label:KEY=TEXT, s->p behind "label". */
static int parse_label(struct parser *s, struct filter_test *t)
{
	struct buf b = {0};
	int r;

	t->field = FIELD_LABEL;
	if (*s->p++ != ':')
		return fail(s, s->p - 1, "labels are tested by label:KEY=TEXT");
	r = parse_text(s, '=', &b);
	t->key = b.p;
	if (r)
		return r;
	if (*s->p != '=')
		return fail(s, s->p, "labels are tested by label:KEY=TEXT");
	s->p++;
	t->op = OP_EQUALS;
	return parse_operand(s, t);
}

static bool is_named(const char *name, const char *text, size_t n)
{
	return strlen(name) == n && !strncasecmp(name, text, n);
}

/* What `n` letters at `at` name; false: nothing. */
static bool find_field(const char *at, size_t n, struct filter_test *t)
{
	t->field = FIELD_COLUMN;
	for (size_t i = 0; i < n_columns; i++)
		if (is_named(columns[i].name, at, n)) {
			t->column = (int)i;
			return true;
		}
	if (is_named("site", at, n)) {
		t->column = column_by_name("created", strlen("created"));
		return true;
	}
	t->field = is_named("file", at, n)    ? FIELD_FILE
		   : is_named("waits", at, n) ? FIELD_WAITS
					      : FIELD_SYSTEM;
	return t->field != FIELD_SYSTEM || is_named("system", at, n);
}

static int parse_test(struct parser *s, struct filter_test *t)
{
	const char *name = s->p;
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (!n || !name[n] || !strchr(":=<>", name[n])) {
		struct buf b = {0};
		int r;

		t->field = FIELD_WORD;
		t->op = OP_CONTAINS;
		r = parse_text(s, '\0', &b);
		t->text = b.p;
		return !r && !t->text && !(t->text = strdup("")) ? no_memory(s) : r;
	}
	s->p += n;
	if (is_named("label", name, n))
		return parse_label(s, t);
	if (!find_field(name, n, t))
		return unknown_name(s, name, n);
	t->op = parse_op(s);
	return parse_operand(s, t);
}

/* ---- terms ------------------------------------------------------------------------------------ */

static int parse_group(struct parser *s, uint32_t *ret)
{
	const char *open = s->p++;
	int r;

	if (++s->depth > DEPTH_MAX)
		return fail(s, open, "more than %d parentheses are open", DEPTH_MAX);
	r = parse_any(s, ret);
	if (r)
		return r;
	s->depth--;
	if (*s->p != ')')
		return fail(s, open, "the \"(\" is not closed");
	s->p++;
	if (!ends_term(*s->p))
		return fail(s, s->p,
			    "a space is missing behind the \")\"; names with parentheses "
			    "stand in quotes");
	return 0;
}

static int parse_term(struct parser *s, uint32_t *ret)
{
	bool negated = *s->p == '!';
	struct filter_node node = {.kind = FILTER_TEST};
	int r;

	s->p += negated;
	if (*s->p == '!' || (negated && ends_term(*s->p)))
		return fail(s, s->p, "a test is missing behind the \"!\"");
	if (*s->p == '(') {
		r = parse_group(s, ret);
	} else {
		r = parse_test(s, &node.test);
		/* Even a failed one goes to the list: its texts are freed there. */
		if (add_node(s, &node, ret)) {
			free(node.test.key);
			free(node.test.text);
			r = -ENOMEM;
		}
	}
	if (r || !negated)
		return r;
	node = (struct filter_node){.kind = FILTER_NOT, .child = *ret};
	return add_node(s, &node, ret);
}

/* Hangs `node` behind the last child of a list that is being built. */
static void append(struct parser *s, uint32_t *first, uint32_t *last, uint32_t node)
{
	if (*last)
		s->f->nodes.v[*last].next = node;
	else
		*first = node;
	*last = node;
}

static int parse_all(struct parser *s, uint32_t *ret)
{
	struct filter_node node = {.kind = FILTER_ALL};
	uint32_t last = 0, term;
	int r;

	skip_space(s);
	while (*s->p && *s->p != '|' && *s->p != ')') {
		r = parse_term(s, &term);
		if (r)
			return r;
		append(s, &node.child, &last, term);
		skip_space(s);
	}
	if (!node.child)
		return fail(s, s->p, "a test is missing here");
	return add_node(s, &node, ret);
}

static int parse_any(struct parser *s, uint32_t *ret)
{
	struct filter_node node = {.kind = FILTER_ANY};
	uint32_t last = 0, all;
	int r;

	for (;; s->p++) {
		r = parse_all(s, &all);
		if (r)
			return r;
		append(s, &node.child, &last, all);
		if (*s->p != '|')
			return add_node(s, &node, ret);
	}
}

/* Parsers of several threads may count. */
static uint64_t next_serial(void)
{
	static uint64_t last;

	return __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

int filter_parse(struct filter **ret, const char *text, struct err *err)
{
	struct parser s = {.text = text, .p = text, .err = err};
	int r;

	*ret = NULL;
	if (!text || !text[strspn(text, " \t")])
		return 0;
	if (strlen(text) > TEXT_MAX)
		return err_set(err, EXIT_USAGE, 0, "a filter has at most %d bytes", TEXT_MAX);
	s.f = calloc(1, sizeof(*s.f));
	if (!s.f || !vec_push(&s.f->nodes, (struct filter_node){0})) {
		free(s.f);
		return no_memory(&s);
	}
	s.f->serial = next_serial();
	r = parse_any(&s, &s.f->root);
	if (!r && *s.p)
		r = fail(&s, s.p, "no \"(\" belongs to this \")\"");
	if (r) {
		filter_free(s.f);
		return r;
	}
	*ret = s.f;
	return 0;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	vec_foreach (node, &f->nodes) {
		free(node->test.key);
		free(node->test.text);
	}
	vec_free(&f->nodes);
	free(f);
}
