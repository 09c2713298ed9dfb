// SPDX-License-Identifier: GPL-2.0-or-later
/* Bounds over all of a file: many parts of which each has still a size that may be. */
#include "tests/unit/golang/fixture.h"

#include "base/cleanup.h"
#include "golang/dwarf_view.h"
#include "golang/exe.h"
#include "golang/inline_tree.h"
#include "golang/site_holder.h"
#include "tests/unit/golang/mini_go.h"

#define CASGSTATUS "runtime.casgstatus"

static struct go_exe *open_mini(struct mini_go *m)
{
	int fd = fixture_memfd(m->file, sizeof(m->file));
	struct go_exe *x = NULL;
	struct err err = {0};

	if (go_exe_open(&x, fd, &err))
		fail_msg("%s", err.text);
	close(fd);
	free(m);
	return x;
}

/* All functions are of the runtime, and have trees of n + 1 entries: zeros, behind the file's end. */
static struct go_exe *with_trees_of(uint32_t n)
{
	struct mini_go *m = mini_go_new();
	uint32_t name, change = 2 * (n + 1); /* from −1, zigzag */
	size_t last = m->funcs + (MINI_FUNCS - 1) * MINI_RECORD;
	const uint8_t table[] = {(change & 0x7f) | 0x80, (change >> 7 & 0x7f) | 0x80, change >> 14,
				 MINI_FUNC_SIZE, 0};

	memcpy(&name, m->file + last + 4, 4);
	for (int i = 0; i < MINI_FUNCS; i++)
		mini_put32(m, m->funcs + i * MINI_RECORD + 4, name);
	memcpy(m->file + m->pctab + 15, table, sizeof(table));
	mini_put64(m, sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_memsz),
		   64 << 20);
	return open_mini(m);
}

static void trees_are_looked_through_to_a_bound_for_all_of_them(void **state)
{
	static const struct {
		uint32_t n;
		bool found;
	} cases[] = {{1000, true}, {100000, true}, {900000, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct go_exe *x = with_trees_of(cases[i].n);
		struct inlined_copies copies;

		assert_int_equal(inlined_copies_find(&copies, &x->img, &x->pcln,
						     MINI_BASE + MINI_SIZE, CASGSTATUS),
				 cases[i].found);
		assert_int_equal(copies.n, 0);
		go_exe_close(x);
	}
}

/* The call of each function is inlined at an instruction of its own. */
static void calls_inlined_into_each_other_in_a_circle_are_refused(void **state)
{
	struct holder *h = calloc(1, sizeof(*h));
	struct mini_go *m = mini_go_new();
	struct go_exe *x;

	(void)state;
	assert_non_null(h);
	mini_put32(m, m->tree + (MINI_FUNCS - 1) * 16 + 8, 0x18);
	x = open_mini(m);
	assert_true(pclntab_func_named(&x->pcln, CASGSTATUS, &h->f));
	h->x = x;
	assert_string_equal(holder_open(h), "its inline tree cannot be read");
	assert_int_equal(h->n_calls, 1);
	assert_int_equal(h->parent[0], 0);
	holder_close(h);
	go_exe_close(x);
	free(h);
}

enum { DEBUG_SECTIONS = 5, DEBUG_BYTES = 200 << 20, NAMES = 4096 };

/* Sections that have all the same bytes of a sparse file, as sections may. */
static int with_debug_sections(void)
{
	static const char names[] = "\0.debug_info\0.debug_abbrev\0.debug_str\0.debug_line_str\0"
				    ".debug_str_offsets";
	struct {
		Elf64_Ehdr h;
		Elf64_Phdr p;
		Elf64_Shdr s[DEBUG_SECTIONS + 1];
	} file = {
		.h = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		      .e_type = ET_EXEC,
		      .e_machine = EM_X86_64,
		      .e_phoff = offsetof(__typeof__(file), p),
		      .e_phentsize = sizeof(Elf64_Phdr),
		      .e_phnum = 1,
		      .e_shoff = offsetof(__typeof__(file), s),
		      .e_shentsize = sizeof(Elf64_Shdr),
		      .e_shnum = DEBUG_SECTIONS + 1},
	};
	size_t name = 1;
	int fd;

	file.s[0] =
		(Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = NAMES, .sh_size = sizeof(names)};
	for (int i = 1; i <= DEBUG_SECTIONS; i++) {
		file.s[i] = (Elf64_Shdr){.sh_name = name,
					 .sh_type = SHT_PROGBITS,
					 .sh_size = DEBUG_BYTES};
		name += strlen(names + name) + 1;
	}
	fd = fixture_memfd((const uint8_t *)&file, sizeof(file));
	assert_int_equal(ftruncate(fd, DEBUG_BYTES), 0);
	assert_int_equal(pwrite(fd, names, sizeof(names), NAMES), sizeof(names));
	return fd;
}

static void debugging_information_has_a_bound_for_all_its_sections(void **state)
{
	_cleanup_(elf_image_close) struct elf_image img = {.fd = -1};
	int fd = with_debug_sections();
	uint64_t before;
	struct dwarf_view v;

	(void)state;
	assert_int_equal(elf_image_open(&img, fd, NULL), 0);
	close(fd);
	assert_true(dwarf_view_exists(&img));
	before = fixture_bytes_read();
	assert_int_equal(dwarf_view_open(&v, &img), -EINVAL);
	assert_true(fixture_bytes_read() - before < 1 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_are_looked_through_to_a_bound_for_all_of_them),
		cmocka_unit_test(calls_inlined_into_each_other_in_a_circle_are_refused),
		cmocka_unit_test(debugging_information_has_a_bound_for_all_its_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
