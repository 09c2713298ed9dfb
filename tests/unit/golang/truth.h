/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program says about itself (truth/main.go), held against what was read from its file. */
#ifndef GOROUTOP_TESTS_GOLANG_TRUTH_H
#define GOROUTOP_TESTS_GOLANG_TRUTH_H

#include "tests/unit/golang/fixture.h"

#include "golang/executable.h"

#define CALLERS 64

struct truth {
	FILE *out;
	char line[65536];
	uint64_t bias;
	size_t pcs, callers, functions;
};

struct place {
	uint64_t pc;
	int line;
	char *file, *function;
};

/* "HEX LINE FILE<TAB>FUNCTION" */
static inline struct place parse_place(char *s, uint64_t bias)
{
	struct place p = {0};
	int n = 0;

	assert_int_equal(sscanf(s, "%lx %d %n", &p.pc, &p.line, &n), 2);
	p.pc -= bias;
	p.file = s + n;
	p.function = strchr(p.file, '\t');
	assert_non_null(p.function);
	*p.function++ = '\0';
	p.function[strcspn(p.function, "\n")] = '\0';
	return p;
}

/*
 * The runtime itself cannot name the function whose name is at offset 0, and from Go 1.21 on leaves
 * type arguments out: "[...]" (funcNameForPrint).
 */
static inline bool same_function(const char *ours, const char *theirs)
{
	const char *open = strchr(ours, '['), *close = strrchr(ours, ']');
	char brief[4096];

	if (!*theirs || !strcmp(ours, theirs))
		return true;
	if (!open || !close || close < open)
		return false;
	snprintf(brief, sizeof(brief), "%.*s[...]%s", (int)(open - ours), ours, close + 1);
	return !strcmp(brief, theirs);
}

static inline void check_frame(const struct go_frame *f, const struct place *p)
{
	bool known = strcmp(p->file, "?") != 0;

	if (!same_function(f->function, p->function))
		fail_msg("%lx: function %s, not %s", p->pc, f->function, p->function);
	if (!known) {
		assert_null(f->line.file);
		return;
	}
	if (!f->line.file || strcmp(f->line.file, p->file) || f->line.line != p->line)
		fail_msg("%lx: %s:%d, not %s:%d", p->pc, f->line.file ? f->line.file : "none",
			 f->line.line, p->file, p->line);
}

static inline void check_pc(const struct go_exe *x, struct truth *t, char *s)
{
	struct place p = parse_place(s, t->bias);
	struct go_frame frame;
	struct go_line line;
	struct go_func f;

	assert_true(go_frames_at(x, p.pc, &frame, 1) >= 1);
	check_frame(&frame, &p);
	assert_true(go_func_at(x, p.pc, &f));
	assert_true(f.entry <= p.pc && p.pc < f.end);
	assert_int_equal(go_line_at(x, p.pc, &line), strcmp(p.file, "?") != 0);
	t->pcs++;
}

/*
 * Frames at the k-th caller's pc are that caller and those after it, as far as they go; the
 * runtime leaves wrappers out of what it tells.
 */
static inline void check_chain(const struct go_exe *x, struct truth *t, int n)
{
	static char lines[CALLERS][4096];
	struct place p[CALLERS];
	struct go_frame frames[CALLERS];

	assert_in_range(n, 1, CALLERS);
	for (int i = 0; i < n; i++) {
		assert_non_null(fgets(lines[i], sizeof(lines[i]), t->out));
		assert_memory_equal(lines[i], "caller ", 7);
		p[i] = parse_place(lines[i] + 7, t->bias);
	}
	for (int i = 0; i < n; i++) {
		size_t got = go_frames_at(x, p[i].pc, frames, CALLERS);
		int at = i;

		assert_true(got >= 1);
		assert_false(frames[got - 1].inlined);
		for (size_t k = 0; k < got && at < n; k++)
			if (!frames[k].wrapper)
				check_frame(&frames[k], &p[at++]);
		t->callers++;
	}
}

static inline void check_func(const struct go_exe *x, struct truth *t, char *s)
{
	unsigned long entry;
	struct go_func f;
	int32_t depth;
	int n;

	assert_int_equal(sscanf(s, "%lx %n", &entry, &n), 1);
	s[strcspn(s, "\n")] = '\0';
	assert_true(go_func_find(x, s + n, &f));
	if (!t->functions++)
		t->bias = entry - f.entry;
	assert_int_equal(f.entry + t->bias, entry);
	assert_true(go_spdelta_at(x, f.entry, &depth));
	assert_int_equal(depth, 0);
}

static inline void check_fact(const struct go_exe *x, struct truth *t)
{
	const struct go_exe_info *info = go_exe_info(x);
	char *s = strchr(t->line, ' ') + 1;

	if (!strncmp(t->line, "version ", 8)) {
		s[strcspn(s, "\n")] = '\0';
		assert_string_equal(info->version.text, s);
	} else if (!strncmp(t->line, "module ", 7)) {
		s[strcspn(s, "\n")] = '\0';
		if (!strcmp(info->version_from, "build info"))
			assert_string_equal(info->main_module, s);
	} else if (!strncmp(t->line, "func ", 5)) {
		check_func(x, t, s);
	} else if (!strncmp(t->line, "pc ", 3)) {
		check_pc(x, t, s);
	} else if (!strncmp(t->line, "chain ", 6)) {
		check_chain(x, t, atoi(s));
	} else {
		fail_msg("no fact: %s", t->line);
	}
}

/*
 * Every n-th instruction's line, for a program that does not run here. False: this release's
 * addr2line cannot read it.
 */
static inline bool check_by_addr2line(const struct go_exe *x, const char *path)
{
	static char command[16384], function[65536], place[65536], expected[65536];
	const uint64_t step = 52, first = go_exe_info(x)->text, end = go_exe_info(x)->etext;
	size_t known = 0, different = 0;
	FILE *out;

	snprintf(command, sizeof(command),
		 "seq -f %%.0f %lu %lu %lu | while read n; do printf '%%x\\n' $n; done |"
		 " %s '%s' tool addr2line '%s'",
		 first, step, end - 1, fixture_environment(), fixture_go(), path);
	out = popen(command, "r");
	assert_non_null(out);
	for (uint64_t pc = first; pc < end; pc += step) {
		struct go_line line;
		bool ours = go_line_at(x, pc, &line);

		assert_non_null(fgets(function, sizeof(function), out));
		assert_non_null(fgets(place, sizeof(place), out));
		place[strcspn(place, "\n")] = '\0';
		/* "?:0", from Go 1.27 on ":-1" */
		if (*place == '?' || *place == ':') {
			different += ours;
			continue;
		}
		known++;
		snprintf(expected, sizeof(expected), "%s:%d", ours ? line.file : "?",
			 ours ? line.line : 0);
		assert_string_equal(expected, place);
	}
	assert_int_equal(pclose(out), 0);
	if (!known)
		return false;
	assert_int_equal(different, 0);
	assert_true(known > 5000);
	return true;
}

#endif
