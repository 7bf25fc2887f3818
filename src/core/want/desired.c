/* desired.c - this host's rows: pod routes, sorted as they are made, static ones merged in. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/rows.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "core/want/statics.h"

#define LOOPBACK_INDEX 1 /* of lo in every namespace, include/linux/netdevice.h */

/* One podCIDR of another node, and how it is reached. */
struct peer {
	const struct config_podcidr *podcidr;
	struct ip address;
	struct desired_cause cause;
	uint32_t device; /* of the tunnel; 0: over the link that both hosts are on */
};

/* Without its device a family is left alone, as without an interface. */
static const struct family *path_of(const struct desired_input *input, uint8_t family)
{
	static const struct family none;
	const struct family *found = &input->family[FAMILY_INDEX(family)];

	return found->stuck ? &none : found;
}

static uint8_t bit_of(uint8_t family)
{
	return family == AF_INET ? DESIRED_ON_LINK_IPV4 : DESIRED_ON_LINK_IPV6;
}

static struct route pod_route(const struct desired_input *input, const struct prefix *prefix)
{
	const struct config_kernel *kernel = &input->config->kernel;
	struct route route = {
		.table = kernel->table,
		.metric = config_pod_metric(kernel, prefix),
		.type = RTN_UNICAST,
		.scope = RT_SCOPE_UNIVERSE,
		.protocol = (uint8_t)kernel->protocol,
	};

	route_set_dst(&route, prefix);
	return route;
}

/* Make room to note which nodes have their forwarding entry. 0 or -ENOSPC. */
static int begin_told(struct desired *desired, const struct config *config)
{
	uint32_t nodes = config_node_count(config);

	if (config->backend != BACKEND_VXLAN || nodes <= desired->told.used)
		return 0;
	return arena_push(&desired->told, nodes - desired->told.used) != NULL ? 0 : -ENOSPC;
}

/* Forget them, one by one: a plan for few podCIDRs costs nothing for all the nodes. */
static void end_told(struct desired *desired, const struct config *config)
{
	for (uint32_t i = 0; i < desired->want.rows[CHANGE_FDB].count; i++) {
		uint32_t podcidr = desired_cause_at(desired, CHANGE_FDB, i).index;

		desired->told.base[config_podcidr_at(config, podcidr)->node] = 0;
	}
}

/* The forwarding entry of a node, which its podCIDRs of one family share. 0 or -ENOSPC. */
static int add_fdb(struct desired *desired, const struct peer *peer, const struct mac *mac)
{
	uint8_t *told = desired->told.base + peer->podcidr->node;
	struct desired_fdb row = {.fdb = {.link = peer->device,
					  .mac = *mac,
					  .dst = peer->address,
					  .state = NUD_PERMANENT},
				  .cause = peer->cause};

	if ((*told & bit_of(peer->address.family)) != 0)
		return 0;
	*told |= bit_of(peer->address.family);
	return rows_add(&desired->want.rows[CHANGE_FDB], &row);
}

/* What a peer needs in the tunnel's device beside its route. 0 or -ENOSPC. */
static int add_parts(struct desired *desired, const struct config *config, const struct peer *peer)
{
	const struct config_node *node = config_node_at(config, peer->podcidr->node);
	struct mac mac = config_vtep_mac(config, node, peer->address.family);
	struct desired_neigh row = {.neigh = {.link = peer->device,
					      .ip = peer->podcidr->prefix.ip,
					      .mac = mac,
					      .state = NUD_PERMANENT},
				    .cause = peer->cause};
	int status = rows_add(&desired->want.rows[CHANGE_NEIGH], &row);

	return status < 0 ? status : add_fdb(desired, peer, &mac);
}

/* Only while an address of the node carries it: without one the podCIDR is skipped. The metric
 * is a peer's, so that the bridge of the pods goes before it whenever it is there. */
static bool is_own_blackhole(const struct desired_input *input,
			     const struct config_podcidr *podcidr)
{
	return podcidr->node == input->node && input->config->agent.blackhole_local &&
	       config_carrier(input->config, input->node, podcidr->node,
			      podcidr->prefix.ip.family) != 0;
}

/* The static routes that sort before `route`, all that are left when it is NULL. */
static int add_statics_before(struct desired *desired, uint32_t *next, const struct route *route)
{
	int status = 0;

	while (status == 0 && *next < desired->statics.count) {
		const struct desired_route *row = rows_at(&desired->statics, *next);

		if (route != NULL && memcmp(&row->route, route, ROUTE_KEY_SIZE) >= 0)
			return 0;
		status = rows_add(&desired->want.rows[CHANGE_ROUTE], row);
		(*next)++;
	}
	return status;
}

static int compare_routers(const void *a, const void *b)
{
	const struct desired_router *x = a;
	const struct desired_router *y = b;

	return x->node != y->node ? (x->node > y->node) - (x->node < y->node)
				  : (x->ip.family > y->ip.family) - (x->ip.family < y->ip.family);
}

/* The next hop of a plain route: what the file gives, the router of a peer that is not on the link,
 * else the peer itself. */
static struct ip next_hop(const struct desired_input *input, const struct peer *peer)
{
	uint8_t family = peer->address.family;
	struct ip via = config_node_via(input->config, peer->podcidr->node, family);
	struct desired_router key = {.node = peer->podcidr->node, .ip = {.family = family}};
	const struct desired_router *router = NULL;

	if (ip_is_set(&via))
		return via;
	if (input->router_count > 0)
		router = bsearch(&key, input->routers, input->router_count, sizeof(key),
				 compare_routers);
	return router != NULL ? router->ip : peer->address;
}

/* A router that no prefix of the link covers (a host with a /32) is on the link anyway. */
static void lead_plain(const struct desired_input *input, const struct peer *peer,
		       struct route *route)
{
	const struct selected *link = &path_of(input, peer->address.family)->link;
	struct ip hop = next_hop(input, peer);

	route->oif = link->index;
	route_set_gateway(route, &hop);
	if (!ip_same(&hop, &peer->address) && !ip_is_link_local(&hop) && input->links != NULL &&
	    !links_covers(input->links, link->index, &hop))
		route->flags |= ROUTE_ONLINK;
	if (input->config->host_gw.source == POD_SOURCE_NODE &&
	    link->address.family == route->family)
		route_set_src(route, &link->address);
}

/* Through a tunnel via the podCIDR's own network address, onlink (FLANNEL.md). */
static struct desired_route peer_route(const struct desired_input *input, const struct peer *peer)
{
	struct desired_route row = {.route = pod_route(input, &peer->podcidr->prefix),
				    .cause = peer->cause};

	if (peer->device == 0) {
		lead_plain(input, peer, &row.route);
	} else {
		row.route.oif = peer->device;
		row.route.flags |= ROUTE_ONLINK;
		route_set_gateway(&row.route, &peer->podcidr->prefix.ip);
	}
	return row;
}

static bool is_here(const struct desired_input *input, const struct ip *ip)
{
	return input->links != NULL && links_find_holder(input->links, ip) != NULL;
}

static int add_peer(struct desired *desired, const struct desired_input *input,
		    const struct peer *peer, uint32_t *next)
{
	struct desired_route row = peer_route(input, peer);
	struct ip hop = route_gateway(&row.route);
	int status;

	if (is_here(input, &peer->address) || (peer->device == 0 && is_here(input, &hop))) {
		desired_add_unmet(desired, UNMET_REFUSED, &row,
				  "the %s of this peer is on this host, traffic would loop",
				  is_here(input, &peer->address) ? "address" : "next hop");
		return 0;
	}
	status = add_statics_before(desired, next, &row.route);
	if (status == 0)
		status = rows_add(&desired->want.rows[CHANGE_ROUTE], &row);
	if (status == 0 && peer->device != 0)
		status = add_parts(desired, input->config, peer);
	return status;
}

/* No static route stands on its key: check/routes refuses that. */
static int add_own_blackhole(struct desired *desired, const struct desired_input *input, uint32_t i,
			     uint32_t *next)
{
	struct desired_route row = {
		.route = pod_route(input, &config_podcidr_at(input->config, i)->prefix),
		.cause = {.index = i}};
	int status;

	row.route.type = RTN_BLACKHOLE;
	status = add_statics_before(desired, next, &row.route);
	return status < 0 ? status : rows_add(&desired->want.rows[CHANGE_ROUTE], &row);
}

/* A bystander (app/rollout) has no entry of its own. */
static uint8_t carrier_of(const struct desired_input *input, const struct config_podcidr *podcidr)
{
	unsigned here = 0;

	for (unsigned i = 0; i < FAMILIES; i++)
		here |= input->family[i].wanted || input->family[i].link.index != 0 ? 1U << i : 0;
	return config_carrier_from(input->config, here, podcidr->node, podcidr->prefix.ip.family);
}

static int add_pod(struct desired *desired, const struct desired_input *input, uint32_t i,
		   uint32_t *next)
{
	const struct config_podcidr *podcidr = config_podcidr_at(input->config, i);
	uint8_t family = carrier_of(input, podcidr);
	const struct family *path = path_of(input, family);
	struct peer peer = {.podcidr = podcidr, .cause = {.index = i}, .device = path->device};

	if (is_own_blackhole(input, podcidr))
		return add_own_blackhole(desired, input, i, next);
	if (family == 0 || podcidr->node == input->node || path->link.index == 0)
		return 0;
	peer.address = config_node_address(config_node_at(input->config, podcidr->node), family);
	/* IPv6 has no plain way over IPv4. */
	if (podcidr->prefix.ip.family == AF_INET6 && family == AF_INET)
		return add_peer(desired, input, &peer, next);
	if (input->on_link != NULL && (input->on_link[podcidr->node] & bit_of(family)) != 0)
		peer.device = 0;
	return add_peer(desired, input, &peer, next);
}

/* This host's address on the side of the pods where no device has one (SPEC 10). It goes with the
 * static routes, which are merged into the sorted pod routes. */
static int add_local(struct desired *desired, const struct desired_input *input, uint8_t family)
{
	const struct config *config = input->config;
	const struct link *vrf;
	const struct config_podcidr *own;
	struct prefix to;
	struct desired_route row = {
		.route = {.table = RT_TABLE_LOCAL,
			  .metric = config->kernel.metric, /* never on another's key */
			  .oif = LOOPBACK_INDEX,
			  .type = RTN_LOCAL,
			  .scope = family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
			  .protocol = (uint8_t)config->kernel.protocol}};

	if (!path_of(input, family)->local)
		return 0;
	own = config_first_podcidr(config, config_node_at(config, input->node), family);
	to = prefix_of(&own->prefix.ip, ip_bits(family));
	route_set_dst(&row.route, &to);
	/* So that what answers for it answers into the VRF. */
	vrf = links_vrf_with(input->links, config->kernel.table);
	if (vrf != NULL)
		row.route.oif = vrf->index;
	row.cause.index = (uint32_t)(own - config_podcidr_at(config, 0));
	return rows_add(&desired->statics, &row);
}

/* podCIDRs are sorted as route keys are: pod routes and the few static ones merge without another
 * sort. */
int desired_build(struct desired *desired, const struct desired_input *input)
{
	bool pods = input->config->backend != BACKEND_NONE;
	uint32_t count = pods ? config_podcidr_count(input->config) : 0;
	uint32_t next = 0;
	int status;

	desired_reset(desired);
	desired->podcidrs = count;
	status = begin_told(desired, input->config);
	if (status == 0)
		status = add_local(desired, input, AF_INET);
	if (status == 0)
		status = add_local(desired, input, AF_INET6);
	if (status == 0)
		status = statics_collect(desired, input);
	for (uint32_t i = 0; i < count && status == 0; i++)
		status = add_pod(desired, input, i, &next);
	if (status == 0)
		status = add_statics_before(desired, &next, NULL);
	end_told(desired, input->config);
	rows_sort(&desired->want.rows[CHANGE_NEIGH]);
	rows_sort(&desired->want.rows[CHANGE_FDB]);
	return status;
}
