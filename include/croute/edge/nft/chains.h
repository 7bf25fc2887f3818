/* chains.h - the chains of all packet filters. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/error.h"
#include "croute/edge/nft/table.h"

#define CHAIN_NAME_MAX 64 /* longer names are cut */

struct chain {
	char table[CHAIN_NAME_MAX];
	char name[CHAIN_NAME_MAX];
	uint8_t family; /* AF_INET, AF_INET6; AF_UNSPEC for both (inet) */
	bool legacy;	/* of ip_tables or ip6_tables */
	bool forwards;	/* a base chain at the forward hook */
	bool drops;	/* its policy */
};

/* nftables holds what nft(8) and iptables-nft(8) make; the legacy tables are apart. */

typedef void nft_chain_fn(void *context, const struct chain *chain);

/*
 * Stream the chains of every nftables table of inet, ip and ip6 (NFT_MSG_GETCHAIN). Needs
 * CAP_NET_ADMIN. 0; -EINTR (read again); another -errno with `err`: see nft_is_missing.
 */
int nft_read_chains(struct nft *nft, nft_chain_fn *each, void *context, struct error *err);

/* Whether a rule of an IPv4 table has the word, in a comment or as a chain; false where the rules
 * cannot be read. */
bool nft_mentions(struct nft *nft, const char *table, const char *word);

/* A table of ip_tables or ip6_tables as the kernel holds it. Zero-initialise; owns its bytes. */
struct legacy_table {
	struct arena bytes;
	bool drops; /* the policy of FORWARD, where the table has it */
};

/*
 * Read a legacy table of AF_INET or AF_INET6 ("filter", "nat"), without iptables(8). Ask only for
 * tables that /proc/net/ip_tables_names lists: asking makes the kernel create one. Needs
 * CAP_NET_ADMIN. 0; -EBADMSG for what makes no sense; -EFBIG past LEGACY_TABLE_MOST; or -errno.
 */
int legacy_read(uint8_t family, const char *table, struct legacy_table *out);
void legacy_release(struct legacy_table *table);

#define LEGACY_TABLE_MOST ((size_t)64 * 1024 * 1024)

/* Pure: whether the rule at `offset` is the policy DROP. 0, or -EBADMSG for what is not a rule. */
int legacy_table_policy(const uint8_t *rows, size_t size, size_t offset, uint8_t family,
			bool *drops);
