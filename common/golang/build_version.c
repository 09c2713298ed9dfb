// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "golang/build_version.h"
#include "golang/decode.h"

#define TEXT_MAX 128

/* The Go string whose header lies at addr, if it is a version from its first byte on. */
static bool version_at(const struct elf_image *img, const struct elf_relocs *relocs, uint64_t addr,
		       struct go_version *ret)
{
	uint64_t s[2];
	char text[TEXT_MAX];

	if (addr % 8 || elf_relocs_read(relocs, img, addr, s, sizeof(s)) || s[1] < 5 ||
	    s[1] > sizeof(text) || elf_image_read(img, s[0], text, s[1]))
		return false;
	if (memcmp(text, "go1.", 4) && memcmp(text, "devel", 5))
		return false;
	return go_version_parse(ret, text, s[1]);
}

/* schedinit compares its length with 0: the reference is to the header's second word. */
static bool decode(const struct elf_image *img, const struct elf_relocs *relocs,
		   const struct pclntab *t, struct go_version *ret)
{
	_cleanup_(decoder_close) struct decoder d = {0};
	struct pclntab_func f;
	struct code_ref ref;

	if (!pclntab_func_named(t, "runtime.schedinit", &f) ||
	    decoder_open(&d, img, f.entry, f.end))
		return false;
	while (decoder_next(&d))
		if (decoder_ref(&d, &ref) && (version_at(img, relocs, ref.addr - 8, ret) ||
					      version_at(img, relocs, ref.addr, ret)))
			return true;
	return false;
}

bool build_version_find(struct go_version *ret, const struct elf_image *img,
			const struct elf_relocs *relocs, const struct elf_symbols *symbols,
			const struct pclntab *t, const char **how)
{
	uint64_t addr;

	*ret = (struct go_version){0};
	*how = "symbol runtime.buildVersion";
	if (elf_symbols_find(symbols, "runtime.buildVersion", &addr, NULL) &&
	    version_at(img, relocs, addr, ret))
		return true;
	*how = "runtime.buildVersion, by the code of runtime.schedinit";
	return decode(img, relocs, t, ret);
}
