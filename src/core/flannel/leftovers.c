/* leftovers.c - flannel's routes known by their shape, and spared while ours do not stand. */
#include "croute/core/flannel/leftovers.h"

#include <linux/rtnetlink.h>
#include <string.h>

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
	       route->has == ROUTE_HAS_GATEWAY && (route->flags & ~ROUTE_ONLINK) == 0;
}

/* Whether an address stands in a prefix of the link's addresses. */
static bool is_on_link(const struct links *links, uint32_t link, const struct ip *ip)
{
	struct prefix host = prefix_of(ip, ip_bits(ip->family));

	for (uint32_t i = 0; i < links->addresses.count; i++) {
		const struct link_address *address = links_address_at(links, i);
		struct prefix prefix = prefix_of(&address->ip, address->len);

		if (address->link == link && prefix_covers(&prefix, &host))
			return true;
	}
	return false;
}

/* On a link whose own address is a lone one, no prefix tells who is on it, but the file does. */
static bool is_its_nodes(const struct config *config, const struct prefix *prefix,
			 const struct ip *ip)
{
	uint32_t i = config_podcidr_covering(config, prefix);
	struct ip address;

	if (i == CONFIG_NOT_FOUND)
		return false;
	address = config_node_address(config_node_at(config, config_podcidr_at(config, i)->node),
				      ip->family);
	return ip_same(&address, ip);
}

static bool leads_over_link(const struct adopt_view *adopt, const struct adopt_family *family,
			    const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	struct ip gateway = route_gateway(route);

	if ((route->flags & ROUTE_ONLINK) != 0 || route->oif != family->link ||
	    ip_is_link_local(&gateway) || links_find_holder(adopt->links, &gateway) != NULL)
		return false;
	return is_on_link(adopt->links, family->link, &gateway) ||
	       is_its_nodes(adopt->config, &prefix, &gateway);
}

bool adopt_is_flannels(const struct adopt_view *adopt, const struct route *route)
{
	const struct adopt_family *family = route->family == AF_INET ? &adopt->ipv4 : &adopt->ipv6;
	struct prefix prefix = route_prefix(route);

	if (adopt->config->adopt != ADOPT_FLANNEL || adopt->config->backend == BACKEND_NONE ||
	    family->link == 0)
		return false;
	if (!bears_nothing_else(route) || !is_inside_pod_network(adopt->config, &prefix))
		return false;
	if (route_is_tunnelled(route))
		return family->device != 0 && route->oif == family->device;
	return leads_over_link(adopt, family, route);
}

bool adopt_is_removal(const struct config *config, const struct state *have,
		      const struct change *change)
{
	const struct route *route;

	if (config == NULL || config->adopt != ADOPT_FLANNEL || change->kind != CHANGE_ROUTE ||
	    change->want != CHANGE_NO_ROW)
		return false;
	route = rows_at(&have->rows[CHANGE_ROUTE], change->have);
	return route->protocol == RTPROT_BOOT;
}

/* Whether the i-th wanted route is in the kernel, or will be by what is still planned. */
static bool stands(const struct plan *plan, const struct adopt_scene *scene, uint32_t want)
{
	const struct change *change = plan_find_want(plan, scene->desired, scene->have, want);

	return change == NULL || change->result == CHANGE_PLANNED ||
	       change->result == CHANGE_APPLIED;
}

/* Whether all that is wanted for a destination stands; so it does where nothing is. */
static bool all_stand(const struct plan *plan, const struct adopt_scene *scene,
		      const struct route *like)
{
	uint32_t want = desired_find_destination(scene->desired, like);

	for (; desired_has_destination(scene->desired, want, like); want++) {
		if (!stands(plan, scene, want))
			return false;
	}
	return true;
}

/* Nothing of croute's ever leads to this node's own podCIDR: its bridge does. */
static bool is_carried(const struct plan *plan, const struct adopt_scene *scene,
		       const struct config_podcidr *podcidr)
{
	struct route like = {.table = scene->config->kernel.table};
	uint32_t want;

	if (podcidr->node == scene->node)
		return true;
	route_set_dst(&like, &podcidr->prefix);
	want = desired_find_destination(scene->desired, &like);
	return desired_has_destination(scene->desired, want, &like) &&
	       all_stand(plan, scene, &like);
}

/* No podCIDR of the file that the route touches is to be without a route for its removal. */
static bool may_go(const struct plan *plan, const struct adopt_scene *scene,
		   const struct route *route)
{
	struct prefix prefix = route_prefix(route);
	const struct config *config = scene->config;
	uint32_t i = config_podcidr_covering(config, &prefix);

	if (!all_stand(plan, scene, route))
		return false;
	if (i != CONFIG_NOT_FOUND)
		return is_carried(plan, scene, config_podcidr_at(config, i));
	i = config_podcidr_inside(config, &prefix);
	for (; i != CONFIG_NOT_FOUND && i < config_podcidr_count(config); i++) {
		const struct config_podcidr *podcidr = config_podcidr_at(config, i);

		if (!prefix_covers(&prefix, &podcidr->prefix))
			return true;
		if (!is_carried(plan, scene, podcidr))
			return false;
	}
	return true;
}

/* A tunnelled route needs its neighbour; which that is is not worth finding out. */
static void spare_parts(struct plan *plan)
{
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);

		if (change->kind != CHANGE_ROUTE && change->action == CHANGE_DELETE &&
		    change->result == CHANGE_PLANNED)
			change->result = CHANGE_BLOCKED;
	}
}

void adopt_spare(struct plan *plan, const struct adopt_scene *scene)
{
	bool spared = false;

	if (scene->config == NULL || scene->config->adopt != ADOPT_FLANNEL)
		return;
	for (uint32_t i = 0; i < plan_change_count(plan); i++) {
		struct change *change = plan_change_at(plan, i);

		if (!adopt_is_removal(scene->config, scene->have, change) ||
		    change->result != CHANGE_PLANNED ||
		    may_go(plan, scene, rows_at(&scene->have->rows[CHANGE_ROUTE], change->have)))
			continue;
		change->result = CHANGE_BLOCKED;
		spared = true;
	}
	if (spared)
		spare_parts(plan);
}
