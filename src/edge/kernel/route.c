/* route.c - one route message as normal rows, ready to be compared. */
#include "croute/edge/kernel/read.h"

#include <linux/ipv6_route.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

/* What croute never writes, so that a row bearing it can never equal a wanted one. */
static const uint8_t odd_attributes[] = {RTA_VIA, RTA_NH_ID,  RTA_ENCAP, RTA_ENCAP_TYPE,
					 RTA_SRC, RTA_NEWDST, RTA_FLOW,	 RTA_TTL_PROPAGATE};

static uint8_t size_of(uint8_t family)
{
	return ip_bits(family) / 8;
}

/* A row with an attribute that is too short for its value is not known, whatever the rest says. */
static bool is_whole(struct nlattr *const at[], uint8_t family)
{
	static const struct {
		uint8_t type;
		uint8_t size; /* 0: that of an address */
	} values[] = {{RTA_DST, 0}, {RTA_GATEWAY, 0},  {RTA_PREFSRC, 0}, {RTA_TABLE, 4},
		      {RTA_OIF, 4}, {RTA_PRIORITY, 4}, {RTA_PREF, 1}};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct nlattr *attr = at[values[i].type];
		uint8_t size = values[i].size != 0 ? values[i].size : size_of(family);

		if (attr != NULL && nla_len(attr) < size)
			return false;
	}
	return true;
}

static bool take_bytes(uint8_t out[16], const struct nlattr *attr, uint8_t family)
{
	if (attr == NULL || nla_len(attr) < size_of(family))
		return false;
	memcpy(out, nla_data(attr), size_of(family));
	return true;
}

static void take_u32(uint32_t *out, const struct nlattr *attr)
{
	if (attr != NULL)
		*out = nla_get_u32(attr);
}

static void take_metrics(struct route *route, struct nlattr *metrics)
{
	struct nlattr *at;
	int left;

	if (metrics == NULL)
		return;
	nla_for_each_nested(at, metrics, left)
	{
		uint32_t value = nla_len(at) >= 4 ? nla_get_u32(at) : 0;

		if (nla_type(at) == RTAX_MTU && value <= UINT16_MAX)
			route->mtu = (uint16_t)value;
		else if (nla_type(at) == RTAX_LOCK && value == 1U << RTAX_MTU)
			route->flags |= ROUTE_LOCKED;
		else
			route->flags |= ROUTE_ODD;
	}
}

/* RFC 4191: 0 medium, 1 high, 3 low. */
static void take_preference(struct route *route, const struct nlattr *attr)
{
	uint8_t preference = attr != NULL ? nla_get_u8(attr) : 0;

	if (preference == 1)
		route->flags |= ROUTE_PREF_HIGH;
	else if (preference == 3)
		route->flags |= ROUTE_PREF_LOW;
}

static void take_oddities(struct route *route, struct nlattr *const at[])
{
	for (size_t i = 0; i < sizeof(odd_attributes); i++) {
		if (at[odd_attributes[i]] != NULL)
			route->flags |= ROUTE_ODD;
	}
}

/* An IPv6 blackhole reports `lo`, which nobody asked for. */
static bool has_device(const struct rtmsg *header)
{
	return header->rtm_type == RTN_UNICAST || header->rtm_type == RTN_LOCAL;
}

/* IPv6 has no metric 0: what is added without one gets IP6_RT_PRIO_USER (net/ipv6/route.c). */
static uint32_t metric_without_attribute(uint8_t family)
{
	return family == AF_INET6 ? IP6_RT_PRIO_USER : 0;
}

static struct route route_from(const struct rtmsg *header, struct nlattr *at[])
{
	struct route route = {
		.table = header->rtm_table,
		.family = header->rtm_family,
		.dst_len = header->rtm_dst_len,
		.tos = header->rtm_tos,
		.type = header->rtm_type,
		.scope = header->rtm_scope,
		.protocol = header->rtm_protocol,
		.metric = metric_without_attribute(header->rtm_family),
	};

	take_u32(&route.table, at[RTA_TABLE]);
	take_u32(&route.metric, at[RTA_PRIORITY]);
	if (route.dst_len > 0)
		(void)take_bytes(route.dst, at[RTA_DST], route.family);
	if (take_bytes(route.gateway, at[RTA_GATEWAY], route.family))
		route.has |= ROUTE_HAS_GATEWAY;
	if (take_bytes(route.src, at[RTA_PREFSRC], route.family))
		route.has |= ROUTE_HAS_SRC;
	if (has_device(header))
		take_u32(&route.oif, at[RTA_OIF]);
	if ((header->rtm_flags & RTNH_F_ONLINK) != 0)
		route.flags |= ROUTE_ONLINK;
	take_metrics(&route, at[RTA_METRICS]);
	take_preference(&route, at[RTA_PREF]);
	take_oddities(&route, at);
	return route;
}

static void take_next_hop(struct route *route, const struct rtnexthop *hop)
{
	struct nlattr *at[RTA_MAX + 1] = {0};
	int len = (int)hop->rtnh_len - (int)sizeof(*hop);

	route->flags |= ROUTE_SIBLING;
	route->oif = (uint32_t)hop->rtnh_ifindex;
	if ((hop->rtnh_flags & RTNH_F_ONLINK) != 0)
		route->flags |= ROUTE_ONLINK;
	if (nla_parse(at, RTA_MAX, (struct nlattr *)(uintptr_t)(hop + 1), len, NULL) < 0)
		return;
	if (take_bytes(route->gateway, at[RTA_GATEWAY], route->family))
		route->has |= ROUTE_HAS_GATEWAY;
	take_oddities(route, at);
}

/* IPv6 joins routes of equal destination and metric into one multipath row, whoever made them. */
static uint32_t split_siblings(const struct route *route, const struct nlattr *hops,
			       struct route *out, uint32_t most)
{
	const struct rtnexthop *hop = nla_data(hops);
	int left = nla_len(hops);
	uint32_t count = 0;

	while (count < most && left >= (int)sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) &&
	       hop->rtnh_len <= left) {
		out[count] = *route;
		take_next_hop(&out[count++], hop);
		left -= (int)NLMSG_ALIGN(hop->rtnh_len);
		hop = (const void *)((const char *)hop + NLMSG_ALIGN(hop->rtnh_len));
	}
	return count;
}

uint32_t kernel_parse_route(const struct nlmsghdr *message, struct route *out, uint32_t most)
{
	const struct rtmsg *header = nlmsg_data(message);
	struct nlattr *at[RTA_MAX + 1] = {0};
	struct route route;

	if (most == 0 ||
	    (message->nlmsg_type != RTM_NEWROUTE && message->nlmsg_type != RTM_DELROUTE) ||
	    nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(*header), at, RTA_MAX, NULL) <
		    0)
		return 0;
	if ((header->rtm_family != AF_INET && header->rtm_family != AF_INET6) ||
	    (header->rtm_flags & RTM_F_CLONED) != 0 ||
	    header->rtm_dst_len > ip_bits(header->rtm_family) ||
	    (header->rtm_dst_len > 0 && at[RTA_DST] == NULL) || !is_whole(at, header->rtm_family))
		return 0;
	route = route_from(header, at);
	if (at[RTA_MULTIPATH] != NULL && header->rtm_family == AF_INET6)
		return split_siblings(&route, at[RTA_MULTIPATH], out, most);
	if (at[RTA_MULTIPATH] != NULL)
		route.flags |= ROUTE_ODD;
	out[0] = route;
	return 1;
}
