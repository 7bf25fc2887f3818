/* look.c - what the kernel does with packets to an address, asked of it. */
/* SPDX-License-Identifier: MIT */
#include "app/lookup/lookup.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#include "croute/app/pass/pass.h"
#include "croute/edge/host/facts.h"
#include "croute/edge/kernel/read.h"

#define SOURCES_MOST 32 /* addresses that are tried for that of a pod */

/* Pods are behind the widest of them: the bridge's, or one of each pod's own. IPv6 has one of this
 * kind for each address of this host, too. */
static bool is_door(const struct lookup *lookup, const struct route *route)
{
	const struct config *config = lookup->picture->config;
	const struct route *door = &lookup->kernel.door;
	struct prefix prefix = route_prefix(route);
	uint32_t i = config_podcidr_covering(config, &prefix);

	if (i == CONFIG_NOT_FOUND || config_podcidr_at(config, i)->node != lookup->self ||
	    (prefix.len == ip_bits(prefix.ip.family) &&
	     links_find_holder(&lookup->picture->links, &prefix.ip) != NULL))
		return false;
	return route->type == RTN_UNICAST && (route->has & ROUTE_HAS_GATEWAY) == 0 &&
	       (door->family == 0 || route->dst_len < door->dst_len);
}

/* Keeps the routes, of any table, that hold the address or its node's. Those past the limit are
 * ignored: they only help to explain a refusal. */
static int keep_route(void *context, const struct route *route)
{
	struct lookup *lookup = context;
	struct prefix prefix = route_prefix(route);

	if (prefix_holds(&prefix, &lookup->address) || prefix_holds(&prefix, &lookup->peer))
		(void)rows_add(&lookup->kernel.routes, route);
	if (is_door(lookup, route))
		lookup->kernel.door = *route;
	return 0;
}

static int keep_rule(void *context, const struct rule *rule)
{
	struct lookup *lookup = context;

	(void)rows_add(&lookup->kernel.rules, rule);
	return 0;
}

static int keep_neigh(void *context, const struct neigh *neigh)
{
	struct neigh *hop = context;

	if (ip_same(&neigh->ip, &hop->ip))
		*hop = *neigh;
	return 0;
}

static int read_routes(struct pass *pass, struct lookup *lookup, struct error *err)
{
	struct kernel_route_filter filter = {
		.family = lookup->carrier == lookup->address.family ? lookup->carrier : AF_UNSPEC,
		.except = (uint8_t)lookup->picture->config->kernel.protocol,
	};

	rows_reset(&lookup->kernel.routes);
	lookup->kernel.door = (struct route){0};
	return source_read_all_routes(&pass->source, filter, keep_route, lookup, err);
}

static int read_rules(struct pass *pass, struct lookup *lookup, struct error *err)
{
	rows_reset(&lookup->kernel.rules);
	return kernel_read_rules(&pass->netlink, lookup->address.family, keep_rule, lookup, err);
}

static int read_neighs(struct pass *pass, struct lookup *lookup, struct error *err)
{
	struct neigh *hop = &lookup->kernel.hop;

	return ip_is_set(&hop->ip)
		       ? kernel_read_neighs(&pass->netlink, hop->link, keep_neigh, hop, err)
		       : 0;
}

/* A refusal is an answer. */
static void ask(struct pass *pass, struct lookup_answer *answer, const struct flow *flow)
{
	*answer = (struct lookup_answer){.flow = *flow};
	answer->refusal = -kernel_lookup_route(&pass->netlink, flow, &answer->path, NULL);
	(void)kernel_match_route(&pass->netlink, flow, &answer->match, 1, NULL);
}

/* A connection asks twice: for an address of its own, and then with it, which rules may catch
 * (net/ipv4/route.c, ip_route_connect). */
static void ask_own(struct pass *pass, struct lookup *lookup)
{
	struct lookup_answer *own = &lookup->kernel.own;
	struct flow flow = {.dst = lookup->address, .vrf = picture_pod_vrf(lookup->picture)};

	ask(pass, own, &flow);
	flow.src = route_src(&own->path);
	if (own->refusal != 0 || own->path.type != RTN_UNICAST || !ip_is_set(&flow.src))
		return;
	ask(pass, own, &flow);
	if (own->path.family != 0)
		route_set_src(&own->path, &flow.src); /* which is not said again */
}

/* An address that a pod behind the door may have: none of this host's, which the kernel refuses
 * from outside. */
static struct ip source_of(const struct lookup *lookup)
{
	const struct route *door = &lookup->kernel.door;
	struct prefix prefix = route_prefix(door);
	struct ip ip = prefix.ip;
	unsigned last = ip_bits(ip.family) / 8U - 1;

	if (door->family == 0 || door->dst_len == ip_bits(ip.family))
		return ip;
	for (unsigned i = 0; i < SOURCES_MOST; i++) {
		ip.bytes[last]++;
		if (ip.bytes[last] > 1 && prefix_holds(&prefix, &ip) &&
		    links_find_holder(&lookup->picture->links, &ip) == NULL)
			return ip;
	}
	return (struct ip){.family = 0};
}

/* Of IPv6 the kernel's answer leaves out whether it forwards at all. */
static void ask_pods(struct pass *pass, struct lookup *lookup)
{
	struct host_facts facts = {.link_count = 0};
	struct flow flow = {
		.dst = lookup->address, .src = source_of(lookup), .iif = lookup->kernel.door.oif};

	if (!ip_is_set(&flow.src) || lookup->want == NULL || lookup_is_own(lookup))
		return;
	ask(pass, &lookup->kernel.pods, &flow);
	host_facts_read("", &facts);
	if (flow.dst.family == AF_INET6 && facts.forwarding[1] == 0)
		lookup->kernel.pods = (struct lookup_answer){.flow = flow, .refusal = EHOSTUNREACH};
}

/* The next hop of this route: the gateway, else the address itself. */
static struct neigh hop_of(const struct route *path, const struct ip *target)
{
	struct neigh hop = {.ip = route_gateway(path), .link = path->oif};

	if (path->family == 0 || path->type != RTN_UNICAST)
		return (struct neigh){.state = 0};
	if (!ip_is_set(&hop.ip))
		hop.ip = *target;
	return hop;
}

static void ask_outer(struct pass *pass, struct lookup *lookup)
{
	struct lookup_kernel *kernel = &lookup->kernel;
	struct flow flow = {.dst = lookup->peer,
			    .src = lookup_underlay(lookup)->address,
			    .vrf = picture_link_vrf(lookup->picture, lookup->address.family),
			    .udp_port = (uint16_t)lookup->picture->config->vxlan.port};

	kernel->hop = hop_of(&kernel->own.path, &lookup->address);
	if (!lookup_is_tunnelled(lookup))
		return;
	ask(pass, &kernel->outer, &flow);
	kernel->hop = hop_of(&kernel->outer.path, &lookup->peer);
}

typedef int read_fn(struct pass *pass, struct lookup *lookup, struct error *err);

/* A dump that changes while it is read begins again. */
static int read_whole(read_fn *read, struct pass *pass, struct lookup *lookup, struct error *err)
{
	int status = -EINTR;

	for (int i = 0; i < SOURCE_TRIES && status == -EINTR; i++)
		status = read(pass, lookup, err);
	return status;
}

int lookup_look(struct lookup *lookup, struct pass *pass, struct error *err)
{
	int status = read_whole(read_routes, pass, lookup, err);

	if (status == 0)
		status = read_whole(read_rules, pass, lookup, err);
	if (status < 0)
		return status;
	ask_own(pass, lookup);
	ask_pods(pass, lookup);
	ask_outer(pass, lookup);
	return read_whole(read_neighs, pass, lookup, err);
}
