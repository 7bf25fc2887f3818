/* link.c - RTM_NEWLINK messages that repeat what a dump has told. */
#include "croute/edge/kernel/link.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "croute/model/device.h"

static void put_local(struct nl_msg *message, const struct ip *ip)
{
	if (ip_is_set(ip))
		nla_put(message, ip->family == AF_INET ? IFLA_VXLAN_LOCAL : IFLA_VXLAN_LOCAL6,
			ip_bits(ip->family) / 8, ip->bytes);
}

/* What only creation can set. */
static void put_fixed(struct nl_msg *message, const struct vxlan_params *vxlan)
{
	nla_put_u32(message, IFLA_VXLAN_ID, vxlan->vni);
	nla_put_u16(message, IFLA_VXLAN_PORT, __builtin_bswap16(vxlan->port));
	nla_put_u8(message, IFLA_VXLAN_UDP_CSUM, vxlan->udp_csum);
	nla_put_u8(message, IFLA_VXLAN_UDP_ZERO_CSUM6_TX, 0);
	nla_put_u8(message, IFLA_VXLAN_UDP_ZERO_CSUM6_RX, 0);
}

#define VXLAN_PARTS                                                                                \
	(DEVICE_PART_LOCAL | DEVICE_PART_UNDERLAY | DEVICE_PART_LEARNING | DEVICE_PART_TTL |       \
	 DEVICE_PART_TOS)

static void put_vxlan(struct nl_msg *message, const struct vxlan_params *vxlan, uint32_t parts,
		      bool make)
{
	struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO);
	struct nlattr *data;

	nla_put_string(message, IFLA_INFO_KIND, "vxlan");
	data = nla_nest_start(message, IFLA_INFO_DATA);
	if (make)
		put_fixed(message, vxlan);
	if ((parts & DEVICE_PART_LOCAL) != 0)
		put_local(message, &vxlan->local);
	if ((parts & DEVICE_PART_UNDERLAY) != 0)
		nla_put_u32(message, IFLA_VXLAN_LINK, vxlan->underlay);
	if ((parts & DEVICE_PART_LEARNING) != 0)
		nla_put_u8(message, IFLA_VXLAN_LEARNING, vxlan->learning);
	if ((parts & DEVICE_PART_TTL) != 0)
		nla_put_u8(message, IFLA_VXLAN_TTL, vxlan->ttl);
	if ((parts & DEVICE_PART_TOS) != 0)
		nla_put_u8(message, IFLA_VXLAN_TOS, vxlan->tos);
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

/* An alias is cleared by one of no bytes; a NUL would be an alias of one. */
static void put_alias(struct nl_msg *message, const struct link *link)
{
	int len = (int)strlen(link->alias);

	if (len < LINK_ALIAS_MAX - 1)
		nla_put(message, IFLA_IFALIAS, len, link->alias);
	nla_put_u32(message, IFLA_GROUP, link->group);
}

static void put_parts(struct nl_msg *message, const struct link *link, uint32_t parts)
{
	if ((parts & DEVICE_PART_MAC) != 0)
		nla_put(message, IFLA_ADDRESS, sizeof(link->mac), link->mac.bytes);
	if ((parts & DEVICE_PART_MTU) != 0)
		nla_put_u32(message, IFLA_MTU, link->mtu);
	if ((parts & DEVICE_PART_TXQLEN) != 0)
		nla_put_u32(message, IFLA_TXQLEN, link->txqlen);
	if ((parts & DEVICE_PART_MODE) != 0)
		put_mode(message, link->addrgenmode);
	if ((parts & DEVICE_PART_ALIAS) != 0)
		put_alias(message, link);
}

int kernel_link_make(struct netlink *netlink, const struct link *link, struct error *err)
{
	struct ifinfomsg header = {.ifi_index = (int)link->index};
	struct nl_msg *message = netlink_begin(netlink, RTM_NEWLINK,
					       NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &header,
					       sizeof(header));

	nla_put_string(message, IFLA_IFNAME, link->name);
	put_parts(message, link, DEVICE_PART_MAC | DEVICE_PART_MTU | DEVICE_PART_TXQLEN);
	nla_put_u32(message, IFLA_GROUP, DEVICE_GROUP);
	put_vxlan(message, &link->vxlan, VXLAN_PARTS & ~link->unknown, true);
	return netlink_command(netlink, err);
}

static int set_parts(struct netlink *netlink, const struct link *link, uint32_t parts,
		     struct error *err)
{
	struct ifinfomsg header = {.ifi_index = (int)link->index};
	struct nl_msg *message;

	if ((parts & DEVICE_PART_UP) != 0) {
		header.ifi_flags = link->flags & IFF_UP;
		header.ifi_change = IFF_UP;
	}
	message = netlink_begin(netlink, RTM_NEWLINK, NLM_F_ACK, &header, sizeof(header));
	put_parts(message, link, parts);
	if ((parts & VXLAN_PARTS) != 0)
		put_vxlan(message, &link->vxlan, parts, false);
	return netlink_command(netlink, err);
}

/* A message with VXLAN parts must not set the MTU as well (drivers/net/vxlan, vxlan_nl2conf). */
int kernel_link_set(struct netlink *netlink, const struct link *link, uint32_t parts,
		    struct error *err)
{
	uint32_t others;
	int status = 0;

	parts &= ~link->unknown;
	others = parts & ~VXLAN_PARTS;
	if ((parts & VXLAN_PARTS) != 0)
		status = set_parts(netlink, link, parts & VXLAN_PARTS, err);
	return status < 0 || others == 0 ? status : set_parts(netlink, link, others, err);
}
