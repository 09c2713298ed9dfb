// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stack: the user's own calls stand out, the innermost of them most; those of the runtime, of
 * internal packages and of sync step back, folded into a line where several follow each other.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tui/detail_page.h"
#include "tui/terminal.h"

enum {
	GUTTER = 3,
	FOLD_LEAST = 2,	  /* frames that are worth a fold */
	FILE_LEAST = 12,  /* columns for a file and line, where they are cut */
	PATH_LEAST = 110, /* width from which whole paths are shown */
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_call(struct page *g, const char *sign, enum role role, const char *function,
		     const char *file, int line)
{
	struct pen pen = page_line(g);
	const bool wide = g->area.width >= PATH_LEAST;
	char place[512] = "";
	int room, width;

	pen_cell(&pen, ROLE_ACCENT, sign, GUTTER, ALIGN_LEFT, FIT_CLIP);
	pen.end--;
	if (file)
		snprintf(place, sizeof(place), "%s:%d", wide ? file : base_name(file), line);
	width = text_width(place);
	room = pen_room(&pen) - text_width(function) - 2;
	if (width > room)
		width = room > FILE_LEAST ? room : width < FILE_LEAST ? width : FILE_LEAST;
	pen_cell(&pen, role, function, pen_room(&pen) - width - 2, ALIGN_LEFT, FIT_MIDDLE);
	pen_skip(&pen, 2);
	pen_cell(&pen, role == ROLE_DIM ? ROLE_DIM : ROLE_TEXT, place, width, ALIGN_RIGHT,
		 FIT_MIDDLE);
}

static bool steps_back(const struct stack_line *l)
{
	return !l->user || l->wrapper;
}

/* How many lines from i on step back. */
static size_t run_length(const struct stack_shown *s, size_t i)
{
	size_t n = 0;

	while (i + n < s->n && steps_back(&s->lines[i + n]))
		n++;
	return n;
}

static void put_fold(struct page *g, const struct stack_line *first, size_t n)
{
	struct pen pen = page_line(g);

	pen_cell(&pen, ROLE_DIM, "", GUTTER, ALIGN_LEFT, FIT_CLIP);
	pen.end--;
	pen_printf(&pen, ROLE_DIM, "%s %zu of the runtime's, from %s", terminal_ascii() ? "+" : "⋯",
		   n, first->function ? first->function : "?");
}

static void put_line(struct page *g, const struct stack_line *l, bool top)
{
	const char *sign = !top ? "" : terminal_ascii() ? " > " : " ▶ ";
	enum role role = steps_back(l) ? ROLE_DIM : ROLE_STRONG;

	put_call(g, sign, role, l->function ? l->function : "–", l->file, l->line);
}

static void put_lines(struct page *g, const struct stack_shown *s)
{
	bool top = true;

	for (size_t i = 0; i < s->n; i++) {
		const struct stack_line *l = &s->lines[i];
		size_t n = run_length(s, i);

		if (n >= FOLD_LEAST && !g->app->detail.unfolded) {
			/* The outermost function of it would be the one that began it. */
			put_fold(g, l, n);
			i += n - 1;
			continue;
		}
		put_line(g, l, top && !steps_back(l));
		top &= steps_back(l);
	}
}

/* Why there is none, or how far it can be trusted; NULL: it is what it is. */
static const char *remark(const struct page *g, const struct stack_shown *s)
{
	uint32_t flags = g->row->flags;

	if (!s->n && !(flags & ROW_STACK_READ))
		return !strcmp(g->picture->source.mode, "probe")
			       ? "– stacks are read from memory, which is not open"
			       : "– not read yet";
	if (!s->n)
		return "– it runs: its stack cannot be read without stopping it";
	if (flags & ROW_STACK_GUESS)
		return "it runs: the calls that it made last; inner ones may have returned";
	if (flags & ROW_STACK_TORN)
		return "it moved each time that it was read: frames may be mixed up";
	if (flags & ROW_STACK_OLD)
		return "it has moved since this was read";
	return NULL;
}

static void put_created(struct page *g)
{
	const struct name *by = g->row->created;
	char text[600];

	if (!by->function)
		return;
	snprintf(text, sizeof(text), "created by %s", by->function);
	put_call(g, "", ROLE_DIM, text, by->file, by->line);
}

void detail_draw_stack(struct page *g)
{
	const struct stack_shown *s =
		g->picture->stacks ? stack_of_selected(g->picture) : &(const struct stack_shown){0};
	const char *why = remark(g, s);

	if (why) {
		struct pen pen = page_line(g);

		pen_skip(&pen, GUTTER - 1);
		pen_put(&pen, ROLE_ACCENT, why);
	}
	put_lines(g, s);
	if (s->cut) {
		struct pen pen = page_line(g);

		pen_skip(&pen, GUTTER - 1);
		pen_put(&pen, ROLE_DIM, "outer frames are missing");
	}
	put_created(g);
}
