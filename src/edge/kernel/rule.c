/* rule.c - a dump of policy rules, parsed message by message. */
#include "croute/edge/kernel/rule.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

struct rule_sink {
	kernel_rule_fn *each;
	void *context;
};

/*
 * What is kept of a rule, or is no condition: who made it (FRA_PROTOCOL), the realm that it gives
 * (FRA_FLOW). Any other attribute is a condition that is not told apart here, those of kernels to
 * come among them.
 */
#define KNOWN                                                                                      \
	(BIT(FRA_DST) | BIT(FRA_SRC) | BIT(FRA_IIFNAME) | BIT(FRA_OIFNAME) | BIT(FRA_PRIORITY) |   \
	 BIT(FRA_FWMARK) | BIT(FRA_FWMASK) | BIT(FRA_TABLE) | BIT(FRA_L3MDEV) |                    \
	 BIT(FRA_SUPPRESS_PREFIXLEN) | BIT(FRA_PROTOCOL) | BIT(FRA_FLOW) | BIT(FRA_PAD))
#define BIT(type) (UINT64_C(1) << (type))

static const struct nla_policy policy[FRA_MAX + 1] = {
	[FRA_PRIORITY] = {.type = NLA_U32},
	[FRA_TABLE] = {.type = NLA_U32},
	[FRA_FWMARK] = {.type = NLA_U32},
	[FRA_FWMASK] = {.type = NLA_U32},
	[FRA_SUPPRESS_PREFIXLEN] = {.type = NLA_U32},
	[FRA_L3MDEV] = {.type = NLA_U8},
};

static uint32_t u32_or(const struct nlattr *attr, uint32_t otherwise)
{
	return attr != NULL ? nla_get_u32(attr) : otherwise;
}

/* Whether the prefix is known: one of some length comes with its address. */
static bool take_prefix(struct prefix *out, const struct nlattr *attr, uint8_t family, uint8_t len)
{
	int size = ip_bits(family) / 8;

	if (len > ip_bits(family) || (len > 0 && (attr == NULL || nla_len(attr) < size)))
		return false;
	out->ip.family = family;
	out->len = len;
	if (len > 0)
		memcpy(out->ip.bytes, nla_data(attr), (size_t)size);
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
		.priority = u32_or(at[FRA_PRIORITY], 0),
		.table = u32_or(at[FRA_TABLE], header->table),
		.mark = u32_or(at[FRA_FWMARK], 0),
		.family = header->family,
		.action = header->action,
		.inverted = (header->flags & FIB_RULE_INVERT) != 0,
		.l3mdev = at[FRA_L3MDEV] != NULL && nla_get_u8(at[FRA_L3MDEV]) != 0,
	};
	/* Always reported; all ones mean none. */
	uint32_t suppressed = u32_or(at[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX);

	rule.shortest = suppressed < ip_bits(rule.family) ? (uint8_t)(suppressed + 1) : 0;
	rule.mask = u32_or(at[FRA_FWMASK], at[FRA_FWMARK] != NULL ? UINT32_MAX : 0);
	rule.odd |= !take_prefix(&rule.dst, at[FRA_DST], rule.family, header->dst_len);
	rule.odd |= !take_prefix(&rule.src, at[FRA_SRC], rule.family, header->src_len);
	take_name(rule.iif, at[FRA_IIFNAME]);
	take_name(rule.oif, at[FRA_OIFNAME]);
	return rule;
}

static int take_rule(void *context, const struct nlmsghdr *message)
{
	const struct rule_sink *sink = context;
	const struct fib_rule_hdr *header = nlmsg_data(message);
	struct nlattr *at[FRA_MAX + 1] = {0};
	struct rule rule;

	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(*header), at, FRA_MAX,
			policy) < 0)
		return 0;
	rule = rule_from(header, at);
	rule.odd |= has_more(message);
	return sink->each(sink->context, &rule);
}

int kernel_read_rules(struct netlink *netlink, uint8_t family, kernel_rule_fn *each, void *context,
		      struct error *err)
{
	struct rule_sink sink = {.each = each, .context = context};
	struct fib_rule_hdr header = {.family = family};
	struct error failed = {0};
	int status;

	(void)netlink_begin(netlink, RTM_GETRULE, NLM_F_DUMP, &header, sizeof(header));
	status = netlink_ask(netlink, take_rule, &sink, &failed);
	if (status == -EOPNOTSUPP || status == -EAFNOSUPPORT)
		return 0;
	if (status < 0 && err != NULL)
		*err = failed;
	return status;
}
