/* claims.h - what nodes lay claim to, in one order that shows who clashes with whom. */
#pragma once

#include "app/import/nodes.h"

#define IMPORT_NOBODY ((1U << 30) - 1) /* no node, and no claim */

/* Claims in order that are equal, and those of others that lie around and inside. */
struct import_run {
	uint32_t
		parent; /* the next larger claim's; of all but the first of equal ones, the first */
	uint32_t by : 30;     /* who has it, or something inside: a node, or IMPORT_NOBODY */
	uint32_t follows : 1; /* it is not the first of equal ones */
	uint32_t taken : 1;   /* `by` has the whole of it */
};
_Static_assert(sizeof(struct import_run) == 8, "every node has several");

/*
 * An address is a prefix of full length, a MAC one of a family of its own: two nodes clash when and
 * only when a prefix of one holds one of the other. Zero-initialise but for `import`.
 */
struct import_claims {
	const struct import *import;
	struct arena refs; /* uint32_t: a node's number and which of its claims; sorted */
	struct arena runs; /* struct import_run, one for each */
};

/* How two claims meet. */
struct import_clash {
	uint32_t rival; /* IMPORT_NOBODY: none */
	struct prefix own;
};

/* Sort the claims of all nodes that are not out. 0, or -ENOMEM. */
int import_claims_gather(struct import_claims *claims);
void import_claims_release(struct import_claims *claims);

/* Mark the nodes whose podCIDR holds claims of two or more others. Before anything is taken. */
void import_claims_find_sprawls(struct import_claims *claims, struct import *import);

/* Who has what the node claims, if anyone; else the node has it from now on. */
struct import_clash import_claims_take(struct import_claims *claims, uint32_t node);

/* The i-th claim of a node; family 0 where it has none of that kind, false past the last. */
bool import_claims_at(const struct import *import, uint32_t node, uint32_t i, struct prefix *out);
