/* compare.c - comparing two generations, positions and `source` aside. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/config.h"

#include <string.h>

#include "croute/core/config/schema.h"

/* One of the two: its generation, and what the keys' offsets count from. */
struct side {
	const struct config *config;
	const void *target;
};

static bool equal_strings(struct side a, struct side b, uint32_t i, uint32_t j)
{
	return strcmp(config_string_at(a.config, i), config_string_at(b.config, j)) == 0;
}

static bool equal_lists(struct side a, struct side b, const struct schema_key *key)
{
	struct config_list i = *(const struct config_list *)a.target;
	struct config_list j = *(const struct config_list *)b.target;
	bool equal = i.count == j.count;

	for (uint32_t k = 0; k < i.count && equal; k++)
		equal = key->type == SCHEMA_PREFIX || key->type == SCHEMA_HOST
				? prefix_same(&config_prefix_at(a.config, i, k)->prefix,
					      &config_prefix_at(b.config, j, k)->prefix)
				: equal_strings(a, b, config_word_at(a.config, i, k)->text,
						config_word_at(b.config, j, k)->text);
	return equal;
}

/* A mapping's default may stand in one file and be left out in the other: values count, not keys.
 */
static bool equal_key(const struct schema_key *key, struct side a, struct side b)
{
	const struct config_guard *x = a.target = (const char *)a.target + key->offset;
	const struct config_guard *y = b.target = (const char *)b.target + key->offset;

	if (key->size == 0)
		return true; /* what it is made of is compared */
	if (key->size == sizeof(struct config_list) && key->list)
		return equal_lists(a, b, key);
	if (key->type == SCHEMA_SHARE)
		return x->max_delete == y->max_delete &&
		       x->max_delete_is_percent == y->max_delete_is_percent;
	if (key->type == SCHEMA_PATH || key->type == SCHEMA_LISTEN || key->type == SCHEMA_NAME ||
	    (key->type == SCHEMA_DEVICE && key->size == sizeof(uint32_t)))
		return equal_strings(a, b, *(const uint32_t *)a.target,
				     *(const uint32_t *)b.target);
	return memcmp(a.target, b.target, key->size) == 0; /* without padding */
}

static bool equal_map(enum schema_map_id id, struct side a, struct side b)
{
	const struct schema_map *map = schema_map_of(id);
	bool equal = true;

	for (uint32_t i = 0; i < map->count && equal; i++)
		equal = equal_key(&map->keys[i], a, b);
	return equal;
}

static bool equal_settings(const struct config *a, const struct config *b)
{
	bool equal = true;

	for (int id = SCHEMA_FILE; id < SCHEMA_MAPS && equal; id++) {
		if (id != SCHEMA_NODE && id != SCHEMA_ROUTE && id != SCHEMA_SOURCE)
			equal = equal_map((enum schema_map_id)id, (struct side){a, a},
					  (struct side){b, b});
	}
	return equal;
}

static bool equal_nodes(const struct config *a, const struct config *b)
{
	bool equal = config_node_count(a) == config_node_count(b);

	for (uint32_t k = 0; equal && k < config_node_count(a); k++) {
		const struct config_node *x = config_node_at(a, k);
		const struct config_node *y = config_node_at(b, k);

		equal = equal_map(SCHEMA_NODE, (struct side){a, x}, (struct side){b, y}) &&
			memcmp(x->address4, y->address4, sizeof(x->address4)) == 0 &&
			memcmp(x->address6, y->address6, sizeof(x->address6)) == 0;
	}
	return equal;
}

static bool equal_ips(const struct arena *a, const struct arena *b)
{
	bool equal = config_ip_count(a) == config_ip_count(b);

	for (uint32_t k = 0; equal && k < config_ip_count(a); k++) {
		const struct config_node_ip *x = config_ip_at(a, k);
		const struct config_node_ip *y = config_ip_at(b, k);

		equal = x->node == y->node && ip_same(&x->ip, &y->ip);
	}
	return equal;
}

static bool equal_podcidrs(const struct config *a, const struct config *b)
{
	bool equal = config_podcidr_count(a) == config_podcidr_count(b);

	for (uint32_t k = 0; equal && k < config_podcidr_count(a); k++) {
		const struct config_podcidr *x = config_podcidr_at(a, k);
		const struct config_podcidr *y = config_podcidr_at(b, k);

		equal = prefix_same(&x->prefix, &y->prefix) && x->node == y->node;
	}
	return equal;
}

static bool equal_routes(const struct config *a, const struct config *b)
{
	bool equal = config_route_count(a) == config_route_count(b);

	for (uint32_t k = 0; equal && k < config_route_count(a); k++) {
		const struct config_route *x = config_route_at(a, k);
		const struct config_route *y = config_route_at(b, k);

		equal = equal_map(SCHEMA_ROUTE, (struct side){a, x}, (struct side){b, y}) &&
			x->has_metric == y->has_metric && x->both_families == y->both_families;
	}
	return equal;
}

bool config_equal(const struct config *a, const struct config *b)
{
	return equal_settings(a, b) && equal_nodes(a, b) && equal_ips(&a->vias, &b->vias) &&
	       equal_ips(&a->more, &b->more) && equal_podcidrs(a, b) && equal_routes(a, b);
}
