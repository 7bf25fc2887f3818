/* nodes.h - nodes that clash with one another. */
#pragma once

#include "croute/core/config/places.h"

/* Two nodes of one name, one VTEP MAC at two addresses; a warning of one address on two nodes.
 * O(n log n). */
void check_nodes(struct places *places);
