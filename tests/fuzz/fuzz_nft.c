/* fuzz_nft.c - any bytes as a chain or rule of nftables: nothing beyond is read. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/nft/same.c */
#include "croute/edge/nft/table.h"

#include <linux/netfilter/nf_tables.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void build(struct nft *nft)
{
	static const struct masquerade_rule rule = {
		.prefix = {.ip = {.family = AF_INET, .bytes = {10, 244}}, .len = 15},
		.side = MASQUERADE_SOURCE,
		.verdict = MASQUERADE_GOTO};
	struct nl_msg *buffer = nlmsg_alloc_size(1024);

	if (buffer == NULL || nft_build(nft, buffer, &rule, 1) < 0)
		abort();
	nlmsg_free(buffer);
}

static const struct nlmsghdr *wanted(const struct nft *nft, uint8_t type)
{
	return nft_message_at(&nft->batch, type, 0);
}

/* The message stands in a block of its own size, so that ASan sees the first byte too many. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nft nft;
	struct nlmsghdr *message;

	if (size < sizeof(*message))
		return 0;
	if (nft.batch.used == 0)
		build(&nft);
	message = malloc(size);
	if (message == NULL)
		return 0;
	memcpy(message, data, size);
	message->nlmsg_len = (uint32_t)size;
	/* The rule takes more than that. */
	if (nft_same_rule(wanted(&nft, NFT_MSG_NEWRULE), message) && size < 200)
		abort();
	(void)nft_same_chain(wanted(&nft, NFT_MSG_NEWCHAIN), message);
	free(message);
	return 0;
}
