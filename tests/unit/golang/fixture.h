/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Go programs built at test time, each once: in .build/golang/, or where $GOROUTOP_FIXTURES says.
 * Which go command: $GOROUTOP_GO, else that of tests/tools/go. With $GOTOOLCHAIN set it builds with that
 * release; by default nothing is downloaded. (A header with code: a unit test is one file.)
 */
#ifndef GOROUTOP_TESTS_GOLANG_FIXTURE_H
#define GOROUTOP_TESTS_GOLANG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/skip.h"

/* A way to build: what go build is told, and what may be missing for it. */
struct build_mode {
	const char *name;
	const char *arguments;	 /* of go build, for a shell */
	const char *environment; /* assignments, for a shell */
	const char *needs;	 /* a program that must be there; NULL: none */
};

/* The first line that a shell command prints, "" if it fails. */
static inline const char *fixture_output(char *dst, size_t size, const char *command)
{
	FILE *f = popen(command, "r");

	*dst = '\0';
	if (f && !fgets(dst, size, f))
		*dst = '\0';
	if (!f || pclose(f))
		*dst = '\0';
	dst[strcspn(dst, "\n")] = '\0';
	return dst;
}

/* The go command; skips where there is none. */
static inline const char *fixture_go(void)
{
	static char go[4096];

	if (*go)
		return go;
	if (getenv("GOROUTOP_GO"))
		snprintf(go, sizeof(go), "%s", getenv("GOROUTOP_GO"));
	else
		fixture_output(go, sizeof(go), "tests/tools/go 2>/dev/null");
	if (!*go)
		skip_for("go", "no Go 1.19 or newer");
	return go;
}

/* What each go command runs with: no settings of the user's, no network but for $GOTOOLCHAIN. */
static inline const char *fixture_environment(void)
{
	return getenv("GOTOOLCHAIN") ? "GOENV=off GO111MODULE=on GOFLAGS= GOWORK=off"
				     : "GOENV=off GO111MODULE=on GOFLAGS= GOWORK=off "
				       "GOTOOLCHAIN=local GOPROXY=off";
}

/* "go1.26.8" */
static inline const char *fixture_version(void)
{
	static char version[64];
	char command[8192];

	if (*version)
		return version;
	snprintf(command, sizeof(command), "cd / && %s '%s' env GOVERSION", fixture_environment(),
		 fixture_go());
	fixture_output(version, sizeof(version), command);
	if (!*version)
		skip_for("go", "the Go toolchain cannot be had");
	return version;
}

/*
 * The path of the program in tests/unit/golang/PROGRAM, built so. Skips the test with a message
 * where what it needs is not there; fails it when it cannot be built.
 */
static inline const char *fixture_build(const char *program, const struct build_mode *mode)
{
	static char path[4096];
	char folder[2048], command[16384], cwd[2048];
	const char *base = getenv("GOROUTOP_FIXTURES"), *needs = mode->needs ? mode->needs : "sh";

	snprintf(command, sizeof(command), "command -v %s", needs);
	if (!*fixture_output(path, sizeof(path), command))
		skip_for("compilers", needs);
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(folder, sizeof(folder), "%.900s%s/%s/%s", base ? base : cwd,
		 base ? "" : "/.build/golang", fixture_version(), mode->name);
	snprintf(path, sizeof(path), "%s/%s", folder, program);
	if (!access(path, X_OK))
		return path;
	/* Another run may be building the same: the name appears once it is whole. */
	snprintf(command, sizeof(command),
		 "mkdir -p '%s' && cd tests/unit/golang/%s && %s %s '%s' build -o '%s.%d' %s . >&2 "
		 "&& mv '%s.%d' '%s'",
		 folder, program, fixture_environment(), mode->environment, fixture_go(), path,
		 getpid(), mode->arguments, path, getpid(), path);
	if (system(command))
		fail_msg("cannot build: %s", command);
	return path;
}

static inline int fixture_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* A copy of the file in memory that may be changed: *size bytes, to be freed. */
static inline uint8_t *fixture_read(const char *path, size_t *size)
{
	int fd = fixture_open(path);
	struct stat st;
	uint8_t *p;

	assert_int_equal(fstat(fd, &st), 0);
	p = malloc(st.st_size);
	assert_non_null(p);
	assert_int_equal(read(fd, p, st.st_size), st.st_size);
	close(fd);
	*size = st.st_size;
	return p;
}

/* A descriptor of a file in memory with these bytes. */
static inline int fixture_memfd(const void *p, size_t size)
{
	int fd = memfd_create("fixture", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, size), size);
	return fd;
}

/* Bytes that this process has read until now. */
static inline uint64_t fixture_bytes_read(void)
{
	FILE *f = fopen("/proc/self/io", "re");
	unsigned long long n;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "rchar: %llu", &n), 1);
	fclose(f);
	return n;
}

#endif
