/* lan.h - links, addresses, routes and neighbours in a network namespace of the test's own. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "croute/edge/kernel/device.h"
#include "croute/edge/kernel/netlink.h"
#include "croute/edge/kernel/write.h"

#define LAN_DEADLINE_MS 60000

/* A namespace without any link but lo; the program ends with 77 where there can be none. */
static inline void lan_enter(void)
{
	if (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		return;
	printf("skip - no network namespace can be made here\n");
	(void)fflush(stdout);
	_exit(77);
}

static inline void lan_refused(void *context, uint32_t token, int code, const char *words)
{
	(void)context;
	fail_msg("message %u: %s: %s", token, strerror(code), words);
}

static inline void lan_open(struct netlink *netlink)
{
	struct error err = {0};

	*netlink = (struct netlink){.refused = lan_refused};
	if (netlink_open(netlink, &err) < 0)
		fail_msg("%s", err.text);
}

/* Send what was begun with NLM_F_ACK; when this returns, its events have been sent too. */
static inline void lan_ask(struct netlink *netlink)
{
	struct error err = {0};

	if (netlink_command(netlink, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void lan_flush(struct netlink *netlink)
{
	struct error err = {0};

	if (netlink_flush(netlink, &err) < 0)
		fail_msg("%s", err.text);
}

static inline struct nl_msg *lan_begin_link(struct netlink *netlink, uint16_t type, uint16_t flags,
					    struct ifinfomsg header)
{
	return netlink_begin(netlink, type, flags | NLM_F_ACK, &header, sizeof(header));
}

/* No addresses but those that a test gives, so that no event comes unasked. Creation refuses to be
 * told that. */
static inline void lan_set_no_autoconf(struct netlink *netlink, uint32_t link)
{
	struct nl_msg *message = lan_begin_link(netlink, RTM_NEWLINK, 0,
						(struct ifinfomsg){.ifi_index = (int)link});
	struct nlattr *spec = nla_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *ipv6 = nla_nest_start(message, AF_INET6);

	nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	nla_nest_end(message, ipv6);
	nla_nest_end(message, spec);
	lan_ask(netlink);
}

/* A pair of links, both down. */
static inline void lan_add_veth(struct netlink *netlink, const char *name, const char *peer)
{
	struct ifinfomsg header = {0};
	struct nl_msg *message = lan_begin_link(netlink, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
						header);
	struct nlattr *info;
	struct nlattr *data;
	struct nlattr *other;

	nla_put_string(message, IFLA_IFNAME, name);
	info = nla_nest_start(message, IFLA_LINKINFO);
	nla_put_string(message, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(message, IFLA_INFO_DATA);
	other = nla_nest_start(message, VETH_INFO_PEER);
	nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
	nla_put_string(message, IFLA_IFNAME, peer);
	nla_nest_end(message, other);
	nla_nest_end(message, data);
	nla_nest_end(message, info);
	lan_ask(netlink);
	lan_set_no_autoconf(netlink, if_nametoindex(name));
	lan_set_no_autoconf(netlink, if_nametoindex(peer));
}

static inline void lan_set_up(struct netlink *netlink, uint32_t link, bool up)
{
	(void)lan_begin_link(netlink, RTM_NEWLINK, 0,
			     (struct ifinfomsg){.ifi_index = (int)link,
						.ifi_flags = up ? IFF_UP : 0,
						.ifi_change = IFF_UP});
	lan_ask(netlink);
}

static inline void lan_remove_link(struct netlink *netlink, uint32_t link)
{
	(void)lan_begin_link(netlink, RTM_DELLINK, 0, (struct ifinfomsg){.ifi_index = (int)link});
	lan_ask(netlink);
}

static inline int lan_take_operstate(void *context, const struct nlmsghdr *answer)
{
	const struct nlattr *state = nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)answer,
						     sizeof(struct ifinfomsg), IFLA_OPERSTATE);

	if (state != NULL)
		*(uint8_t *)context = nla_get_u8(state);
	return 0;
}

static inline int64_t lan_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the kernel has told all that follows from setting a link up: its carrier comes later. */
static inline void lan_wait_up(struct netlink *netlink, uint32_t link)
{
	int64_t deadline = lan_now_ms() + LAN_DEADLINE_MS;
	uint8_t state = 0;

	while (state != 6 /* IF_OPER_UP, RFC 2863 */) {
		assert_true(lan_now_ms() < deadline);
		(void)lan_begin_link(netlink, RTM_GETLINK, 0,
				     (struct ifinfomsg){.ifi_index = (int)link});
		assert_int_equal(netlink_ask(netlink, lan_take_operstate, &state, NULL), 0);
	}
}

static inline struct prefix lan_prefix(const char *string)
{
	struct prefix prefix;

	if (prefix_parse(text_of(string), true, &prefix) < 0)
		fail_msg("%s is no prefix", string);
	return prefix;
}

static inline void lan_put_ip(struct nl_msg *message, int attribute, const struct ip *ip)
{
	nla_put(message, attribute, ip_bits(ip->family) / 8, ip->bytes);
}

/* Add or remove an address; the prefix's length is 24 or 64. */
static inline void lan_change_address(struct netlink *netlink, uint16_t type, uint32_t link,
				      const char *string)
{
	struct ip ip = lan_prefix(string).ip;
	struct ifaddrmsg header = {.ifa_family = ip.family,
				   .ifa_prefixlen = ip.family == AF_INET ? 24 : 64,
				   .ifa_index = link};
	uint16_t flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct nl_msg *message = netlink_begin(netlink, type, flags | NLM_F_ACK, &header,
					       sizeof(header));

	lan_put_ip(message, IFA_LOCAL, &ip);
	if (ip.family == AF_INET6)
		nla_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
	lan_ask(netlink);
}

/* A route as one writes it on a line; `flags` are those of the message. */
struct lan_route {
	const char *to;
	uint32_t metric;
	uint32_t dev;
	uint8_t protocol;
	uint16_t flags;
};

static inline struct nl_msg *lan_begin_route(struct netlink *netlink, uint16_t type,
					     const struct lan_route *route)
{
	struct prefix to = lan_prefix(route->to);
	struct rtmsg header = {.rtm_family = to.ip.family,
			       .rtm_dst_len = to.len,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = route->protocol,
			       .rtm_scope = to.ip.family == AF_INET ? RT_SCOPE_LINK : 0,
			       .rtm_type = RTN_UNICAST};
	struct nl_msg *message = netlink_begin(netlink, type, route->flags | NLM_F_ACK, &header,
					       sizeof(header));

	lan_put_ip(message, RTA_DST, &to.ip);
	nla_put_u32(message, RTA_OIF, route->dev);
	if (route->metric != 0)
		nla_put_u32(message, RTA_PRIORITY, route->metric);
	return message;
}

static inline void lan_add_route(struct netlink *netlink, struct lan_route route)
{
	route.flags |= NLM_F_CREATE;
	(void)lan_begin_route(netlink, RTM_NEWROUTE, &route);
	lan_ask(netlink);
}

static inline void lan_remove_route(struct netlink *netlink, struct lan_route route)
{
	(void)lan_begin_route(netlink, RTM_DELROUTE, &route);
	lan_ask(netlink);
}

static inline struct neigh lan_neigh(uint32_t link, const char *string, uint8_t last)
{
	struct neigh neigh = {.link = link, .state = NUD_PERMANENT};

	neigh.ip = lan_prefix(string).ip;
	neigh.mac = (struct mac){{0x02, 0, 0, 0, 0, last}};
	return neigh;
}

static inline void lan_write_neigh(struct netlink *netlink, enum change_action action,
				   const struct neigh *neigh)
{
	assert_int_equal(kernel_write_neigh(netlink, action, neigh, 0, NULL), 0);
	lan_flush(netlink);
}

static inline struct fdb lan_fdb(uint32_t link, const char *host)
{
	struct fdb fdb = {.link = link, .mac = {{0x02, 0, 0, 0, 0, 9}}, .state = NUD_PERMANENT};

	fdb.dst = lan_prefix(host).ip;
	return fdb;
}

static inline void lan_write_fdb(struct netlink *netlink, enum change_action action,
				 const struct fdb *fdb)
{
	assert_int_equal(kernel_write_fdb(netlink, action, fdb, 0, NULL), 0);
	lan_flush(netlink);
}

/* A VXLAN device over `underlay`, up. Its index. */
static inline uint32_t lan_add_vxlan(struct netlink *netlink, const char *name, uint32_t vni,
				     uint32_t underlay)
{
	struct device device = {
		DEVICE_OURS,	      .vni = vni,  .port = (uint16_t)(8471 + vni),
		.underlay = underlay, .mtu = 1450, .mac = {{0x02, 0, 0, 0, 1, (uint8_t)vni}}};
	struct error err = {0};
	uint32_t index;

	(void)snprintf(device.name, sizeof(device.name), "%s", name);
	device.local = lan_prefix("10.0.0.11").ip;
	if (kernel_device_make(netlink, &device, 0, &err) < 0)
		fail_msg("%s", err.text);
	index = if_nametoindex(name);
	lan_set_no_autoconf(netlink, index);
	lan_set_up(netlink, index, true);
	return index;
}
