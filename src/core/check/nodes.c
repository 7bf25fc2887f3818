/* nodes.c - duplicates among nodes, found by sorting. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/check/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* How nodes are sorted: by their addresses of a family; family 0: by name. */
struct order {
	const struct config *config;
	uint8_t family;
};

/* The shorter one first: names that are counted up (n9, n10) are in order as they stand. */
static int compare_names(const char *a, const char *b)
{
	size_t len = strlen(a);
	size_t other = strlen(b);

	return len != other ? (len > other) - (len < other) : memcmp(a, b, len);
}

static int compare_nodes(const struct order *order, uint32_t i, uint32_t j)
{
	const struct config_node *a = config_node_at(order->config, i);
	const struct config_node *b = config_node_at(order->config, j);

	if (order->family == AF_INET)
		return memcmp(a->address4, b->address4, sizeof(a->address4));
	if (order->family == AF_INET6)
		return memcmp(a->address6, b->address6, sizeof(a->address6));
	return compare_names(config_node_name(order->config, i),
			     config_node_name(order->config, j));
}

static int compare_order(const void *a, const void *b, void *order)
{
	uint32_t i = *(const uint32_t *)a;
	uint32_t j = *(const uint32_t *)b;
	int way = compare_nodes(order, i, j);

	return way != 0 ? way : (i > j) - (i < j);
}

static bool has_it(const struct order *order, uint32_t i)
{
	const struct config_node *node = config_node_at(order->config, i);

	return order->family == 0 ? node->name != 0 : config_has_address(node, order->family);
}

/* Whether each comes behind the one before, as in nearly all files: then no two are equal. */
static bool stand_in_order(const struct order *order)
{
	uint32_t last = CONFIG_NOT_FOUND;

	for (uint32_t i = 0; i < config_node_count(order->config); i++) {
		if (!has_it(order, i))
			continue;
		if (last != CONFIG_NOT_FOUND && compare_nodes(order, last, i) >= 0)
			return false;
		last = i;
	}
	return true;
}

/* Numbers of the nodes that have it, sorted; NULL without memory. */
static const uint32_t *sort_nodes(struct places *places, struct order *order, uint32_t *count)
{
	uint32_t all = config_node_count(places->config);
	uint32_t *numbers;

	arena_reset(&places->order);
	numbers = arena_push(&places->order, all * sizeof(*numbers));
	*count = 0;
	if (numbers == NULL)
		return NULL;
	for (uint32_t i = 0; i < all; i++) {
		if (has_it(order, i))
			numbers[(*count)++] = i;
	}
	qsort_r(numbers, *count, sizeof(*numbers), compare_order, order);
	return numbers;
}

static void refuse_memory(const struct places *places)
{
	diag_error(places->diags, config_node_at(places->config, 0)->origin, "%s", PLACES_NO_ROOM);
}

/* A node that appears twice is one mistake, whatever else of it appears twice then. */
static bool have_one_name(const struct config *config, uint32_t a, uint32_t b)
{
	return strcmp(config_node_name(config, a), config_node_name(config, b)) == 0;
}

static void report_names(const struct places *places, uint32_t first, uint32_t second)
{
	const struct config *config = places->config;
	struct origin at = places_origin(config_node_at(config, second),
					 places_node(places, second)->name);
	struct origin other = places_origin(config_node_at(config, first),
					    places_node(places, first)->name);
	char place[PLACES_TEXT_MAX];

	diag_error(places->diags, at, "two nodes are called \"%.80s\"; the other is in %s",
		   config_node_name(config, second), places_text(places, other, at, place));
}

static void report_address(const struct places *places, uint32_t first, uint32_t second,
			   uint8_t family)
{
	const struct config *config = places->config;
	const struct config_node *node = config_node_at(config, second);
	const struct node_places *parts = places_node(places, second);
	struct ip ip = config_node_address(node, family);
	struct origin at = places_origin(node,
					 family == AF_INET ? parts->address4 : parts->address6);
	char address[IP_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	if (have_one_name(config, first, second))
		return;
	diag_warning(places->diags, at, "%s is also the address of node \"%.80s\" (%s)",
		     ip_format(&ip, address), config_node_name(config, first),
		     places_text(places, config_node_at(config, first)->origin, at, place));
}

/* The second of two that are equal is the later one of the file. */
static void check_order(struct places *places, uint8_t family)
{
	struct order order = {.config = places->config, .family = family};
	uint32_t first = 0;
	uint32_t count;
	const uint32_t *numbers;

	if (stand_in_order(&order))
		return;
	numbers = sort_nodes(places, &order, &count);
	if (numbers == NULL) {
		refuse_memory(places);
		return;
	}
	for (uint32_t i = 1; i < count; i++) {
		if (compare_nodes(&order, numbers[first], numbers[i]) != 0)
			first = i;
		else if (family == 0)
			report_names(places, numbers[first], numbers[i]);
		else
			report_address(places, numbers[first], numbers[i], family);
	}
}

/* The MAC of a node's tunnel on one underlay: it only counts where the node has an address. */
struct mac_claim {
	struct mac mac;
	bool is_derived;
	uint32_t node;
};

/* Of equal ones those that the file gives come first, in its order. */
static int compare_claims(const void *a, const void *b)
{
	const struct mac_claim *x = a;
	const struct mac_claim *y = b;
	int order = memcmp(&x->mac, &y->mac, sizeof(x->mac));

	if (order == 0)
		order = x->is_derived - y->is_derived;
	return order != 0 ? order : (x->node > y->node) - (x->node < y->node);
}

/* Reported at the later one that is given: an FDB entry leads one MAC to one address. */
static void report_macs(const struct places *places, const struct mac_claim *first,
			const struct mac_claim *second, uint8_t family)
{
	const struct config *config = places->config;
	const struct mac_claim *late = second->is_derived ? first : second;
	uint32_t rival = second->is_derived ? second->node : first->node;
	const struct config_node *node = config_node_at(config, late->node);
	const struct config_node *other = config_node_at(config, rival);
	const struct node_places *parts = places_node(places, late->node);
	struct origin at = places_origin(node, family == AF_INET ? parts->mac : parts->mac6);
	struct ip here = config_node_address(node, family);
	struct ip there = config_node_address(other, family);
	char mac[MAC_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	if (ip_same(&here, &there) || have_one_name(config, late->node, rival))
		return;
	diag_error(places->diags, at,
		   "%s is also the VTEP MAC of node \"%.80s\"%s (%s), which has another "
		   "address",
		   mac_format(&late->mac, mac), config_node_name(config, rival),
		   second->is_derived ? ", derived from its name" : "",
		   places_text(places, other->origin, at, place));
}

static bool gather_macs(const struct config *config, uint8_t family, struct arena *claims)
{
	for (uint32_t i = 0; i < config_node_count(config); i++) {
		const struct config_node *node = config_node_at(config, i);
		struct mac_claim *claim;

		if (!config_has_address(node, family) || node->name == 0)
			continue;
		claim = arena_push(claims, sizeof(*claim));
		if (claim == NULL)
			return false;
		claim->mac = config_vtep_mac(config, node, family);
		claim->is_derived = !config_gives_mac(node, family);
		claim->node = i;
	}
	return true;
}

static void check_macs(const struct places *places, uint8_t family)
{
	struct arena arena = {.limit = CONFIG_NODES_MOST * sizeof(struct mac_claim)};
	const struct mac_claim *claims;
	const struct mac_claim *first;

	if (!gather_macs(places->config, family, &arena))
		refuse_memory(places);
	claims = first = (const void *)arena.base;
	if (arena.used > 0)
		qsort(arena.base, arena.used / sizeof(*claims), sizeof(*claims), compare_claims);
	for (size_t i = 1; i < arena.used / sizeof(*claims); i++) {
		if (memcmp(&first->mac, &claims[i].mac, sizeof(first->mac)) != 0)
			first = &claims[i];
		else if (!first->is_derived)
			report_macs(places, first, &claims[i], family);
	}
	arena_release(&arena);
}

/* An address of a node, where nodes have several: `more` tells which beyond its first it is. */
struct address_claim {
	struct ip ip;
	uint32_t node;
	uint32_t more; /* CONFIG_NOT_FOUND: the first, which check_order compares */
};

static int compare_addresses(const void *a, const void *b)
{
	const struct address_claim *x = a;
	const struct address_claim *y = b;
	int order = memcmp(&x->ip, &y->ip, sizeof(x->ip));

	return order != 0 ? order : (x->node > y->node) - (x->node < y->node);
}

static bool gather_addresses(const struct config *config, struct arena *claims)
{
	for (uint32_t i = 0;
	     i < FAMILIES * config_node_count(config) + config_ip_count(&config->more); i++) {
		struct address_claim *claim = arena_push(claims, sizeof(*claim));

		if (claim == NULL)
			return false;
		claim->node = i / FAMILIES;
		claim->more = CONFIG_NOT_FOUND;
		if (claim->node < config_node_count(config)) {
			claim->ip = config_node_address(config_node_at(config, claim->node),
							FAMILY_AT(i % FAMILIES));
			continue;
		}
		claim->more = i - FAMILIES * config_node_count(config);
		claim->node = config_ip_at(&config->more, claim->more)->node;
		claim->ip = config_ip_at(&config->more, claim->more)->ip;
	}
	return true;
}

/* Of two equal ones, at one beyond the first. */
static void report_more(const struct places *places, const struct address_claim *a,
			const struct address_claim *b)
{
	const struct address_claim *at = b->more != CONFIG_NOT_FOUND ? b : a;
	const struct address_claim *other = at == b ? a : b;
	struct origin origin;
	char address[IP_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	if (at->more == CONFIG_NOT_FOUND || !ip_is_set(&at->ip) ||
	    have_one_name(places->config, at->node, other->node))
		return;
	origin = config_ip_at(&places->config->more, at->more)->origin;
	diag_warning(places->diags, origin, "%s is also the address of node \"%.80s\" (%s)",
		     ip_format(&at->ip, address), config_node_name(places->config, other->node),
		     places_text(places, config_node_at(places->config, other->node)->origin,
				 origin, place));
}

static void check_more(const struct places *places)
{
	struct arena arena = {.limit = (FAMILIES * CONFIG_NODES_MOST + CONFIG_MORE_MOST) *
				       sizeof(struct address_claim)};
	const struct address_claim *claims;

	if (!gather_addresses(places->config, &arena))
		refuse_memory(places);
	claims = (const void *)arena.base;
	if (arena.used > 0)
		qsort(arena.base, arena.used / sizeof(*claims), sizeof(*claims), compare_addresses);
	for (size_t i = 1; i < arena.used / sizeof(*claims); i++) {
		if (ip_same(&claims[i - 1].ip, &claims[i].ip))
			report_more(places, &claims[i - 1], &claims[i]);
	}
	arena_release(&arena);
}

void check_nodes(struct places *places)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};

	if (config_node_count(places->config) == 0)
		return;
	for (size_t i = 0; i < sizeof(families); i++) {
		check_order(places, families[i]);
		if (places->gives_mac[i])
			check_macs(places, families[i]);
	}
	if (config_ip_count(&places->config->more) > 0)
		check_more(places);
	check_order(places, 0);
}
