/* chains.c - what the kernel says of chains, parsed. */
#include "croute/edge/nft/chains.h"

#include <endian.h>
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

struct word_search {
	const char *word;
	bool *found;
};

static uint32_t u32_or(const struct nlattr *attr, uint32_t otherwise)
{
	return attr != NULL && nla_len(attr) >= 4 ? be32toh(nla_get_u32(attr)) : otherwise;
}

static struct nl_msg *begin(struct nft *nft, uint8_t family, uint16_t type, uint16_t flags)
{
	struct nfgenmsg header = {.nfgen_family = family};

	return netlink_begin(&nft->netlink, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
			     &header, sizeof(header));
}

/* The families of tables that forwarded IP packets meet. */
static const struct {
	uint8_t nft;
	uint8_t family;
} families[] = {{NFPROTO_INET, AF_UNSPEC}, {NFPROTO_IPV4, AF_INET}, {NFPROTO_IPV6, AF_INET6}};

static uint8_t nft_family(const struct chain *chain)
{
	if (chain->family == AF_UNSPEC)
		return NFPROTO_INET;
	return chain->family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
}

static bool parse(const struct nlmsghdr *message, int most, struct nlattr *at[])
{
	return nlmsg_parse((struct nlmsghdr *)(uintptr_t)message, sizeof(struct nfgenmsg), at, most,
			   NULL) >= 0;
}

static void take_hook(struct nlattr *nest, struct chain *out)
{
	struct nlattr *at[NFTA_HOOK_MAX + 1] = {0};

	if (nest != NULL && nla_parse_nested(at, NFTA_HOOK_MAX, nest, NULL) >= 0)
		out->forwards = u32_or(at[NFTA_HOOK_HOOKNUM], UINT32_MAX) == NF_INET_FORWARD;
}

static int take_chain(void *context, const struct nlmsghdr *message)
{
	const struct chain_sink *sink = context;
	struct nlattr *at[NFTA_CHAIN_MAX + 1] = {0};
	struct chain chain = {.family = sink->family};

	if (!parse(message, NFTA_CHAIN_MAX, at) || at[NFTA_CHAIN_TABLE] == NULL ||
	    at[NFTA_CHAIN_NAME] == NULL)
		return 0;
	(void)nla_strlcpy(chain.table, at[NFTA_CHAIN_TABLE], sizeof(chain.table));
	(void)nla_strlcpy(chain.name, at[NFTA_CHAIN_NAME], sizeof(chain.name));
	take_hook(at[NFTA_CHAIN_HOOK], &chain);
	chain.drops = u32_or(at[NFTA_CHAIN_POLICY], NF_ACCEPT) == NF_DROP;
	sink->each(sink->context, &chain);
	return 0;
}

int nft_read_chains(struct nft *nft, nft_chain_fn *each, void *context, struct error *err)
{
	struct chain_sink sink = {.each = each, .context = context};
	int status = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]) && status == 0; i++) {
		sink.family = families[i].family;
		(void)begin(nft, families[i].nft, NFT_MSG_GETCHAIN, NLM_F_DUMP);
		status = netlink_ask(&nft->netlink, take_chain, &sink, err);
	}
	return status;
}

/* Names and comments stand in rules as they are written. */
static int take_rule(void *context, const struct nlmsghdr *message)
{
	const struct word_search *search = context;

	if (memmem(nlmsg_data(message), (size_t)nlmsg_datalen(message), search->word,
		   strlen(search->word)) != NULL)
		*search->found = true;
	return 0;
}

int nft_find_word(struct nft *nft, const struct chain *table, const char *word, bool *found,
		  struct error *err)
{
	struct word_search search = {.word = word, .found = found};
	struct error failed = {0};
	int status;

	nla_put_string(begin(nft, nft_family(table), NFT_MSG_GETRULE, NLM_F_DUMP), NFTA_RULE_TABLE,
		       table->table);
	status = netlink_ask(&nft->netlink, take_rule, &search, &failed);
	if (status < 0 && status != -ENOENT && err != NULL)
		*err = failed;
	return status == -ENOENT ? 0 : status;
}

static int take_flags(void *context, const struct nlmsghdr *message)
{
	struct nlattr *at[NFTA_TABLE_MAX + 1] = {0};

	if (parse(message, NFTA_TABLE_MAX, at))
		*(uint32_t *)context = u32_or(at[NFTA_TABLE_FLAGS], 0);
	return 0;
}

bool nft_is_dormant(struct nft *nft, const struct chain *table)
{
	uint32_t flags = 0;

	nla_put_string(begin(nft, nft_family(table), NFT_MSG_GETTABLE, NLM_F_ACK), NFTA_TABLE_NAME,
		       table->table);
	return netlink_ask(&nft->netlink, take_flags, &flags, NULL) == 0 &&
	       (flags & NFT_TABLE_F_DORMANT) != 0;
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
