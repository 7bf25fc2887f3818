/* interfaces.h - every link with its addresses, and why it was or was not taken. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/base/buf.h"
#include "croute/base/json.h"
#include "croute/core/want/interface.h"

#define SELECT_LINE_MAX 4096

/* The choice for one family. */
struct select_choice {
	struct select_question question; /* its address unset: this node has none of the family */
	struct selected taken;		 /* index 0: none */
};

/* All that is shown; borrowed. Both choices are of the same links. */
struct select_view {
	const char *node; /* name of this node */
	struct select_choice ipv4;
	struct select_choice ipv6;
	size_t width; /* of the addresses: select_width, for the table only */
};

/* Whether this node has an address of the family, so that an interface is wanted. */
bool select_is_wanted(const struct select_choice *choice);

/* `IPv4  eth1  index 2, mtu 1500, address 10.0.0.11`. */
void select_add_choice(struct buf *out, const struct select_choice *choice);

/* How wide the column of addresses need be; a few long ones do not count. */
size_t select_width(const struct select_view *view);

/* The head of the table, and the line of one link. No line end. */
void select_add_head(struct buf *out, const struct select_view *view);
void select_add_link(struct buf *out, const struct select_view *view, const struct link *link);

/* How many links a search by interface.regex would have found that no whole match finds; says so,
 * naming the first. Nothing when there is none. */
void select_add_unanchored(struct buf *out, const struct select_view *view);

/* The same as one JSON object and a line end (SPEC 3): {"version", "node", "interface",
 * "interface6", "links"}. 0, or what `write` returned. */
int select_json(const struct select_view *view, json_write_fn *write, void *context);
