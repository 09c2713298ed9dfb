// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is read from an executable, held against what the program's own runtime says about itself
 * (truth/main.go), for every way to build and to strip that real programs are found in.
 */
#include "tests/unit/golang/fixture.h"

#include <elf.h>

#include "base/cleanup.h"
#include "golang/exe.h"
#include "golang/globals_decode.h"
#include "golang/sites.h"

#define CALLERS 64

/* What is done to the file after it was built. */
enum change { NO_CHANGE, NO_SECTION_HEADERS, NO_SECTION_NAMES, NO_BUILD_INFO };

struct variant {
	const char *sentence;
	struct build_mode mode;
	enum change change;
	bool stripped, pie, dynamic;
};

#define EXTERNAL "-linkmode=external"

static struct variant variants[] = {
	{"a default build", {"default", "", "CGO_ENABLED=0", NULL}, NO_CHANGE, false, false, false},
	{"a stripped build",
	 {"stripped", "-ldflags='-s -w'", "CGO_ENABLED=0", NULL},
	 NO_CHANGE,
	 true,
	 false,
	 false},
	{"a position-independent build",
	 {"pie", "-buildmode=pie", "CGO_ENABLED=0", NULL},
	 NO_CHANGE,
	 false,
	 true,
	 true},
	{"a stripped position-independent build",
	 {"stripped-pie", "-buildmode=pie -ldflags='-s -w'", "CGO_ENABLED=0", NULL},
	 NO_CHANGE,
	 true,
	 true,
	 true},
	{"an externally linked build",
	 {"external", "-ldflags=" EXTERNAL, "CGO_ENABLED=1", "gcc"},
	 NO_CHANGE,
	 false,
	 false,
	 true},
	{"an externally linked, stripped build",
	 {"stripped-external", "-ldflags='" EXTERNAL " -s -w'", "CGO_ENABLED=1", "gcc"},
	 NO_CHANGE,
	 true,
	 false,
	 true},
	{"an externally linked position-independent build",
	 {"pie-external", "-buildmode=pie -ldflags=" EXTERNAL, "CGO_ENABLED=1", "gcc"},
	 NO_CHANGE,
	 false,
	 true,
	 true},
	{"an externally linked, stripped, position-independent build",
	 {"stripped-pie-external", "-buildmode=pie -ldflags='" EXTERNAL " -s -w'", "CGO_ENABLED=1",
	  "gcc"},
	 NO_CHANGE,
	 true,
	 true,
	 true},
	{"a static position-independent build",
	 {"static-pie", "-buildmode=pie -ldflags='" EXTERNAL " -extldflags=-static-pie'",
	  "CGO_ENABLED=1", "gcc"},
	 NO_CHANGE,
	 false,
	 true,
	 false},
	{"a build linked by gold",
	 {"gold", "-ldflags='" EXTERNAL " -extldflags=-fuse-ld=gold'", "CGO_ENABLED=1", "ld.gold"},
	 NO_CHANGE,
	 false,
	 false,
	 true},
	{"a build linked by lld",
	 {"lld", "-ldflags='" EXTERNAL " -extldflags=-fuse-ld=lld'", "CGO_ENABLED=1", "ld.lld"},
	 NO_CHANGE,
	 false,
	 false,
	 true},
	{"a position-independent build linked by lld",
	 {"pie-lld", "-buildmode=pie -ldflags='" EXTERNAL " -s -w -extldflags=-fuse-ld=lld'",
	  "CGO_ENABLED=1", "ld.lld"},
	 NO_CHANGE,
	 true,
	 true,
	 true},
	{"a build without section headers",
	 {"default", "", "CGO_ENABLED=0", NULL},
	 NO_SECTION_HEADERS,
	 true,
	 false,
	 false},
	{"a position-independent, externally linked build without section headers",
	 {"pie-external", "-buildmode=pie -ldflags=" EXTERNAL, "CGO_ENABLED=1", "gcc"},
	 NO_SECTION_HEADERS,
	 true,
	 true,
	 true},
	{"a position-independent build without section headers",
	 {"pie", "-buildmode=pie", "CGO_ENABLED=0", NULL},
	 NO_SECTION_HEADERS,
	 true,
	 true,
	 true},
	{"a stripped build whose sections have other names",
	 {"stripped", "-ldflags='-s -w'", "CGO_ENABLED=0", NULL},
	 NO_SECTION_NAMES,
	 true,
	 false,
	 false},
	{"a stripped build without build info",
	 {"stripped", "-ldflags='-s -w'", "CGO_ENABLED=0", NULL},
	 NO_BUILD_INFO,
	 true,
	 false,
	 false},
};

/* ---- changes ----------------------------------------------------------------------------------- */

static void wipe(uint8_t *p, size_t size, const char *what, size_t n)
{
	uint8_t *hit;

	while ((hit = memmem(p, size, what, n)))
		memset(hit, 'x', n);
}

static void apply(enum change change, uint8_t *p, size_t size)
{
	Elf64_Ehdr *h = (void *)p;

	switch (change) {
	case NO_SECTION_HEADERS:
		h->e_shoff = 0;
		h->e_shnum = h->e_shstrndx = 0;
		break;
	case NO_SECTION_NAMES:
		wipe(p, size, ".gopclntab", 10);
		wipe(p, size, ".go.module", 10);
		wipe(p, size, ".go.buildinfo", 13);
		break;
	case NO_BUILD_INFO:
		wipe(p, size, "\xff Go buildinf:", 14);
		break;
	case NO_CHANGE:
		break;
	}
}

static struct go_exe *open_variant(const struct variant *v)
{
	const char *path = fixture_build("truth", &v->mode);
	struct go_exe *x = NULL;
	struct err err = {0};
	size_t size;
	uint8_t *p = fixture_read(path, &size);
	int fd;

	apply(v->change, p, size);
	fd = fixture_memfd(p, size);
	free(p);
	if (go_exe_open(&x, fd, &err))
		fail_msg("%s: %s", path, err.text);
	close(fd);
	return x;
}

/* ---- what the program says ---------------------------------------------------------------------- */

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
static struct place parse_place(char *s, uint64_t bias)
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
static bool same_function(const char *ours, const char *theirs)
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

static void check_frame(const struct go_frame *f, const struct place *p)
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

static void check_pc(const struct go_exe *x, struct truth *t, char *s)
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
static void check_chain(const struct go_exe *x, struct truth *t, int n)
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

static void check_func(const struct go_exe *x, struct truth *t, char *s)
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

static void check_fact(const struct go_exe *x, struct truth *t)
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

static void functions_and_lines_are_as_the_program_says(void **state)
{
	const struct variant *v = *state;
	struct go_exe *x = open_variant(v);
	struct truth *t = calloc(1, sizeof(*t));
	bool ran, said;
	int status;

	assert_non_null(t);
	t->out = popen(fixture_build("truth", &v->mode), "r");
	assert_non_null(t->out);
	while (fgets(t->line, sizeof(t->line), t->out))
		check_fact(x, t);
	status = pclose(t->out);
	ran = t->pcs > 5000 && t->callers > 20 && t->functions == 3;
	said = t->pcs || t->functions;
	free(t);
	go_exe_close(x);
	/* Go 1.17 to 1.19 build static PIEs that crash before they begin. */
	if (status && !said)
		fixture_skip("run", "the program itself does not run");
	assert_int_equal(status, 0);
	assert_true(ran);
}

/* ---- the rest ----------------------------------------------------------------------------------- */

static void the_file_is_described_as_it_was_built(void **state)
{
	const struct variant *v = *state;
	struct go_exe *x = open_variant(v);
	const struct go_exe_info *info = go_exe_info(x);
	struct go_exe_info peek;
	struct go_func f;
	uint64_t offset;

	assert_string_equal(info->version.text, fixture_version());
	assert_int_equal(info->stripped, v->stripped);
	assert_int_equal(info->pie, v->pie);
	assert_int_equal(info->dynamic, v->dynamic);
	assert_int_equal(info->phdr_vaddr, info->first_vaddr + sizeof(Elf64_Ehdr));
	assert_true(info->text && info->text < info->etext);
	assert_true(go_func_find(x, "runtime.casgstatus", &f));
	assert_in_range(f.entry, info->text, info->etext);
	assert_true(go_exe_text_offset(x, f.entry, &offset));
	assert_false(go_func_find(x, "runtime.casgstatu", &f));
	assert_false(go_func_find(x, "asgstatus", &f));

	assert_int_equal(go_exe_peek(x->img.fd, &peek), 0);
	assert_string_equal(peek.version.text, info->version.text);
	assert_int_equal(peek.stripped, info->stripped);
	assert_int_equal(peek.arch, info->arch);
	go_exe_close(x);
}

static void the_probe_site_is_an_instruction_of_casgstatus(void **state)
{
	struct go_exe *x = open_variant(*state);
	struct go_site *site = NULL;
	uint8_t bytes[16];
	struct err err;
	size_t n = 0;

	if (go_sites_find(x, &site, &n, &err))
		fail_msg("%s", err.text);
	assert_int_equal(n, 1);
	assert_true(site->emulated);
	assert_int_equal(pread(x->img.fd, bytes, site->n_bytes, site->file_offset), site->n_bytes);
	assert_memory_equal(bytes, site->bytes, site->n_bytes);
	if (go_exe_info(x)->arch == GO_ARCH_AMD64 &&
	    go_version_cmp(&go_exe_info(x)->version, 21, 0) < 0) {
		assert_string_equal(site->where, "runtime.casgstatus+0x1f");
		assert_string_equal(site->instruction, "nop");
		assert_int_equal(site->return_sp, 0x40);
	} else if (go_exe_info(x)->arch == GO_ARCH_AMD64) {
		assert_string_equal(site->where, "runtime.casgstatus");
		assert_int_equal(site->bytes[0], 0x55);
		assert_int_equal(site->return_sp, 0);
	} else {
		assert_string_equal(site->where, "runtime.casgstatus+0x18");
		assert_true(site->return_in_lr);
	}
	free(site);
	go_exe_close(x);
}

/* Decoding must find what the symbols say, and something in every file. */
static void globals_are_decoded_where_the_symbols_are(void **state)
{
	struct go_exe *x = open_variant(*state);
	struct go_global_place place[GG_COUNT] = {0};

	globals_decode(x, place);
	for (enum go_global g = 0; g < GG_COUNT; g++) {
		uint64_t addr, size;

		if (!place[g].addr)
			fail_msg("%s: %s", go_global_name(g), place[g].how);
		if (!go_symbol_find(x, go_global_name(g), &addr, &size))
			continue;
		assert_int_equal(place[g].addr, addr);
		if (g == GG_WAIT_REASON_STRINGS)
			assert_int_equal(place[g].count, size / 16);
	}
	go_exe_close(x);
}

/* By DWARF where there is some, by the table elsewhere; both must say the same. */
static void the_layout_is_that_of_the_release(void **state)
{
	struct go_exe *x = open_variant(*state);
	const struct layout_row *row =
		layout_table_find(&go_exe_info(x)->version, go_exe_info(x)->arch);
	struct layout l;
	struct err err;

	if (go_exe_layout(x, &l, &err)) {
		assert_null(row);
		assert_false(go_exe_info(x)->has_dwarf);
		go_exe_close(x);
		return;
	}
	assert_int_equal(l.origin, go_exe_info(x)->has_dwarf ? LAYOUT_DWARF : LAYOUT_TABLE);
	assert_true(l.n_wait_reasons > 20);
	assert_string_equal(l.wait_reasons[2], "IO wait");
	for (size_t i = 0; row && i < LF_COUNT; i++)
		assert_int_equal(l.offset[i], row->offset[i]);
	for (int i = 0; row && i < l.n_wait_reasons; i++)
		assert_string_equal(l.wait_reasons[i], row->wait_reasons[i]);
	go_exe_close(x);
}

int main(void)
{
	static const struct {
		const char *what;
		void (*check)(void **state);
	} checks[] = {
		{"functions and lines are as the program says",
		 functions_and_lines_are_as_the_program_says},
		{"it is described as it was built", the_file_is_described_as_it_was_built},
		{"the probe site is an instruction of casgstatus",
		 the_probe_site_is_an_instruction_of_casgstatus},
		{"globals are decoded where the symbols are",
		 globals_are_decoded_where_the_symbols_are},
		{"the layout is that of the release", the_layout_is_that_of_the_release},
	};
	static struct CMUnitTest tests[ARRAY_SIZE(variants) * ARRAY_SIZE(checks)];
	static char names[ARRAY_SIZE(tests)][200];

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		struct variant *v = &variants[i / ARRAY_SIZE(checks)];

		snprintf(names[i], sizeof(names[i]), "%s: %s", v->sentence,
			 checks[i % ARRAY_SIZE(checks)].what);
		tests[i].name = names[i];
		tests[i].test_func = checks[i % ARRAY_SIZE(checks)].check;
		tests[i].initial_state = v;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
