/* device.c - RTM_*LINK and RTM_*ADDR messages for VXLAN devices. */
#include "croute/edge/kernel/device.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

static struct nl_msg *begin_link(struct netlink *netlink, uint16_t type, uint16_t flags,
				 const struct ifinfomsg *header)
{
	return netlink_begin(netlink, type, flags | NLM_F_ACK, header, sizeof(*header));
}

static void put_ip(struct nl_msg *message, int ipv4, int ipv6, const struct ip *ip)
{
	nla_put(message, ip->family == AF_INET ? ipv4 : ipv6, ip_bits(ip->family) / 8, ip->bytes);
}

/* What only creation can set. */
static void put_fixed(struct nl_msg *message, const struct device *device)
{
	nla_put_u32(message, IFLA_VXLAN_ID, device->vni);
	nla_put_u16(message, IFLA_VXLAN_PORT, __builtin_bswap16(device->port));
	nla_put_u8(message, IFLA_VXLAN_UDP_CSUM, 1);
	nla_put_u8(message, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, 0);
	nla_put_u8(message, IFLA_VXLAN_UDP_ZERO_CSUM6_RX, 0);
}

static void put_vxlan(struct nl_msg *message, const struct device *device, uint32_t parts,
		      bool make)
{
	struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO);
	struct nlattr *data;

	nla_put_string(message, IFLA_INFO_KIND, "vxlan");
	data = nla_nest_start(message, IFLA_INFO_DATA);
	if (make)
		put_fixed(message, device);
	if ((parts & DEVICE_PART_LOCAL) != 0)
		put_ip(message, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6, &device->local);
	if ((parts & DEVICE_PART_UNDERLAY) != 0)
		nla_put_u32(message, IFLA_VXLAN_LINK, device->underlay);
	if ((parts & DEVICE_PART_LEARNING) != 0)
		nla_put_u8(message, IFLA_VXLAN_LEARNING, 0);
	if ((parts & DEVICE_PART_TTL) != 0)
		nla_put_u8(message, IFLA_VXLAN_TTL, 0);
	if ((parts & DEVICE_PART_TOS) != 0)
		nla_put_u8(message, IFLA_VXLAN_TOS, 0);
	nla_nest_end(message, data);
	nla_nest_end(message, info);
}

static void put_mode(struct nl_msg *message)
{
	struct nlattr *spec = nla_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *ipv6 = nla_nest_start(message, AF_INET6);

	nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, DEVICE_MODE_NONE);
	nla_nest_end(message, ipv6);
	nla_nest_end(message, spec);
}

static void put_parts(struct nl_msg *message, const struct device *device, uint32_t parts)
{
	if ((parts & DEVICE_PART_NAME) != 0)
		nla_put_string(message, IFLA_IFNAME, device->name);
	if ((parts & DEVICE_PART_MAC) != 0)
		nla_put(message, IFLA_ADDRESS, sizeof(device->mac), device->mac.bytes);
	if ((parts & DEVICE_PART_MTU) != 0)
		nla_put_u32(message, IFLA_MTU, device->mtu);
	if ((parts & DEVICE_PART_TXQLEN) != 0)
		nla_put_u32(message, IFLA_TXQLEN, 0);
	if ((parts & DEVICE_PART_MODE) != 0)
		put_mode(message);
	if ((parts & DEVICE_PART_ALIAS) != 0) {
		nla_put_string(message, IFLA_IFALIAS, DEVICE_ALIAS);
		nla_put_u32(message, IFLA_GROUP, 0);
	}
}

#define VXLAN_PARTS                                                                                \
	(DEVICE_PART_LOCAL | DEVICE_PART_UNDERLAY | DEVICE_PART_LEARNING | DEVICE_PART_TTL |       \
	 DEVICE_PART_TOS)

int kernel_device_make(struct netlink *netlink, const struct device *device, struct error *err)
{
	struct ifinfomsg header = {0};
	struct nl_msg *message = begin_link(netlink, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
					    &header);

	put_parts(message, device,
		  DEVICE_PART_NAME | DEVICE_PART_MAC | DEVICE_PART_MTU | DEVICE_PART_TXQLEN);
	nla_put_u32(message, IFLA_GROUP, DEVICE_GROUP);
	put_vxlan(message, device, VXLAN_PARTS, true);
	return netlink_command(netlink, err);
}

static int set_parts(struct netlink *netlink, uint32_t index, const struct device *device,
		     uint32_t parts, struct error *err)
{
	struct ifinfomsg header = {.ifi_index = (int)index};
	struct nl_msg *message;

	if ((parts & DEVICE_PART_UP) != 0) {
		header.ifi_flags = IFF_UP;
		header.ifi_change = IFF_UP;
	}
	message = begin_link(netlink, RTM_NEWLINK, 0, &header);
	put_parts(message, device, parts);
	if ((parts & VXLAN_PARTS) != 0)
		put_vxlan(message, device, parts, false);
	return netlink_command(netlink, err);
}

/* Beside parts of its kind's own the kernel takes no MTU (drivers/net/vxlan, vxlan_nl2conf). */
int kernel_device_set(struct netlink *netlink, uint32_t index, const struct device *device,
		      uint32_t parts, struct error *err)
{
	uint32_t own = parts & VXLAN_PARTS;
	int status = 0;

	if (own != 0 && (parts & DEVICE_PART_MTU) != 0) {
		status = set_parts(netlink, index, device, own, err);
		parts &= ~own;
	}
	return status < 0 ? status : set_parts(netlink, index, device, parts, err);
}

int kernel_device_disown(struct netlink *netlink, uint32_t index, struct error *err)
{
	struct ifinfomsg header = {.ifi_index = (int)index};
	struct nl_msg *message = begin_link(netlink, RTM_NEWLINK, 0, &header);

	nla_put_string(message, IFLA_IFALIAS, "");
	nla_put_u32(message, IFLA_GROUP, 0);
	return netlink_command(netlink, err);
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
