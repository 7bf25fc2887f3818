/* fuzz_nft.c - any bytes as what nftables and legacy tables hold: nothing beyond is read. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/nft/same.c src/edge/nft/record.c src/edge/nft/table.c src/edge/nft/dump.c */
/* covers: src/edge/nft/chains.c src/edge/nft/legacy.c */
#include "croute/edge/nft/table.h"

#include <netinet/in.h> /* before what linux has of it */

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <netlink/msg.h>

#include "answers.h"
#include "croute/edge/nft/chains.h"

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

/* What legacy tables answer, as far as there are bytes. */
int getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
	struct ipt_getinfo *info = value;

	(void)fd, (void)level;
	errno = EAGAIN;
	if (*size > answers.size)
		return -1;
	memcpy(value, answers.data, *size);
	if (option == IPT_SO_GET_INFO && info->size <= LEGACY_TABLE_MOST)
		info->size %= (uint32_t)answers.size; /* saves memory */
	return 0;
}

static void take_chain(void *context, const struct chain *chain)
{
	(void)context;
	if (strnlen(chain->name, sizeof(chain->name)) == sizeof(chain->name) ||
	    strnlen(chain->table, sizeof(chain->table)) == sizeof(chain->table))
		abort();
}

/* As netlink's answers to all that is asked. */
static void ask(struct nft *nft)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	static struct legacy_table table; /* whose addresses ASan is slow to take back */
	struct nft_record record = {.handle = 0};
	enum nft_state state;
	uint64_t handle = 0;

	(void)nft_is_missing(nft_look(nft, &state, NULL));
	if (nft_record_take(&record, nft, NULL) < 0 && record.messages.used > 0)
		abort();
	nft_record_release(&record);
	(void)nft_record_find(nft, &handle, NULL);
	(void)nft_read_chains(nft, take_chain, NULL, NULL);
	(void)nft_mentions(nft, "nat", "masq");
	if (nft_send(nft, NULL) > 0)
		abort();
	for (size_t i = 0; i < 2; i++)
		(void)legacy_read(families[i], "nat", &table);
}

/* As one message, in a block of its own size. */
static void compare(const struct nft *nft, const uint8_t *data, size_t size)
{
	struct nlmsghdr *message = malloc(size);

	if (message == NULL)
		return;
	memcpy(message, data, size);
	message->nlmsg_len = (uint32_t)size;
	record(message);
	message->nlmsg_type =
		(uint16_t)((NFNL_SUBSYS_NFTABLES << 8U) + data[0] % (NFT_MSG_GETRULE + 1));
	record(message);
	/* The rule takes more than that. */
	if (nft_same_rule(wanted(nft, NFT_MSG_NEWRULE), message) && size < 200)
		abort();
	(void)nft_same_chain(wanted(nft, NFT_MSG_NEWCHAIN), message);
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nft nft;

	if (size < sizeof(struct nlmsghdr) || size > ANSWERS_MOST)
		return 0;
	if (nft.batch.used == 0) {
		if (nft_open(&nft, NULL) < 0)
			abort();
		build(&nft);
	}
	compare(&nft, data, size);
	answers_begin(data, size);
	if (answers.record != NULL && nft_send(&nft, NULL) < 0)
		abort();
	ask(&nft);
	answers_end();
	return 0;
}
