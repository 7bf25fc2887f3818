/* compare.c - comparing two generations, positions and `source` aside. */
#include "croute/core/config/compare.h"

#include <string.h>

#include "croute/core/config/schema.h"

/* One of the two: its generation, and what the keys' offsets count from. */
struct side {
	const struct config *config;
	const void *target;
};

static bool equal_string(struct side a, struct side b, uint32_t i, uint32_t j)
{
	return strcmp(config_string_at(a.config, i), config_string_at(b.config, j)) == 0;
}

static bool equal_words(struct side a, struct side b, struct config_list i, struct config_list j)
{
	if (i.count != j.count)
		return false;
	for (uint32_t k = 0; k < i.count; k++) {
		if (!equal_string(a, b, config_word_at(a.config, i, k)->text,
				  config_word_at(b.config, j, k)->text))
			return false;
	}
	return true;
}

static bool equal_prefixes(struct side a, struct side b, struct config_list i, struct config_list j)
{
	if (i.count != j.count)
		return false;
	for (uint32_t k = 0; k < i.count; k++) {
		if (!prefix_same(&config_prefix_at(a.config, i, k)->prefix,
				 &config_prefix_at(b.config, j, k)->prefix))
			return false;
	}
	return true;
}

static bool equal_share(const struct config_guard *a, const struct config_guard *b)
{
	return a->max_delete == b->max_delete &&
	       a->max_delete_is_percent == b->max_delete_is_percent;
}

/* A mapping's default may stand in one file and be left out in the other: values count, not keys.
 */
static bool equal_key(const struct schema_key *key, struct side a, struct side b)
{
	const void *i = (const char *)a.target + key->offset;
	const void *j = (const char *)b.target + key->offset;

	switch (key->type) {
	case SCHEMA_PATH:
	case SCHEMA_LISTEN:
	case SCHEMA_NAME:
		return equal_string(a, b, *(const uint32_t *)i, *(const uint32_t *)j);
	case SCHEMA_DEVICE:
		return key->size == sizeof(uint32_t)
			       ? equal_string(a, b, *(const uint32_t *)i, *(const uint32_t *)j)
			       : memcmp(i, j, key->size) == 0;
	case SCHEMA_DEVICE_WORD:
	case SCHEMA_REGEX:
	case SCHEMA_GLOB:
		return equal_words(a, b, *(const struct config_list *)i,
				   *(const struct config_list *)j);
	case SCHEMA_PREFIX:
	case SCHEMA_HOST:
		return equal_prefixes(a, b, *(const struct config_list *)i,
				      *(const struct config_list *)j);
	case SCHEMA_SHARE:
		return equal_share(i, j);
	case SCHEMA_NUMBER:
	case SCHEMA_FLAG:
	case SCHEMA_WORD:
	case SCHEMA_DURATION:
	case SCHEMA_TIME:
	case SCHEMA_MTU:
	case SCHEMA_TABLE:
	case SCHEMA_MAC:
	case SCHEMA_ADDRESS:
	case SCHEMA_DESTINATION: /* struct prefix: no padding */
		return memcmp(i, j, key->size) == 0;
	case SCHEMA_MAP: /* SCHEMA_NODES, SCHEMA_ROUTES, …: compared by what they are made of */
	case SCHEMA_NODES:
	case SCHEMA_ROUTES:
	case SCHEMA_VERSION:
	case SCHEMA_NODE_ADDRESS:
	case SCHEMA_PODCIDR:
	case SCHEMA_TYPES:
		return true;
	}
	return true;
}

static bool equal_map(enum schema_map_id id, struct side a, struct side b)
{
	const struct schema_map *map = schema_map_of(id);

	for (uint32_t i = 0; i < map->count; i++) {
		if (!equal_key(&map->keys[i], a, b))
			return false;
	}
	return true;
}

static bool equal_settings(const struct config *a, const struct config *b)
{
	struct side i = {.config = a, .target = a};
	struct side j = {.config = b, .target = b};

	for (int id = SCHEMA_FILE; id < SCHEMA_MAPS; id++) {
		if (id == SCHEMA_NODE || id == SCHEMA_ROUTE || id == SCHEMA_SOURCE)
			continue;
		if (!equal_map((enum schema_map_id)id, i, j))
			return false;
	}
	return true;
}

static bool equal_nodes(const struct config *a, const struct config *b)
{
	if (config_node_count(a) != config_node_count(b))
		return false;
	for (uint32_t k = 0; k < config_node_count(a); k++) {
		const struct config_node *x = config_node_at(a, k);
		const struct config_node *y = config_node_at(b, k);

		if (!equal_map(SCHEMA_NODE, (struct side){a, x}, (struct side){b, y}) ||
		    memcmp(x->address4, y->address4, sizeof(x->address4)) != 0 ||
		    memcmp(x->address6, y->address6, sizeof(x->address6)) != 0)
			return false;
	}
	return true;
}

static bool equal_podcidrs(const struct config *a, const struct config *b)
{
	if (config_podcidr_count(a) != config_podcidr_count(b))
		return false;
	for (uint32_t k = 0; k < config_podcidr_count(a); k++) {
		const struct config_podcidr *x = config_podcidr_at(a, k);
		const struct config_podcidr *y = config_podcidr_at(b, k);

		if (!prefix_same(&x->prefix, &y->prefix) || x->node != y->node)
			return false;
	}
	return true;
}

static bool equal_routes(const struct config *a, const struct config *b)
{
	if (config_route_count(a) != config_route_count(b))
		return false;
	for (uint32_t k = 0; k < config_route_count(a); k++) {
		const struct config_route *x = config_route_at(a, k);
		const struct config_route *y = config_route_at(b, k);

		if (!equal_map(SCHEMA_ROUTE, (struct side){a, x}, (struct side){b, y}) ||
		    x->has_metric != y->has_metric || x->both_families != y->both_families)
			return false;
	}
	return true;
}

bool config_equal(const struct config *a, const struct config *b)
{
	return equal_settings(a, b) && equal_nodes(a, b) && equal_podcidrs(a, b) &&
	       equal_routes(a, b);
}
