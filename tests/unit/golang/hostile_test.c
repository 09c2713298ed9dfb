// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that lie. The watched process is not trusted, and neither is its executable: whatever it
 * says, reading it ends, soon, with an answer or a reason.
 */
#include "tests/unit/golang/fixture.h"

#include "base/cleanup.h"
#include "golang/exe.h"
#include "tests/unit/golang/exercise.h"
#include "tests/unit/golang/mini_go.h"

static int open_mini(const struct mini_go *m, struct go_exe **x, struct err *err)
{
	int fd = fixture_memfd(m->file, sizeof(m->file));
	int r = go_exe_open(x, fd, err);

	close(fd);
	return r;
}

/* Opens the spoilt file, expects a reason with that word in it, and frees it. */
static void refused(struct mini_go *m, const char *word)
{
	struct go_exe *x;
	struct err err = {0};

	assert_true(open_mini(m, &x, &err) < 0);
	assert_int_equal(err.status, EXIT_TARGET);
	if (!strstr(err.text, word))
		fail_msg("\"%s\" does not say \"%s\"", err.text, word);
	free(m);
}

static struct go_exe *accepted(struct mini_go *m)
{
	struct go_exe *x = NULL;
	struct err err = {0};

	if (open_mini(m, &x, &err))
		fail_msg("%s", err.text);
	free(m);
	return x;
}

static void the_miniature_itself_is_read(void **state)
{
	struct go_exe *x = accepted(mini_go_new());
	struct go_frame frames[3];
	struct go_func f;

	(void)state;
	assert_string_equal(go_exe_info(x)->version.text, "go1.23.4");
	assert_true(go_func_find(x, "runtime.casgstatus", &f));
	assert_int_equal(f.entry, MINI_TEXT + (MINI_FUNCS - 1) * MINI_FUNC_SIZE);
	assert_int_equal(f.end, f.entry + MINI_FUNC_SIZE);
	assert_int_equal(go_frames_at(x, f.entry, frames, 3), 1);
	assert_string_equal(frames[0].function, "runtime.casgstatus");
	assert_string_equal(frames[0].line.file, "main.go");
	assert_int_equal(frames[0].line.line, 20);
	assert_int_equal(go_frames_at(x, f.entry + 0x18, frames, 3), 2);
	assert_string_equal(frames[0].function, "main.inlined");
	assert_true(frames[0].inlined);
	assert_int_equal(frames[0].line.line, 20);
	assert_string_equal(frames[1].function, "runtime.casgstatus");
	assert_int_equal(frames[1].line.line, 23);
	assert_false(go_func_at(x, f.end, &f));
	assert_false(go_func_at(x, MINI_TEXT - 1, &f));
	go_exe_close(x);
}

static void a_file_cut_off_anywhere_is_survived(void **state)
{
	struct mini_go *m = mini_go_new();

	(void)state;
	for (size_t n = 0; n < sizeof(m->file); n += n < 0x1000 ? 7 : 13) {
		int fd = fixture_memfd(m->file, n);

		exercise(fd);
		close(fd);
	}
	free(m);
}

static void a_file_that_shrinks_after_it_was_opened_is_survived(void **state)
{
	struct mini_go *m = mini_go_new();
	int fd = fixture_memfd(m->file, sizeof(m->file));
	struct go_exe *x;
	struct err err;

	(void)state;
	assert_int_equal(go_exe_open(&x, fd, &err), 0);
	assert_int_equal(ftruncate(fd, 100), 0);
	exercise_tables(x);
	for (uint64_t pc = MINI_TEXT; pc < MINI_TEXT + 0x400; pc += 8)
		exercise_pc(x, pc);
	go_exe_close(x);
	close(fd);
	free(m);
}

static void counts_that_cannot_be_are_refused(void **state)
{
	static const uint64_t counts[] = {0,	      1u << 31,	  1ull << 32,
					  1ull << 60, UINT64_MAX, UINT64_MAX / 8};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct mini_go *m = mini_go_new();

		mini_put64(m, mini_offset(MINI_PCLN) + 8, counts[i]);
		refused(m, "table of functions");
	}
}

static void tables_in_the_wrong_order_or_outside_are_refused(void **state)
{
	(void)state;
	for (size_t table = 32; table <= 64; table += 8) {
		struct mini_go *m = mini_go_new();

		mini_put64(m, mini_offset(MINI_PCLN) + table, UINT64_MAX - 8);
		refused(m, "table of functions");
		m = mini_go_new();
		mini_put64(m, mini_offset(MINI_PCLN) + table, 0);
		refused(m, "table of functions");
	}
}

static void functions_out_of_order_are_refused(void **state)
{
	struct mini_go *m = mini_go_new();

	(void)state;
	mini_put32(m, m->functab + 3 * 8, 0x10);
	refused(m, "table of functions");
}

static void records_and_names_outside_their_tables_are_nameless(void **state)
{
	struct mini_go *m = mini_go_new();
	struct go_exe *x;
	struct go_func f;

	(void)state;
	mini_put32(m, m->funcs + 4, 0x7fffffff);	   /* the name of function 0 */
	mini_put32(m, m->functab + 1 * 8 + 4, 0xfffffff0); /* the record of function 1 */
	x = accepted(m);
	assert_true(go_func_at(x, MINI_TEXT, &f));
	assert_string_equal(f.name, "?");
	assert_false(go_func_at(x, MINI_TEXT + MINI_FUNC_SIZE, &f));
	assert_false(go_func_find(x, "main.f0", &f));
	assert_true(go_func_find(x, "main.f2", &f));
	go_exe_close(x);
}

static void a_name_without_end_is_none(void **state)
{
	struct mini_go *m = mini_go_new();
	struct pclntab_func f;
	struct go_exe *x;

	(void)state;
	/* No NUL from there to the end of the names. */
	memset(m->file + m->funcname + 0x200, 'a', m->cutab - (m->funcname + 0x200));
	mini_put32(m, m->funcs + 4, 0x210);
	x = accepted(m);
	assert_true(pclntab_func(&x->pcln, 0, &f));
	assert_int_equal(f.name, 0x210);
	assert_null(pclntab_name(&x->pcln, f.name));
	go_exe_close(x);
}

static void endless_numbers_and_tables_have_an_end(void **state)
{
	struct mini_go *m = mini_go_new();
	struct go_line line;
	struct go_exe *x;
	int32_t depth;

	(void)state;
	memset(m->file + m->pctab + 1, 0xff, m->functab - m->pctab - 1);
	x = accepted(m);
	assert_false(go_line_at(x, MINI_TEXT, &line));
	assert_false(go_spdelta_at(x, MINI_TEXT, &depth));
	go_exe_close(x);

	m = mini_go_new();
	memset(m->file + m->pctab + 1, 1, m->functab - m->pctab - 1);
	x = accepted(m);
	assert_false(go_line_at(x, MINI_TEXT + 0x3f0, &line));
	go_exe_close(x);
}

static void inlined_calls_in_a_circle_have_an_end(void **state)
{
	struct mini_go *m = mini_go_new();
	struct go_frame frames[4];
	struct go_exe *x;

	(void)state;
	for (int i = 0; i < MINI_FUNCS; i++)
		mini_put32(m, m->tree + i * 16 + 8, 0x18); /* the call's parent is the call */
	x = accepted(m);
	assert_true(go_frames_at(x, MINI_TEXT + 0x18, frames, 4) < 1000);
	go_exe_close(x);
}

static void what_is_no_go_executable_is_called_by_its_name(void **state)
{
	struct mini_go *m = mini_go_new();

	(void)state;
	m->file[EI_CLASS] = ELFCLASS32;
	refused(m, "32-bit");
	m = mini_go_new();
	m->file[EI_DATA] = ELFDATA2MSB;
	refused(m, "big-endian");
	m = mini_go_new();
	m->file[offsetof(Elf64_Ehdr, e_machine)] = EM_RISCV;
	refused(m, "RISC-V");
	m = mini_go_new();
	m->file[offsetof(Elf64_Ehdr, e_type)] = ET_REL;
	refused(m, "no executable");
	m = mini_go_new();
	m->file[0] = '#';
	refused(m, "not an ELF");
	m = mini_go_new();
	memset(m->file + offsetof(Elf64_Ehdr, e_phnum), 0xff, 2);
	refused(m, "program headers");
	m = mini_go_new();
	mini_put64(m, offsetof(Elf64_Ehdr, e_phoff), UINT64_MAX - 10);
	refused(m, "program headers");
	m = mini_go_new();
	memset(m->file + mini_offset(MINI_PCLN), 0, MINI_SIZE - mini_offset(MINI_PCLN));
	refused(m, "not a Go program");
	m = mini_go_new();
	memset(m->file + mini_offset(MINI_PCLN), 0, MINI_SIZE - mini_offset(MINI_PCLN));
	memcpy(m->file + 0x200, "UPX!", 4);
	refused(m, "UPX");
}

static void old_releases_are_refused_by_their_name(void **state)
{
	struct mini_go *m = mini_go_new();

	(void)state;
	mini_build_info(m, "go1.16.15");
	refused(m, "go1.16.15");
	m = mini_go_new();
	mini_build_info(m, "go1.17.13");
	m->file[offsetof(Elf64_Ehdr, e_machine)] = EM_AARCH64;
	refused(m, "go1.17.13");
	/* Without build info the table's format tells. */
	m = mini_go_new();
	memset(m->file + mini_offset(MINI_DATA), 0, 64);
	m->file[mini_offset(MINI_PCLN)] = 0xfb;
	refused(m, "Go 1.15 or older");
	/* And a release from before the register ABI. */
	m = mini_go_new();
	mini_build_info(m, "go1.12.17");
	m->file[mini_offset(MINI_PCLN)] = 0xfb;
	refused(m, "go1.12.17");
}

static void what_is_no_regular_file_is_refused_at_once(void **state)
{
	static const char *const paths[] = {"/dev/null", "/dev/zero", "/tmp"};
	struct go_exe_info info;
	struct err err = {0};
	struct go_exe *x;
	int pipes[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		int fd = fixture_open(paths[i]);

		assert_true(go_exe_open(&x, fd, &err) < 0);
		assert_non_null(strstr(err.text, "regular"));
		assert_true(go_exe_peek(fd, &info) < 0);
		close(fd);
	}
	assert_int_equal(pipe(pipes), 0); /* reading it would block for ever */
	assert_true(go_exe_open(&x, pipes[0], &err) < 0);
	assert_true(go_exe_peek(pipes[0], &info) < 0);
	close(pipes[0]);
	close(pipes[1]);
	assert_true(go_exe_open(&x, -1, &err) < 0);
}

static void segments_that_wrap_or_lie_are_survived(void **state)
{
	static const uint64_t lies[] = {0,	    1,		0x1000,
					1ull << 40, 1ull << 63, UINT64_MAX - 7,
					UINT64_MAX};

	(void)state;
	for (int seg = 0; seg < 3; seg++)
		for (size_t field = 8; field < sizeof(Elf64_Phdr); field += 8)
			for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
				struct mini_go *m = mini_go_new();
				int fd;

				mini_put64(m, sizeof(Elf64_Ehdr) + seg * sizeof(Elf64_Phdr) + field,
					   lies[i]);
				fd = fixture_memfd(m->file, sizeof(m->file));
				exercise(fd);
				close(fd);
				free(m);
			}
}

/* Words that programs trip over, put anywhere. */
static void mutate(uint8_t *p, size_t size)
{
	static const uint64_t words[] = {
		0,	    1,		0x7f,	    0xff,	0x7fffffff,
		0x80000000, 0xffffffff, 1ull << 32, 1ull << 62, UINT64_MAX - 1,
		UINT64_MAX, MINI_TEXT,	MINI_PCLN,  MINI_DATA};
	int n = 1 + rand() % 4;

	while (n--) {
		static const size_t widths[] = {1, 2, 4, 8};
		uint64_t w = rand() % 3 ? words[rand() % ARRAY_SIZE(words)] : (uint64_t)rand();
		size_t width = widths[rand() % 4];

		memcpy(p + rand() % (size - 8), &w, width);
	}
}

static void random_damage_to_the_miniature_is_survived(void **state)
{
	size_t taken = 0;

	(void)state;
	srand(3);
	for (int i = 0; i < 6000; i++) {
		struct mini_go *m = mini_go_new();
		/* Where tables are: text and padding would only dilute it. */
		size_t at = i % 3 == 0	 ? 0
			    : i % 3 == 1 ? mini_offset(MINI_PCLN)
					 : mini_offset(MINI_DATA);
		int fd;

		mutate(m->file + at, at ? 0xa00 : 0x100);
		fd = fixture_memfd(m->file, sizeof(m->file));
		taken += exercise(fd);
		close(fd);
		free(m);
	}
	assert_true(taken > 100 && taken < 5990);
}

/* The regions of a real program that say where everything is. */
static void random_damage_to_a_real_program_is_survived(void **state)
{
	static const struct build_mode mode = {"default", "", "CGO_ENABLED=0", NULL};
	size_t size;
	uint8_t *whole = fixture_read(fixture_build("truth", &mode), &size);
	uint8_t *p = malloc(size);
	struct go_exe *x = NULL;
	struct elf_image img;
	struct err err;
	int fd = fixture_memfd(whole, size);

	(void)state;
	assert_non_null(p);
	assert_int_equal(go_exe_open(&x, fd, &err), 0);
	assert_int_equal(elf_image_open(&img, fd, &err), 0);
	srand(4);
	for (int i = 0; i < 150; i++) {
		const Elf64_Shdr *s = &img.shdr[rand() % img.n_shdr];
		size_t at = i % 4 == 0	 ? 0
			    : i % 4 == 1 ? img.ehdr.e_shoff
			    : i % 4 == 2 ? x->pcln.span.offset
					 : s->sh_offset;
		int damaged;

		memcpy(p, whole, size);
		if (at + 512 < size)
			mutate(p + at, 512);
		damaged = fixture_memfd(p, size);
		exercise(damaged);
		close(damaged);
	}
	elf_image_close(&img);
	go_exe_close(x);
	close(fd);
	free(p);
	free(whole);
}

/* A section that claims to be an exabyte when decompressed: the table is used instead. */
static void compressed_sections_that_promise_too_much_are_left_alone(void **state)
{
	static const struct build_mode mode = {"default", "", "CGO_ENABLED=0", NULL};
	static const uint64_t sizes[] = {1ull << 60, 1ull << 35, UINT64_MAX, 0};
	struct elf_image img;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t size;
		uint8_t *p = fixture_read(fixture_build("truth", &mode), &size);
		int fd = fixture_memfd(p, size);
		const Elf64_Shdr *s;
		struct layout layout;
		struct go_exe *x;

		assert_int_equal(elf_image_open(&img, fd, &err), 0);
		s = elf_image_section(&img, ".debug_info");
		if (!s || !(s->sh_flags & SHF_COMPRESSED))
			skip();
		assert_int_equal(pwrite(fd, &sizes[i], 8, s->sh_offset + 8), 8);
		assert_int_equal(go_exe_open(&x, fd, &err), 0);
		if (!go_exe_layout(x, &layout, &err))
			assert_int_equal(layout.origin, LAYOUT_TABLE);
		go_exe_close(x);
		elf_image_close(&img);
		close(fd);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_miniature_itself_is_read),
		cmocka_unit_test(a_file_cut_off_anywhere_is_survived),
		cmocka_unit_test(a_file_that_shrinks_after_it_was_opened_is_survived),
		cmocka_unit_test(counts_that_cannot_be_are_refused),
		cmocka_unit_test(tables_in_the_wrong_order_or_outside_are_refused),
		cmocka_unit_test(functions_out_of_order_are_refused),
		cmocka_unit_test(records_and_names_outside_their_tables_are_nameless),
		cmocka_unit_test(a_name_without_end_is_none),
		cmocka_unit_test(endless_numbers_and_tables_have_an_end),
		cmocka_unit_test(inlined_calls_in_a_circle_have_an_end),
		cmocka_unit_test(what_is_no_go_executable_is_called_by_its_name),
		cmocka_unit_test(old_releases_are_refused_by_their_name),
		cmocka_unit_test(what_is_no_regular_file_is_refused_at_once),
		cmocka_unit_test(segments_that_wrap_or_lie_are_survived),
		cmocka_unit_test(random_damage_to_the_miniature_is_survived),
		cmocka_unit_test(random_damage_to_a_real_program_is_survived),
		cmocka_unit_test(compressed_sections_that_promise_too_much_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
