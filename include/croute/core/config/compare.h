/* compare.h - comparing two generations along the schema. */
#pragma once

#include <stdbool.h>

#include "croute/core/config/config.h"

/* Whether two generations ask for the same, positions and `source` aside. The keys come from the
 * schema, so that none is forgotten. */
bool config_equal(const struct config *a, const struct config *b);
