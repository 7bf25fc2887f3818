/* record.c - from what the kernel reports of the table to the messages that make it again. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#define HEADER ((int)sizeof(struct nfgenmsg))
#define BIT(type) (1U << (type))

/* What is made of the answers of a kind. */
struct kind {
	uint16_t flags; /* of a message that makes one */
	int table;	/* the attribute that names the table */
	uint32_t drop;	/* bits of attributes that the kernel gives out itself */
};

static const struct kind kinds[] = {
	[NFT_MSG_NEWTABLE] = {NLM_F_CREATE, NFTA_TABLE_NAME,
			      BIT(NFTA_TABLE_HANDLE) | BIT(NFTA_TABLE_USE) | BIT(NFTA_TABLE_PAD) |
				      BIT(NFTA_TABLE_OWNER)},
	[NFT_MSG_NEWCHAIN] = {NLM_F_CREATE, NFTA_CHAIN_TABLE,
			      BIT(NFTA_CHAIN_HANDLE) | BIT(NFTA_CHAIN_USE) | BIT(NFTA_CHAIN_PAD)},
	[NFT_MSG_NEWRULE] = {NLM_F_CREATE | NLM_F_APPEND, NFTA_RULE_TABLE,
			     BIT(NFTA_RULE_HANDLE) | BIT(NFTA_RULE_POSITION) | BIT(NFTA_RULE_PAD)},
};

static const struct nlattr *find(const struct nlmsghdr *message, int type)
{
	return nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)message, HEADER, type);
}

static bool is_ours(const struct nlmsghdr *told, const struct kind *kind)
{
	const struct nlattr *name = find(told, kind->table);

	return name != NULL && nla_len(name) == sizeof(MASQUERADE_TABLE) &&
	       memcmp(nla_data(name), MASQUERADE_TABLE, sizeof(MASQUERADE_TABLE)) == 0;
}

static const struct kind *kind_of(const struct nlmsghdr *told)
{
	uint32_t type = told->nlmsg_type - (NFNL_SUBSYS_NFTABLES << 8U);

	if (type >= sizeof(kinds) / sizeof(kinds[0]) || kinds[type].table == 0 ||
	    nlmsg_datalen(told) < HEADER || !is_ours(told, &kinds[type]))
		return NULL;
	return &kinds[type];
}

/* Append the attributes of `told` except for those that are dropped. */
static void copy_attributes(struct nlmsghdr *message, const struct nlmsghdr *told, uint32_t drop)
{
	const struct nlattr *at = nlmsg_attrdata(told, HEADER);
	int left = nlmsg_attrlen(told, HEADER);

	for (; nla_ok(at, left); at = nla_next(at, &left)) {
		if (nla_type(at) < 32 && (BIT(nla_type(at)) & drop) != 0)
			continue;
		memcpy((uint8_t *)message + message->nlmsg_len, at, at->nla_len);
		message->nlmsg_len += (uint32_t)NLA_ALIGN(at->nla_len);
	}
}

int nft_record_add(struct nft_record *record, const struct nlmsghdr *told)
{
	const struct kind *kind = kind_of(told);
	size_t room = NLMSG_ALIGN(told->nlmsg_len);
	struct nlmsghdr *message;

	if (kind == NULL)
		return 0;
	record->messages.limit = NFT_BATCH_MOST;
	message = arena_push(&record->messages, room);
	if (message == NULL)
		return -EMSGSIZE;
	message->nlmsg_type = told->nlmsg_type;
	message->nlmsg_flags = NLM_F_REQUEST | kind->flags;
	message->nlmsg_len = NLMSG_HDRLEN + (uint32_t)NLMSG_ALIGN(HEADER);
	memcpy(nlmsg_data(message), nlmsg_data(told), sizeof(struct nfgenmsg));
	copy_attributes(message, told, kind->drop);
	arena_pop(&record->messages, room - NLMSG_ALIGN(message->nlmsg_len));
	return 1;
}

bool nft_record_is_whole(const struct nft_record *record)
{
	return record->handle == 0 || record->messages.used > 0;
}

void nft_record_release(struct nft_record *record)
{
	arena_release(&record->messages);
}
