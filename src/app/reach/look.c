/* look.c - what this host sends probes from, and one probe. */
/* SPDX-License-Identifier: MIT */
#include "croute/app/reach/look.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "croute/edge/host/clock.h"
#include "croute/edge/host/host.h"
#include "croute/edge/kernel/read.h"

#define MTU_LEAST 576	/* RFC 791: what every link takes */
#define HEARD_MOST 4096 /* at once: a storm of answers must not hold up the rest */

static bool is_strict(const char *link)
{
	char name[64];
	int all = host_sysctl_number("net/ipv4/conf/all/rp_filter");
	int own;

	(void)snprintf(name, sizeof(name), "net/ipv4/conf/%s/rp_filter", link);
	own = host_sysctl_number(name);
	return (all > own ? all : own) == 1;
}

/* The network address of this node's podCIDR where it is of this host, else one that a link of the
 * pods has. */
static struct ip pod_side_of(struct pass *pass, const struct config_podcidr *own)
{
	struct flow flow = {.dst = own->prefix.ip, .vrf = picture_pod_vrf(&pass->picture)};
	struct route row = {.type = RTN_UNSPEC};

	if (kernel_match_route(&pass->netlink, &flow, &row, 1, NULL) > 0 && row.type == RTN_LOCAL)
		return own->prefix.ip;
	for (uint32_t i = 0; i < pass->picture.links.addresses.count; i++) {
		const struct link_address *address = links_address_at(&pass->picture.links, i);

		if (prefix_holds(&own->prefix, &address->ip) && address->flags == 0)
			return address->ip;
	}
	return (struct ip){.family = 0};
}

static void look_at_link(struct reach_ground *ground, const struct pass *pass, unsigned i)
{
	const struct family *family = &pass->picture.family[i];
	const struct link *device = links_find_index(&pass->picture.links, family->device);
	struct reach_links *links = &ground->links[i];

	*links = (struct reach_links){.link = family->link.index};
	if (links->link == 0)
		return;
	links->link_mtu = (uint16_t)family->link.mtu;
	(void)snprintf(links->link_name, sizeof(links->link_name), "%s", family->link.name);
	for (uint32_t card = 0; card < family->card_count; card++)
		(void)snprintf(links->card_name[card], sizeof(links->card_name[card]), "%s",
			       family->cards[card].name);
	links->strict = i == 0 && is_strict(links->link_name);
	if (device != NULL) {
		links->device = device->index;
		links->device_mtu = (uint16_t)device->mtu;
		(void)snprintf(links->device_name, sizeof(links->device_name), "%s", device->name);
	}
}

/* Pods of a family that this node has no address of are behind the other one's link. */
static void look_at_family(struct reach_ground *ground, struct pass *pass, unsigned i)
{
	const struct config *config = ground->view.config;
	uint8_t carrier = config_carrier(config, ground->self, ground->self, FAMILY_AT(i));
	const struct family *family = &pass->picture.family[FAMILY_INDEX(carrier)];
	struct reach_way *way = &ground->view.way[i];
	const struct config_podcidr *own;

	*way = (struct reach_way){.network = config->reach.every_ms > 0 || family->device != 0};
	if (carrier == 0 || family->link.index == 0)
		return;
	way->node_vrf = picture_link_vrf(&pass->picture, carrier);
	way->pod_vrf = picture_pod_vrf(&pass->picture);
	if (carrier == FAMILY_AT(i))
		way->node = family_card(family, 0) != NULL ? family_card(family, 0)->address
							   : family->link.address;
	for (uint32_t card = 0; carrier == FAMILY_AT(i) && card < family->card_count; card++)
		way->cards[card] = family->cards[card].address;
	own = config_first_podcidr(config, config_node_at(config, ground->self), FAMILY_AT(i));
	if (own != NULL)
		way->pod = pod_side_of(pass, own);
}

void reach_look_around(struct reach_ground *ground, struct pass *pass, const struct config *config)
{
	ground->view.config = config;
	ground->netlink = &pass->netlink;
	ground->all_links = &pass->picture.links;
	ground->looks = ground->looks % 31 + 1;
	ground->self = pass->picture.node.index;
	for (unsigned i = 0; i < FAMILIES; i++) {
		look_at_link(ground, pass, i);
		if (ground->self != CONFIG_NOT_FOUND)
			look_at_family(ground, pass, i);
	}
}

int reach_open(struct reach_ground *ground, struct error *err)
{
	int status = 0;

	for (unsigned i = 0; i < 2 && status == 0; i++) {
		const struct reach_way *way = &ground->view.way[i];

		if (ground->open[i] || (!ip_is_set(&way->node) && !ip_is_set(&way->pod)))
			continue;
		status = probe_open(i == 0 ? AF_INET : AF_INET6, &ground->probe[i], err);
		ground->open[i] = status == 0;
	}
	return status;
}

void reach_close(struct reach_ground *ground)
{
	for (unsigned i = 0; i < 2; i++) {
		if (ground->open[i])
			probe_close(&ground->probe[i]);
		ground->open[i] = false;
	}
}

/* The family of the underlay that carries the pods of the peer. */
static uint8_t carrier_of(const struct reach_ground *ground, const struct reach_peer *peer)
{
	uint8_t carrier = config_carrier(ground->view.config, ground->self, peer->node,
					 reach_family(peer));

	return carrier != 0 ? carrier : reach_family(peer);
}

/* The row that decides says whose it is; what a packet gets does not. */
static bool is_ours(const struct reach_ground *ground, const struct flow *flow)
{
	struct route row;

	return kernel_match_route(ground->netlink, flow, &row, 1, NULL) > 0 &&
	       row.protocol == ground->view.config->kernel.protocol;
}

/* By the link and to the peer's address, or over another underlay to the address there. */
static bool leads_to_peer(const struct reach_ground *ground, const struct reach_peer *peer,
			  uint8_t carrier, const struct route *route)
{
	struct ip gateway = route_gateway(route);
	struct ip ip = config_address_at(ground->view.config, peer->node, carrier, 0);

	if (ip_same(&gateway, &ip))
		return route->oif == ground->links[FAMILY_INDEX(carrier)].link;
	return config_has(ground->view.config, peer->node, &gateway);
}

static int look_road(const struct reach_ground *ground, const struct reach_peer *peer,
		     const struct echo *echo, struct reach_road *out)
{
	uint8_t carrier = carrier_of(ground, peer);
	const struct reach_links *links = &ground->links[FAMILY_INDEX(carrier)];
	struct flow flow = {.dst = echo->to, .src = echo->from, .vrf = echo->vrf};
	int status = kernel_lookup_route(ground->netlink, &flow, &out->route, NULL);
	struct ip gateway = route_gateway(&out->route);

	if (status < 0)
		return status;
	out->tunnelled = links->device != 0 && out->route.oif == links->device;
	if (!out->tunnelled && !leads_to_peer(ground, peer, carrier, &out->route)) {
		out->routed = ip_is_set(&gateway) && is_ours(ground, &flow);
		out->elsewhere = !out->routed;
	}
	out->mtu = out->tunnelled ? links->device_mtu : links->link_mtu;
	if (out->route.mtu != 0 && out->route.mtu < out->mtu)
		out->mtu = out->route.mtu;
	if (out->mtu < MTU_LEAST)
		out->mtu = MTU_LEAST;
	return 0;
}

struct reach_finding reach_begin_finding(const struct reach_ground *ground,
					 const struct reach_peer *peer,
					 const struct reach_state *path, struct reach_road *road)
{
	const struct reach_links *links = &ground->links[FAMILY_INDEX(carrier_of(ground, peer))];
	struct reach_finding finding = {.view = &ground->view,
					.peer = peer,
					.path = path,
					.link = peer->card > 0 ? links->card_name[peer->card]
							       : links->link_name,
					.device = "",
					.elsewhere = "",
					.strict = links->strict};
	struct echo echo = {.size = 0};

	*road = (struct reach_road){.mtu = 0};
	if (!reach_aim(&ground->view, peer, REACH_POD, false, &echo) ||
	    look_road(ground, peer, &echo, road) < 0)
		return finding;
	finding.size = road->mtu;
	if (road->tunnelled)
		finding.device = links->device_name;
	if (road->routed)
		finding.router = route_gateway(&road->route);
	if (path[REACH_FULL].kind == REACH_LOST)
		finding.largest = (uint16_t)path[REACH_FULL].rtt_us;
	return finding;
}

static uint32_t tag_now(void)
{
	return (uint32_t)host_now_us();
}

uint32_t reach_rtt(uint32_t tag, uint32_t age_us)
{
	uint32_t since = tag_now() - tag;

	return age_us < since ? since - age_us : 0;
}

/* What the kernel said of a peer holds until the next pass, or a probe that is not answered. */
static int find_road(const struct reach_ground *ground, struct reach_peer *peer,
		     const struct echo *echo, bool look, struct reach_road *out)
{
	const struct reach_links *links = &ground->links[FAMILY_INDEX(carrier_of(ground, peer))];
	uint16_t usual;
	int status;

	if (look || peer->looked != ground->looks) {
		*out = (struct reach_road){.mtu = 0};
		status = look_road(ground, peer, echo, out);
		if (status < 0)
			return status;
		usual = out->tunnelled ? links->device_mtu : links->link_mtu;
		peer->looked = !out->elsewhere && out->mtu == usual ? ground->looks & 31 : 0;
		peer->tunnelled = out->tunnelled;
		peer->routed = out->routed;
		return 0;
	}
	*out = (struct reach_road){.tunnelled = peer->tunnelled, .routed = peer->routed};
	out->mtu = out->tunnelled ? links->device_mtu : links->link_mtu;
	return 0;
}

/* With directRouting an address behind a router is not one: what becomes of it does not matter. */
static bool is_next_hop(const struct reach_ground *ground, const struct echo *echo)
{
	struct flow flow = {.dst = echo->to, .src = echo->from, .vrf = echo->vrf};
	struct route route;

	return ground->view.config->backend != BACKEND_VXLAN ||
	       kernel_lookup_route(ground->netlink, &flow, &route, NULL) < 0 ||
	       (route.has & ROUTE_HAS_GATEWAY) == 0;
}

/* The pods' side of a peer is its own: a host that has to forward it lacks it. */
static int prepare(const struct reach_ground *ground, struct reach_peer *peer, enum reach_path path,
		   const struct reach_state *state, struct echo *echo)
{
	bool look = (path != REACH_POD && path != REACH_FULL) || state->missed > 0;
	struct reach_road road;
	int status;

	if (path == REACH_NODE || path == REACH_FROM)
		return 0;
	status = find_road(ground, peer, echo, look, &road);
	if (status < 0)
		return status;
	echo->one_hop = path != REACH_ADDRESS && !road.elsewhere && !road.routed;
	if (path == REACH_FULL && echo->size == 0)
		echo->size = road.mtu;
	return 0;
}

int reach_send(const struct reach_ground *ground, struct reach_peer *peer, enum reach_path path,
	       struct reach_state *state, struct echo *echo)
{
	int status;

	if (!ground->open[peer->is_ipv6] ||
	    !reach_aim(&ground->view, peer, path, state->other, echo) ||
	    (peer->card > 0 && !is_next_hop(ground, echo)))
		return ECHO_UNSENT;
	if (prepare(ground, peer, path, state, echo) < 0)
		return ECHO_UNROUTED;
	echo->tag = tag_now();
	status = probe_send(&ground->probe[peer->is_ipv6], echo);
	if (status == -EAGAIN)
		return status;
	if (status == -EMSGSIZE)
		return ECHO_TOO_BIG;
	/* ENOBUFS: a device dropped it, as one on the way may; not to hold up those behind it. */
	if (status < 0 && status != -ENOBUFS)
		return status == -EPERM || status == -EACCES ? ECHO_REFUSED : ECHO_UNROUTED;
	state->tag = echo->tag;
	state->waits = 1;
	return 0;
}

bool reach_hear(const struct reach_ground *ground, reach_hear_fn *hear, void *context)
{
	struct echo_answer answer;
	bool all = true;

	for (unsigned i = 0; i < 2; i++) {
		int status = ground->open[i] ? 0 : -EAGAIN;

		for (uint32_t n = 0; n < HEARD_MOST && status != -EAGAIN; n++) {
			status = probe_receive(&ground->probe[i], &answer);
			if (status == 1)
				hear(context, &answer);
		}
		all &= status == -EAGAIN;
	}
	return all;
}
