/* nodes.h - nodes that clash with one another. */
#ifndef CROUTE_CORE_CHECK_NODES_H
#define CROUTE_CORE_CHECK_NODES_H

#include "croute/core/config/places.h"

/* Two nodes of one name, one VTEP MAC at two addresses; a warning of one address on two nodes.
 * O(n log n). */
void check_nodes(struct places *places);

#endif
