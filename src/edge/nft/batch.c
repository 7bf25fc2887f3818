/* batch.c - the transaction that makes the table, as messages. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#define PRIORITY 100 /* srcnat, as kube-proxy's and flannel's (linux/netfilter_ipv4.h) */

/* Type 0, length, text: so nft(8) keeps the comment of a table (libnftnl, udata.h). */
static const uint8_t comment[] = "\0\017kept by croute";

static const char *const chain_names[MASQUERADE_CHAINS] = {
	[MASQUERADE_POSTROUTING] = "postrouting", [MASQUERADE_FROM_POD] = "from-pod"};

static void put_u32(struct nl_msg *message, int type, uint32_t value)
{
	nla_put_u32(message, type, htonl(value));
}

/* nla_nest_start would mark the nest (NLA_F_NESTED), which the kernel does not do in its dumps. */
static struct nlattr *nest(struct nl_msg *message, int type)
{
	return nla_reserve(message, type, 0);
}

static void nest_end(struct nl_msg *message, struct nlattr *start)
{
	start->nla_len = (uint16_t)((uint8_t *)nlmsg_tail(nlmsg_hdr(message)) - (uint8_t *)start);
}

static void begin(struct nl_msg *message, uint16_t type, uint16_t flags, uint8_t family)
{
	struct nfgenmsg header = {.nfgen_family = family};

	if (type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END)
		header.res_id = htons(NFNL_SUBSYS_NFTABLES);
	else
		type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	nlmsg_hdr(message)->nlmsg_len = NLMSG_HDRLEN; /* the buffer of the last one */
	(void)nlmsg_put(message, 0, 0, type, 0, flags | NLM_F_REQUEST);
	(void)nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO);
}

/* Messages in the making; the first that finds no room ends it. */
struct batch {
	struct arena *to;
	struct nl_msg *message;
	int status;
};

static void add_bytes(struct batch *batch, const void *bytes, size_t size)
{
	void *place = batch->status == 0 ? arena_push(batch->to, NLMSG_ALIGN(size)) : NULL;

	if (place == NULL)
		batch->status = -EMSGSIZE;
	else
		memcpy(place, bytes, size);
}

static void add(struct batch *batch)
{
	const struct nlmsghdr *header = nlmsg_hdr(batch->message);

	add_bytes(batch, header, header->nlmsg_len);
}

static void add_mark(struct batch *batch, uint16_t type)
{
	begin(batch->message, type, 0, AF_UNSPEC);
	add(batch);
}

static void add_table(struct batch *batch, uint16_t type)
{
	begin(batch->message, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0, NFPROTO_INET);
	nla_put_string(batch->message, NFTA_TABLE_NAME, MASQUERADE_TABLE);
	if (type == NFT_MSG_NEWTABLE)
		nla_put(batch->message, NFTA_TABLE_USERDATA, sizeof(comment), comment);
	add(batch);
}

static void put_hook(struct nl_msg *message)
{
	struct nlattr *hook = nest(message, NFTA_CHAIN_HOOK);

	put_u32(message, NFTA_HOOK_HOOKNUM, NF_INET_POST_ROUTING);
	put_u32(message, NFTA_HOOK_PRIORITY, PRIORITY);
	nest_end(message, hook);
	put_u32(message, NFTA_CHAIN_POLICY, NF_ACCEPT);
	nla_put_string(message, NFTA_CHAIN_TYPE, "nat");
}

static void add_chain(struct batch *batch, enum masquerade_chain chain)
{
	begin(batch->message, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_INET);
	nla_put_string(batch->message, NFTA_CHAIN_TABLE, MASQUERADE_TABLE);
	nla_put_string(batch->message, NFTA_CHAIN_NAME, chain_names[chain]);
	if (chain == MASQUERADE_POSTROUTING)
		put_hook(batch->message);
	add(batch);
}

/* The two nests in which every expression stands. */
struct expression {
	struct nlattr *element;
	struct nlattr *data;
};

static struct expression expression_begin(struct nl_msg *message, const char *name)
{
	struct expression expression = {.element = nest(message, NFTA_LIST_ELEM)};

	nla_put_string(message, NFTA_EXPR_NAME, name);
	expression.data = nest(message, NFTA_EXPR_DATA);
	return expression;
}

static void expression_end(struct nl_msg *message, struct expression expression)
{
	nest_end(message, expression.data);
	nest_end(message, expression.element);
}

static void put_value(struct nl_msg *message, int type, const void *bytes, int size)
{
	struct nlattr *data = nest(message, type);

	nla_put(message, NFTA_DATA_VALUE, size, bytes);
	nest_end(message, data);
}

static void put_compare(struct nl_msg *message, const void *bytes, int size)
{
	struct expression expression = expression_begin(message, "cmp");

	put_u32(message, NFTA_CMP_SREG, NFT_REG_1);
	put_u32(message, NFTA_CMP_OP, NFT_CMP_EQ);
	put_value(message, NFTA_CMP_DATA, bytes, size);
	expression_end(message, expression);
}

/* In a table of family inet each rule says which of the two it means. */
static void put_family(struct nl_msg *message, uint8_t family)
{
	uint8_t protocol = family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
	struct expression expression = expression_begin(message, "meta");

	put_u32(message, NFTA_META_KEY, NFT_META_NFPROTO);
	put_u32(message, NFTA_META_DREG, NFT_REG_1);
	expression_end(message, expression);
	put_compare(message, &protocol, sizeof(protocol));
}

/* Where the addresses stand in either header (RFC 791, RFC 8200). */
static uint32_t offset_of(uint8_t family, enum masquerade_side side)
{
	if (family == AF_INET)
		return side == MASQUERADE_SOURCE ? 12 : 16;
	return side == MASQUERADE_SOURCE ? 8 : 24;
}

static void put_load(struct nl_msg *message, uint32_t offset, uint32_t size)
{
	struct expression expression = expression_begin(message, "payload");

	put_u32(message, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_u32(message, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	put_u32(message, NFTA_PAYLOAD_OFFSET, offset);
	put_u32(message, NFTA_PAYLOAD_LEN, size);
	expression_end(message, expression);
}

static void put_mask(struct nl_msg *message, uint8_t len, uint32_t size)
{
	struct expression expression = expression_begin(message, "bitwise");
	uint8_t mask[16] = {0};
	static const uint8_t none[16];

	memset(mask, 0xff, len / 8);
	mask[len / 8] = (uint8_t)(0xff00 >> len % 8);
	put_u32(message, NFTA_BITWISE_SREG, NFT_REG_1);
	put_u32(message, NFTA_BITWISE_DREG, NFT_REG_1);
	put_u32(message, NFTA_BITWISE_LEN, size);
	put_value(message, NFTA_BITWISE_MASK, mask, (int)size);
	put_value(message, NFTA_BITWISE_XOR, none, (int)size);
	expression_end(message, expression);
}

/* As nft(8) does it, so that it reads `ip saddr 10.244.0.0/16`: whole bytes are loaded as they are,
 * of anything else the whole address is masked. */
static void put_address(struct nl_msg *message, const struct masquerade_rule *rule)
{
	const struct prefix *prefix = &rule->prefix;
	uint32_t size = prefix->len / 8U;

	put_family(message, prefix->ip.family);
	if (prefix->len == 0)
		return;
	if (prefix->len % 8 != 0)
		size = ip_bits(prefix->ip.family) / 8U;
	put_load(message, offset_of(prefix->ip.family, rule->side), size);
	if (prefix->len % 8 != 0)
		put_mask(message, prefix->len, size);
	put_compare(message, prefix->ip.bytes, (int)size);
}

static void put_masq(struct nl_msg *message)
{
	struct expression expression = expression_begin(message, "masq");

	put_u32(message, NFTA_MASQ_FLAGS, NF_NAT_RANGE_PROTO_RANDOM_FULLY);
	expression_end(message, expression);
}

static void put_verdict(struct nl_msg *message, int32_t code)
{
	struct expression expression = expression_begin(message, "immediate");
	struct nlattr *data;
	struct nlattr *verdict;

	put_u32(message, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = nest(message, NFTA_IMMEDIATE_DATA);
	verdict = nest(message, NFTA_DATA_VERDICT);
	put_u32(message, NFTA_VERDICT_CODE, (uint32_t)code);
	if (code == NFT_GOTO)
		nla_put_string(message, NFTA_VERDICT_CHAIN, chain_names[MASQUERADE_FROM_POD]);
	nest_end(message, verdict);
	nest_end(message, data);
	expression_end(message, expression);
}

static void add_rule(struct batch *batch, const struct masquerade_rule *rule)
{
	struct nl_msg *message = batch->message;
	struct nlattr *expressions;

	begin(message, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_INET);
	nla_put_string(message, NFTA_RULE_TABLE, MASQUERADE_TABLE);
	nla_put_string(message, NFTA_RULE_CHAIN, chain_names[rule->chain]);
	expressions = nest(message, NFTA_RULE_EXPRESSIONS);
	if (rule->side != MASQUERADE_ANY)
		put_address(message, rule);
	if (rule->verdict == MASQUERADE_HIDE)
		put_masq(message);
	else
		put_verdict(message, rule->verdict == MASQUERADE_GOTO ? NFT_GOTO : NFT_RETURN);
	nest_end(message, expressions);
	add(batch);
}

/* A table that is added first can always be deleted. */
static struct batch begin_batch(struct nft *nft, struct nl_msg *message, bool add_first)
{
	struct batch batch = {.to = &nft->batch, .message = message};

	arena_reset(&nft->batch);
	nft->batch.limit = NFT_BATCH_MOST;
	add_mark(&batch, NFNL_MSG_BATCH_BEGIN);
	if (add_first)
		add_table(&batch, NFT_MSG_NEWTABLE);
	add_table(&batch, NFT_MSG_DELTABLE);
	return batch;
}

static int end_batch(struct batch *batch)
{
	add_mark(batch, NFNL_MSG_BATCH_END);
	return batch->status;
}

int nft_build(struct nft *nft, struct nl_msg *message, const struct masquerade_rule *rules,
	      uint32_t count)
{
	struct batch batch = begin_batch(nft, message, true);

	add_table(&batch, NFT_MSG_NEWTABLE);
	for (int chain = 0; chain < MASQUERADE_CHAINS; chain++)
		add_chain(&batch, (enum masquerade_chain)chain);
	for (uint32_t i = 0; i < count; i++)
		add_rule(&batch, &rules[i]);
	return end_batch(&batch);
}

int nft_build_again(struct nft *nft, struct nl_msg *message, const struct arena *recorded)
{
	struct batch batch = begin_batch(nft, message, true);

	if (recorded->used > 0)
		add_bytes(&batch, recorded->base, recorded->used);
	return end_batch(&batch);
}

int nft_build_removal(struct nft *nft, struct nl_msg *message)
{
	struct batch batch = begin_batch(nft, message, false);

	return end_batch(&batch);
}
