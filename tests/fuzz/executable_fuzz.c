// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a Go executable. By hand, with clang:
 *
 *   clang -std=gnu11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -I. -Icommon \
 *     tests/fuzz/executable_fuzz.c common/golang/[a-z]*.c common/base/[a-z]*.c \
 *     $(pkg-config --cflags --libs libdw libelf capstone) -o executable_fuzz
 *   ./executable_fuzz -max_len=20480 CORPUS
 *
 * The first run may begin with an empty corpus: a miniature of a Go executable is mixed into every
 * other input, so that what is behind the checks of the headers is reached at once.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/golang/exercise.h"
#include "tests/unit/golang/mini_go.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Input of an even number: as it is. Odd: patches, each an offset (2 bytes), a width and a word. */
static void patch(struct mini_go *m, const uint8_t *data, size_t size)
{
	for (; size >= 11; data += 11, size -= 11) {
		size_t at = data[0] | data[1] << 8, width = 1u << (data[2] % 4);

		if (at + width <= sizeof(m->file))
			memcpy(m->file + at, data + 3, width);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct mini_go *m = NULL;

	if (fd < 0)
		return 0;
	if (size % 2) {
		m = mini_go_new();
		patch(m, data, size);
		data = m->file;
		size = sizeof(m->file);
	}
	if (write(fd, data, size) == (ssize_t)size)
		exercise(fd);
	close(fd);
	free(m);
	return 0;
}
