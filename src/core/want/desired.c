/* desired.c - this host's rows: pod routes, sorted as they are made, static ones merged in. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/want/rows.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

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

/* In place, since a copy of what was written in small pieces waits for each of them. */
static void begin_pod_route(struct desired_route *out, const struct desired_input *input,
			    const struct prefix *prefix, struct desired_cause cause)
{
	const struct config_kernel *kernel = &input->config->kernel;

	*out = (struct desired_route){.route = {.table = kernel->table,
						.metric = config_pod_metric(kernel, prefix),
						.type = RTN_UNICAST,
						.scope = RT_SCOPE_UNIVERSE,
						.protocol = (uint8_t)kernel->protocol},
				      .cause = cause};
	route_set_dst(&out->route, prefix);
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

	if (x->node != y->node)
		return (x->node > y->node) - (x->node < y->node);
	if (x->ip.family != y->ip.family)
		return x->ip.family - y->ip.family;
	return (x->card > y->card) - (x->card < y->card);
}

/* The next hop to one of the peer's addresses: what the file gives, the router of a peer that is
 * not on the link, else the address itself. */
static struct ip next_hop(const struct desired_input *input, const struct peer *peer, uint32_t card,
			  const struct ip *address)
{
	struct ip via = config_node_via(input->config, peer->podcidr->node, address->family);
	struct desired_router key = {
		.node = peer->podcidr->node, .card = card, .ip = {.family = address->family}};
	const struct desired_router *router = NULL;

	if (ip_is_set(&via))
		return via;
	if (input->router_count > 0)
		router = bsearch(&key, input->routers, input->router_count, sizeof(key),
				 compare_routers);
	return router != NULL ? router->ip : *address;
}

/* A router that no prefix of the link covers (a host with a /32) is on the link anyway. */
static void lead_plain(const struct desired_input *input, const struct selected *link,
		       const struct ip *address, const struct ip *hop, struct route *route)
{
	route->oif = link->index;
	route_set_gateway(route, hop);
	if (!ip_same(hop, address) && !ip_is_link_local(hop) && input->links != NULL &&
	    !links_covers(input->links, link->index, hop))
		route->flags |= ROUTE_ONLINK;
}

/* The next hops of one peer: rows of one route, sorted. */
struct ways {
	struct desired_route row[CONFIG_ADDRESSES_MOST];
	struct ip to[CONFIG_ADDRESSES_MOST]; /* the peer's address */
	uint32_t count;
	bool loops; /* one of them, or of its addresses, is on this host */
};

static bool is_here(const struct desired_input *input, const struct ip *ip)
{
	return input->links != NULL && links_find_holder(input->links, ip) != NULL;
}

static void add_way(const struct desired_input *input, const struct peer *peer, uint32_t card,
		    struct ways *ways)
{
	uint8_t family = peer->address.family;
	const struct selected *link = family_card(path_of(input, family), card);
	struct ip address = config_address_at(input->config, peer->podcidr->node, family, card);
	struct desired_route *row = &ways->row[ways->count];
	struct ip hop;

	if (!ip_is_set(&address))
		return;
	hop = next_hop(input, peer, card, &address);
	ways->loops |= is_here(input, &address) ||
		       (!ip_same(&hop, &address) && is_here(input, &hop));
	if (link == NULL ||
	    (card > 0 && input->config->backend == BACKEND_VXLAN && input->links != NULL &&
	     !links_covers(input->links, link->index, &address)))
		return;
	begin_pod_route(row, input, &peer->podcidr->prefix, peer->cause);
	lead_plain(input, link, &address, &hop, &row->route);
	ways->to[ways->count++] = address;
}

static bool has_carrier(const struct desired_input *input, const struct ways *ways, uint32_t i)
{
	const struct link *link = links_find_index(input->links, ways->row[i].route.oif);

	return link != NULL && (link->flags & IFF_RUNNING) != 0;
}

static int compare_ips(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ip));
}

static bool answers(const struct desired_input *input, const struct ways *ways, uint32_t i)
{
	return input->lost_count == 0 || bsearch(&ways->to[i], input->lost, input->lost_count,
						 sizeof(struct ip), compare_ips) == NULL;
}

/* What is no good takes no packets, while another is. */
static void leave_out(const struct desired_input *input, struct ways *ways,
		      bool (*is_good)(const struct desired_input *input, const struct ways *ways,
				      uint32_t i))
{
	uint32_t good = 0;

	for (uint32_t i = 0; i < ways->count; i++) {
		if (!is_good(input, ways, i))
			continue;
		if (good != i) {
			ways->row[good] = ways->row[i];
			ways->to[good] = ways->to[i];
		}
		good++;
	}
	if (good > 0)
		ways->count = good;
}

static int compare_ways(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct route));
}

/* As the kernel tells them: one alone is a plain row. */
static void finish_ways(const struct desired_input *input, const struct family *path,
			struct ways *ways)
{
	bool sourced = input->config->host_gw.source == POD_SOURCE_NODE;

	if (ways->count > 1 && input->links != NULL)
		leave_out(input, ways, has_carrier);
	if (ways->count > 1)
		leave_out(input, ways, answers);
	for (uint32_t i = 0; i < ways->count; i++) {
		struct route *route = &ways->row[i].route;

		if (ways->count > 1)
			route->hops = (uint8_t)ways->count;
		if (sourced && path->link.address.family == route->family)
			route_set_src(route, &path->link.address);
	}
	if (ways->count > 1)
		qsort(ways->row, ways->count, sizeof(ways->row[0]), compare_ways);
}

/* Through a tunnel via the podCIDR's own network address, onlink (FLANNEL.md). */
static void find_ways(const struct desired_input *input, const struct peer *peer, struct ways *ways)
{
	const struct family *path = path_of(input, peer->address.family);
	struct route *route = &ways->row[0].route;

	ways->count = 0;
	ways->loops = false;
	for (uint32_t i = 0; peer->device == 0 && (i == 0 || i < path->card_count); i++)
		add_way(input, peer, i, ways);
	if (peer->device == 0) {
		finish_ways(input, path, ways);
		return;
	}
	begin_pod_route(&ways->row[0], input, &peer->podcidr->prefix, peer->cause);
	route->oif = peer->device;
	route->flags |= ROUTE_ONLINK;
	route_set_gateway(route, &peer->podcidr->prefix.ip);
	ways->count = 1;
	ways->loops = is_here(input, &peer->address);
}

static int add_ways(struct desired *desired, const struct ways *ways)
{
	int status = 0;

	for (uint32_t i = 0; i < ways->count && status == 0; i++)
		status = rows_add(&desired->want.rows[CHANGE_ROUTE], &ways->row[i]);
	return status;
}

static int add_peer(struct desired *desired, const struct desired_input *input,
		    const struct peer *peer, uint32_t *next)
{
	struct ways ways;
	int status;

	find_ways(input, peer, &ways);
	if (ways.count == 0)
		begin_pod_route(&ways.row[0], input, &peer->podcidr->prefix, peer->cause);
	if (ways.loops) {
		desired_add_unmet(desired, UNMET_REFUSED, &ways.row[0],
				  "the %s of this peer is on this host, traffic would loop",
				  is_here(input, &peer->address) ? "address" : "next hop");
		return 0;
	}
	if (ways.count == 0) {
		desired_add_unmet(desired, UNMET_PENDING, &ways.row[0],
				  "waits for an interface on an underlay that this peer has, too");
		return 0;
	}
	status = add_statics_before(desired, next, &ways.row[0].route);
	if (status == 0)
		status = add_ways(desired, &ways);
	if (status == 0 && peer->device != 0)
		status = add_parts(desired, input->config, peer);
	return status;
}

/* No static route stands on its key: check/routes refuses that. */
static int add_own_blackhole(struct desired *desired, const struct desired_input *input, uint32_t i,
			     uint32_t *next)
{
	struct desired_route row;
	int status;

	begin_pod_route(&row, input, &config_podcidr_at(input->config, i)->prefix,
			(struct desired_cause){.index = i});
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

/* All that rows are built from but config and names. 0 or -ENOSPC. */
static int note_basis(struct arena *out, const struct desired_input *input)
{
	static const struct links none;
	const struct links *links = input->links != NULL ? input->links : &none;
	uint32_t on_link = input->on_link != NULL ? config_node_count(input->config) : 0;
	const uint32_t counts[] = {input->node, links->links.count,  links->addresses.count,
				   on_link,	input->router_count, input->lost_count};
	const struct {
		const void *at;
		size_t size;
	} parts[] = {{counts, sizeof(counts)},
		     {input->family, sizeof(input->family)},
		     {links->links.arena.base, links->links.arena.used},
		     {links->addresses.arena.base, links->addresses.arena.used},
		     {links->altnames.arena.base, links->altnames.arena.used},
		     {input->on_link, on_link},
		     {input->routers, input->router_count * sizeof(*input->routers)},
		     {input->lost, input->lost_count * sizeof(*input->lost)}};

	arena_reset(out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].size > 0 && arena_put(out, parts[i].at, parts[i].size) == NULL)
			return -ENOSPC;
	}
	return 0;
}

/* Whether the rows that are there are those of `input`. */
static bool is_built(struct desired *desired, const struct desired_input *input)
{
	const struct arena *basis = &desired->basis;

	return input->keep && note_basis(&desired->other, input) == 0 &&
	       basis->used == desired->other.used &&
	       memcmp(basis->base, desired->other.base, basis->used) == 0;
}

/* podCIDRs are sorted as route keys are: pod routes and the few static ones merge without another
 * sort. */
int desired_build(struct desired *desired, const struct desired_input *input)
{
	bool pods = input->config->backend != BACKEND_NONE;
	uint32_t count = pods ? config_podcidr_count(input->config) : 0;
	uint32_t next = 0;
	int status;

	if (is_built(desired, input))
		return 0;
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
	if (status < 0 || note_basis(&desired->basis, input) < 0)
		arena_reset(&desired->basis);
	return status;
}
