/* link.c - dumps of links and addresses, parsed message by message. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/read.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "croute/model/device.h"

/* Copy text that the kernel ends with NUL, cut to `size`. */
static void copy_text(char *out, size_t size, const struct nlattr *attr)
{
	if (attr != NULL)
		(void)nla_strlcpy(out, attr, size);
}

/*
 * The least length of each attribute: a message with a shorter one is not taken for an answer.
 *
 * What else a dump holds, and why it is skipped: carrier and operational state (routes stay without
 * a carrier and work again with it), proto_down (the kernel's own words say why `up` is refused),
 * queues, statistics, VFs, XDP and offloads (nothing is decided by them). Of VXLAN: the default
 * destination is a row of the all-zero MAC in the FDB dump; ageing and maxaddress are for learned
 * entries, of which there are none; the port range, DF, label, l2miss and l3miss change no way that
 * a packet takes.
 */
static const struct nla_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_MTU] = {.type = NLA_U32},
	[IFLA_GROUP] = {.type = NLA_U32},
	[IFLA_TXQLEN] = {.type = NLA_U32},
	[IFLA_MASTER] = {.type = NLA_U32},
};

static const struct nla_policy vxlan_policy[IFLA_VXLAN_MAX + 1] = {
	[IFLA_VXLAN_ID] = {.type = NLA_U32},
	[IFLA_VXLAN_LINK] = {.type = NLA_U32},
	[IFLA_VXLAN_PORT] = {.type = NLA_U16},
	[IFLA_VXLAN_UDP_CSUM] = {.type = NLA_U8},
	[IFLA_VXLAN_COLLECT_METADATA] = {.type = NLA_U8},
	[IFLA_VXLAN_UDP_ZERO_CSUM6_RX] = {.type = NLA_U8},
	[IFLA_VXLAN_REMCSUM_RX] = {.type = NLA_U8},
	[IFLA_VXLAN_LEARNING] = {.type = NLA_U8},
	[IFLA_VXLAN_TTL] = {.type = NLA_U8},
	[IFLA_VXLAN_TOS] = {.type = NLA_U8},
};

static const struct nla_policy vrf_policy[IFLA_VRF_MAX + 1] = {
	[IFLA_VRF_TABLE] = {.type = NLA_U32},
};

static const struct nla_policy ipv6_policy[IFLA_INET6_MAX + 1] = {
	[IFLA_INET6_ADDR_GEN_MODE] = {.type = NLA_U8},
};

static uint8_t u8_or(const struct nlattr *attr, uint8_t otherwise)
{
	return attr != NULL ? nla_get_u8(attr) : otherwise;
}

/* What was left out is not zero, it is unknown. */
static void note_missing(struct link *link, const struct nlattr *attr, uint32_t part)
{
	if (attr == NULL)
		link->unknown |= part;
}

/* What only creation sets. */
static void parse_fixed(struct link *link, struct nlattr *at[])
{
	struct vxlan_params *vxlan = &link->vxlan;

	note_missing(link, at[IFLA_VXLAN_ID], DEVICE_PART_FIXED);
	note_missing(link, at[IFLA_VXLAN_PORT], DEVICE_PART_FIXED);
	note_missing(link, at[IFLA_VXLAN_UDP_CSUM], DEVICE_PART_FIXED);
	vxlan->vni = netlink_u32(at[IFLA_VXLAN_ID], 0);
	if (at[IFLA_VXLAN_PORT] != NULL)
		vxlan->port = ntohs(nla_get_u16(at[IFLA_VXLAN_PORT]));
	vxlan->udp_csum = u8_or(at[IFLA_VXLAN_UDP_CSUM], 0);
	vxlan->odd = at[IFLA_VXLAN_GBP] != NULL || at[IFLA_VXLAN_GPE] != NULL ||
		     u8_or(at[IFLA_VXLAN_COLLECT_METADATA], 0) != 0 ||
		     u8_or(at[IFLA_VXLAN_UDP_ZERO_CSUM6_RX], 0) != 0 ||
		     u8_or(at[IFLA_VXLAN_REMCSUM_RX], 0) != 0;
}

static void parse_vxlan(struct link *link, struct nlattr *data)
{
	struct nlattr *at[IFLA_VXLAN_MAX + 1] = {0};
	struct vxlan_params *vxlan = &link->vxlan;

	if (data == NULL || nla_parse_nested(at, IFLA_VXLAN_MAX, data, vxlan_policy) < 0) {
		link->unknown |= DEVICE_PARTS_VXLAN;
		return;
	}
	note_missing(link, at[IFLA_VXLAN_LEARNING], DEVICE_PART_LEARNING);
	note_missing(link, at[IFLA_VXLAN_TTL], DEVICE_PART_TTL);
	note_missing(link, at[IFLA_VXLAN_TOS], DEVICE_PART_TOS);
	vxlan->learning = u8_or(at[IFLA_VXLAN_LEARNING], 0);
	vxlan->ttl = u8_or(at[IFLA_VXLAN_TTL], 0);
	vxlan->tos = u8_or(at[IFLA_VXLAN_TOS], 0);
	vxlan->underlay = netlink_u32(at[IFLA_VXLAN_LINK], 0);
	(void)netlink_ip(&vxlan->local, at[IFLA_VXLAN_LOCAL], AF_INET);
	(void)netlink_ip(&vxlan->local, at[IFLA_VXLAN_LOCAL6], AF_INET6);
	parse_fixed(link, at);
}

static uint32_t parse_vrf(struct nlattr *data)
{
	struct nlattr *at[IFLA_VRF_MAX + 1] = {0};

	if (data == NULL || nla_parse_nested(at, IFLA_VRF_MAX, data, vrf_policy) < 0)
		return 0;
	return netlink_u32(at[IFLA_VRF_TABLE], 0);
}

static void parse_kind(struct link *link, struct nlattr *info)
{
	struct nlattr *at[IFLA_INFO_MAX + 1] = {0};

	if (info == NULL || nla_parse_nested(at, IFLA_INFO_MAX, info, NULL) < 0)
		return;
	copy_text(link->kind, sizeof(link->kind), at[IFLA_INFO_KIND]);
	if (strcmp(link->kind, "vxlan") == 0)
		parse_vxlan(link, at[IFLA_INFO_DATA]);
	else if (strcmp(link->kind, "vrf") == 0)
		link->vrf_table = parse_vrf(at[IFLA_INFO_DATA]);
}

/* A VXLAN device that was moved to another network namespace sends and receives in that of its
 * making: the link below is none of ours, and no port of ours is taken. */
static void note_elsewhere(struct link *link, const struct nlattr *netnsid)
{
	if (netnsid == NULL || strcmp(link->kind, "vxlan") != 0)
		return;
	link->vxlan.underlay = 0;
	link->vxlan.port = 0;
	link->vxlan.odd = 1;
}

/* IFLA_AF_SPEC holds one nest per family, none of IPv6 for a link without it: no link-local
 * addresses come about there. */
static void parse_mode(struct link *link, struct nlattr *spec)
{
	struct nlattr *families[AF_INET6 + 1] = {0};
	struct nlattr *at[IFLA_INET6_MAX + 1] = {0};

	link->addrgenmode = IN6_ADDR_GEN_MODE_NONE;
	if (spec == NULL || nla_parse_nested(families, AF_INET6, spec, NULL) < 0 ||
	    families[AF_INET6] == NULL ||
	    nla_parse_nested(at, IFLA_INET6_MAX, families[AF_INET6], ipv6_policy) < 0)
		return;
	note_missing(link, at[IFLA_INET6_ADDR_GEN_MODE], DEVICE_PART_MODE);
	link->addrgenmode = u8_or(at[IFLA_INET6_ADDR_GEN_MODE], 0);
}

/* Name and MTU are always reported; a link without them is none that anything can be decided by. */
static bool parse_link(const struct nlmsghdr *message, struct link *link)
{
	const struct ifinfomsg *header = nlmsg_data(message);
	struct nlattr *at[IFLA_MAX + 1] = {0};

	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(*header), at, IFLA_MAX,
			link_policy) < 0 ||
	    at[IFLA_IFNAME] == NULL || at[IFLA_MTU] == NULL)
		return false;
	*link = (struct link){.index = (uint32_t)header->ifi_index, .flags = header->ifi_flags};
	link->mtu = netlink_u32(at[IFLA_MTU], 0);
	link->group = netlink_u32(at[IFLA_GROUP], 0);
	note_missing(link, at[IFLA_TXQLEN], DEVICE_PART_TXQLEN);
	link->txqlen = netlink_u32(at[IFLA_TXQLEN], 0);
	link->master = netlink_u32(at[IFLA_MASTER], 0);
	copy_text(link->name, sizeof(link->name), at[IFLA_IFNAME]);
	copy_text(link->alias, sizeof(link->alias), at[IFLA_IFALIAS]);
	if (at[IFLA_ADDRESS] != NULL && nla_len(at[IFLA_ADDRESS]) == (int)sizeof(link->mac))
		memcpy(link->mac.bytes, nla_data(at[IFLA_ADDRESS]), sizeof(link->mac));
	parse_kind(link, at[IFLA_LINKINFO]);
	note_elsewhere(link, at[IFLA_LINK_NETNSID]);
	parse_mode(link, at[IFLA_AF_SPEC]);
	return true;
}

static int take_altnames(struct links *links, const struct nlmsghdr *message, uint32_t link)
{
	struct nlattr *list = nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)message,
					      sizeof(struct ifinfomsg), IFLA_PROP_LIST);
	struct nlattr *at;
	int status = 0;
	int left;

	if (list == NULL)
		return 0;
	nla_for_each_nested(at, list, left)
	{
		struct link_altname altname = {.link = link};

		if (nla_type(at) != IFLA_ALT_IFNAME)
			continue;
		copy_text(altname.name, sizeof(altname.name), at);
		status = rows_add(&links->altnames, &altname);
		if (status < 0)
			break;
	}
	return status;
}

static int take_link(void *context, const struct nlmsghdr *message)
{
	struct links *links = context;
	struct link link;
	int status;

	if (!parse_link(message, &link))
		return 0;
	status = rows_add(&links->links, &link);
	return status < 0 ? status : take_altnames(links, message, link.index);
}

static struct nl_msg *begin_links(struct netlink *netlink)
{
	struct ifinfomsg header = {0};

	return netlink_begin(netlink, RTM_GETLINK, NLM_F_DUMP, &header, sizeof(header));
}

static int take_mode(void *context, const struct nlmsghdr *message)
{
	struct link told;
	struct link *link;

	if (!parse_link(message, &told) || (told.unknown & DEVICE_PART_MODE) != 0)
		return 0;
	link = (struct link *)(uintptr_t)links_find_index(context, told.index);
	if (link != NULL) {
		link->addrgenmode = told.addrgenmode;
		link->unknown &= ~DEVICE_PART_MODE;
	}
	return 0;
}

static bool lacks_mode(const struct links *links)
{
	for (uint32_t i = 0; i < links->links.count; i++) {
		const struct link *link = links_at(links, i);

		if ((link->unknown & DEVICE_PART_MODE) != 0 && strcmp(link->kind, "vxlan") == 0)
			return true;
	}
	return false;
}

/*
 * Kernels before 6.15 without a later patch (6.12.23 and the stable trees of April 2025 have it)
 * leave the mode out of a dump that skips statistics (net/ipv6/addrconf.c,
 * inet6_fill_ifla6_attrs). It matters of VXLAN devices, so they are dumped once more, with all that
 * there is.
 */
static int read_modes(struct netlink *netlink, struct links *links, struct error *err)
{
	struct nl_msg *message;
	struct nlattr *info;

	if (!lacks_mode(links))
		return 0;
	message = begin_links(netlink);
	info = nla_nest_start(message, IFLA_LINKINFO);
	nla_put_string(message, IFLA_INFO_KIND, "vxlan");
	nla_nest_end(message, info);
	return netlink_ask(netlink, take_mode, links, err);
}

/*
 * The flags that count stand in the header; IFA_FLAGS has more, of which none does: whoever sets
 * noprefixroute adds the route of the prefix himself (NetworkManager). A deprecated or temporary
 * address is still the host's. Lifetimes, labels, broadcast and multicast addresses, priority and
 * maker decide nothing. IFA_TARGET_NETNSID only comes to those who ask for another namespace.
 */
static int take_address(void *context, const struct nlmsghdr *message)
{
	struct links *links = context;
	const struct ifaddrmsg *header = nlmsg_data(message);
	struct nlattr *at[IFA_MAX + 1] = {0};
	struct link_address address = {0};

	(void)nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(*header), at, IFA_MAX,
			  NULL);
	address.link = header->ifa_index;
	address.len = header->ifa_prefixlen;
	address.scope = header->ifa_scope;
	address.flags = header->ifa_flags & (LINK_ADDRESS_FAILED | LINK_ADDRESS_TENTATIVE);
	if ((header->ifa_flags & IFA_F_OPTIMISTIC) != 0)
		address.flags &= (uint8_t)~LINK_ADDRESS_TENTATIVE; /* used anyway */
	if (!netlink_ip(&address.ip, at[IFA_LOCAL] != NULL ? at[IFA_LOCAL] : at[IFA_ADDRESS],
			header->ifa_family))
		return 0;
	return rows_add(&links->addresses, &address);
}

/* By family, since a kernel without IPv6 answers for it with the addresses of all. */
static int read_addresses(struct netlink *netlink, uint8_t family, struct links *links,
			  struct error *err)
{
	struct ifaddrmsg header = {.ifa_family = family};

	(void)netlink_begin(netlink, RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header));
	return netlink_ask(netlink, take_address, links, err);
}

int kernel_read_links(struct netlink *netlink, struct links *links, struct error *err)
{
	struct nl_msg *message;
	int status;

	links_reset(links);
	message = begin_links(netlink);
	nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	status = netlink_ask(netlink, take_link, links, err);
	if (status == 0)
		status = read_modes(netlink, links, err);
	if (status == 0)
		status = read_addresses(netlink, AF_INET, links, err);
	if (status == 0)
		status = read_addresses(netlink, AF_INET6, links, err);
	rows_settle(&links->addresses);
	return status;
}

/* What is asked, and the link that answers. */
struct link_question {
	uint32_t index;
	struct link link;
};

static int take_asked_link(void *context, const struct nlmsghdr *message)
{
	struct link_question *question = context;
	struct link link;

	if (parse_link(message, &link) && link.index == question->index)
		question->link = link;
	return 0;
}

int kernel_read_link(struct netlink *netlink, uint32_t index, struct link *out, struct error *err)
{
	struct ifinfomsg header = {.ifi_index = (int)index};
	struct link_question question = {.index = index};
	int status;

	(void)netlink_begin(netlink, RTM_GETLINK, NLM_F_ACK, &header, sizeof(header));
	status = netlink_ask(netlink, take_asked_link, &question, err);
	if (status == 0 && question.link.index == 0)
		return error_set(err, EBADMSG, "the kernel named no link");
	if (status == 0)
		*out = question.link;
	return status;
}
