// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A search reaches all matching rows, not only those of the window. Nothing is sorted for it: the
 * next row that holds the word is the least of those behind where we stand, and its place is the
 * number of rows before it. Two passes, for one key that was pressed.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "model/select.h"
#include "model/tree.h"

struct pass {
	const struct model *m;
	const struct request *request;
	const struct row_context *ctx;
	struct filter *word;
	bool has_from;
	struct row from;
	bool any, any_behind;
	/* In the direction that is looked in: the nearest of all, and of those behind `from`. */
	struct row first, behind;
};

static void free_filter(struct filter **f)
{
	filter_free(*f);
}

/* The word in quotes, so that whatever stands in it is text. */
int search_word(struct filter **ret, const char *word)
{
	_cleanup_(buf_free) struct buf b = {0};

	buf_putc(&b, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			buf_putc(&b, '\\');
		buf_putc(&b, *word);
	}
	buf_putc(&b, '"');
	return b.failed ? -ENOMEM : filter_parse(ret, buf_str(&b), NULL);
}

/* The row at a place if it is one of the matching. */
static bool matching_row(const struct pass *p, size_t at, struct row *ret)
{
	if (!place_is_meant(p->m, p->request, at))
		return false;
	place_row(p->m, at, ret);
	return filter_match(p->request->filter, ret, p->ctx);
}

static int compare(const struct pass *p, const struct row *a, const struct row *b)
{
	int c = sort_compare(&p->request->sort, a, b, p->ctx);

	return p->request->search.backward ? -c : c;
}

static void find_from(struct pass *p)
{
	uint64_t goid = p->request->search.from;

	for (size_t at = 0; goid && at < place_count(p->m, p->request->ended); at++)
		if (place_entry(p->m, at)->goid == goid) {
			place_row(p->m, at, &p->from);
			p->has_from = true;
			return;
		}
}

static void take(struct pass *p, const struct row *r)
{
	if (!p->any || compare(p, r, &p->first) < 0)
		p->first = *r;
	p->any = true;
	if (!p->has_from)
		return;
	if (r->goid == p->from.goid ? !p->request->search.inclusive : compare(p, r, &p->from) <= 0)
		return;
	if (!p->any_behind || compare(p, r, &p->behind) < 0)
		p->behind = *r;
	p->any_behind = true;
}

/* Where the row that was found stands among the matching, and among those that hold the word. */
static void count_before(const struct pass *p, const struct row *found, struct search_answer *a)
{
	struct row row;

	for (size_t at = 0; at < place_count(p->m, p->request->ended); at++) {
		if (!matching_row(p, at, &row) ||
		    sort_compare(&p->request->sort, &row, found, p->ctx) >= 0)
			continue;
		a->at++;
		a->nth += filter_match(p->word, &row, p->ctx);
	}
	a->nth++;
}

int search_rows(struct model *m, const struct request *request, const struct row_context *ctx,
		struct search_answer *ret)
{
	_cleanup_(free_filter) struct filter *word = NULL;
	struct pass p = {.m = m, .request = request, .ctx = ctx};
	const struct row *found;
	struct row row;
	int r;

	*ret = (struct search_answer){.serial = request->search.serial};
	if (!request->search.serial || !request->search.word[0])
		return 0;
	if (request->tree)
		return tree_search(m, request, ctx, ret);
	r = search_word(&word, request->search.word);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	p.word = word;
	find_from(&p);
	for (size_t at = 0; at < place_count(m, request->ended); at++) {
		if (!matching_row(&p, at, &row) || !filter_match(word, &row, ctx))
			continue;
		ret->of++;
		take(&p, &row);
	}
	if (!p.any)
		return 0;
	found = p.any_behind ? &p.behind : &p.first;
	ret->goid = found->goid;
	count_before(&p, found, ret);
	return 0;
}
