// SPDX-License-Identifier: GPL-2.0-or-later
/* What is at a pc: the function, its line, the calls inlined there, the depth of its frame. */
#include "golang/exe.h"
#include "golang/inline_tree.h"

#define DEPTH_MAX 256 /* of calls inlined into each other */

static void to_go_func(const struct go_exe *x, const struct pclntab_func *f, struct go_func *ret)
{
	const char *name = pclntab_name(&x->pcln, f->name);

	*ret = (struct go_func){
		.entry = f->entry,
		.end = f->end,
		.name = name ? name : "?",
		.index = f->index,
		.func_id = f->func_id,
	};
}

bool go_func_find(const struct go_exe *x, const char *name, struct go_func *ret)
{
	struct pclntab_func f;

	if (!pclntab_func_named(&x->pcln, name, &f))
		return false;
	to_go_func(x, &f, ret);
	return true;
}

bool go_func_at(const struct go_exe *x, uint64_t pc, struct go_func *ret)
{
	struct pclntab_func f;

	if (!pclntab_func_at(&x->pcln, pc, &f))
		return false;
	to_go_func(x, &f, ret);
	return true;
}

static bool line_in(const struct go_exe *x, const struct pclntab_func *f, uint64_t pc,
		    struct go_line *ret)
{
	int32_t fileno, line;

	*ret = (struct go_line){0};
	if (!pclntab_value(&x->pcln, f, f->pcfile, pc, &fileno) ||
	    !pclntab_value(&x->pcln, f, f->pcline, pc, &line) || line < 1)
		return false;
	ret->file = pclntab_file(&x->pcln, f, fileno);
	ret->line = line;
	return ret->file;
}

bool go_line_at(const struct go_exe *x, uint64_t pc, struct go_line *ret)
{
	struct pclntab_func f;

	return pclntab_func_at(&x->pcln, pc, &f) && line_in(x, &f, pc, ret);
}

static void put_frame(const struct go_exe *x, const struct pclntab_func *f, uint64_t pc,
		      const struct inline_call *call, struct go_frame *ret)
{
	const char *name = pclntab_name(&x->pcln, call ? call->name : f->name);

	*ret = (struct go_frame){
		.function = name ? name : "?",
		.inlined = call,
		.func_id = call ? call->func_id : f->func_id,
	};
	ret->wrapper = ret->func_id == x->pcln.wrapper_id;
	line_in(x, f, pc, &ret->line);
}

size_t go_frames_at(const struct go_exe *x, uint64_t pc, struct go_frame *frames, size_t max)
{
	struct pclntab_func f;
	struct inline_tree tree;
	struct inline_call call;
	bool has_tree;
	size_t n = 0;

	if (!pclntab_func_at(&x->pcln, pc, &f))
		return 0;
	has_tree = inline_tree_of(&tree, &x->img, &x->pcln, &f, x->module.gofunc);
	while (has_tree && n < DEPTH_MAX &&
	       inline_tree_call(&tree, &f, inline_tree_index(&x->pcln, &f, pc), &call)) {
		if (n < max)
			put_frame(x, &f, pc, &call, &frames[n]);
		n++;
		pc = call.parent_pc;
	}
	if (n < max)
		put_frame(x, &f, pc, NULL, &frames[n]);
	return n + 1;
}

bool go_spdelta_at(const struct go_exe *x, uint64_t pc, int32_t *ret)
{
	struct pclntab_func f;

	return pclntab_func_at(&x->pcln, pc, &f) && pclntab_value(&x->pcln, &f, f.pcsp, pc, ret);
}
