/* interfaces.h - every link with its addresses, and why it was or was not taken. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/json.h"
#include "croute/core/want/interface.h"

#define INTERFACES_LINE_MAX 4096

/* The choice for one family. */
struct interfaces_choice {
	struct interface_ctx question; /* its address unset: this node has none of the family */
	struct selected taken;	       /* index 0: none */
};

/* All that is shown; borrowed. Both choices are of the same links. */
struct interfaces_ctx {
	const char *node; /* name of this node */
	struct interfaces_choice ipv4;
	struct interfaces_choice ipv6;
	size_t width; /* of the addresses: interfaces_width, for the table only */
};

/* Whether this node has an address of the family, so that an interface is wanted. */
bool interfaces_is_wanted(const struct interfaces_choice *choice);

/* `IPv4  eth1  index 2, mtu 1500, address 10.0.0.11`. */
void interfaces_add_choice(struct buf *out, const struct interfaces_choice *choice);

/* How wide the column of addresses need be; a few long ones do not count. */
size_t interfaces_width(const struct interfaces_ctx *view);

/* The head of the table, and the line of one link. No line end. */
void interfaces_add_head(struct buf *out, const struct interfaces_ctx *view);
void interfaces_add_link(struct buf *out, const struct interfaces_ctx *view,
			 const struct link *link);

/* How many links a search by interface.regex would have found that no whole match finds; says so,
 * naming the first. Nothing when there is none. */
void interfaces_add_unanchored(struct buf *out, const struct interfaces_ctx *view);

/* The same as one JSON object and a line end (SPEC 3): {"version", "node", "interface",
 * "interface6", "links"}. 0, or what `write` returned. */
int interfaces_json(const struct interfaces_ctx *view, json_write_fn *write, void *context);
