/* config.c - looking things up in a generation. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/config/config.h"

#include <fnmatch.h>
#include <sha2.h>
#include <string.h>
#include <sys/socket.h>

#define ARENAS 8

static void find_arenas(struct config *config, struct arena *out[ARENAS])
{
	struct arena *const arenas[ARENAS] = {&config->nodes,	 &config->vias,	  &config->more,
					      &config->podcidrs, &config->routes, &config->words,
					      &config->prefixes, &config->text};

	memcpy(out, arenas, sizeof(arenas));
}

void config_release(struct config *config)
{
	struct arena *arenas[ARENAS];

	find_arenas(config, arenas);
	for (size_t i = 0; i < ARENAS; i++)
		arena_release(arenas[i]);
}

void config_empty(struct config *config)
{
	struct config empty = {.backend = 0};
	struct arena *arenas[ARENAS];
	struct arena *kept[ARENAS];

	find_arenas(config, arenas);
	find_arenas(&empty, kept);
	for (size_t i = 0; i < ARENAS; i++) {
		arena_trim(arenas[i]);
		arena_reset(arenas[i]);
		*kept[i] = *arenas[i];
	}
	*config = empty;
}

uint32_t config_route_count(const struct config *config)
{
	return (uint32_t)(config->routes.used / sizeof(struct config_route));
}

const struct config_route *config_route_at(const struct config *config, uint32_t i)
{
	return (const struct config_route *)(const void *)config->routes.base + i;
}

const struct config_word *config_word_at(const struct config *config, struct config_list list,
					 uint32_t i)
{
	return (const struct config_word *)(const void *)config->words.base + list.first + i;
}

const struct config_prefix *config_prefix_at(const struct config *config, struct config_list list,
					     uint32_t i)
{
	return (const struct config_prefix *)(const void *)config->prefixes.base + list.first + i;
}

uint32_t config_ip_count(const struct arena *ips)
{
	return (uint32_t)(ips->used / sizeof(struct config_node_ip));
}

const struct config_node_ip *config_ip_at(const struct arena *ips, uint32_t i)
{
	return (const struct config_node_ip *)(const void *)ips->base + i;
}

/* The i-th of a node in a family; family 0: there is none. */
static struct ip ip_of_node(const struct arena *ips, uint32_t node, uint8_t family, uint32_t i)
{
	uint32_t low = 0;
	uint32_t high = config_ip_count(ips);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (config_ip_at(ips, middle)->node < node)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < config_ip_count(ips) && config_ip_at(ips, low)->node == node; low++) {
		if (config_ip_at(ips, low)->ip.family == family && i-- == 0)
			return config_ip_at(ips, low)->ip;
	}
	return (struct ip){0};
}

struct ip config_node_via(const struct config *config, uint32_t node, uint8_t family)
{
	return ip_of_node(&config->vias, node, family, 0);
}

struct ip config_address_at(const struct config *config, uint32_t node, uint8_t family, uint32_t i)
{
	return i == 0 ? config_node_address(config_node_at(config, node), family)
		      : ip_of_node(&config->more, node, family, i - 1);
}

bool config_has_cards(const struct config *config)
{
	return config->more.used > 0 &&
	       (config->backend == BACKEND_HOST_GW ||
		(config->backend == BACKEND_VXLAN && config->vxlan.direct_routing));
}

bool config_has(const struct config *config, uint32_t node, const struct ip *ip)
{
	struct ip own = config_address_at(config, node, ip->family, 0);

	for (uint32_t i = 1; ip_is_set(&own) && !ip_same(&own, ip); i++)
		own = config_address_at(config, node, ip->family, i);
	return ip_is_set(&own);
}

static unsigned families_of(const struct config *config, uint32_t node)
{
	unsigned families = 0;

	for (unsigned i = 0; i < FAMILIES; i++)
		families |= config_has_address(config_node_at(config, node), FAMILY_AT(i)) ? 1U << i
											   : 0;
	return families;
}

uint8_t config_carrier_from(const struct config *config, unsigned here, uint32_t node,
			    uint8_t family)
{
	unsigned both = here & families_of(config, node);
	unsigned own = 1U << FAMILY_INDEX(family);

	if ((both & own) != 0)
		return family;
	if (both == 0 || (family == AF_INET6 && config->backend != BACKEND_VXLAN))
		return 0;
	return family == AF_INET ? AF_INET6 : AF_INET;
}

uint8_t config_carrier(const struct config *config, uint32_t self, uint32_t node, uint8_t family)
{
	return config_carrier_from(config, families_of(config, self), node, family);
}

bool config_gives_mac(const struct config_node *node, uint8_t family)
{
	return mac_is_set(family == AF_INET ? &node->vtep_mac : &node->vtep_mac6);
}

struct mac config_vtep_mac(const struct config *config, const struct config_node *node,
			   uint8_t family)
{
	const char *name = config_string_at(config, node->name);
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct mac mac;
	SHA2_CTX hash;

	if (config_gives_mac(node, family))
		return family == AF_INET ? node->vtep_mac : node->vtep_mac6;
	SHA256Init(&hash);
	SHA256Update(&hash, (const uint8_t *)name, strlen(name));
	if (family == AF_INET6)
		SHA256Update(&hash, (const uint8_t *)"/6", 2);
	SHA256Final(digest, &hash);
	memcpy(mac.bytes, digest, sizeof(mac.bytes));
	mac.bytes[0] = (uint8_t)((mac.bytes[0] & 0xfc) | 0x02);
	return mac;
}

int64_t config_find_node(const struct config *config, const char *name)
{
	for (uint32_t i = 0; i < config_node_count(config); i++) {
		if (strcmp(config_node_name(config, i), name) == 0)
			return i;
	}
	return -1;
}

struct origin config_podcidr_origin(const struct config *config,
				    const struct config_podcidr *podcidr)
{
	struct origin node = config_node_at(config, podcidr->node)->origin;

	return origin_at(origin_file(node), (uint64_t)node.line + podcidr->lines, podcidr->column);
}

bool config_podcidr_is_before(const struct config_podcidr *a, const struct config_podcidr *b)
{
	return b == NULL || a->lines < b->lines || (a->lines == b->lines && a->column < b->column);
}

const struct config_podcidr *config_first_podcidr(const struct config *config,
						  const struct config_node *node, uint8_t family)
{
	const struct config_podcidr *first = NULL;

	for (uint32_t i = 0; i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if (config_node_at(config, podcidr->node) == node &&
		    podcidr->prefix.ip.family == family && config_podcidr_is_before(podcidr, first))
			first = podcidr;
	}
	return first;
}

/* How many podCIDRs sort before or at `prefix`. */
static uint32_t count_up_to(const struct config *config, const struct prefix *prefix)
{
	uint32_t high = config_podcidr_count(config);
	uint32_t low = 0;

	/* Most addresses of hosts lie before all podCIDRs, or behind them. */
	if (high > 0 && prefix_compare(&config_podcidr_at(config, high - 1)->prefix, prefix) <= 0)
		low = high;
	else if (high > 0 && prefix_compare(&config_podcidr_at(config, 0)->prefix, prefix) > 0)
		high = 0;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (prefix_compare(&config_podcidr_at(config, middle)->prefix, prefix) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct prefix *config_network_covering(const struct config *config,
					     const struct prefix *prefix)
{
	for (uint32_t i = 0; i < config->pod_network.count; i++) {
		const struct config_prefix *row = config_prefix_at(config, config->pod_network, i);

		if (prefix_covers(&row->prefix, prefix))
			return &row->prefix;
	}
	return NULL;
}

const struct prefix *config_protecting(const struct config *config, const struct prefix *prefix)
{
	for (uint32_t i = 0; i < config->guard.protect.count; i++) {
		const struct config_prefix *row = config_prefix_at(config, config->guard.protect,
								   i);

		if (prefix_overlaps(&row->prefix, prefix))
			return &row->prefix;
	}
	return NULL;
}

bool config_route_fits(const struct config *config, const struct config_route *route,
		       const char *name)
{
	for (uint32_t i = 0; i < route->nodes.count; i++) {
		const struct config_word *word = config_word_at(config, route->nodes, i);

		if (fnmatch(config_string_at(config, word->text), name, 0) == 0)
			return true;
	}
	return route->nodes.count == 0;
}

uint32_t config_podcidr_covering(const struct config *config, const struct prefix *prefix)
{
	uint32_t count = count_up_to(config, prefix);

	if (count == 0 || !prefix_covers(&config_podcidr_at(config, count - 1)->prefix, prefix))
		return CONFIG_NOT_FOUND;
	return count - 1;
}

uint32_t config_podcidr_inside(const struct config *config, const struct prefix *prefix)
{
	uint32_t next = count_up_to(config, prefix);

	/* the one before may be `prefix` itself */
	if (next > 0 && prefix_covers(prefix, &config_podcidr_at(config, next - 1)->prefix))
		return next - 1;
	if (next < config_podcidr_count(config) &&
	    prefix_covers(prefix, &config_podcidr_at(config, next)->prefix))
		return next;
	return CONFIG_NOT_FOUND;
}

uint32_t config_pod_metric(const struct config_kernel *kernel, const struct prefix *prefix)
{
	if (prefix->ip.family != AF_INET)
		return kernel->metric;
	return kernel->metric + prefix_number(prefix) % kernel->metric_spread;
}
