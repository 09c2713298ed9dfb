/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of finding probe sites: the function itself, its copies, and one site's description. */
#ifndef GOROUTOP_GOLANG_SITE_MAKE_H
#define GOROUTOP_GOLANG_SITE_MAKE_H

#include "base/vec.h"
#include "golang/decode.h"
#include "golang/exe.h"
#include "golang/sites.h"

#define CASGSTATUS "runtime.casgstatus"

typedef VEC(struct go_site) site_list;

/*
 * Fills what d's current instruction tells: place, bytes, text, cost. -EINVAL when the file does not
 * have it in an executable segment.
 */
int site_describe(struct go_site *ret, const struct go_exe *x, const struct pclntab_func *f,
		  const struct decoder *d);

/* The offset of the status in g, by the code of casgstatus or by the table. */
bool site_status_offset(const struct go_exe *x, int32_t *ret);

/*
 * Appends a site for each copy of casgstatus that was inlined; status is the offset of the
 * status in g (−1: not known). Fails, with EXIT_TARGET and the reason, when there is one that cannot
 * be decoded.
 */
int site_copies(site_list *ret, const struct go_exe *x, int32_t status, struct err *err);

#endif
