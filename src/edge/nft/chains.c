/* chains.c - what the kernel says of chains, parsed. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/chains.h"

#include <errno.h>
#include <netinet/in.h> /* before what linux has of it */

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

struct chain_sink {
	nft_chain_fn *each;
	void *context;
	uint8_t family;
};

/* The families of tables that forwarded IP packets meet. */
static const struct {
	uint8_t nft;
	uint8_t family;
} families[] = {{NFPROTO_INET, AF_UNSPEC}, {NFPROTO_IPV4, AF_INET}, {NFPROTO_IPV6, AF_INET6}};

static void take_hook(struct nlattr *nest, struct chain *out)
{
	struct nlattr *at[NFTA_HOOK_MAX + 1] = {0};

	if (nest != NULL && nla_parse_nested(at, NFTA_HOOK_MAX, nest, NULL) >= 0)
		out->forwards = nft_u32(at[NFTA_HOOK_HOOKNUM], UINT32_MAX) == NF_INET_FORWARD;
}

static int take_chain(void *context, const struct nlmsghdr *message)
{
	const struct chain_sink *sink = context;
	struct nlattr *at[NFTA_CHAIN_MAX + 1] = {0};
	struct chain chain = {.family = sink->family};

	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(struct nfgenmsg), at,
			NFTA_CHAIN_MAX, NULL) < 0 ||
	    at[NFTA_CHAIN_TABLE] == NULL || at[NFTA_CHAIN_NAME] == NULL)
		return 0;
	(void)nla_strlcpy(chain.table, at[NFTA_CHAIN_TABLE], sizeof(chain.table));
	(void)nla_strlcpy(chain.name, at[NFTA_CHAIN_NAME], sizeof(chain.name));
	take_hook(at[NFTA_CHAIN_HOOK], &chain);
	chain.drops = nft_u32(at[NFTA_CHAIN_POLICY], NF_ACCEPT) == NF_DROP;
	sink->each(sink->context, &chain);
	return 0;
}

int nft_read_chains(struct nft *nft, nft_chain_fn *each, void *context, struct error *err)
{
	struct chain_sink sink = {.each = each, .context = context};
	int status = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && status == 0; i++) {
		sink.family = families[i].family;
		(void)nft_begin(nft, families[i].nft, NFT_MSG_GETCHAIN, NLM_F_DUMP);
		status = netlink_ask(&nft->netlink, take_chain, &sink, err);
	}
	return status;
}

/* What is sought in rules, where names and comments are written out; NULL once it was found. */
static int take_rule(void *context, const struct nlmsghdr *message)
{
	const char **word = context;

	if (*word != NULL && memmem(nlmsg_data(message), (size_t)nlmsg_datalen(message), *word,
				    strlen(*word)) != NULL)
		*word = NULL;
	return 0;
}

bool nft_mentions(struct nft *nft, const char *table, const char *word)
{
	nla_put_string(nft_begin(nft, NFPROTO_IPV4, NFT_MSG_GETRULE, NLM_F_DUMP), NFTA_RULE_TABLE,
		       table);
	(void)netlink_ask(&nft->netlink, take_rule, &word, NULL);
	return word == NULL;
}

/* A policy is a rule with the standard target at the end of its chain ("underflow"), whose verdict
 * is -NF_DROP - 1 or -NF_ACCEPT - 1 (net/ipv4/netfilter/ip_tables.c, check_underflow). */
int legacy_table_policy(const uint8_t *rows, size_t size, size_t offset, uint8_t family,
			bool *drops)
{
	size_t place = family == AF_INET ? offsetof(struct ipt_entry, target_offset)
					 : offsetof(struct ip6t_entry, target_offset);
	struct xt_standard_target target;
	uint16_t skip;

	if (offset > size || size - offset < place + sizeof(skip))
		return -EBADMSG;
	memcpy(&skip, rows + offset + place, sizeof(skip));
	if (size - offset < (size_t)skip + sizeof(target))
		return -EBADMSG;
	memcpy(&target, rows + offset + skip, sizeof(target));
	if (target.target.u.user.name[0] != '\0') /* the standard target has no name */
		return -EBADMSG;
	*drops = target.verdict == -NF_DROP - 1;
	return 0;
}
