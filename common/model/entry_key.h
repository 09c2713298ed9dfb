/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sort key of a goroutine from its entry, for a pass over a million of them: of the row that
 * shows it only what the order asks for is made, and texts have been put in order once before, by
 * what they stand for. In the order of sort_compare, and equal only where that leaves the goids.
 */
#ifndef GOROUTOP_MODEL_ENTRY_KEY_H
#define GOROUTOP_MODEL_ENTRY_KEY_H

#include "model/table.h"

/* What of a row is made; the rest of it is what it was. */
enum {
	PART_NAMES = 1,
	PART_REASON = 2,
	PART_SHARE = 4, /* of the last interval */
	PART_LABELS = 8,
	PART_ALL = 16, /* as show_row does */
};

struct entry_keys {
	struct model *m;
	const struct request *request;
	const struct sort_spec *sort;
	struct row_context ctx;
	struct key_cache *cache; /* of the living; NULL: none */
	uint64_t ahead;		 /* of the picture's time, their ages are counted up to */
	unsigned parts;		 /* that the key needs */
	size_t id_offset;   /* of a name's id in struct entry; 0: the order is not that of names */
	bool exact;	    /* equal keys leave only the goids to compare */
	uint64_t texts;	    /* of ranks: see key_cache */
	VEC(uint32_t) rank; /* by id of model.pcs, by reason, by place in labels.all; 0: unknown */
	uint64_t labels;    /* of the last goroutine that had any, … */
	uint32_t labels_rank;	       /* … and their rank */
	uint64_t still[2][TIME_KINDS]; /* of shares: [its counts are known]; KEY_STALE: not made */
	struct row row;
};

/*
 * Keys in the order that the request asks for. Where they follow from the entry alone they are kept
 * in the model, and only those of entries that have changed since are made anew. False: no memory.
 */
bool entry_keys_open(struct entry_keys *k, struct model *m, const struct request *request,
		     const struct row_context *ctx);
void entry_keys_close(struct entry_keys *k);

/* The key of one that lives or, ended, is at that place (select.h). */
uint64_t entry_key(struct entry_keys *k, size_t place);
/* The same; false: the request does not mean that one (place_is_meant). */
bool entry_key_if_meant(struct entry_keys *k, size_t place, uint64_t *ret);

/* What of a row a filter looks at. */
unsigned filter_parts(const struct filter *f);

/* Makes these parts, and the plain facts, of the row of a living one. */
void show_parts(const struct model *m, const struct entry *e, unsigned parts, struct row *ret);

#endif
