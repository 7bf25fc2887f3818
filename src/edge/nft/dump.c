/* dump.c - the table as the kernel dumps it, into a record. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/table.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define TRIES 5 /* at a dump that the kernel says changed under it */

/* The answers so far. */
struct look {
	struct nft_record *record; /* NULL: only the handle is asked for */
	uint64_t handle;
	uint32_t objects; /* chains, sets and so on that the table says it has */
	uint32_t chains;  /* that were recorded */
	bool lost;	  /* there was no room */
};

/* A table without room for all of it is like one with sets. Whether it was recorded. */
static bool keep(struct look *look, const struct nlmsghdr *told)
{
	int status = look->record != NULL ? nft_record_add(look->record, told) : 0;

	look->lost |= status < 0;
	return status > 0;
}

static const struct nlattr *find(const struct nlmsghdr *message, int type)
{
	return nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)message, sizeof(struct nfgenmsg),
			       type);
}

static int take_table(void *context, const struct nlmsghdr *told)
{
	struct look *look = context;
	const struct nlattr *handle = find(told, NFTA_TABLE_HANDLE);
	const struct nlattr *objects = find(told, NFTA_TABLE_USE);

	if (handle != NULL && nla_len(handle) >= 8)
		look->handle = be64toh(nla_get_u64(handle));
	look->objects = nft_u32(objects, 0);
	(void)keep(look, told);
	return 0;
}

static int take_chain(void *context, const struct nlmsghdr *told)
{
	struct look *look = context;

	look->chains += keep(look, told);
	return 0;
}

static int take_rule(void *context, const struct nlmsghdr *told)
{
	(void)keep(context, told);
	return 0;
}

static int look_at_table(struct nft *nft, struct look *look, struct error *err)
{
	struct nl_msg *message = nft_begin(nft, NFPROTO_INET, NFT_MSG_GETTABLE, NLM_F_ACK);
	int status;

	nla_put_string(message, NFTA_TABLE_NAME, MASQUERADE_TABLE);
	status = netlink_ask(&nft->netlink, take_table, look, err);
	if (status == 0 && look->handle == 0)
		return error_set(err, EBADMSG, "the kernel does not describe the table");
	return status;
}

static int look_at_all(struct nft *nft, struct look *look, struct error *err)
{
	int status = look_at_table(nft, look, err);

	if (status < 0)
		return status;
	nla_put_string(nft_begin(nft, NFPROTO_INET, NFT_MSG_GETCHAIN, NLM_F_DUMP), NFTA_CHAIN_TABLE,
		       MASQUERADE_TABLE);
	status = netlink_ask(&nft->netlink, take_chain, look, err);
	if (status < 0)
		return status;
	nla_put_string(nft_begin(nft, NFPROTO_INET, NFT_MSG_GETRULE, NLM_F_DUMP), NFTA_RULE_TABLE,
		       MASQUERADE_TABLE);
	return netlink_ask(&nft->netlink, take_rule, look, err);
}

int nft_record_find(struct nft *nft, uint64_t *handle, struct error *err)
{
	struct look look = {0};
	struct error failed = {0};
	int status = look_at_table(nft, &look, &failed);

	if (status == 0 || status == -ENOENT)
		*handle = look.handle;
	else if (err != NULL)
		*err = failed;
	return status == -ENOENT ? 0 : status;
}

int nft_record_take(struct nft_record *record, struct nft *nft, struct error *err)
{
	struct look look = {0};
	struct error failed = {0};
	int status = -EINTR;

	for (int i = 0; i < TRIES && status == -EINTR; i++) {
		arena_reset(&record->messages);
		look = (struct look){.record = record};
		status = look_at_all(nft, &look, &failed);
	}
	if (status < 0 || look.lost || look.objects != look.chains)
		arena_reset(&record->messages);
	if (status == 0 || status == -ENOENT)
		record->handle = status == 0 ? look.handle : 0;
	else if (err != NULL)
		*err = failed;
	return status == -ENOENT ? 0 : status;
}
