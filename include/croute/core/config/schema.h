/* schema.h - finding a key of the file, or the one that was meant. */
#ifndef CROUTE_CORE_CONFIG_SCHEMA_H
#define CROUTE_CORE_CONFIG_SCHEMA_H

#include <stdint.h>

#include "croute/base/text.h"
#include "croute/core/config/schema_table.h"

#define SCHEMA_NO_KEY UINT32_MAX

/* Number of the key of that name, or SCHEMA_NO_KEY. */
uint32_t schema_find(const struct schema_map *map, struct text name);

/* What was likely meant by an unknown key or word; NULL when nothing is near. */
const char *schema_nearest_key(const struct schema_map *map, struct text name);
const char *schema_nearest_word(const struct schema_key *key, struct text word);

#endif
