/* question.c - what a request asks for, and which messages answer it. */
#include "edge/kernel/question.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

_Static_assert((int)NFTA_TABLE_NAME == (int)NFTA_CHAIN_TABLE &&
		       (int)NFTA_TABLE_NAME == (int)NFTA_RULE_TABLE,
	       "all nftables messages have the table's name in the same attribute");

/* RTM_GETx is RTM_NEWx + 2 (linux/rtnetlink.h); nftables, with its subsystem in the high byte, has
 * NFT_MSG_GETx right after NFT_MSG_NEWx. */
static uint16_t answer_type(uint16_t type)
{
	return (uint16_t)(type - (type >> 8 != 0 ? 1 : RTM_GETLINK - RTM_NEWLINK));
}

static const struct nlattr *find(const struct question *question, const struct nlmsghdr *message,
				 int type)
{
	return nlmsg_find_attr((struct nlmsghdr *)(uintptr_t)message, (int)question->header, type);
}

static uint32_t u32_or(const struct nlattr *attr, uint32_t otherwise)
{
	return attr != NULL && nla_len(attr) >= 4 ? nla_get_u32(attr) : otherwise;
}

static void ask_for_name(struct question *question, const struct nlattr *name)
{
	if (name == NULL)
		return;
	question->name = nla_data(name);
	question->name_size = (uint32_t)nla_len(name);
}

struct question question_of(const struct nlmsghdr *request, uint32_t header)
{
	const struct rtmsg *route = nlmsg_data(request);
	struct question question = {
		.type = answer_type(request->nlmsg_type),
		.family = route->rtm_family,
		.header = header,
		.is_dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP,
	};

	question.any_family = question.family == AF_UNSPEC &&
			      (question.type == RTM_NEWROUTE || question.type == RTM_NEWNEIGH);
	if (question.type == RTM_NEWROUTE) {
		question.protocol = route->rtm_protocol;
		question.table = u32_or(find(&question, request, RTA_TABLE), 0);
	} else if (question.type == RTM_NEWNEIGH) {
		question.link = u32_or(find(&question, request, NDA_IFINDEX), 0);
	} else if (question.type >> 8 != 0) {
		ask_for_name(&question, find(&question, request, NFTA_TABLE_NAME));
	}
	return question;
}

static bool is_asked_route(const struct question *question, const struct nlmsghdr *message)
{
	const struct rtmsg *route = NLMSG_DATA(message);

	if (question->protocol != 0 && route->rtm_protocol != question->protocol)
		return false;
	return question->table == 0 ||
	       u32_or(find(question, message, RTA_TABLE), route->rtm_table) == question->table;
}

static bool has_name(const struct question *question, const struct nlmsghdr *message)
{
	const struct nlattr *name = find(question, message, NFTA_TABLE_NAME);

	return name != NULL && (uint32_t)nla_len(name) == question->name_size &&
	       memcmp(nla_data(name), question->name, question->name_size) == 0;
}

int question_is_answered(const struct question *question, const struct nlmsghdr *message)
{
	const uint8_t *family = NLMSG_DATA(message);

	if (message->nlmsg_type != question->type)
		return 0;
	if (message->nlmsg_len < NLMSG_LENGTH(question->header))
		return -EBADMSG;
	if (!question->any_family && *family != question->family)
		return 0;
	if (question->type == RTM_NEWROUTE)
		return is_asked_route(question, message);
	if (question->link != 0)
		return (uint32_t)((const struct ndmsg *)nlmsg_data(message))->ndm_ifindex ==
		       question->link;
	return question->name == NULL || has_name(question, message);
}
