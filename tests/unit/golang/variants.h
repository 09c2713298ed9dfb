/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways in which real programs are built, linked and stripped. */
#ifndef GOROUTOP_TESTS_GOLANG_VARIANTS_H
#define GOROUTOP_TESTS_GOLANG_VARIANTS_H

#include <elf.h>

#include "tests/unit/golang/fixture.h"

/* What is done to the file after it was built. */
enum change { NO_CHANGE, NO_SECTION_HEADERS, NO_SECTION_NAMES, NO_BUILD_INFO };

enum {
	STRIPPED = 1,
	PIE = 2,
	DYNAMIC = 4,
	FOREIGN = 8, /* does not run here: `go tool addr2line` tells the truth about it */
};

struct variant {
	const char *sentence;
	struct build_mode mode;
	unsigned flags;
	enum change change;
};

#define PURE	 "CGO_ENABLED=0"
#define CGO	 "CGO_ENABLED=1"
#define ARM64	 "CGO_ENABLED=0 GOARCH=arm64"
#define EXTERNAL "-linkmode=external"
#define BARE	 "-s -w"

static struct variant variants[] = {
	{"a default build", {"default", "", PURE, NULL}, 0, NO_CHANGE},
	{"a stripped build", {"stripped", "-ldflags='" BARE "'", PURE, NULL}, STRIPPED, NO_CHANGE},
	{"a position-independent build",
	 {"pie", "-buildmode=pie", PURE, NULL},
	 PIE | DYNAMIC,
	 NO_CHANGE},
	{"a stripped position-independent build",
	 {"stripped-pie", "-buildmode=pie -ldflags='" BARE "'", PURE, NULL},
	 STRIPPED | PIE | DYNAMIC,
	 NO_CHANGE},
	{"an externally linked build",
	 {"external", "-ldflags=" EXTERNAL, CGO, "gcc"},
	 DYNAMIC,
	 NO_CHANGE},
	{"an externally linked, stripped build",
	 {"stripped-external", "-ldflags='" EXTERNAL " " BARE "'", CGO, "gcc"},
	 STRIPPED | DYNAMIC,
	 NO_CHANGE},
	{"an externally linked position-independent build",
	 {"pie-external", "-buildmode=pie -ldflags=" EXTERNAL, CGO, "gcc"},
	 PIE | DYNAMIC,
	 NO_CHANGE},
	{"an externally linked, stripped, position-independent build",
	 {"stripped-pie-external", "-buildmode=pie -ldflags='" EXTERNAL " " BARE "'", CGO, "gcc"},
	 STRIPPED | PIE | DYNAMIC,
	 NO_CHANGE},
	{"a static position-independent build",
	 {"static-pie", "-buildmode=pie -ldflags='" EXTERNAL " -extldflags=-static-pie'", CGO,
	  "gcc"},
	 PIE,
	 NO_CHANGE},
	{"a build linked by gold",
	 {"gold", "-ldflags='" EXTERNAL " -extldflags=-fuse-ld=gold'", CGO, "ld.gold"},
	 DYNAMIC,
	 NO_CHANGE},
	{"a build linked by lld",
	 {"lld", "-ldflags='" EXTERNAL " -extldflags=-fuse-ld=lld'", CGO, "ld.lld"},
	 DYNAMIC,
	 NO_CHANGE},
	{"a stripped, position-independent build linked by lld",
	 {"pie-lld", "-buildmode=pie -ldflags='" EXTERNAL " " BARE " -extldflags=-fuse-ld=lld'",
	  CGO, "ld.lld"},
	 STRIPPED | PIE | DYNAMIC,
	 NO_CHANGE},
	{"a build without section headers",
	 {"default", "", PURE, NULL},
	 STRIPPED,
	 NO_SECTION_HEADERS},
	{"a position-independent, externally linked build without section headers",
	 {"pie-external", "-buildmode=pie -ldflags=" EXTERNAL, CGO, "gcc"},
	 STRIPPED | PIE | DYNAMIC,
	 NO_SECTION_HEADERS},
	{"a position-independent build without section headers",
	 {"pie", "-buildmode=pie", PURE, NULL},
	 STRIPPED | PIE | DYNAMIC,
	 NO_SECTION_HEADERS},
	{"a stripped build whose sections have other names",
	 {"stripped", "-ldflags='" BARE "'", PURE, NULL},
	 STRIPPED,
	 NO_SECTION_NAMES},
	{"a stripped build without build info",
	 {"stripped", "-ldflags='" BARE "'", PURE, NULL},
	 STRIPPED,
	 NO_BUILD_INFO},
	{"a build for arm64", {"arm64", "", ARM64, NULL}, FOREIGN, NO_CHANGE},
	{"a stripped build for arm64",
	 {"stripped-arm64", "-ldflags='" BARE "'", ARM64, NULL},
	 STRIPPED | FOREIGN,
	 NO_CHANGE},
	{"a position-independent build for arm64",
	 {"pie-arm64", "-buildmode=pie", ARM64, NULL},
	 PIE | DYNAMIC | FOREIGN,
	 NO_CHANGE},
};

static inline void wipe(uint8_t *p, size_t size, const char *what, size_t n)
{
	uint8_t *hit;

	while ((hit = memmem(p, size, what, n)))
		memset(hit, 'x', n);
}

static inline void variant_apply(enum change change, uint8_t *p, size_t size)
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

#endif
