/* desired.c - this host's rows: pod routes, sorted as they are made, static ones merged in. */
#include "croute/core/want/desired.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "core/want/peers.h"
#include "core/want/statics.h"

#define LOOPBACK_INDEX 1 /* of lo in every namespace, include/linux/netdevice.h */

static const struct desired_way *way_of(const struct desired_input *input, uint8_t family)
{
	return family == AF_INET ? &input->ipv4 : &input->ipv6;
}

static struct route pod_route(const struct desired_input *input, const struct prefix *prefix)
{
	const struct config_kernel *kernel = &input->config->kernel;
	struct route route = {
		.table = kernel->table,
		.metric = config_pod_metric(kernel, prefix),
		.oif = way_of(input, prefix->ip.family)->link.index,
		.type = RTN_UNICAST,
		.scope = RT_SCOPE_UNIVERSE,
		.protocol = (uint8_t)kernel->protocol,
	};

	route_set_dst(&route, prefix);
	return route;
}

static bool is_routed_here(const struct desired_input *input, const struct config_podcidr *podcidr)
{
	return podcidr->node != input->node &&
	       way_of(input, podcidr->prefix.ip.family)->link.index != 0;
}

/* Only while the node has an address of the family: without one the podCIDR is skipped. The metric
 * is a peer's, so that the bridge of the pods goes before it whenever it is there. */
static bool is_own_blackhole(const struct desired_input *input,
			     const struct config_podcidr *podcidr)
{
	struct ip address;

	if (podcidr->node != input->node || !input->config->agent.blackhole_local)
		return false;
	address = config_node_address(config_node_at(input->config, podcidr->node),
				      podcidr->prefix.ip.family);
	return ip_is_set(&address);
}

static bool is_near(const struct desired_input *input, uint32_t node, uint8_t family)
{
	uint8_t bit = family == AF_INET ? DESIRED_NEAR_IPV4 : DESIRED_NEAR_IPV6;

	return input->near != NULL && (input->near[node] & bit) != 0;
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

/* One peer's podCIDR over the link that both hosts are on, or through the tunnel. */
static int add_peer(struct desired *desired, const struct desired_input *input,
		    const struct tunnel_peer *peer, uint32_t *next)
{
	uint32_t device = way_of(input, peer->address.family)->device;
	bool tunnelled = device != 0 && !is_near(input, peer->podcidr->node, peer->address.family);
	struct desired_route row = {.route = pod_route(input, &peer->podcidr->prefix),
				    .cause = peer->cause};
	int status;

	if (tunnelled)
		tunnel_route(&row.route, device);
	else
		route_set_gateway(&row.route, &peer->address);
	if (input->links != NULL && links_find_holder(input->links, &peer->address) != NULL) {
		desired_set_back(desired, SETBACK_REFUSED, &row,
				 "the address of this peer is on this host, traffic would loop");
		return 0;
	}
	status = add_statics_before(desired, next, &row.route);
	if (status == 0)
		status = rows_add(&desired->want.rows[CHANGE_ROUTE], &row);
	if (status == 0 && tunnelled)
		status = tunnel_add_peer(desired, input->config, device, peer);
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
	row.route.oif = 0;
	status = add_statics_before(desired, next, &row.route);
	return status < 0 ? status : rows_add(&desired->want.rows[CHANGE_ROUTE], &row);
}

static int add_pod(struct desired *desired, const struct desired_input *input, uint32_t i,
		   uint32_t *next)
{
	const struct config_podcidr *podcidr = config_podcidr_at(input->config, i);
	struct tunnel_peer peer = {.podcidr = podcidr, .cause = {.index = i}};

	if (is_own_blackhole(input, podcidr))
		return add_own_blackhole(desired, input, i, next);
	peer.address = config_node_address(config_node_at(input->config, podcidr->node),
					   podcidr->prefix.ip.family);
	if (!ip_is_set(&peer.address) || !is_routed_here(input, podcidr))
		return 0;
	return add_peer(desired, input, &peer, next);
}

/* This host's address on the side of the pods where no device bears one (SPEC 10). It goes with the
 * static routes, which are merged into the sorted pod routes. */
static int add_local(struct desired *desired, const struct desired_input *input, uint8_t family)
{
	const struct config *config = input->config;
	const struct config_podcidr *own;
	struct prefix to;
	struct desired_route row = {
		.route = {.table = RT_TABLE_LOCAL,
			  .metric = config->kernel.metric, /* never on another's key */
			  .oif = LOOPBACK_INDEX,
			  .type = RTN_LOCAL,
			  .scope = family == AF_INET ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
			  .protocol = (uint8_t)config->kernel.protocol}};

	if (!way_of(input, family)->local)
		return 0;
	own = config_first_podcidr(config, config_node_at(config, input->node), family);
	to = prefix_of(&own->prefix.ip, ip_bits(family));
	route_set_dst(&row.route, &to);
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
	status = tunnel_begin(desired, input->config);
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
	tunnel_end(desired, input->config);
	rows_sort(&desired->want.rows[CHANGE_NEIGH]);
	rows_sort(&desired->want.rows[CHANGE_FDB]);
	return status;
}
