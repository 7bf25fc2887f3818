/* write.c - route messages. */
#include "croute/edge/kernel/write.h"

#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

static uint16_t flags_of(enum change_action action)
{
	if (action == CHANGE_ADD)
		return NLM_F_CREATE | NLM_F_EXCL;
	return action == CHANGE_REPLACE ? NLM_F_REPLACE : 0;
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

int kernel_write_route(struct netlink *netlink, enum change_action action,
		       const struct route *route, uint32_t token, struct error *err)
{
	bool removes = action == CHANGE_DELETE || action == CHANGE_TRIM;
	int size = ip_bits(route->family) / 8;
	struct rtmsg header = header_of(route);
	struct nl_msg *message = netlink_begin(netlink, removes ? RTM_DELROUTE : RTM_NEWROUTE,
					       flags_of(action), &header, sizeof(header));

	if (route->table >= 256)
		nla_put_u32(message, RTA_TABLE, route->table);
	if (route->dst_len > 0)
		nla_put(message, RTA_DST, size, route->dst);
	if (route->metric != 0)
		nla_put_u32(message, RTA_PRIORITY, route->metric);
	if ((route->has & ROUTE_HAS_GATEWAY) != 0)
		nla_put(message, RTA_GATEWAY, size, route->gateway);
	if (route->oif != 0)
		nla_put_u32(message, RTA_OIF, route->oif);
	if ((route->has & ROUTE_HAS_SRC) != 0)
		nla_put(message, RTA_PREFSRC, size, route->src);
	if (route->mtu != 0 && !removes)
		put_mtu(message, route->mtu);
	return netlink_queue(netlink, token, err);
}
