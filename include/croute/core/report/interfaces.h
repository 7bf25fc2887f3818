/* interfaces.h - every link with its addresses, and why it was or was not taken. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/base/json.h"
#include "croute/core/want/interface.h"
#include "croute/core/want/rows.h"

/* All that is shown; borrowed. All questions are of the same links. */
struct interfaces_ctx {
	const char *node; /* name of this node */
	/* For each of its addresses; without address: it has no more of the family. */
	struct interface_ctx question[FAMILIES][CONFIG_ADDRESSES_MOST];
	const struct family *family; /* what was taken */
	const uint32_t *uplinks;     /* indexes of links that lead to peers, of unnumbered hosts */
	uint32_t uplink_count;
};

/* Whether the i-th address of a family is wanted and has no interface. */
bool interfaces_lacks(const struct interfaces_ctx *ctx, unsigned family, uint32_t i);

/* For people: the node, what was taken, and a table of the links. 0, or what `write` returned. */
int interfaces_text(const struct interfaces_ctx *ctx, json_write_fn *write, void *context);

/* The same as one JSON object and a line end (SPEC 3): {"version", "node", "interface",
 * "interface6", "links"}. */
int interfaces_json(const struct interfaces_ctx *ctx, json_write_fn *write, void *context);
