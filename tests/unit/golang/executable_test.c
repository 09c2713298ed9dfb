// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is read from an executable, held against what the program's own runtime says about itself
 * (truth/main.go), for every way to build and to strip that real programs are found in.
 */
#include "tests/unit/golang/truth.h"
#include "tests/unit/golang/variants.h"

#include "base/cleanup.h"
#include "golang/exe.h"
#include "golang/globals_decode.h"
#include "golang/sites.h"

/* Go 1.17 for arm64 is below the floor: it must be refused by its name. */
static bool too_old(const struct variant *v, const struct err *err)
{
	return (v->flags & FOREIGN) && !strncmp(fixture_version(), "go1.17", 6) &&
	       err->status == EXIT_TARGET && strstr(err->text, fixture_version());
}

static struct go_exe *open_variant(const struct variant *v)
{
	const char *path = fixture_build("truth", &v->mode);
	struct go_exe *x = NULL;
	struct err err = {0};
	size_t size;
	uint8_t *p = fixture_read(path, &size);
	int fd;

	variant_apply(v->change, p, size);
	fd = fixture_memfd(p, size);
	free(p);
	if (go_exe_open(&x, fd, &err) && !too_old(v, &err))
		fail_msg("%s: %s", path, err.text);
	close(fd);
	if (!x)
		skip();
	return x;
}

static void functions_and_lines_are_as_the_program_says(void **state)
{
	const struct variant *v = *state;
	struct go_exe *x = open_variant(v);
	struct truth *t = calloc(1, sizeof(*t));
	bool ran, said;
	int status;

	assert_non_null(t);
	if (v->flags & FOREIGN) {
		/* addr2line needs symbols */
		ran = v->flags & STRIPPED ||
		      check_by_addr2line(x, fixture_build("truth", &v->mode));
		free(t);
		go_exe_close(x);
		if (!ran)
			skip_for("addr2line", "this release's addr2line cannot read it");
		return;
	}
	t->out = popen(fixture_build("truth", &v->mode), "r");
	assert_non_null(t->out);
	while (fgets(t->line, sizeof(t->line), t->out))
		check_fact(x, t);
	status = pclose(t->out);
	ran = t->pcs > 5000 && t->callers > 20 && t->functions == 3;
	said = t->pcs || t->functions;
	free(t);
	go_exe_close(x);
	/* Go 1.17 to 1.20 build static PIEs that crash before they begin. */
	if (status && !said)
		skip_for("run", "the program itself does not run");
	assert_int_equal(status, 0);
	assert_true(ran);
}

static void the_file_is_described_as_it_was_built(void **state)
{
	const struct variant *v = *state;
	struct go_exe *x = open_variant(v);
	const struct go_exe_info *info = go_exe_info(x);
	struct go_exe_info peek;
	struct go_func f;
	uint64_t offset;

	assert_string_equal(info->version.text, fixture_version());
	assert_int_equal(info->stripped, !!(v->flags & STRIPPED));
	assert_int_equal(info->pie, !!(v->flags & PIE));
	assert_int_equal(info->dynamic, !!(v->flags & DYNAMIC));
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
		if (!elf_symbols_find(&x->symbols, go_global_name(g), &addr, &size))
			continue;
		assert_int_equal(place[g].addr, addr);
		if (g == GG_WAIT_REASON_STRINGS)
			assert_int_equal(place[g].count, size / 16);
		if (g == GG_SEMTABLE)
			assert_int_equal(place[g].count, size / GO_SEMAPHORE_QUEUES);
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
