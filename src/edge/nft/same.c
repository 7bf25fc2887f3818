/* same.c - what the kernel reports of chains and rules, compared with what was wanted. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/table.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#define HEADER ((int)sizeof(struct nfgenmsg))

/* A range of attributes, as libnl's loops take it. */
struct attributes {
	const struct nlattr *at;
	int left;
};

static struct attributes attributes_of(const struct nlmsghdr *message)
{
	if (nlmsg_datalen(message) < HEADER)
		return (struct attributes){0};
	return (struct attributes){.at = nlmsg_attrdata(message, HEADER),
				   .left = nlmsg_attrlen(message, HEADER)};
}

static struct attributes attributes_in(const struct nlattr *nest)
{
	if (nest == NULL)
		return (struct attributes){0};
	return (struct attributes){.at = nla_data(nest), .left = nla_len(nest)};
}

static const struct nlattr *find(struct attributes range, int type)
{
	return range.left > 0 ? nla_find(range.at, range.left, type) : NULL;
}

static bool same_bytes(const struct nlattr *a, const struct nlattr *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return nla_len(a) == nla_len(b) &&
	       memcmp(nla_data(a), nla_data(b), (size_t)nla_len(a)) == 0;
}

/* Kernels report them in different orders, and newer ones more of them. */
static bool has_all(struct attributes wanted, struct attributes told)
{
	while (nla_ok(wanted.at, wanted.left)) {
		if (!same_bytes(wanted.at, find(told, nla_type(wanted.at))))
			return false;
		wanted.at = nla_next(wanted.at, &wanted.left);
	}
	return true;
}

/* What newer kernels report besides is 0 where it is not used: the operation of `bitwise`, say. */
static bool adds_nothing(struct attributes told, struct attributes wanted)
{
	static const uint8_t none[16];

	while (nla_ok(told.at, told.left)) {
		size_t len = (size_t)nla_len(told.at);

		if (find(wanted, nla_type(told.at)) == NULL &&
		    (len > sizeof(none) || memcmp(nla_data(told.at), none, len) != 0))
			return false;
		told.at = nla_next(told.at, &told.left);
	}
	return true;
}

static bool same_expression(const struct nlattr *wanted, const struct nlattr *told)
{
	struct attributes a = attributes_in(wanted);
	struct attributes b = attributes_in(told);
	struct attributes a_data = attributes_in(find(a, NFTA_EXPR_DATA));
	struct attributes b_data = attributes_in(find(b, NFTA_EXPR_DATA));

	return nla_type(wanted) == nla_type(told) &&
	       same_bytes(find(a, NFTA_EXPR_NAME), find(b, NFTA_EXPR_NAME)) &&
	       has_all(a_data, b_data) && adds_nothing(b_data, a_data);
}

static bool same_expressions(struct attributes wanted, struct attributes told)
{
	while (nla_ok(wanted.at, wanted.left) && nla_ok(told.at, told.left)) {
		if (!same_expression(wanted.at, told.at))
			return false;
		wanted.at = nla_next(wanted.at, &wanted.left);
		told.at = nla_next(told.at, &told.left);
	}
	return !nla_ok(wanted.at, wanted.left) && !nla_ok(told.at, told.left);
}

bool nft_same_chain(const struct nlmsghdr *wanted, const struct nlmsghdr *told)
{
	struct attributes a = attributes_of(wanted);
	struct attributes b = attributes_of(told);

	/* A chain without a hook must not have one. */
	return same_bytes(find(a, NFTA_CHAIN_HOOK), find(b, NFTA_CHAIN_HOOK)) && has_all(a, b);
}

bool nft_same_rule(const struct nlmsghdr *wanted, const struct nlmsghdr *told)
{
	struct attributes a = attributes_of(wanted);
	struct attributes b = attributes_of(told);

	return same_bytes(find(a, NFTA_RULE_TABLE), find(b, NFTA_RULE_TABLE)) &&
	       same_bytes(find(a, NFTA_RULE_CHAIN), find(b, NFTA_RULE_CHAIN)) &&
	       same_expressions(attributes_in(find(a, NFTA_RULE_EXPRESSIONS)),
				attributes_in(find(b, NFTA_RULE_EXPRESSIONS)));
}

const struct nlmsghdr *nft_message_at(const struct arena *batch, uint8_t type, uint32_t n)
{
	size_t at = 0;

	while (at < batch->used) {
		const struct nlmsghdr *message = (const void *)(batch->base + at);

		if (message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | type) && n-- == 0)
			return message;
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	return NULL;
}
