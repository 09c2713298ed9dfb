// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "golang/wait_reasons.h"

#define COUNT_MAX 255 /* waitReason is a uint8 */
#define TEXT_MAX  64

struct go_string {
	uint64_t p, len;
};

static int read_text(const struct elf_image *img, const struct go_string *s, char *dst)
{
	if (s->len >= TEXT_MAX)
		return -EINVAL;
	dst[s->len] = '\0';
	return s->len ? elf_image_read(img, s->p, dst, s->len) : 0;
}

int wait_reasons_read(struct wait_reasons *ret, const struct elf_image *img,
		      const struct elf_relocs *relocs, uint64_t addr, uint64_t count)
{
	_cleanup_(wait_reasons_free) struct wait_reasons w = {0};
	struct go_string s[COUNT_MAX];
	int r;

	if (count < 3 || count > COUNT_MAX)
		return -EINVAL;
	w.n = count;
	w.v = calloc(count, sizeof(*w.v));
	w.texts = calloc(count, TEXT_MAX);
	if (!w.v || !w.texts)
		return -ENOMEM;
	r = elf_relocs_read(relocs, img, addr, s, count * sizeof(*s));
	for (int i = 0; i < w.n && !r; i++) {
		w.v[i] = w.texts + i * TEXT_MAX;
		r = read_text(img, &s[i], w.texts + i * TEXT_MAX);
	}
	if (r || *w.v[0] || strcmp(w.v[2], "IO wait"))
		return -EINVAL;
	*ret = w;
	w = (struct wait_reasons){0};
	return 0;
}

void wait_reasons_free(struct wait_reasons *w)
{
	free(w->v);
	free(w->texts);
	*w = (struct wait_reasons){0};
}
