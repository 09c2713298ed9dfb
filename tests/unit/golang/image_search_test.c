// SPDX-License-Identifier: GPL-2.0-or-later
/* Searches through files: what is found, and that they end soon in files that mean harm. */
#include "tests/unit/golang/fixture.h"

#include <elf.h>

#include "base/cleanup.h"
#include "golang/exe.h"
#include "golang/image_search.h"

enum { BASE = 0x400000, SEGMENTS = 64, BYTES = 4 << 20, FIRST_BYTES = 8192 };

static const char key[] = "a key of some length";

/* An executable without sections; all its writable segments have the same bytes: the whole file. */
static int many_segments(size_t n, size_t size)
{
	uint8_t *file = calloc(1, FIRST_BYTES);
	Elf64_Ehdr h = {
		.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(h),
		.e_ehsize = sizeof(h),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = n,
	};
	int fd;

	assert_non_null(file);
	memcpy(file, &h, sizeof(h));
	for (size_t i = 0; i < n; i++) {
		Elf64_Phdr p = {
			.p_type = PT_LOAD,
			.p_flags = PF_R | PF_W,
			.p_vaddr = BASE + i * size,
			.p_filesz = size,
			.p_memsz = size,
		};

		memcpy(file + sizeof(h) + i * sizeof(p), &p, sizeof(p));
	}
	fd = fixture_memfd(file, FIRST_BYTES);
	assert_int_equal(ftruncate(fd, size), 0);
	free(file);
	return fd;
}

static int count(void *ctx, uint64_t vaddr)
{
	uint64_t *found = ctx;

	found[0]++;
	found[found[0]] = vaddr;
	return found[0] == 3 ? 7 : 0;
}

/* At the beginning, across the places where what is read at once ends, and as the last bytes. */
static void the_key_is_found_wherever_it_lies(void **state)
{
	static const size_t places[] = {FIRST_BYTES, (256 << 10) - 5, BYTES - sizeof(key)};
	_cleanup_(elf_image_close) struct elf_image img = {.fd = -1};
	uint64_t found[4] = {0};
	struct image_search s = {.key = key, .n = sizeof(key), .visit = count, .ctx = found};
	int fd = many_segments(1, BYTES);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		assert_int_equal(pwrite(fd, key, sizeof(key), places[i]), sizeof(key));
	assert_int_equal(elf_image_open(&img, fd, NULL), 0);
	close(fd);
	s.img = &img;
	s.left = img.search_max;
	assert_int_equal(image_search(&s, img.phdr, UINT64_MAX), 7);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		assert_int_equal(found[i + 1], BASE + places[i]);
	found[0] = 0;
	assert_int_equal(image_search(&s, img.phdr, BYTES - 1), 0);
	assert_int_equal(found[0], 2);
	found[0] = 0;
	s.left = (256 << 10) - 5 + sizeof(key) - 1;
	assert_int_equal(image_search(&s, img.phdr, UINT64_MAX), 0);
	assert_int_equal(found[0], 1);
	assert_true(s.left < sizeof(key));
}

static void segments_over_the_same_bytes_are_not_all_read(void **state)
{
	int fd = many_segments(SEGMENTS, BYTES);
	uint64_t before = fixture_bytes_read();
	struct go_exe_info info;
	struct err err = {0};
	struct go_exe *x;

	(void)state;
	assert_true(go_exe_open(&x, fd, &err) < 0);
	assert_true(fixture_bytes_read() - before < 4 * (uint64_t)BYTES);
	before = fixture_bytes_read();
	assert_true(go_exe_peek(fd, &info) < 0);
	assert_true(fixture_bytes_read() - before < 6 * (uint64_t)BYTES);
	close(fd);
}

static void a_look_reads_less_than_the_whole_file(void **state)
{
	int fd = many_segments(1, (size_t)1 << 30);
	uint64_t before = fixture_bytes_read();
	struct go_exe_info info;

	(void)state;
	assert_true(go_exe_peek(fd, &info) < 0);
	assert_true(fixture_bytes_read() - before < (uint64_t)600 << 20);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_is_found_wherever_it_lies),
		cmocka_unit_test(segments_over_the_same_bytes_are_not_all_read),
		cmocka_unit_test(a_look_reads_less_than_the_whole_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
