/* same.h - whether two generations ask for the same; see config_same in config.h. */
#ifndef CROUTE_CORE_SAME_H
#define CROUTE_CORE_SAME_H

#include <stdbool.h>

#include "croute/core/config.h"
#include "croute/core/schema_table.h"

/* Whether the keys of one mapping have the same values; `a` and `b` are what the keys' offsets
 * count from. The keys come from the schema, so that none is forgotten. */
struct same_side {
	const struct config *config;
	const void *target;
};
bool same_map(enum schema_map_id id, struct same_side a, struct same_side b);

#endif
