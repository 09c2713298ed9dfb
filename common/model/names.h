/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for the pcs and numbers in rows. A source answers them; each is asked for once. Texts are
 * cleaned and live as long as the names, at one address: pictures may point at them.
 */
#ifndef GOROUTOP_MODEL_NAMES_H
#define GOROUTOP_MODEL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct name {
	const char *function; /* NULL: unknown */
	const char *file;     /* NULL: unknown */
	int line;	      /* 0: unknown */
	bool system;	      /* a goroutine that starts here is the runtime's own */
};

enum name_kind {
	NAME_ENTRY,  /* pc is a function's entry: g.startpc */
	NAME_RETURN, /* pc is a return address: g.gopc; the call before it is meant */
	NAME_PC,     /* pc is an instruction */
};

/* What a source answers with; its texts need only live until the call returns. */
struct names_source {
	void *ctx;
	bool (*pc)(void *ctx, enum name_kind kind, uint64_t pc, struct name *ret);
	const char *(*reason)(void *ctx, uint8_t reason); /* NULL: no such reason */
};

struct names;

struct names *names_new(const struct names_source *source); /* NULL: no memory */
void names_free(struct names *n);

/* Never NULL: an unknown pc (and 0) has a name whose fields are NULL. Owner's thread only. */
const struct name *names_pc(struct names *n, enum name_kind kind, uint64_t pc);
const char *names_reason(struct names *n, uint8_t reason); /* NULL: unknown; "" is reason 0 */

/* The name of what is not known: no texts, line 0. */
extern const struct name name_unknown;

/*
 * The way people write a name: without the path before the package's last element.
 * "go.etcd.io/etcd/raft.(*node).run" → "raft.(*node).run"; a version as last element keeps the one
 * before: "github.com/a/b/v2.F" → "b/v2.F". Points into `function`.
 */
const char *short_function(const char *function);

#endif
