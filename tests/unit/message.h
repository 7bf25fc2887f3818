/* message.h - route messages as the kernel sends them, put together by hand. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "world.h"

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "croute/edge/kernel/read.h"

#define MESSAGE_ROWS 8

/* Begin a route message: a unicast one of croute's in the main table, where nothing else is said.
 */
static inline struct nl_msg *message_begin(struct rtmsg header)
{
	struct nl_msg *message = nlmsg_alloc();

	assert_non_null(message);
	header.rtm_table = header.rtm_table != 0 ? header.rtm_table : RT_TABLE_MAIN;
	header.rtm_type = header.rtm_type != 0 ? header.rtm_type : RTN_UNICAST;
	header.rtm_protocol = header.rtm_protocol != 0 ? header.rtm_protocol : 67;
	nlmsg_put(message, 0, 0, RTM_NEWROUTE, 0, 0);
	nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
	return message;
}

static inline void message_put_ip(struct nl_msg *message, int attribute, const char *string)
{
	struct ip ip;

	assert_int_equal(ip_parse(text_of(string), &ip), 0);
	assert_int_equal(nla_put(message, attribute, ip_bits(ip.family) / 8, ip.bytes), 0);
}

/* 10.244.2.0/24 via 10.0.0.12 dev eth1, as the kernel reports it. */
static inline struct nl_msg *message_begin_pod(unsigned flags)
{
	struct nl_msg *message = message_begin(
		(struct rtmsg){.rtm_family = AF_INET, .rtm_dst_len = 24, .rtm_flags = flags});

	nla_put_u32(message, RTA_TABLE, RT_TABLE_MAIN);
	message_put_ip(message, RTA_DST, "10.244.2.0");
	nla_put_u32(message, RTA_PRIORITY, 68026);
	message_put_ip(message, RTA_GATEWAY, "10.0.0.12");
	nla_put_u32(message, RTA_OIF, WORLD_ETH1);
	return message;
}

#define MESSAGE_POD "10.244.2.0/24 via 10.0.0.12 metric 68026"

/* Parse and give back the message; the number of rows. */
static inline uint32_t message_take(struct nl_msg *message, struct route out[MESSAGE_ROWS])
{
	uint32_t count = kernel_parse_route(nlmsg_hdr(message), out, MESSAGE_ROWS);

	nlmsg_free(message);
	return count;
}

static inline struct route message_take_one(struct nl_msg *message)
{
	struct route out[MESSAGE_ROWS];

	assert_int_equal(message_take(message, out), 1);
	return out[0];
}

static inline void message_assert_is(struct nl_msg *message, const char *words, uint8_t flags)
{
	struct route got = message_take_one(message);
	struct route wanted = world_route(words);

	wanted.flags = flags;
	assert_same_route(&got, &wanted);
}

static inline void message_put_metric(struct nl_msg *message, int first, uint32_t one, int second,
				      uint32_t two)
{
	struct nlattr *nest = nla_nest_start(message, RTA_METRICS);

	nla_put_u32(message, first, one);
	if (second != 0)
		nla_put_u32(message, second, two);
	nla_nest_end(message, nest);
}

/* Append a next hop to the multipath attribute that is open. */
static inline void message_put_hop(struct nl_msg *message, uint8_t flags, const char *gateway)
{
	struct rtnexthop hop = {.rtnh_flags = flags, .rtnh_ifindex = WORLD_ETH1};
	struct rtnexthop *place = nlmsg_reserve(message, sizeof(hop), 0);
	struct nlmsghdr *header = nlmsg_hdr(message);
	uint32_t before = header->nlmsg_len - (uint32_t)sizeof(hop);

	*place = hop;
	if (gateway != NULL)
		message_put_ip(message, RTA_GATEWAY, gateway);
	place->rtnh_len = (uint16_t)(header->nlmsg_len - before);
}
