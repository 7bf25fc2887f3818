/* table.c - the table in the kernel: read back, and a transaction sent. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/nft/table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#define TRIES 5 /* at a dump that the kernel says changed under it */

int nft_open(struct nft *nft, struct error *err)
{
	if (nft->netlink.message != NULL)
		return 0;
	return netlink_open_as(&nft->netlink, NETLINK_NETFILTER, err);
}

void nft_close(struct nft *nft)
{
	netlink_close(&nft->netlink);
	arena_release(&nft->batch);
}

uint32_t nft_port(const struct nft *nft)
{
	return nft->netlink.message != NULL ? netlink_port(&nft->netlink) : 0;
}

/* A socket of an unknown kind; a subsystem (net/netfilter/nfnetlink.c) or a family that the kernel
 * knows nothing of. */
bool nft_is_missing(int status)
{
	return status == -EPROTONOSUPPORT || status == -EINVAL || status == -EAFNOSUPPORT ||
	       status == -EOPNOTSUPP;
}

struct nl_msg *nft_begin(struct nft *nft, uint8_t family, uint16_t type, uint16_t flags)
{
	struct nfgenmsg header = {.nfgen_family = family};

	return netlink_begin(&nft->netlink, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
			     &header, sizeof(header));
}

uint32_t nft_u32(const struct nlattr *attr, uint32_t otherwise)
{
	return ntohl(netlink_u32(attr, htonl(otherwise)));
}

/* What a look has gathered. */
struct look {
	const struct arena *batch;
	const struct nlmsghdr *wanted; /* of a single chain */
	uint32_t seen;		       /* rules so far */
	uint32_t objects;	       /* chains, sets and so on in the table */
	bool answered;		       /* there is a table */
	bool same;
};

static int take_table(void *context, const struct nlmsghdr *answer)
{
	struct look *look = context;
	struct nlattr *at[NFTA_TABLE_MAX + 1] = {0};

	if (nlmsg_parse((struct nlmsghdr *)(uintptr_t)answer, sizeof(struct nfgenmsg), at,
			NFTA_TABLE_MAX, NULL) < 0 ||
	    at[NFTA_TABLE_USE] == NULL) /* always reported (nf_tables_fill_table_info) */
		return 0;
	look->answered = true;
	look->objects = nft_u32(at[NFTA_TABLE_USE], 0);
	look->same &= nft_u32(at[NFTA_TABLE_FLAGS], 0) == 0; /* dormant, or another's for good */
	return 0;
}

static int take_chain(void *context, const struct nlmsghdr *answer)
{
	struct look *look = context;

	look->same &= nft_same_chain(look->wanted, answer);
	return 0;
}

static int take_rule(void *context, const struct nlmsghdr *answer)
{
	struct look *look = context;
	const struct nlmsghdr *wanted = nft_message_at(look->batch, NFT_MSG_NEWRULE, look->seen++);

	look->same &= wanted != NULL && nft_same_rule(wanted, answer);
	return 0;
}

/* Ask for a chain by the names that the wanted one has. */
static int look_at_chain(struct nft *nft, struct look *look, struct error *err)
{
	struct nl_msg *message = nft_begin(nft, NFPROTO_INET, NFT_MSG_GETCHAIN, NLM_F_ACK);
	const int header = sizeof(struct nfgenmsg);
	const struct nlattr *name = nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)look->wanted,
						    header, NFTA_CHAIN_NAME);

	nla_put_string(message, NFTA_CHAIN_TABLE, MASQUERADE_TABLE);
	nla_put(message, NFTA_CHAIN_NAME, nla_len(name), nla_data(name));
	return netlink_ask(&nft->netlink, take_chain, look, err);
}

static int look_at_chains(struct nft *nft, struct look *look, struct error *err)
{
	uint32_t count = 0;
	int status = 0;

	while (status == 0 && look->same &&
	       (look->wanted = nft_message_at(&nft->batch, NFT_MSG_NEWCHAIN, count)) != NULL) {
		status = look_at_chain(nft, look, err);
		count++;
	}
	look->same &= look->objects == count;
	return status;
}

static int look_at_rules(struct nft *nft, struct look *look, struct error *err)
{
	struct nl_msg *message = nft_begin(nft, NFPROTO_INET, NFT_MSG_GETRULE, NLM_F_DUMP);
	int status;

	look->seen = 0;
	nla_put_string(message, NFTA_RULE_TABLE, MASQUERADE_TABLE);
	status = netlink_ask(&nft->netlink, take_rule, look, err);
	look->same &= nft_message_at(&nft->batch, NFT_MSG_NEWRULE, look->seen) == NULL;
	return status;
}

/* -ENOENT when the table does not exist. */
static int look_once(struct nft *nft, struct look *look, struct error *err)
{
	struct nl_msg *message = nft_begin(nft, NFPROTO_INET, NFT_MSG_GETTABLE, NLM_F_ACK);
	int status;

	*look = (struct look){.batch = &nft->batch, .same = nft->batch.used > 0};
	nla_put_string(message, NFTA_TABLE_NAME, MASQUERADE_TABLE);
	status = netlink_ask(&nft->netlink, take_table, look, err);
	if (status == 0 && !look->answered)
		return error_set(err, EBADMSG, "the kernel does not describe the table");
	if (status < 0)
		return status;
	if (look->same)
		status = look_at_chains(nft, look, err);
	if (status == 0 && look->same)
		status = look_at_rules(nft, look, err);
	look->same &= status == 0;
	return status == -ENOENT ? 0 : status;
}

int nft_look(struct nft *nft, enum nft_state *out, struct error *err)
{
	struct look look;
	struct error failed = {0};
	int status = -EINTR;

	for (int i = 0; i < TRIES && status == -EINTR; i++)
		status = look_once(nft, &look, &failed);
	if (status == 0)
		*out = look.same ? NFT_SAME : NFT_DIFFERENT;
	else if (status == -ENOENT)
		*out = NFT_ABSENT;
	else if (err != NULL)
		*err = failed;
	return status == -ENOENT ? 0 : status;
}

/* What the answers have told so far. */
struct answers {
	uint32_t first; /* sequence numbers of the transaction */
	uint32_t last;	/* of the message that asks for an acknowledgement */
	int code;	/* the first refusal, a positive errno; 0: none */
	bool acknowledged;
};

/* Number the messages; the one before the end mark is acknowledged when all are carried out. */
static struct answers number_messages(struct nft *nft)
{
	struct answers answers = {.first = nft->netlink.sequence + 1};
	struct nlmsghdr *before = NULL;
	struct nlmsghdr *message = NULL;

	for (size_t at = 0; at < nft->batch.used; at += NLMSG_ALIGN(message->nlmsg_len)) {
		before = message;
		message = (void *)(nft->batch.base + at);
		message->nlmsg_seq = ++nft->netlink.sequence;
	}
	if (before != NULL) {
		before->nlmsg_flags |= NLM_F_ACK;
		answers.last = before->nlmsg_seq;
	}
	return answers;
}

static void take_answers(struct answers *answers, struct nlmsghdr *at, int left)
{
	for (; nlmsg_ok(at, left); at = nlmsg_next(at, &left)) {
		const struct nlmsgerr *body = nlmsg_data(at);

		if (at->nlmsg_type != NLMSG_ERROR || nlmsg_datalen(at) < (int)sizeof(*body) ||
		    at->nlmsg_seq < answers->first || at->nlmsg_seq > answers->last)
			continue;
		if (body->error != 0 && answers->code == 0)
			answers->code = netlink_code(body->error);
		answers->acknowledged |= at->nlmsg_seq == answers->last;
	}
}

/* Of a transaction that the kernel refuses as a whole the answer has the number of its begin mark,
 * and no other follows (net/netfilter/nfnetlink.c). */
static int collect_answers(struct nft *nft, struct answers *answers, struct error *err)
{
	struct netlink *netlink = &nft->netlink;
	struct error failed = {0};
	ssize_t len;

	while ((len = netlink_receive(netlink, &failed)) >= 0)
		take_answers(answers, (struct nlmsghdr *)(void *)netlink->in, (int)len);
	if (answers->code != 0)
		return error_set(err, answers->code, "%s", strerror(answers->code));
	if (!answers->acknowledged && err != NULL)
		*err = failed;
	return answers->acknowledged ? 0 : (int)len;
}

int nft_send(struct nft *nft, struct error *err)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct answers answers = number_messages(nft);

	while (sendto(nft->netlink.fd, nft->batch.base, nft->batch.used, 0,
		      (struct sockaddr *)&kernel, sizeof(kernel)) < 0) {
		if (errno != EINTR)
			return error_set(err, errno, "cannot write to the kernel: %s",
					 strerror(errno));
	}
	return collect_answers(nft, &answers, err);
}
