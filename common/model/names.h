/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for the pcs and numbers in rows. A source answers them; each is asked for once. Texts are
 * cleaned and live as long as the names, at one address: pictures may point at them.
 */
#ifndef GOROUTOP_MODEL_NAMES_H
#define GOROUTOP_MODEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAME_MAX_TEXT = 3 * 4096 }; /* bytes of a text, at most */

struct name {
	const char *function; /* NULL: unknown */
	const char *file;     /* NULL: unknown */
	int line;	      /* 0: unknown */
	bool system;	      /* a goroutine that starts here is the runtime's own */
};

/* By function, file and line; what is not known comes last. */
int name_compare(const struct name *a, const struct name *b);

enum name_kind {
	NAME_ENTRY,  /* pc is a function's entry: g.startpc */
	NAME_RETURN, /* pc is a return address: g.gopc; the call before it is meant */
	NAME_PC,     /* pc is an instruction */
	NAME_WHERE, /* of the calls inlined at a frame of a stack, the line that a user would look at */
	NAME_KINDS
};

/*
 * A frame of a stack is the address that it returns to, so that the call before it is meant; or,
 * with this bit, the very instruction. NAME_WHERE takes such a frame too.
 */
#define FRAME_EXACT (1ull << 63)

/* One of the calls at a frame: those that were inlined first, the function that they are in last. */
struct frame {
	struct name name;
	const char *symbol; /* the function's whole name, with type arguments; NULL: unknown */
	uint64_t entry;	    /* of the function whose code it is, in the process; 0: unknown */
	bool inlined;	    /* its code is in the next one's */
	bool wrapper;	    /* made by the compiler: Go leaves it out of its tracebacks */
	bool user; /* neither the runtime's, by name or file, nor of internal/… nor of sync */
};

struct frames {
	const struct frame *v;
	size_t n; /* at least 1; one without names where nothing is known */
};

/* What a source answers with; its texts need only live until the call returns. */
struct names_source {
	void *ctx;
	bool (*pc)(void *ctx, enum name_kind kind, uint64_t pc, struct name *ret);
	const char *(*reason)(void *ctx, uint8_t reason); /* NULL: no such reason */
	/* Fills in all but `user` and `symbol`: how many there are, of which at most max are written; 0: unknown. */
	size_t (*frames)(void *ctx, uint64_t frame, struct frame *ret, size_t max);
};

struct names;

struct names *names_new(const struct names_source *source); /* NULL: no memory */
void names_free(struct names *n);

/* Never NULL: an unknown pc (and 0) has a name whose fields are NULL. Owner's thread only. */
const struct name *names_pc(struct names *n, enum name_kind kind, uint64_t pc);
const char *names_reason(struct names *n, uint8_t reason); /* NULL: unknown; "" is reason 0 */

/* The calls at a frame of a stack. They live as long as the names; owner's thread only. */
struct frames names_frames(struct names *n, uint64_t frame);

/* The name of what is not known: no texts, line 0. */
extern const struct name name_unknown;
/* What stands for the start of a goroutine that was made for a thread of C: no function of Go's. */
extern const struct name name_extra_m;

/*
 * The way people write a name: without the path before the package's last element.
 * "go.etcd.io/etcd/raft.(*node).run" → "raft.(*node).run"; a version as last element keeps the one
 * before: "github.com/a/b/v2.F" → "b/v2.F". Points into `function`.
 */
const char *short_function(const char *function);

#endif
