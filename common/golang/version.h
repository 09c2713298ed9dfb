/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Go release as runtime.buildVersion names it: "go1.26.5", "go1.27rc1", "devel go1.28-…". */
#ifndef GOROUTOP_GOLANG_VERSION_H
#define GOROUTOP_GOLANG_VERSION_H

#include <stdbool.h>

struct go_version {
	int major, minor, patch; /* 0, 0, 0: unknown; patch −1: not known (only the minor is) */
	bool prerelease;	 /* beta, rc, devel or any other suffix before a space or "-" */
	char text[64];		 /* as found, cleaned; "" when unknown */
};

/* Parses the text of n bytes; false (and all zero) if there is no "goN.N" in it. */
bool go_version_parse(struct go_version *ret, const char *text, int n);

/*
 * < 0, 0, > 0 as a is older than, the same as, newer than 1.minor.patch. What comes before a release
 * ("go1.26rc2", "devel go1.26-…") has the runtime of the release, and counts as its patch 0.
 */
int go_version_cmp(const struct go_version *a, int minor, int patch);

#endif
