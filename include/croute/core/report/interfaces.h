/* interfaces.h - every link with its addresses, and why it was or was not taken. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/base/json.h"
#include "croute/core/want/interface.h"

/* The choice for one family. */
struct interfaces_choice {
	struct interface_ctx question; /* its address unset: this node has none of the family */
	struct selected taken;	       /* index 0: none */
};

/* All that is shown; borrowed. Both choices are of the same links. */
struct interfaces_ctx {
	const char *node; /* name of this node */
	struct interfaces_choice family[2];
};

/* Whether the family is wanted and has no interface. */
bool interfaces_lacks(const struct interfaces_choice *choice);

/* For people: the node, what was taken, and a table of the links. 0, or what `write` returned. */
int interfaces_text(const struct interfaces_ctx *ctx, json_write_fn *write, void *context);

/* The same as one JSON object and a line end (SPEC 3): {"version", "node", "interface",
 * "interface6", "links"}. */
int interfaces_json(const struct interfaces_ctx *ctx, json_write_fn *write, void *context);
