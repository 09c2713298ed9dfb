// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "harness.h"

static void a_pc_is_asked_for_once(void **state)
{
	int asked = 0;
	struct names *n = made_up_names(&asked);
	const struct name *first = names_pc(n, NAME_ENTRY, PC_MAIN);

	(void)state;
	assert_string_equal(first->function, "main.main");
	assert_string_equal(first->file, "/src/main.go");
	assert_int_equal(first->line, 10);
	assert_ptr_equal(names_pc(n, NAME_ENTRY, PC_MAIN), first);
	assert_int_equal(asked, 1);
	names_free(n);
}

static void one_pc_has_a_name_for_each_kind_of_question(void **state)
{
	int asked = 0;
	struct names *n = made_up_names(&asked);

	(void)state;
	names_pc(n, NAME_ENTRY, PC_SITE);
	names_pc(n, NAME_RETURN, PC_SITE);
	names_pc(n, NAME_PC, PC_SITE);
	assert_int_equal(asked, 3);
	names_free(n);
}

static void an_unknown_pc_has_a_name_without_texts(void **state)
{
	int asked = 0;
	struct names *n = made_up_names(&asked);
	const struct name *none = names_pc(n, NAME_ENTRY, 0x666);

	(void)state;
	assert_null(none->function);
	assert_null(none->file);
	assert_int_equal(none->line, 0);
	names_pc(n, NAME_ENTRY, 0x666);
	assert_int_equal(asked, 1);
	assert_null(names_pc(n, NAME_ENTRY, 0)->function);
	assert_int_equal(asked, 1);
	names_free(n);
}

static void addresses_stay_while_names_are_added(void **state)
{
	struct names *n = made_up_names(NULL);
	const struct name *first = names_pc(n, NAME_ENTRY, PC_MAIN);
	const char *text = first->function;

	(void)state;
	for (uint64_t pc = 0x100000; pc < 0x100000 + 10000; pc++)
		names_pc(n, NAME_PC, pc);
	assert_ptr_equal(names_pc(n, NAME_ENTRY, PC_MAIN), first);
	assert_ptr_equal(first->function, text);
	assert_string_equal(text, "main.main");
	names_free(n);
}

static void reasons_are_texts_and_reason_0_is_empty(void **state)
{
	struct names *n = made_up_names(NULL);

	(void)state;
	assert_string_equal(names_reason(n, R_RECEIVE), "chan receive");
	assert_string_equal(names_reason(n, 0), "");
	assert_null(names_reason(n, 200));
	names_free(n);
}

static bool generic_pc(void *ctx, enum name_kind kind, uint64_t pc, struct name *ret)
{
	static const char *const names[] = {
		"iter.Pull[go.shape.int]", "a/b.(*List[go.shape.string,c/d.T[int]]).Push",
		"a/b.Walk[...].func1",	   "a/b.Walk[go.shape.int].func1.gowrap2",
		"main.odd]name[",	   "main.main",
	};

	(void)ctx;
	(void)kind;
	*ret = (struct name){.function = names[pc - 1]};
	return true;
}

static void type_arguments_are_left_out_as_go_prints_names(void **state)
{
	static const char *const printed[] = {
		"iter.Pull[...]",      "a/b.(*List[...]).Push",
		"a/b.Walk[...].func1", "a/b.Walk[...].func1.gowrap2",
		"main.odd]name[",      "main.main",
	};
	const struct names_source source = {.pc = generic_pc};
	struct names *n = names_new(&source);

	(void)state;
	for (uint64_t pc = 1; pc <= ARRAY_SIZE(printed); pc++)
		assert_string_equal(names_pc(n, NAME_PC, pc)->function, printed[pc - 1]);
	names_free(n);
}

static bool evil_pc(void *ctx, enum name_kind kind, uint64_t pc, struct name *ret)
{
	static char endless[100000];

	(void)ctx;
	(void)kind;
	memset(endless, '\xff', sizeof(endless) - 1);
	ret->function = pc == 1 ? "a\x1b]52;c;x\x07\xc2\x9b" : endless;
	ret->file = "/src/\xff\n";
	ret->line = -5;
	return true;
}

static const char *evil_reason(void *ctx, uint8_t reason)
{
	(void)ctx;
	(void)reason;
	return "\x1b[31m";
}

static bool is_safe(const char *s)
{
	size_t n = strlen(s);

	while (n) {
		uint32_t cp;
		size_t len = text_decode(s, n, &cp);

		if (!text_is_safe(cp))
			return false;
		s += len;
		n -= len;
	}
	return true;
}

static void hostile_names_are_cleaned_and_bounded(void **state)
{
	const struct names_source source = {.pc = evil_pc, .reason = evil_reason};
	struct names *n = names_new(&source);

	(void)state;
	for (uint64_t pc = 1; pc <= 2; pc++) {
		const struct name *name = names_pc(n, NAME_ENTRY, pc);

		assert_true(is_safe(name->function));
		assert_true(is_safe(name->file));
		assert_true(strlen(name->function) < 20000);
		assert_int_equal(name->line, 0);
	}
	assert_true(is_safe(names_reason(n, 3)));
	names_free(n);
}

static void names_without_a_source_are_unknown(void **state)
{
	const struct names_source source = {0};
	struct names *n = names_new(&source);

	(void)state;
	assert_null(names_pc(n, NAME_ENTRY, 5)->function);
	assert_null(names_reason(n, 5));
	names_free(n);
}

static void short_functions_begin_with_the_package(void **state)
{
	static const struct {
		const char *whole, *brief;
	} cases[] = {
		{"main.main", "main.main"},
		{"go.etcd.io/etcd/raft.(*node).run", "raft.(*node).run"},
		{"net/http.(*conn).serve", "http.(*conn).serve"},
		{"github.com/a/b/v2.F", "b/v2.F"},
		{"github.com/a/b/v2/pkg.F", "pkg.F"},
		{"gopkg.in/yaml%2ev3.(*Decoder).Decode", "yaml%2ev3.(*Decoder).Decode"},
		{"main.Map[go.shape.int,github.com/foo/bar.T]",
		 "main.Map[go.shape.int,github.com/foo/bar.T]"},
		{"a/b.(*List[...]).Push", "b.(*List[...]).Push"},
		{"a/b.Walk[...].func1", "b.Walk[...].func1"},
		{"a/b.(*T).m.func1.gowrap2", "b.(*T).m.func1.gowrap2"},
		{"v2.F", "v2.F"},
		{"a/v2x.F", "v2x.F"},
		{"", ""},
		{"/", ""},
		{"a/", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(short_function(cases[i].whole), cases[i].brief);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pc_is_asked_for_once),
		cmocka_unit_test(one_pc_has_a_name_for_each_kind_of_question),
		cmocka_unit_test(an_unknown_pc_has_a_name_without_texts),
		cmocka_unit_test(addresses_stay_while_names_are_added),
		cmocka_unit_test(reasons_are_texts_and_reason_0_is_empty),
		cmocka_unit_test(type_arguments_are_left_out_as_go_prints_names),
		cmocka_unit_test(hostile_names_are_cleaned_and_bounded),
		cmocka_unit_test(names_without_a_source_are_unknown),
		cmocka_unit_test(short_functions_begin_with_the_package),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
