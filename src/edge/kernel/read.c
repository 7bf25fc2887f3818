/* read.c - dumps of links, addresses and routes, parsed message by message. */
#include "croute/edge/kernel/read.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#define SIBLINGS_MOST 64 /* next hops of one IPv6 route that are told apart */

struct route_sink {
	kernel_route_fn *each;
	void *context;
};

static int take_route(void *context, const struct nlmsghdr *message)
{
	const struct route_sink *sink = context;
	struct route rows[SIBLINGS_MOST];
	uint32_t count = kernel_parse_route(message, rows, SIBLINGS_MOST);
	int status = 0;

	for (uint32_t i = 0; i < count && status == 0; i++)
		status = sink->each(sink->context, &rows[i]);
	return status;
}

int kernel_read_routes(struct netlink *netlink, struct kernel_route_filter filter,
		       kernel_route_fn *each, void *context, struct error *err)
{
	struct route_sink sink = {.each = each, .context = context};
	struct rtmsg header = {.rtm_family = filter.family, .rtm_protocol = filter.protocol};
	struct nl_msg *message = netlink_begin(netlink, RTM_GETROUTE, NLM_F_DUMP, &header,
					       sizeof(header));
	struct error failed = {0};
	int status;

	if (filter.table != 0)
		nla_put_u32(message, RTA_TABLE, filter.table);
	status = netlink_ask(netlink, take_route, &sink, &failed);
	if (status == -ENOENT)
		return 0;
	if (status < 0 && err != NULL)
		*err = failed;
	return status;
}

static int take_lookup(void *context, const struct nlmsghdr *message)
{
	struct route *out = context;

	/* The answer of a lookup is a cloned route. */
	((struct rtmsg *)nlmsg_data(message))->rtm_flags &= ~(unsigned)RTM_F_CLONED;
	return kernel_parse_route(message, out, 1) == 1 ? 0 : -EBADMSG;
}

static int ask_route(struct netlink *netlink, const struct ip *ip, uint32_t flags,
		     struct route *out, struct error *err)
{
	struct rtmsg header = {
		.rtm_family = ip->family, .rtm_dst_len = ip_bits(ip->family), .rtm_flags = flags};
	struct nl_msg *message = netlink_begin(netlink, RTM_GETROUTE, NLM_F_ACK, &header,
					       sizeof(header));
	struct route route = {0};
	int status;

	nla_put(message, RTA_DST, ip_bits(ip->family) / 8, ip->bytes);
	status = netlink_ask(netlink, take_lookup, &route, err);
	if (status == 0)
		*out = route;
	return status;
}

int kernel_lookup_route(struct netlink *netlink, const struct ip *ip, struct route *out,
			struct error *err)
{
	return ask_route(netlink, ip, 0, out, err);
}

int kernel_match_route(struct netlink *netlink, const struct ip *ip, struct route *out,
		       struct error *err)
{
	/* Without it IPv4 names the main table, whichever it was; IPv6 names the right one and
	 * refuses the flag. */
	uint32_t table = ip->family == AF_INET ? RTM_F_LOOKUP_TABLE : 0;

	return ask_route(netlink, ip, RTM_F_FIB_MATCH | table, out, err);
}

/* Copy text that the kernel ends with NUL, cut to `size`. */
static void copy_text(char *out, size_t size, const struct nlattr *attr)
{
	if (attr != NULL)
		(void)nla_strlcpy(out, attr, size);
}

static uint32_t u32_or(const struct nlattr *attr, uint32_t otherwise)
{
	return attr != NULL && nla_len(attr) >= 4 ? nla_get_u32(attr) : otherwise;
}

static uint8_t u8_or(const struct nlattr *attr, uint8_t otherwise)
{
	return attr != NULL && nla_len(attr) >= 1 ? nla_get_u8(attr) : otherwise;
}

static void take_local(struct ip *out, const struct nlattr *attr, uint8_t family)
{
	int size = ip_bits(family) / 8;

	if (attr == NULL || nla_len(attr) < size)
		return;
	out->family = family;
	memcpy(out->bytes, nla_data(attr), (size_t)size);
}

static void parse_vxlan(struct link *link, struct nlattr *data)
{
	struct nlattr *at[IFLA_VXLAN_MAX + 1] = {0};
	struct vxlan_params *vxlan = &link->vxlan;

	if (nla_parse_nested(at, IFLA_VXLAN_MAX, data, NULL) < 0)
		return;
	vxlan->vni = u32_or(at[IFLA_VXLAN_ID], 0);
	vxlan->underlay = u32_or(at[IFLA_VXLAN_LINK], 0);
	if (at[IFLA_VXLAN_PORT] != NULL && nla_len(at[IFLA_VXLAN_PORT]) >= 2)
		vxlan->port = (uint16_t)__builtin_bswap16(nla_get_u16(at[IFLA_VXLAN_PORT]));
	vxlan->learning = u8_or(at[IFLA_VXLAN_LEARNING], 0);
	vxlan->ttl = u8_or(at[IFLA_VXLAN_TTL], 0);
	vxlan->tos = u8_or(at[IFLA_VXLAN_TOS], 0);
	vxlan->udp_csum = u8_or(at[IFLA_VXLAN_UDP_CSUM], 0);
	vxlan->odd = at[IFLA_VXLAN_GBP] != NULL || at[IFLA_VXLAN_GPE] != NULL ||
		     u8_or(at[IFLA_VXLAN_COLLECT_METADATA], 0) != 0 ||
		     u8_or(at[IFLA_VXLAN_UDP_ZERO_CSUM6_RX], 0) != 0 ||
		     u8_or(at[IFLA_VXLAN_REMCSUM_RX], 0) != 0;
	take_local(&vxlan->local, at[IFLA_VXLAN_LOCAL], AF_INET);
	take_local(&vxlan->local, at[IFLA_VXLAN_LOCAL6], AF_INET6);
}

static void parse_kind(struct link *link, struct nlattr *info)
{
	struct nlattr *at[IFLA_INFO_MAX + 1] = {0};

	if (info == NULL || nla_parse_nested(at, IFLA_INFO_MAX, info, NULL) < 0)
		return;
	copy_text(link->kind, sizeof(link->kind), at[IFLA_INFO_KIND]);
	if (strcmp(link->kind, "vxlan") == 0 && at[IFLA_INFO_DATA] != NULL)
		parse_vxlan(link, at[IFLA_INFO_DATA]);
}

/* IFLA_AF_SPEC holds one nest per family; of IPv6's only how link-local addresses come about is of
 * interest. */
static void parse_af_spec(struct link *link, struct nlattr *spec)
{
	struct nlattr *families[AF_INET6 + 1] = {0};
	struct nlattr *at[IFLA_INET6_MAX + 1] = {0};

	if (spec == NULL || nla_parse_nested(families, AF_INET6, spec, NULL) < 0)
		return;
	if (families[AF_INET6] == NULL ||
	    nla_parse_nested(at, IFLA_INET6_MAX, families[AF_INET6], NULL) < 0)
		return;
	link->addrgenmode = u8_or(at[IFLA_INET6_ADDR_GEN_MODE], 0);
}

static int take_link(void *context, const struct nlmsghdr *message)
{
	struct links *links = context;
	const struct ifinfomsg *header = nlmsg_data(message);
	struct nlattr *at[IFLA_MAX + 1] = {0};
	struct link link = {.addrgenmode = IN6_ADDR_GEN_MODE_NONE}; /* as on a link without IPv6 */

	if (message->nlmsg_type != RTM_NEWLINK ||
	    nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(*header), at, IFLA_MAX,
			NULL) < 0)
		return 0;
	link.index = (uint32_t)header->ifi_index;
	link.flags = header->ifi_flags;
	link.mtu = u32_or(at[IFLA_MTU], 0);
	link.group = u32_or(at[IFLA_GROUP], 0);
	link.txqlen = u32_or(at[IFLA_TXQLEN], 0);
	link.master = u32_or(at[IFLA_MASTER], 0);
	copy_text(link.name, sizeof(link.name), at[IFLA_IFNAME]);
	copy_text(link.alias, sizeof(link.alias), at[IFLA_IFALIAS]);
	if (at[IFLA_ADDRESS] != NULL && nla_len(at[IFLA_ADDRESS]) == (int)sizeof(link.mac))
		memcpy(link.mac.bytes, nla_data(at[IFLA_ADDRESS]), sizeof(link.mac));
	parse_kind(&link, at[IFLA_LINKINFO]);
	parse_af_spec(&link, at[IFLA_AF_SPEC]);
	return rows_add(&links->links, &link);
}

static int take_address(void *context, const struct nlmsghdr *message)
{
	struct links *links = context;
	const struct ifaddrmsg *header = nlmsg_data(message);
	struct nlattr *at[IFA_MAX + 1] = {0};
	struct link_address address = {0};

	if (message->nlmsg_type != RTM_NEWADDR ||
	    nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(*header), at, IFA_MAX, NULL) <
		    0)
		return 0;
	if (header->ifa_family != AF_INET && header->ifa_family != AF_INET6)
		return 0;
	address.link = header->ifa_index;
	address.len = header->ifa_prefixlen;
	address.scope = header->ifa_scope;
	address.flags = header->ifa_flags & (LINK_ADDRESS_FAILED | LINK_ADDRESS_TENTATIVE);
	take_local(&address.ip, at[IFA_LOCAL] != NULL ? at[IFA_LOCAL] : at[IFA_ADDRESS],
		   header->ifa_family);
	return ip_is_set(&address.ip) ? rows_add(&links->addresses, &address) : 0;
}

static int read_addresses(struct netlink *netlink, struct links *links, struct error *err)
{
	struct ifaddrmsg header = {0};
	int status;

	(void)netlink_begin(netlink, RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header));
	status = netlink_ask(netlink, take_address, links, err);
	rows_sort(&links->addresses);
	return status;
}

int kernel_read_links(struct netlink *netlink, struct links *links, struct error *err)
{
	struct ifinfomsg header = {0};
	struct nl_msg *message = netlink_begin(netlink, RTM_GETLINK, NLM_F_DUMP, &header,
					       sizeof(header));
	int status;

	links_reset(links);
	nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	status = netlink_ask(netlink, take_link, links, err);
	return status < 0 ? status : read_addresses(netlink, links, err);
}
