/* fuzz_nft.c - any bytes as what nftables and legacy tables hold: nothing beyond is read. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/nft/same.c src/edge/nft/record.c */
#include "croute/edge/nft/table.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>

#include "croute/edge/nft/chains.h"

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

/* What is written down of it is a message that takes no more room, and is whole. */
static void record(const struct nlmsghdr *message)
{
	struct nft_record record = {.handle = 1};
	int added = nft_record_add(&record, message);
	const struct nlmsghdr *made = (const void *)record.messages.base;

	if (added == 1 && (!nft_record_is_whole(&record) ||
			   record.messages.used > NLMSG_ALIGN(message->nlmsg_len) ||
			   made->nlmsg_len > record.messages.used))
		abort();
	nft_record_release(&record);
}

static void policy(const uint8_t *rows, size_t size)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	bool drops = false;

	for (size_t i = 0; i < 2; i++) {
		for (size_t offset = 0; offset <= size; offset += 8)
			(void)legacy_table_policy(rows, size, offset, families[i], &drops);
	}
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
	policy((const uint8_t *)message, size);
	message->nlmsg_len = (uint32_t)size;
	record(message);
	message->nlmsg_type =
		(uint16_t)((NFNL_SUBSYS_NFTABLES << 8U) + data[0] % (NFT_MSG_GETRULE + 1));
	record(message);
	/* The rule takes more than that. */
	if (nft_same_rule(wanted(&nft, NFT_MSG_NEWRULE), message) && size < 200)
		abort();
	(void)nft_same_chain(wanted(&nft, NFT_MSG_NEWCHAIN), message);
	free(message);
	return 0;
}
