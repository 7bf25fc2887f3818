/* device.c - RTM_*LINK and RTM_*ADDR messages for VXLAN devices. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/device.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <string.h>

static struct nl_msg *begin_link(struct netlink *netlink, uint16_t type, uint16_t flags,
				 const struct ifinfomsg *header)
{
	return netlink_begin(netlink, type, flags | NLM_F_ACK, header, sizeof(*header));
}

/* Where each part stands, and which attribute carries it. */
struct attribute {
	uint32_t part;
	int type;
	size_t at;
	int size;
};

#define ATTRIBUTE(part, type, member)                                                              \
	{                                                                                          \
		part, type, offsetof(struct device, member),                                       \
			sizeof(((struct device *)NULL)->member)                                    \
	}

static const struct attribute link_attributes[] = {
	ATTRIBUTE(DEVICE_PART_MAC, IFLA_ADDRESS, mac),
	ATTRIBUTE(DEVICE_PART_MTU, IFLA_MTU, mtu),
	ATTRIBUTE(DEVICE_PART_TXQLEN, IFLA_TXQLEN, txqlen),
	ATTRIBUTE(DEVICE_PART_ALIAS, IFLA_GROUP, group),
	ATTRIBUTE(DEVICE_PART_MASTER, IFLA_MASTER, master),
	{.part = 0},
};

static const struct attribute vxlan_attributes[] = {
	ATTRIBUTE(DEVICE_PART_FIXED, IFLA_VXLAN_ID, vni),
	ATTRIBUTE(DEVICE_PART_FIXED, IFLA_VXLAN_UDP_CSUM, udp_csum),
	ATTRIBUTE(DEVICE_PART_UNDERLAY, IFLA_VXLAN_LINK, underlay),
	ATTRIBUTE(DEVICE_PART_LEARNING, IFLA_VXLAN_LEARNING, learning),
	ATTRIBUTE(DEVICE_PART_TTL, IFLA_VXLAN_TTL, ttl),
	ATTRIBUTE(DEVICE_PART_TOS, IFLA_VXLAN_TOS, tos),
	{.part = 0},
};

static void put_attributes(struct nl_msg *message, const struct attribute *at,
			   const struct device *device, uint32_t parts)
{
	for (; at->part != 0; at++) {
		if ((parts & at->part) != 0)
			nla_put(message, at->type, at->size, (const char *)device + at->at);
	}
}

static void put_vxlan(struct nl_msg *message, const struct device *device, uint32_t parts)
{
	struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO);
	bool ipv4 = device->local.family == AF_INET;
	struct nlattr *data;

	nla_put_string(message, IFLA_INFO_KIND, "vxlan");
	data = nla_nest_start(message, IFLA_INFO_DATA);
	put_attributes(message, vxlan_attributes, device, parts);
	if ((parts & DEVICE_PART_LOCAL) != 0 && ip_is_set(&device->local))
		nla_put(message, ipv4 ? IFLA_VXLAN_LOCAL : IFLA_VXLAN_LOCAL6,
			ip_bits(device->local.family) / 8, device->local.bytes);
	if ((parts & DEVICE_PART_FIXED) != 0) {
		nla_put_u16(message, IFLA_VXLAN_PORT, htons(device->port));
		nla_put_u8(message, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, 0);
		nla_put_u8(message, IFLA_VXLAN_UDP_ZERO_CSUM6_RX, 0);
	}
	nla_nest_end(message, data);
	nla_nest_end(message, info);
}

static void put_mode(struct nl_msg *message, uint8_t mode)
{
	struct nlattr *spec = nla_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *ipv6 = nla_nest_start(message, AF_INET6);

	nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, mode);
	nla_nest_end(message, ipv6);
	nla_nest_end(message, spec);
}

int kernel_device_make(struct netlink *netlink, const struct device *device, uint32_t index,
		       struct error *err)
{
	struct ifinfomsg header = {.ifi_index = (int)index};
	struct nl_msg *message = begin_link(netlink, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
					    &header);

	nla_put_string(message, IFLA_IFNAME, device->name);
	put_attributes(message, link_attributes, device,
		       DEVICE_PART_MAC | DEVICE_PART_MTU | DEVICE_PART_TXQLEN);
	nla_put_u32(message, IFLA_GROUP, DEVICE_GROUP);
	put_vxlan(message, device, (DEVICE_PARTS_VXLAN & ~device->unknown) | DEVICE_PART_FIXED);
	return netlink_command(netlink, err);
}

/* An alias is cleared by one of no bytes; a NUL would be an alias of one. */
static int set_parts(struct netlink *netlink, uint32_t index, const struct device *device,
		     uint32_t parts, struct error *err)
{
	struct ifinfomsg header = {.ifi_index = (int)index};
	int alias = (int)strlen(device->alias);
	struct nl_msg *message;

	if ((parts & DEVICE_PART_UP) != 0) {
		header.ifi_flags = device->up ? IFF_UP : 0;
		header.ifi_change = IFF_UP;
	}
	message = begin_link(netlink, RTM_NEWLINK, 0, &header);
	put_attributes(message, link_attributes, device, parts);
	if ((parts & DEVICE_PART_ALIAS) != 0 && alias < LINK_ALIAS_MAX - 1)
		nla_put(message, IFLA_IFALIAS, alias, device->alias);
	if ((parts & DEVICE_PART_MODE) != 0)
		put_mode(message, device->addrgenmode);
	if ((parts & DEVICE_PARTS_VXLAN) != 0)
		put_vxlan(message, device, parts);
	return netlink_command(netlink, err);
}

/*
 * In three messages: beside parts of its kind's own the kernel takes no MTU (drivers/net/vxlan,
 * vxlan_nl2conf), and it brings a link up before it looks at the mode in the same message
 * (net/core/rtnetlink.c, do_setlink), so that a link-local address would come about.
 */
int kernel_device_set(struct netlink *netlink, uint32_t index, const struct device *device,
		      uint32_t parts, struct error *err)
{
	const uint32_t vxlan = DEVICE_PARTS_VXLAN & ~DEVICE_PART_FIXED;
	const uint32_t messages[] = {vxlan, DEVICE_PART_MODE,
				     ~(DEVICE_PARTS_VXLAN | DEVICE_PART_MODE)};
	int status = 0;

	parts &= ~device->unknown;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]) && status == 0; i++) {
		if ((parts & messages[i]) != 0)
			status = set_parts(netlink, index, device, parts & messages[i], err);
	}
	return status;
}

int kernel_device_disown(struct netlink *netlink, uint32_t index, struct error *err)
{
	const struct device nobodys = {.alias = ""};

	return set_parts(netlink, index, &nobodys, DEVICE_PART_ALIAS, err);
}

int kernel_device_remove(struct netlink *netlink, uint32_t index, struct error *err)
{
	struct ifinfomsg header = {.ifi_index = (int)index};

	(void)begin_link(netlink, RTM_DELLINK, 0, &header);
	return netlink_command(netlink, err);
}

static int change_address(struct netlink *netlink, uint16_t type, uint32_t index,
			  const struct prefix *address, struct error *err)
{
	struct ifaddrmsg header = {.ifa_family = address->ip.family,
				   .ifa_prefixlen = address->len,
				   .ifa_index = index};
	uint16_t flags = type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0;
	int size = ip_bits(address->ip.family) / 8;
	struct nl_msg *message = netlink_begin(netlink, type, flags | NLM_F_ACK, &header,
					       sizeof(header));

	nla_put(message, IFA_LOCAL, size, address->ip.bytes);
	nla_put(message, IFA_ADDRESS, size, address->ip.bytes);
	if (address->ip.family == AF_INET6)
		nla_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
	return netlink_command(netlink, err);
}

int kernel_device_add_address(struct netlink *netlink, uint32_t index, const struct prefix *address,
			      struct error *err)
{
	return change_address(netlink, RTM_NEWADDR, index, address, err);
}

int kernel_device_drop_address(struct netlink *netlink, uint32_t index,
			       const struct prefix *address, struct error *err)
{
	return change_address(netlink, RTM_DELADDR, index, address, err);
}
