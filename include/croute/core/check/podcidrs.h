/* podcidrs.h - podCIDRs that clash with one another or with what must not be routed. */
#pragma once

#include "croute/core/config/places.h"

/* Sorts config's podcidrs, then: overlaps, outside podNetwork, over or inside guard.protect, over a
 * node's address; a warning where its node has no address of the family. O(n log n), and linear in
 * podNetwork and protect. */
void check_podcidrs(struct places *places);
