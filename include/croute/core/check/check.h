/* check.h - what is wrong with a file beyond single values. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "croute/core/config/places.h"

/* Of all: whatever is wrong goes to the places' diags. */

/* One entry of `routes` by itself, when it was read: whether its parts fit together. Gives
 * `default` its family. */
void check_route(struct places *places, struct config_route *route);

/* The others follow after the last file, in this order. */

/* Version, settings that need one another. */
void check_settings(struct places *places);

/* Two nodes of one name, one VTEP MAC at two addresses; a warning of one address on two nodes.
 * O(n log n). */
void check_nodes(struct places *places);

/* Sorts config's podcidrs, then: overlaps, outside podNetwork, over or inside guard.protect, over a
 * node's address; a warning where its node has no address of the family. O(n log n), and linear in
 * podNetwork and protect. */
void check_podcidrs(struct places *places);

/* Static routes against podCIDRs, protected prefixes and one another. */
void check_routes(struct places *places);
