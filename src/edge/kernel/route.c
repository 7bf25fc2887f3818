/* route.c - one route message as normal rows, ready to be compared. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/read.h"

#include <linux/ipv6_route.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* What becomes of a message as its attributes go by. */
struct parsed {
	struct route *route;
	const struct rtattr *hops; /* NULL: one next hop */
	uint32_t oif;
	bool has_dst;
	bool cloned; /* the answer of a lookup: the exceptions of a route have lifetimes */
};

static uint16_t type_of(const struct rtattr *attr)
{
	return attr->rta_type & (uint16_t) ~(NLA_F_NESTED | NLA_F_NET_BYTEORDER);
}

static const void *data_of(const struct rtattr *attr)
{
	return attr + 1;
}

static int len_of(const struct rtattr *attr)
{
	return (int)(attr->rta_len - sizeof(*attr));
}

static bool is_attribute(const struct rtattr *attr, int left)
{
	return left >= (int)sizeof(*attr) && attr->rta_len >= sizeof(*attr) &&
	       attr->rta_len <= left;
}

static const struct rtattr *next_after(const struct rtattr *attr, int *left)
{
	int size = (int)NLMSG_ALIGN((uint32_t)attr->rta_len);

	*left -= size;
	return (const void *)((const uint8_t *)attr + size);
}

static bool take_address(uint8_t out[16], const struct rtattr *attr, uint8_t family)
{
	uint8_t size = ip_bits(family) / 8;

	if (len_of(attr) < size)
		return false;
	memcpy(out, data_of(attr), size);
	return true;
}

static bool take_u32(uint32_t *out, const struct rtattr *attr)
{
	if (len_of(attr) < (int)sizeof(*out))
		return false;
	memcpy(out, data_of(attr), sizeof(*out));
	return true;
}

static bool take_metric(struct route *route, const struct rtattr *attr)
{
	uint32_t value = 0;

	if (!take_u32(&value, attr) && type_of(attr) == RTAX_MTU)
		return false;
	if (type_of(attr) == RTAX_MTU && value <= UINT16_MAX)
		route->mtu = (uint16_t)value;
	else if (type_of(attr) == RTAX_LOCK && value == 1U << RTAX_MTU)
		route->flags |= ROUTE_LOCKED;
	else
		route->flags |= ROUTE_ODD;
	return true;
}

static bool take_metrics(struct route *route, const struct rtattr *metrics)
{
	const struct rtattr *at = data_of(metrics);
	int left = len_of(metrics);

	for (; is_attribute(at, left); at = next_after(at, &left)) {
		if (!take_metric(route, at))
			return false;
	}
	return true;
}

/* RFC 4191: 0 medium, 1 high, 3 low. */
static bool take_preference(struct route *route, const struct rtattr *attr)
{
	if (len_of(attr) < 1)
		return false;
	if (*(const uint8_t *)data_of(attr) == 1)
		route->flags |= ROUTE_PREF_HIGH;
	else if (*(const uint8_t *)data_of(attr) == 3)
		route->flags |= ROUTE_PREF_LOW;
	return true;
}

/* An IPv6 route with a lifetime goes by itself: never one that croute made. */
static bool take_lifetime(struct parsed *parsed, const struct rtattr *attr)
{
	struct rta_cacheinfo info;

	if (parsed->cloned || len_of(attr) < (int)sizeof(info))
		return true;
	memcpy(&info, data_of(attr), sizeof(info));
	if (info.rta_expires != 0)
		parsed->route->flags |= ROUTE_ODD;
	return true;
}

/* Of another family than the route, which only an IPv4 one may have. */
static bool take_via(struct route *route, const struct rtattr *attr)
{
	const uint8_t *data = data_of(attr);
	uint16_t family;

	if (len_of(attr) < (int)sizeof(family))
		return false;
	memcpy(&family, data, sizeof(family));
	if (family != AF_INET6 || route->family != AF_INET ||
	    len_of(attr) < (int)(sizeof(family) + sizeof(route->gateway))) {
		route->flags |= ROUTE_ODD;
		return true;
	}
	route->has |= ROUTE_HAS_GATEWAY | ROUTE_VIA_INET6;
	memcpy(route->gateway, data + sizeof(family), sizeof(route->gateway));
	return true;
}

/*
 * Each attribute has its value; one that is too short for it makes the whole row unknown. Flags of
 * a next hop but onlink are states (dead, linkdown, offload): they come and go with the carrier,
 * and the row stays what it is.
 */
static bool take_attribute(struct parsed *parsed, const struct rtattr *attr)
{
	struct route *route = parsed->route;

	switch (type_of(attr)) {
	case RTA_TABLE:
		return take_u32(&route->table, attr);
	case RTA_PRIORITY:
		return take_u32(&route->metric, attr);
	case RTA_OIF:
		return take_u32(&parsed->oif, attr);
	case RTA_DST:
		parsed->has_dst = true;
		return take_address(route->dst, attr, route->family);
	case RTA_GATEWAY:
		route->has |= ROUTE_HAS_GATEWAY;
		return take_address(route->gateway, attr, route->family);
	case RTA_PREFSRC:
		route->has |= ROUTE_HAS_SRC;
		return take_address(route->src, attr, route->family);
	case RTA_METRICS:
		return take_metrics(route, attr);
	case RTA_PREF:
		return take_preference(route, attr);
	case RTA_CACHEINFO:
		return take_lifetime(parsed, attr);
	case RTA_MULTIPATH:
		parsed->hops = attr;
		return true;
	case RTA_VIA:
		return take_via(route, attr);
	/* What croute never writes, so that a row with it can never equal a wanted one. */
	case RTA_NH_ID:
	case RTA_ENCAP:
	case RTA_ENCAP_TYPE:
	case RTA_SRC:
	case RTA_NEWDST:
	case RTA_FLOW:
	case RTA_TTL_PROPAGATE:
		route->flags |= ROUTE_ODD;
		return true;
	default:
		return true;
	}
}

static bool take_attributes(struct parsed *parsed, const void *first, int left)
{
	const struct rtattr *at = first;

	for (; is_attribute(at, left); at = next_after(at, &left)) {
		if (!take_attribute(parsed, at))
			return false;
	}
	return true;
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

/* In place: a copy of bytes that were stored one by one waits for each of them. */
static void take_header(struct route *route, const struct rtmsg *header)
{
	memset(route, 0, sizeof(*route));
	route->table = header->rtm_table;
	route->family = header->rtm_family;
	route->dst_len = header->rtm_dst_len;
	route->tos = header->rtm_tos;
	route->type = header->rtm_type;
	route->scope = header->rtm_scope;
	route->protocol = header->rtm_protocol;
	route->metric = metric_without_attribute(header->rtm_family);
	route->flags = (header->rtm_flags & RTNH_F_ONLINK) != 0 ? ROUTE_ONLINK : 0;
}

static bool parse(const struct nlmsghdr *message, struct parsed *out)
{
	const struct rtmsg *header = NLMSG_DATA(message);
	const int attributes = (int)NLMSG_SPACE(sizeof(*header));

	take_header(out->route, header);
	out->cloned = (header->rtm_flags & RTM_F_CLONED) != 0;
	if (!take_attributes(out, (const uint8_t *)message + attributes,
			     (int)message->nlmsg_len - attributes))
		return false;
	if (has_device(header))
		out->route->oif = out->oif;
	return out->has_dst || header->rtm_dst_len == 0;
}

static const struct rtnexthop *next_hop_after(const struct rtnexthop *hop, int *left)
{
	int size = (int)NLMSG_ALIGN((uint32_t)hop->rtnh_len);

	*left -= size;
	return (const void *)((const char *)hop + size);
}

static bool is_next_hop(const struct rtnexthop *hop, int left)
{
	return left >= (int)sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left;
}

static bool take_next_hop(struct route *route, const struct rtnexthop *hop)
{
	struct parsed parsed = {.route = route};

	if (!take_attributes(&parsed, hop + 1, (int)hop->rtnh_len - (int)sizeof(*hop)))
		return false;
	route->oif = (uint32_t)hop->rtnh_ifindex;
	if ((hop->rtnh_flags & RTNH_F_ONLINK) != 0)
		route->flags |= ROUTE_ONLINK;
	if (hop->rtnh_hops != 0) /* its weight, less one */
		route->flags |= ROUTE_ODD;
	return true;
}

static uint32_t count_hops(const struct parsed *parsed)
{
	const struct rtnexthop *hop = data_of(parsed->hops);
	int left = len_of(parsed->hops);
	uint32_t count = 0;

	for (; is_next_hop(hop, left); hop = next_hop_after(hop, &left))
		count++;
	return count;
}

/* IPv6 joins routes of equal destination and metric into one multipath row, whoever made them. */
static uint32_t split_hops(const struct parsed *parsed, uint32_t hops, struct route *out,
			   uint32_t most)
{
	const struct rtnexthop *hop = data_of(parsed->hops);
	const struct route base = *parsed->route;
	int left = len_of(parsed->hops);
	uint32_t count = 0;

	for (; count < most && is_next_hop(hop, left); hop = next_hop_after(hop, &left)) {
		out[count] = base;
		out[count].hops = hops < 2 ? 0 : hops < UINT8_MAX ? (uint8_t)hops : UINT8_MAX;
		count += take_next_hop(&out[count], hop);
	}
	return count;
}

static bool is_route(const struct nlmsghdr *message)
{
	const struct rtmsg *header = NLMSG_DATA(message);

	return (message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE) &&
	       message->nlmsg_len >= NLMSG_LENGTH(sizeof(*header)) &&
	       (header->rtm_family == AF_INET || header->rtm_family == AF_INET6) &&
	       header->rtm_dst_len <= ip_bits(header->rtm_family);
}

uint32_t kernel_parse_route(const struct nlmsghdr *message, struct route *out, uint32_t most)
{
	struct parsed parsed = {.route = out};
	uint32_t hops;

	if (most == 0 || !is_route(message) || !parse(message, &parsed))
		return 0;
	hops = parsed.hops != NULL ? count_hops(&parsed) : 0;
	if (hops > 0 && (out->family == AF_INET6 || hops <= ROUTE_HOPS_MOST))
		return split_hops(&parsed, hops, out, most);
	if (parsed.hops != NULL)
		out->flags |= ROUTE_ODD;
	return 1;
}
