// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "model/stack_picture.h"
#include "model/table.h"

/* ---- what Go's tracebacks show ---------------------------------------------------------------- */

static const char runtime_prefix[] = "runtime.";
enum { RUNTIME_PREFIX = sizeof(runtime_prefix) - 1 };

/* runtime.X, or runtime.(*T).X with both of them exported (isExportedRuntime, runtime/traceback.go). */
static bool is_exported_runtime(const char *function)
{
	const char *name = function + RUNTIME_PREFIX, *last = strrchr(name, '.');

	if (!last)
		return isupper((unsigned char)*name);
	name += name[0] == '(' && name[1] == '*' ? 2 : 0;
	return isupper((unsigned char)*name) && isupper((unsigned char)last[1]);
}

static bool is_one_of(const char *function, const char *const *names, size_t n)
{
	for (size_t i = 0; function && i < n; i++)
		if (!strcmp(function, names[i]))
			return true;
	return false;
}

static const char *const panics[] = {"runtime.gopanic", "runtime.sigpanic", "runtime.panicwrap"};

/* elideWrapperCalling; callee: the line before, NULL: none. */
static bool is_elided(const struct frame *f, const char *callee)
{
	return f->wrapper && !is_one_of(callee, panics, ARRAY_SIZE(panics));
}

bool function_is_hidden(const char *function)
{
	if (strncmp(function, runtime_prefix, RUNTIME_PREFIX))
		return !strchr(function, '.');
	return !is_exported_runtime(function);
}

/* showframe, runtime/traceback.go. */
static bool is_hidden(const struct frame *f, const char *callee)
{
	const char *function = f->name.function;

	/* The boundary between what ran and what a panic called is shown. */
	if (!function || (callee && is_one_of(function, panics, 1)))
		return false;
	return is_elided(f, callee) || function_is_hidden(function);
}

/* ---- making it -------------------------------------------------------------------------------- */

static bool put_lines(struct model *m, const struct model_stack *s)
{
	const char *callee = NULL;

	for (size_t i = 0; i < s->n; i++) {
		uint64_t frame = m->stacks.frames.v[s->first + i];
		struct frames f = names_frames(m->options.names, frame);

		for (size_t j = 0; j < f.n; j++) {
			const struct frame *at = &f.v[j];
			const struct stack_line line = {
				.function = at->name.function,
				.symbol = at->symbol,
				.file = at->name.file,
				.line = at->name.line,
				.inlined = at->inlined,
				.user = at->user,
				.wrapper = is_elided(at, callee),
				.hidden = is_hidden(at, callee),
				.exact = frame & FRAME_EXACT,
				.pc = frame & ~FRAME_EXACT,
				.entry = at->entry,
			};

			if (!vec_push(&m->shown.lines, line))
				return false;
			callee = at->name.function;
		}
	}
	return true;
}

/* The place of a stack among the shown; UINT32_MAX for lack of memory. */
static uint32_t show_stack(struct model *m, uint32_t stack, uint32_t *places)
{
	const struct model_stack *s;
	struct stack_shown shown;

	if (!stack || places[stack])
		return stack ? places[stack] : 0;
	s = &m->stacks.all.v[stack];
	shown = (struct stack_shown){.n = m->shown.lines.n, .cut = s->cut};
	if (!put_lines(m, s) || !vec_push(&m->shown.all, shown))
		return UINT32_MAX;
	places[stack] = (uint32_t)m->shown.all.n - 1;
	return places[stack];
}

static bool show_row_stack(struct model *m, uint32_t stack, uint32_t *places)
{
	uint32_t place = show_stack(m, stack, places);

	return place != UINT32_MAX && vec_push(&m->shown.of, place);
}

/* Only now the lines stay where they are: what was the number of the first becomes its address. */
static void settle_lines(struct model *m)
{
	for (size_t i = m->shown.all.n, end = m->shown.lines.n; i-- > 1;) {
		struct stack_shown *s = &m->shown.all.v[i];
		size_t first = s->n;

		s->lines = m->shown.lines.v + first;
		s->n = end - first;
		end = first;
	}
}

static bool show_all(struct model *m, const struct request *request, const struct picture *p,
		     uint32_t *places)
{
	uint32_t selected;

	if (!vec_push(&m->shown.all, (struct stack_shown){0}))
		return false;
	for (size_t i = 0; request->stacks == STACKS_ALL && i < p->n; i++)
		if (!show_row_stack(m, p->rows[i].row->stack, places))
			return false;
	selected = show_stack(m, p->selected ? p->selected->row->stack : 0, places);
	m->shown.picture.selected = selected;
	return selected != UINT32_MAX;
}

int stacks_picture(struct model *m, const struct request *request, const struct picture *p,
		   const struct stacks_picture **ret)
{
	uint32_t *places;
	bool done;

	*ret = NULL;
	if (request->stacks == STACKS_NONE || !m->options.names)
		return 0;
	m->shown.lines.n = m->shown.all.n = m->shown.of.n = 0;
	places = calloc(m->stacks.all.n + 1, sizeof(*places));
	done = places && show_all(m, request, p, places);
	free(places);
	if (!done)
		return -ENOMEM;
	settle_lines(m);
	m->shown.picture.all = m->shown.all.v;
	m->shown.picture.n = m->shown.all.n;
	m->shown.picture.of = m->shown.of.v;
	m->shown.picture.n_of = m->shown.of.n;
	*ret = &m->shown.picture;
	return 0;
}

void stacks_picture_free(struct shown_stacks *s)
{
	vec_free(&s->lines);
	vec_free(&s->all);
	vec_free(&s->of);
}

/* ---- a copy ----------------------------------------------------------------------------------- */

struct copy {
	struct stacks_picture picture; /* first: its address is the block's */
	struct stack_shown shown[];
};

static size_t count_lines(const struct stacks_picture *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->all[i].n;
	return n;
}

struct stacks_picture *stacks_picture_copy(const struct stacks_picture *from)
{
	struct stack_line *lines;
	struct copy *c;
	uint32_t *of;

	if (!from)
		return NULL;
	c = malloc(sizeof(*c) + from->n * sizeof(c->shown[0]) + count_lines(from) * sizeof(*lines) +
		   from->n_of * sizeof(*of));
	if (!c)
		return NULL;
	lines = (struct stack_line *)(c->shown + from->n);
	for (size_t i = 0; i < from->n; i++) {
		c->shown[i] = from->all[i];
		c->shown[i].lines = lines;
		for (size_t j = 0; j < from->all[i].n; j++)
			*lines++ = from->all[i].lines[j];
	}
	of = (uint32_t *)lines;
	for (size_t i = 0; i < from->n_of; i++)
		of[i] = from->of[i];
	c->picture = *from;
	c->picture.all = c->shown;
	c->picture.of = of;
	return &c->picture;
}

/* ---- asking it -------------------------------------------------------------------------------- */

static const struct stack_shown *stack_at(const struct stacks_picture *s, uint32_t place)
{
	static const struct stack_shown unknown;

	return s && place < s->n ? &s->all[place] : &unknown;
}

const struct stack_shown *stack_of_row(const struct picture *p, size_t i)
{
	return stack_at(p->stacks, p->stacks && i < p->stacks->n_of ? p->stacks->of[i] : 0);
}

const struct stack_shown *stack_of_selected(const struct picture *p)
{
	return stack_at(p->stacks, p->stacks ? p->stacks->selected : 0);
}
