/* write.c - changes of routes, neighbours and forwarding entries. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/write.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

static bool is_removal(enum change_action action)
{
	return action == CHANGE_DELETE || action == CHANGE_TRIM;
}

/* Of RTM_NEWx, for it or the RTM_DELx behind it. */
static struct nl_msg *begin(struct netlink *netlink, uint16_t type, enum change_action action,
			    const void *header, uint32_t size)
{
	uint16_t flags = action == CHANGE_ADD	    ? NLM_F_CREATE | NLM_F_EXCL
			 : action == CHANGE_REPLACE ? NLM_F_REPLACE
						    : 0;

	if (type == RTM_NEWNEIGH && action == CHANGE_REPLACE)
		flags |= NLM_F_CREATE;
	return netlink_begin(netlink, (uint16_t)(type + is_removal(action)), flags, header, size);
}

static struct rtmsg header_of(const struct route *route)
{
	return (struct rtmsg){
		.rtm_family = route->family,
		.rtm_dst_len = route->dst_len,
		.rtm_tos = route->tos,
		.rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC,
		.rtm_protocol = route->protocol,
		.rtm_scope = route->scope,
		.rtm_type = route->type,
		.rtm_flags = route->flags & ROUTE_ONLINK ? RTNH_F_ONLINK : 0,
	};
}

static void put_mtu(struct nl_msg *message, uint16_t mtu)
{
	struct nlattr *metrics = nla_nest_start(message, RTA_METRICS);

	nla_put_u32(message, RTAX_MTU, mtu);
	nla_nest_end(message, metrics);
}

/* struct rtvia, which is of no fixed size: the family, then the address. */
static void put_gateway(struct nl_msg *message, const struct route *route)
{
	const uint16_t family = AF_INET6;
	uint8_t via[sizeof(family) + sizeof(route->gateway)];

	if ((route->has & ROUTE_VIA_INET6) == 0) {
		nla_put(message, RTA_GATEWAY, ip_bits(route->family) / 8, route->gateway);
		return;
	}
	memcpy(via, &family, sizeof(family));
	memcpy(via + sizeof(family), route->gateway, sizeof(route->gateway));
	nla_put(message, RTA_VIA, sizeof(via), via);
}

static void put_hops(struct nl_msg *message, const struct route_hops *hops)
{
	struct nlattr *nest = nla_nest_start(message, RTA_MULTIPATH);

	for (uint32_t i = 0; nest != NULL && i < hops->count; i++) {
		const struct route *route = hops->at[i];
		struct rtnexthop *hop = nlmsg_reserve(message, sizeof(*hop), NLMSG_ALIGNTO);

		if (hop == NULL)
			return;
		*hop = (struct rtnexthop){.rtnh_ifindex = (int)route->oif,
					  .rtnh_flags = route->flags & ROUTE_ONLINK ? RTNH_F_ONLINK
										    : 0};
		if ((route->has & ROUTE_HAS_GATEWAY) != 0)
			put_gateway(message, route);
		hop->rtnh_len = (uint16_t)((char *)nlmsg_tail(nlmsg_hdr(message)) - (char *)hop);
	}
	nla_nest_end(message, nest);
}

/*
 * Where a packet goes by the route. What removes an IPv4 route of several next hops names none:
 * they would have to be all, and in the kernel's order (net/ipv4/fib_semantics.c, fib_nh_match);
 * the first route of croute's on the key goes. IPv6 removes one by one.
 */
static void put_way(struct nl_msg *message, const struct route_hops *hops, bool removal)
{
	const struct route *route = hops->at[0];

	if (removal && route->family == AF_INET && route->hops > 1)
		return;
	if (hops->count > 1) {
		put_hops(message, hops);
		return;
	}
	if ((route->has & ROUTE_HAS_GATEWAY) != 0)
		put_gateway(message, route);
	if (route->oif != 0)
		nla_put_u32(message, RTA_OIF, route->oif);
}

int kernel_write_route(struct netlink *netlink, enum change_action action,
		       const struct route_hops *hops, uint32_t token, struct error *err)
{
	const struct route *route = hops->at[0];
	int size = ip_bits(route->family) / 8;
	struct rtmsg header = header_of(route);
	struct nl_msg *message;

	if (hops->count > 1)
		header.rtm_flags = 0; /* onlink is each next hop's */
	message = begin(netlink, RTM_NEWROUTE, action, &header, sizeof(header));
	if (route->table >= 256)
		nla_put_u32(message, RTA_TABLE, route->table);
	if (route->dst_len > 0)
		nla_put(message, RTA_DST, size, route->dst);
	if (route->metric != 0)
		nla_put_u32(message, RTA_PRIORITY, route->metric);
	put_way(message, hops, is_removal(action));
	if ((route->has & ROUTE_HAS_SRC) != 0)
		nla_put(message, RTA_PREFSRC, size, route->src);
	if (route->mtu != 0 && !is_removal(action))
		put_mtu(message, route->mtu);
	return netlink_queue(netlink, token, err);
}

int kernel_write_neigh(struct netlink *netlink, enum change_action action,
		       const struct neigh *neigh, uint32_t token, struct error *err)
{
	struct ndmsg header = {.ndm_family = neigh->ip.family,
			       .ndm_ifindex = (int)neigh->link,
			       .ndm_state = neigh->state};
	struct nl_msg *message = begin(netlink, RTM_NEWNEIGH, action, &header, sizeof(header));

	nla_put(message, NDA_DST, ip_bits(neigh->ip.family) / 8, neigh->ip.bytes);
	if (!is_removal(action))
		nla_put(message, NDA_LLADDR, sizeof(neigh->mac), neigh->mac.bytes);
	return netlink_queue(netlink, token, err);
}

/*
 * A removal goes by MAC alone: one that names the destination is answered with success, and does
 * nothing, where the entry has a port, VNI or link of its own (drivers/net/vxlan,
 * vxlan_fdb_delete).
 */
int kernel_write_fdb(struct netlink *netlink, enum change_action action, const struct fdb *fdb,
		     uint32_t token, struct error *err)
{
	struct ndmsg header = {.ndm_family = AF_BRIDGE,
			       .ndm_ifindex = (int)fdb->link,
			       .ndm_state = fdb->state,
			       .ndm_flags = NTF_SELF};
	struct nl_msg *message = begin(netlink, RTM_NEWNEIGH, action, &header, sizeof(header));

	nla_put(message, NDA_LLADDR, sizeof(fdb->mac), fdb->mac.bytes);
	if (!is_removal(action))
		nla_put(message, NDA_DST, ip_bits(fdb->dst.family) / 8, fdb->dst.bytes);
	return netlink_queue(netlink, token, err);
}
