/* read.c - dumps of routes, rules, neighbours and forwarding entries, and lookups. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/read.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#define SIBLINGS_MOST 64 /* next hops of one IPv6 route that are told apart */

/* Who gets the rows of a dump. */
struct sink {
	kernel_route_fn *route;
	kernel_rule_fn *rule;
	kernel_neigh_fn *neigh;
	kernel_fdb_fn *fdb;
	void *context;
	uint8_t except; /* a protocol of routes */
};

/* A dump that ends with one of these codes is of something that is not there: it is empty. */
static int ask_for(struct netlink *netlink, netlink_answer_fn *take, struct sink *sink,
		   const int absent[2], struct error *err)
{
	struct error failed = {0};
	int status = netlink_ask(netlink, take, sink, &failed);

	if (status < 0 && (status == -absent[0] || status == -absent[1]))
		return 0;
	if (status < 0 && err != NULL)
		*err = failed;
	return status;
}

static int take_route(void *context, const struct nlmsghdr *message)
{
	const struct sink *sink = context;
	const struct rtmsg *header = NLMSG_DATA(message);
	struct route rows[SIBLINGS_MOST];
	uint32_t count;
	int status = 0;

	if ((sink->except != 0 && header->rtm_protocol == sink->except) ||
	    (header->rtm_flags & RTM_F_CLONED) != 0)
		return 0;
	count = kernel_parse_route(message, rows, SIBLINGS_MOST);
	for (uint32_t i = 0; i < count && status == 0; i++)
		status = sink->route(sink->context, &rows[i]);
	return status;
}

int kernel_read_routes(struct netlink *netlink, struct kernel_route_filter filter,
		       kernel_route_fn *each, void *context, struct error *err)
{
	struct sink sink = {.route = each, .context = context, .except = filter.except};
	struct rtmsg header = {.rtm_family = filter.family, .rtm_protocol = filter.protocol};
	struct nl_msg *message = netlink_begin(netlink, RTM_GETROUTE, NLM_F_DUMP, &header,
					       sizeof(header));

	if (filter.table != 0)
		nla_put_u32(message, RTA_TABLE, filter.table);
	return ask_for(netlink, take_route, &sink, (const int[]){ENOENT, 0}, err);
}

/* What is asked, and what is answered. */
struct lookup {
	const struct flow *flow;
	struct route *out;
	uint32_t most;
	uint32_t count; /* of rows that were answered */
};

static int take_lookup(void *context, const struct nlmsghdr *message)
{
	struct lookup *lookup = context;
	struct route rows[SIBLINGS_MOST];
	uint32_t most = lookup->most < SIBLINGS_MOST ? lookup->most : SIBLINGS_MOST;
	uint32_t count = kernel_parse_route(message, rows, most);
	struct prefix prefix;

	if (count == 0)
		return -EBADMSG;
	prefix = route_prefix(rows);
	if (!prefix_holds(&prefix, &lookup->flow->dst))
		return -EBADMSG;
	memcpy(lookup->out, rows, count * sizeof(*rows));
	lookup->count = count;
	return 0;
}

static void put_flow(struct nl_msg *message, const struct flow *flow)
{
	int size = ip_bits(flow->dst.family) / 8;

	nla_put(message, RTA_DST, size, flow->dst.bytes);
	if (ip_is_set(&flow->src))
		nla_put(message, RTA_SRC, size, flow->src.bytes);
	if (flow->iif != 0)
		nla_put_u32(message, RTA_IIF, flow->iif);
	else if (flow->vrf != 0)
		nla_put_u32(message, RTA_OIF, flow->vrf);
	if (flow->udp_port == 0)
		return;
	nla_put_u8(message, RTA_IP_PROTO, IPPROTO_UDP);
	nla_put_u16(message, RTA_DPORT, htons(flow->udp_port));
}

static int ask_route(struct netlink *netlink, struct lookup *lookup, uint32_t flags,
		     struct error *err)
{
	const struct flow *flow = lookup->flow;
	struct rtmsg header = {.rtm_family = flow->dst.family,
			       .rtm_dst_len = ip_bits(flow->dst.family),
			       .rtm_src_len = ip_is_set(&flow->src) ? ip_bits(flow->dst.family) : 0,
			       .rtm_flags = flags};
	struct nl_msg *message = netlink_begin(netlink, RTM_GETROUTE, NLM_F_ACK, &header,
					       sizeof(header));
	int status;

	put_flow(message, flow);
	status = netlink_ask(netlink, take_lookup, lookup, err);
	if (status == 0 && lookup->count == 0)
		return error_set(err, EBADMSG, "the kernel named no route");
	return status;
}

int kernel_lookup_route(struct netlink *netlink, const struct flow *flow, struct route *out,
			struct error *err)
{
	struct lookup lookup = {.flow = flow, .out = out, .most = 1};

	return ask_route(netlink, &lookup, 0, err);
}

int kernel_match_route(struct netlink *netlink, const struct flow *flow, struct route *out,
		       uint32_t most, struct error *err)
{
	/* Without it IPv4 names the main table, whichever it was; IPv6 names the right one and
	 * refuses the flag. */
	uint32_t table = flow->dst.family == AF_INET ? RTM_F_LOOKUP_TABLE : 0;

	struct lookup lookup = {.flow = flow, .out = out, .most = most};
	int status = ask_route(netlink, &lookup, RTM_F_FIB_MATCH | table, err);

	return status < 0 ? status : (int)lookup.count;
}

/*
 * What is kept of a rule, or is not a condition: who made it (FRA_PROTOCOL), the realm that it
 * gives (FRA_FLOW). Any other attribute is a condition that is not told apart here, those of
 * kernels to come among them.
 */
#define KNOWN                                                                                      \
	(BIT(FRA_DST) | BIT(FRA_SRC) | BIT(FRA_IIFNAME) | BIT(FRA_OIFNAME) | BIT(FRA_PRIORITY) |   \
	 BIT(FRA_FWMARK) | BIT(FRA_FWMASK) | BIT(FRA_TABLE) | BIT(FRA_L3MDEV) |                    \
	 BIT(FRA_SUPPRESS_PREFIXLEN) | BIT(FRA_PROTOCOL) | BIT(FRA_FLOW) | BIT(FRA_PAD))
#define BIT(type) (UINT64_C(1) << (type))

static const struct nla_policy rule_policy[FRA_MAX + 1] = {
	[FRA_PRIORITY] = {.type = NLA_U32},
	[FRA_TABLE] = {.type = NLA_U32},
	[FRA_FWMARK] = {.type = NLA_U32},
	[FRA_FWMASK] = {.type = NLA_U32},
	[FRA_SUPPRESS_PREFIXLEN] = {.type = NLA_U32},
	[FRA_L3MDEV] = {.type = NLA_U8},
};

/* Whether the prefix is known: one of some length comes with its address. */
static bool take_prefix(struct prefix *out, const struct nlattr *attr, uint8_t family, uint8_t len)
{
	if (len > ip_bits(family) || (len > 0 && !netlink_ip(&out->ip, attr, family)))
		return false;
	out->ip.family = family;
	out->len = len;
	return true;
}

static void take_name(char out[LINK_NAME_MAX], const struct nlattr *attr)
{
	if (attr != NULL)
		(void)nla_strlcpy(out, attr, LINK_NAME_MAX);
}

static bool has_more(const struct nlmsghdr *message)
{
	const struct fib_rule_hdr *header = nlmsg_data(message);
	const struct nlattr *at = nlmsg_attrdata(message, sizeof(*header));
	int left = nlmsg_attrlen(message, sizeof(*header));

	for (; nla_ok(at, left); at = nla_next(at, &left)) {
		if (nla_type(at) >= 64 || (BIT(nla_type(at)) & KNOWN) == 0)
			return true;
	}
	return header->tos != 0;
}

static struct rule rule_from(const struct fib_rule_hdr *header, struct nlattr *const at[])
{
	struct rule rule = {
		.priority = netlink_u32(at[FRA_PRIORITY], 0),
		.table = netlink_u32(at[FRA_TABLE], header->table),
		.mark = netlink_u32(at[FRA_FWMARK], 0),
		.family = header->family,
		.action = header->action,
		.inverted = (header->flags & FIB_RULE_INVERT) != 0,
		.l3mdev = at[FRA_L3MDEV] != NULL && nla_get_u8(at[FRA_L3MDEV]) != 0,
	};
	/* Always reported; all ones mean none. */
	uint32_t suppressed = netlink_u32(at[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX);

	rule.shortest = suppressed < ip_bits(rule.family) ? (uint8_t)(suppressed + 1) : 0;
	rule.mask = netlink_u32(at[FRA_FWMASK], at[FRA_FWMARK] != NULL ? UINT32_MAX : 0);
	rule.odd |= !take_prefix(&rule.dst, at[FRA_DST], rule.family, header->dst_len);
	rule.odd |= !take_prefix(&rule.src, at[FRA_SRC], rule.family, header->src_len);
	take_name(rule.iif, at[FRA_IIFNAME]);
	take_name(rule.oif, at[FRA_OIFNAME]);
	return rule;
}

static int take_rule(void *context, const struct nlmsghdr *message)
{
	const struct sink *sink = context;
	const struct fib_rule_hdr *header = nlmsg_data(message);
	struct nlattr *at[FRA_MAX + 1] = {0};
	struct rule rule;

	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(*header), at, FRA_MAX,
			rule_policy) < 0)
		return 0;
	rule = rule_from(header, at);
	rule.odd |= has_more(message);
	return sink->rule(sink->context, &rule);
}

int kernel_read_rules(struct netlink *netlink, uint8_t family, kernel_rule_fn *each, void *context,
		      struct error *err)
{
	struct sink sink = {.rule = each, .context = context};
	struct fib_rule_hdr header = {.family = family};

	(void)netlink_begin(netlink, RTM_GETRULE, NLM_F_DUMP, &header, sizeof(header));
	return ask_for(netlink, take_rule, &sink, (const int[]){EOPNOTSUPP, EAFNOSUPPORT}, err);
}

static void parse_neigh(const struct nlmsghdr *message, struct nlattr *at[NDA_MAX + 1])
{
	(void)nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(struct ndmsg), at, NDA_MAX,
			  NULL);
}

static bool take_mac(struct mac *out, const struct nlattr *attr)
{
	if (attr == NULL || nla_len(attr) != (int)sizeof(*out))
		return false;
	memcpy(out->bytes, nla_data(attr), sizeof(*out));
	return true;
}

static int take_neigh(void *context, const struct nlmsghdr *message)
{
	const struct sink *sink = context;
	const struct ndmsg *header = nlmsg_data(message);
	struct nlattr *at[NDA_MAX + 1] = {0};
	struct neigh neigh = {.link = (uint32_t)header->ndm_ifindex, .state = header->ndm_state};

	parse_neigh(message, at);
	if (!netlink_ip(&neigh.ip, at[NDA_DST], header->ndm_family))
		return 0;
	(void)take_mac(&neigh.mac, at[NDA_LLADDR]);
	return sink->neigh(sink->context, &neigh);
}

/*
 * The other attributes decide nothing: who made it (NDA_PROTOCOL), its age and its use, the bridge
 * or VLAN that it is a port of. Nor do flags: of a permanent entry NTF_EXT_LEARNED, NTF_ROUTER or
 * NTF_STICKY only say what may change it.
 */
static bool is_odd_fdb(struct nlattr *const at[])
{
	return at[NDA_PORT] != NULL || at[NDA_VNI] != NULL || at[NDA_IFINDEX] != NULL ||
	       at[NDA_NH_ID] != NULL;
}

/* It shows in the length alone. */
static uint8_t family_of(const struct nlattr *address)
{
	return address != NULL && nla_len(address) == 4 ? AF_INET : AF_INET6;
}

static int take_fdb(void *context, const struct nlmsghdr *message)
{
	const struct sink *sink = context;
	const struct ndmsg *header = nlmsg_data(message);
	struct nlattr *at[NDA_MAX + 1] = {0};
	struct fdb fdb = {.link = (uint32_t)header->ndm_ifindex, .state = header->ndm_state};

	parse_neigh(message, at);
	if (!netlink_ip(&fdb.dst, at[NDA_DST], family_of(at[NDA_DST])) ||
	    !take_mac(&fdb.mac, at[NDA_LLADDR]))
		return 0;
	if ((fdb.state & NUD_PERMANENT) != 0)
		fdb.state = NUD_PERMANENT;
	fdb.odd = is_odd_fdb(at);
	return sink->fdb(sink->context, &fdb);
}

static void begin_neighs(struct netlink *netlink, uint8_t family, uint32_t link)
{
	struct ndmsg header = {.ndm_family = family};
	struct nl_msg *message = netlink_begin(netlink, RTM_GETNEIGH, NLM_F_DUMP, &header,
					       sizeof(header));

	if (link != KERNEL_ANY_LINK)
		nla_put_u32(message, NDA_IFINDEX, link);
}

int kernel_read_neighs(struct netlink *netlink, uint32_t link, kernel_neigh_fn *each, void *context,
		       struct error *err)
{
	struct sink sink = {.neigh = each, .context = context};
	int status;

	begin_neighs(netlink, link == KERNEL_ANY_LINK ? AF_UNSPEC : AF_INET, link);
	status = netlink_ask(netlink, take_neigh, &sink, err);
	if (status < 0 || link == KERNEL_ANY_LINK)
		return status;
	begin_neighs(netlink, AF_INET6, link);
	return netlink_ask(netlink, take_neigh, &sink, err);
}

int kernel_read_fdb(struct netlink *netlink, uint32_t link, kernel_fdb_fn *each, void *context,
		    struct error *err)
{
	struct sink sink = {.fdb = each, .context = context};

	begin_neighs(netlink, AF_BRIDGE, link);
	return ask_for(netlink, take_fdb, &sink, (const int[]){ENODEV, 0}, err);
}
