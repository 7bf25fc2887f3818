/* nodes.c - duplicates among nodes, found by sorting their numbers. */
#include "croute/core/check/nodes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What is looked at: whether a node has it, how it sorts, and what to tell of two that are equal,
 * the second being the later one of the file. */
struct subject {
	bool (*has)(const struct config_node *node);
	int (*compare)(const struct config *config, const struct config_node *a,
		       const struct config_node *b);
	void (*tell)(const struct places *places, uint32_t first, uint32_t second);
};

struct order {
	const struct config *config;
	const struct subject *subject;
};

static int compare_order(const void *a, const void *b, void *context)
{
	const struct order *order = context;
	uint32_t i = *(const uint32_t *)a;
	uint32_t j = *(const uint32_t *)b;
	int way = order->subject->compare(order->config, config_node_at(order->config, i),
					  config_node_at(order->config, j));

	return way != 0 ? way : (i > j) - (i < j);
}

/* Numbers of the nodes that have it, sorted; NULL without memory. */
static const uint32_t *sort_nodes(struct places *places, const struct subject *subject,
				  uint32_t *count)
{
	struct order order = {.config = places->config, .subject = subject};
	uint32_t all = config_node_count(places->config);
	uint32_t *numbers;

	arena_reset(&places->order);
	numbers = arena_push(&places->order, all * sizeof(*numbers));
	*count = 0;
	if (numbers == NULL)
		return NULL;
	for (uint32_t i = 0; i < all; i++) {
		if (subject->has(config_node_at(places->config, i)))
			numbers[(*count)++] = i;
	}
	qsort_r(numbers, *count, sizeof(*numbers), compare_order, &order);
	return numbers;
}

static void check_subject(struct places *places, const struct subject *subject)
{
	const struct config *config = places->config;
	uint32_t count;
	uint32_t first = 0;
	const uint32_t *numbers = sort_nodes(places, subject, &count);

	if (numbers == NULL) {
		diag_error(places->diags, config_node_at(config, 0)->origin, "%s", PLACES_NO_ROOM);
		return;
	}
	for (uint32_t i = 1; i < count; i++) {
		if (subject->compare(config, config_node_at(config, numbers[first]),
				     config_node_at(config, numbers[i])) == 0)
			subject->tell(places, numbers[first], numbers[i]);
		else
			first = i;
	}
}

static bool has_name(const struct config_node *node)
{
	return node->name != 0;
}

static int compare_names(const struct config *config, const struct config_node *a,
			 const struct config_node *b)
{
	return strcmp(config_string_at(config, a->name), config_string_at(config, b->name));
}

static void tell_names(const struct places *places, uint32_t first, uint32_t second)
{
	const struct config_node *before = config_node_at(places->config, first);
	const struct config_node *node = config_node_at(places->config, second);
	struct origin at = places_origin(node, places_node(places, second)->name);
	struct origin other = places_origin(before, places_node(places, first)->name);
	char place[PLACES_TEXT_MAX];

	diag_error(places->diags, at, "two nodes are called \"%.80s\"; the other is in %s",
		   config_string_at(places->config, node->name),
		   places_text(places, other, at, place));
}

static bool has_address4(const struct config_node *node)
{
	return config_node_address(node, AF_INET).family != 0;
}

static bool has_address6(const struct config_node *node)
{
	return config_node_address(node, AF_INET6).family != 0;
}

static int compare_address4(const struct config *config, const struct config_node *a,
			    const struct config_node *b)
{
	(void)config;
	return memcmp(a->address4, b->address4, sizeof(a->address4));
}

static int compare_address6(const struct config *config, const struct config_node *a,
			    const struct config_node *b)
{
	(void)config;
	return memcmp(a->address6, b->address6, sizeof(a->address6));
}

static void tell_address(const struct places *places, uint32_t first, uint32_t second,
			 uint8_t family)
{
	const struct config_node *before = config_node_at(places->config, first);
	const struct config_node *node = config_node_at(places->config, second);
	const struct node_places *parts = places_node(places, second);
	struct ip ip = config_node_address(node, family);
	struct origin at = places_origin(node,
					 family == AF_INET ? parts->address4 : parts->address6);
	char address[IP_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	diag_warning(places->diags, at, "%s is the address of node \"%.80s\" too (%s)",
		     ip_format(&ip, address), config_string_at(places->config, before->name),
		     places_text(places, before->origin, at, place));
}

static void tell_address4(const struct places *places, uint32_t first, uint32_t second)
{
	tell_address(places, first, second, AF_INET);
}

static void tell_address6(const struct places *places, uint32_t first, uint32_t second)
{
	tell_address(places, first, second, AF_INET6);
}

/* A VTEP's MAC only counts on the device of its underlay, which needs an address. */
static bool has_mac(const struct config_node *node)
{
	return mac_is_set(&node->vtep_mac) && has_address4(node);
}

static bool has_mac6(const struct config_node *node)
{
	return mac_is_set(&node->vtep_mac6) && has_address6(node);
}

static int compare_macs(const struct config *config, const struct config_node *a,
			const struct config_node *b)
{
	(void)config;
	return memcmp(&a->vtep_mac, &b->vtep_mac, sizeof(a->vtep_mac));
}

static int compare_macs6(const struct config *config, const struct config_node *a,
			 const struct config_node *b)
{
	(void)config;
	return memcmp(&a->vtep_mac6, &b->vtep_mac6, sizeof(a->vtep_mac6));
}

/* An FDB entry leads one MAC to one address. */
static void tell_mac(const struct places *places, uint32_t first, uint32_t second, uint8_t family)
{
	const struct config_node *before = config_node_at(places->config, first);
	const struct config_node *node = config_node_at(places->config, second);
	const struct node_places *parts = places_node(places, second);
	struct ip there = config_node_address(before, family);
	struct ip here = config_node_address(node, family);
	struct origin at = places_origin(node, family == AF_INET ? parts->mac : parts->mac6);
	char mac[MAC_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	if (ip_same(&there, &here))
		return;
	diag_error(places->diags, at,
		   "%s is the VTEP MAC of node \"%.80s\" too (%s), at another "
		   "address",
		   mac_format(family == AF_INET ? &node->vtep_mac : &node->vtep_mac6, mac),
		   config_string_at(places->config, before->name),
		   places_text(places, before->origin, at, place));
}

static void tell_mac4(const struct places *places, uint32_t first, uint32_t second)
{
	tell_mac(places, first, second, AF_INET);
}

static void tell_mac6(const struct places *places, uint32_t first, uint32_t second)
{
	tell_mac(places, first, second, AF_INET6);
}

static const struct subject subjects[] = {
	{has_name, compare_names, tell_names},
	{has_address4, compare_address4, tell_address4},
	{has_address6, compare_address6, tell_address6},
	{has_mac, compare_macs, tell_mac4},
	{has_mac6, compare_macs6, tell_mac6},
};

void check_nodes(struct places *places)
{
	if (config_node_count(places->config) == 0)
		return;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		check_subject(places, &subjects[i]);
	arena_reset(&places->order);
}
