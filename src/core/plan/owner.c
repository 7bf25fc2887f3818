/* owner.c - the one predicate of ownership, and flannel's routes known by their shape. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/plan/owner.h"

#include <linux/rtnetlink.h>

#define IPV6_METRIC 1024U /* what the kernel makes of none (IP6_RT_PRIO_USER) */

static bool is_inside_pod_network(const struct config *config, const struct prefix *prefix)
{
	for (uint32_t i = 0; i < config->pod_network.count; i++) {
		const struct prefix *network =
			&config_prefix_at(config, config->pod_network, i)->prefix;

		if (network->len < prefix->len && prefix_covers(network, prefix))
			return true;
	}
	return false;
}

/* All that both shapes have in common. */
static bool bears_nothing_else(const struct route *route)
{
	return route->table == RT_TABLE_MAIN && route->protocol == RTPROT_BOOT &&
	       route->metric == (route->family == AF_INET ? 0 : IPV6_METRIC) && route->tos == 0 &&
	       route->type == RTN_UNICAST && route->scope == RT_SCOPE_UNIVERSE && route->mtu == 0 &&
	       route->has == ROUTE_HAS_GATEWAY && (route->flags & ~ROUTE_ONLINK) == 0 &&
	       route->hops == 0;
}

/* On a link whose own address is a lone one, no prefix tells who is on it, but the file does. */
static bool is_its_nodes(const struct config *config, const struct prefix *prefix,
			 const struct ip *ip)
{
	uint32_t i = config_podcidr_covering(config, prefix);

	return i != CONFIG_NOT_FOUND && config_has(config, config_podcidr_at(config, i)->node, ip);
}

static bool is_card(const struct family *family, uint32_t link)
{
	bool is = link == family->link.index;

	for (uint32_t i = 0; !is && i < family->card_count; i++)
		is = link == family->cards[i].index;
	return is;
}

static bool leads_over_link(const struct picture *picture, const struct family *family,
			    const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	struct ip gateway = route_gateway(route);

	if ((route->flags & ROUTE_ONLINK) != 0 || !is_card(family, route->oif) ||
	    ip_is_link_local(&gateway) || links_find_holder(&picture->links, &gateway) != NULL)
		return false;
	return links_covers(&picture->links, route->oif, &gateway) ||
	       is_its_nodes(picture->config, &prefix, &gateway);
}

bool owner_is_flannels(const struct picture *picture, const struct route *route)
{
	const struct config *config = picture->config;
	const struct family *family = &picture->family[FAMILY_INDEX(route->family)];
	struct prefix prefix = route_prefix(route);

	if (config == NULL || config->adopt != ADOPT_FLANNEL || config->backend == BACKEND_NONE ||
	    family->link.index == 0 || family_is_unsettled(family))
		return false;
	if (!bears_nothing_else(route) || !is_inside_pod_network(config, &prefix))
		return false;
	if (route_is_tunnelled(route))
		return family->device != 0 && route->oif == family->device;
	return leads_over_link(picture, family, route);
}

bool owner_may_change(const struct picture *picture, const struct route *route)
{
	return route->protocol == picture->protocol || owner_is_flannels(picture, route);
}
