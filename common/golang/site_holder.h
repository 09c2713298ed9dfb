/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A function in which sites are looked for: its code, its values, and what was inlined into it. */
#ifndef GOROUTOP_GOLANG_SITE_HOLDER_H
#define GOROUTOP_GOLANG_SITE_HOLDER_H

#include "golang/site_make.h"
#include "golang/site_proof.h"

#define HOLDER_CALLS_MAX 4096 /* calls inlined into one function */
#define HOLDER_DEPTH_MAX 256  /* into each other */

struct holder {
	const struct go_exe *x;
	struct pclntab_func f;
	struct flow flow;
	struct values values;
	int32_t parent[HOLDER_CALLS_MAX]; /* of each inlined call, the one it is inlined into; −1 */
	uint64_t name[HOLDER_CALLS_MAX]; /* of the function called, as pclntab_name_offset */
	int32_t n_calls;
	uint8_t *loop; /* room for flow_loop */
};

/* x and f are set, the rest is zero. NULL, or what is wrong with it. */
const char *holder_open(struct holder *h);
void holder_close(struct holder *h);

/* Whether the instruction belongs to inlined call `call`, or to one inlined into that. */
bool holder_belongs(const struct holder *h, uint32_t insn, int32_t call);

/* The register that holds v by `same`. */
bool value_in_register(const struct value_state *s, const struct value *v,
		       bool (*same)(const struct value *, const struct value *),
		       struct go_value *ret);

/*
 * Completes *site, whose values are set, by what the instruction tells, and appends it unless there
 * is one at that place already. NULL, or what is wrong with it.
 */
const char *holder_add_site(site_list *ret, struct holder *h, uint32_t insn, struct go_site *site);

#endif
