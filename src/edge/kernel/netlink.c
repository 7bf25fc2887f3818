/* netlink.c - requests and answers over one netlink socket. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/netlink.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CODE_MOST 4095		 /* MAX_ERRNO of the kernel */
#define RECEIVE_BUFFER (1 << 20) /* bytes: a batch of refusals fits many times */

static void set_option(int fd, int level, int option, int value)
{
	/* What an older kernel lacks costs speed or words, never truth: struct question. */
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

int netlink_open(struct netlink *netlink, struct error *err)
{
	return netlink_open_as(netlink, NETLINK_ROUTE, err);
}

int netlink_open_as(struct netlink *netlink, int protocol, struct error *err)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return error_set(err, errno, "cannot open a netlink socket: %s", strerror(errno));
	netlink->fd = fd;
	netlink->message = nlmsg_alloc_size(1024);
	if (netlink->message == NULL || bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0) {
		error_set(err, errno, "cannot bind a netlink socket: %s", strerror(errno));
		netlink_close(netlink);
		return -err->code;
	}
	set_option(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	set_option(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
	set_option(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
	set_option(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink->message != NULL)
		nlmsg_free(netlink->message);
	netlink->message = NULL;
	if (netlink->fd > 0)
		(void)close(netlink->fd);
	netlink->fd = -1;
}

uint32_t netlink_port(const struct netlink *netlink)
{
	struct sockaddr_nl self = {0};
	socklen_t size = sizeof(self);

	return getsockname(netlink->fd, (struct sockaddr *)&self, &size) == 0 ? self.nl_pid : 0;
}

struct nl_msg *netlink_begin(struct netlink *netlink, uint16_t type, uint16_t flags,
			     const void *header, uint32_t size)
{
	struct nl_msg *message = netlink->message;

	nlmsg_hdr(message)->nlmsg_len = NLMSG_HDRLEN; /* the buffer of the last one is used again */
	(void)nlmsg_put(message, 0, ++netlink->sequence, type, 0, flags | NLM_F_REQUEST);
	(void)nlmsg_append(message, (void *)(uintptr_t)header, size, NLMSG_ALIGNTO);
	netlink->header = size;
	return message;
}

static int send_bytes(struct netlink *netlink, const void *bytes, size_t size, struct error *err)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	while (sendto(netlink->fd, bytes, size, 0, (struct sockaddr *)&kernel, sizeof(kernel)) <
	       0) {
		if (errno != EINTR)
			return error_set(err, errno, "cannot write to the kernel: %s",
					 strerror(errno));
	}
	return 0;
}

static int cut_short(struct error *err)
{
	return error_set(err, EBADMSG, "the kernel's answer was cut short");
}

/*
 * The kernel answers before sendto(2) returns, and puts the next part of a dump into the queue
 * before recvmsg(2) returns the last (net/netlink/af_netlink.c, netlink_recvmsg): there is no
 * waiting, and an empty queue before the end is an answer without one.
 */
ssize_t netlink_receive(struct netlink *netlink, struct error *err)
{
	struct sockaddr_nl from = {0};
	struct iovec part = {.iov_base = netlink->in, .iov_len = sizeof(netlink->in)};
	struct msghdr message = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1};

	for (;;) {
		ssize_t len = recvmsg(netlink->fd, &message, MSG_DONTWAIT);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			return cut_short(err);
		if (len < 0)
			return error_set(err, errno, "cannot read from the kernel: %s",
					 strerror(errno));
		if (from.nl_pid != 0)
			continue;
		return (message.msg_flags & MSG_TRUNC) != 0 ? cut_short(err) : len;
	}
}

/* The kernel's own words (NLMSGERR_ATTR_MSG) `skip` bytes into a message that has a code; "" when
 * it has none. */
static const char *words_in(const struct nlmsghdr *message, size_t skip)
{
	size_t len = (size_t)nlmsg_datalen(message);
	const struct nlattr *words;

	skip = NLMSG_ALIGN(skip);
	if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0 || skip >= len)
		return "";
	words = nla_find((const struct nlattr *)((const char *)nlmsg_data(message) + skip),
			 (int)(len - skip), NLMSGERR_ATTR_MSG);
	if (words == NULL || nla_len(words) < 1 ||
	    ((const char *)nla_data(words))[nla_len(words) - 1] != '\0')
		return "";
	return nla_data(words);
}

static const char *ack_words(const struct nlmsghdr *ack)
{
	const struct nlmsgerr *body = nlmsg_data(ack);
	size_t skip = sizeof(*body);

	if ((ack->nlmsg_flags & NLM_F_CAPPED) == 0)
		skip += body->msg.nlmsg_len - sizeof(body->msg);
	return words_in(ack, skip);
}

int netlink_code(int32_t told)
{
	return told <= 0 && told >= -CODE_MOST ? -told : EBADMSG;
}

static int set_refusal(struct error *err, int code, const char *words)
{
	return error_set(err, code, "%s", words[0] != '\0' ? words : strerror(code));
}

/* The end of a question: 1, or -errno. A dump that was begun is never acknowledged, so that this is
 * only the end of one when it says why. */
static int take_ack(const struct nlmsghdr *ack, bool is_dump, struct error *err)
{
	const struct nlmsgerr *body = nlmsg_data(ack);

	if (nlmsg_datalen(ack) < (int)sizeof(*body) || (is_dump && body->error == 0))
		return cut_short(err);
	return body->error == 0 ? 1 : set_refusal(err, netlink_code(body->error), ack_words(ack));
}

/* The end of a dump has the code with which it ended (af_netlink.c, netlink_dump_done): of a header
 * that strict checking refused, of a table that is not there. 1, or -errno. */
static int take_done(const struct nlmsghdr *done, struct error *err)
{
	int32_t code;

	if (nlmsg_datalen(done) < (int)sizeof(code))
		return cut_short(err);
	memcpy(&code, nlmsg_data(done), sizeof(code));
	return code >= 0 ? 1 : set_refusal(err, netlink_code(code), words_in(done, sizeof(code)));
}

uint32_t netlink_u32(const struct nlattr *attr, uint32_t otherwise)
{
	return attr != NULL && nla_len(attr) >= 4 ? nla_get_u32(attr) : otherwise;
}

bool netlink_ip(struct ip *out, const struct nlattr *attr, uint8_t family)
{
	int size = ip_bits(family) / 8;

	if (attr == NULL || nla_len(attr) < size || (family != AF_INET && family != AF_INET6))
		return false;
	out->family = family;
	memcpy(out->bytes, nla_data(attr), (size_t)size);
	return true;
}

/*
 * Read from the request itself, so that no dump can forget to check what it gets. Kernels answer
 * more than they are asked:
 *
 * family: one that the kernel lacks is answered with the rows of all families, since rtnetlink
 * falls back to the handler of AF_UNSPEC (net/core/rtnetlink.c, rtnetlink_rcv_msg): IPv4 routes to
 * an IPv6 dump with ipv6.disable=1. Exactly the asked one answers. AF_UNSPEC asks for routes and
 * neighbours of all families; it is that of links.
 *
 * protocol, table: filtered by strict checking, Linux 4.20 and later (net/ipv4/fib_frontend.c,
 * ip_valid_fib_dump_req).
 *
 * link: neighbours are filtered by NDA_IFINDEX (net/core/neighbour.c); forwarding entries of older
 * kernels are not.
 *
 * name: the table of chains and rules; a dump of chains is never filtered by it
 * (net/netfilter/nf_tables_api.c).
 */
struct question {
	uint16_t type;	     /* of the answers: RTM_NEW*, NFT_MSG_NEW* */
	uint8_t family;	     /* the first byte of every header (struct rtgenmsg) */
	bool any_family;     /* of routes and neighbours */
	uint8_t protocol;    /* of routes; 0: any */
	uint32_t table;	     /* of routes; 0: any */
	uint32_t link;	     /* of neighbours and forwarding entries; 0: any */
	const uint8_t *name; /* of an nftables table, with its NUL; NULL: any; in the request */
	uint32_t name_size;
	uint32_t header; /* bytes before the attributes, of request and answer */
	bool is_dump;
};

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

static void ask_for_name(struct question *question, const struct nlattr *name)
{
	if (name == NULL)
		return;
	question->name = nla_data(name);
	question->name_size = (uint32_t)nla_len(name);
}

/* `request`: RTM_GET* or NFT_MSG_GET*, whose fixed header has `header` bytes. */
static struct question question_of(const struct nlmsghdr *request, uint32_t header)
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
		question.table = netlink_u32(find(&question, request, RTA_TABLE), 0);
	} else if (question.type == RTM_NEWNEIGH) {
		question.link = netlink_u32(find(&question, request, NDA_IFINDEX), 0);
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
	       netlink_u32(find(question, message, RTA_TABLE), route->rtm_table) == question->table;
}

static bool has_name(const struct question *question, const struct nlmsghdr *message)
{
	const struct nlattr *name = find(question, message, NFTA_TABLE_NAME);

	return name != NULL && (uint32_t)nla_len(name) == question->name_size &&
	       memcmp(nla_data(name), question->name, question->name_size) == 0;
}

/* Whether a message, which is at least as long as its header says, answers it: 1, 0, or -EBADMSG
 * for one of the right type that is too short to tell. */
static int question_is_answered(const struct question *question, const struct nlmsghdr *message)
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

/* A question on its way. */
struct inquiry {
	struct question question;
	netlink_answer_fn *answer; /* NULL: only an acknowledgement is expected */
	void *context;
};

static int take_row(const struct inquiry *inquiry, const struct nlmsghdr *at, struct error *err)
{
	int status;

	if (inquiry->answer == NULL)
		return 0;
	status = question_is_answered(&inquiry->question, at);
	if (status == 0)
		return 0;
	if (status > 0)
		status = inquiry->answer(inquiry->context, at);
	return status < 0 ? error_set(err, -status, "%s", strerror(-status)) : 0;
}

static int take_message(const struct inquiry *inquiry, const struct nlmsghdr *at, struct error *err)
{
	if (at->nlmsg_type == NLMSG_ERROR)
		return take_ack(at, inquiry->question.is_dump, err);
	if ((at->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
		return error_set(err, EINTR, "the kernel's table changed while it was read");
	return at->nlmsg_type == NLMSG_DONE ? take_done(at, err) : take_row(inquiry, at, err);
}

/* What one datagram brings. 1: the end is reached; 0: more is to come; -errno. */
static int take_answers(struct netlink *netlink, ssize_t len, const struct inquiry *inquiry,
			struct error *err)
{
	struct nlmsghdr *at = (struct nlmsghdr *)(void *)netlink->in;
	int left = (int)len;

	for (; nlmsg_ok(at, left); at = nlmsg_next(at, &left)) {
		int status = at->nlmsg_seq == netlink->sequence ? take_message(inquiry, at, err)
								: 0;

		if (status != 0)
			return status;
	}
	return left > 0 ? cut_short(err) : 0;
}

/* After an early end the rest of a dump would be taken for later answers. */
static void drain(struct netlink *netlink)
{
	while (recv(netlink->fd, netlink->in, sizeof(netlink->in), MSG_DONTWAIT) > 0)
		;
}

static int inquire(struct netlink *netlink, const struct inquiry *inquiry, struct error *err)
{
	struct nlmsghdr *header = nlmsg_hdr(netlink->message);
	int status = send_bytes(netlink, header, header->nlmsg_len, err);

	while (status == 0) {
		ssize_t len = netlink_receive(netlink, err);

		status = len < 0 ? (int)len : take_answers(netlink, len, inquiry, err);
	}
	if (status < 0)
		drain(netlink);
	return status < 0 ? status : 0;
}

int netlink_ask(struct netlink *netlink, netlink_answer_fn *answer, void *context,
		struct error *err)
{
	struct inquiry inquiry = {
		.question = question_of(nlmsg_hdr(netlink->message), netlink->header),
		.answer = answer,
		.context = context,
	};

	return inquire(netlink, &inquiry, err);
}

int netlink_command(struct netlink *netlink, struct error *err)
{
	struct inquiry inquiry = {.answer = NULL};

	return inquire(netlink, &inquiry, err);
}

int netlink_queue(struct netlink *netlink, uint32_t token, struct error *err)
{
	const struct nlmsghdr *header = nlmsg_hdr(netlink->message);
	uint32_t size = NLMSG_ALIGN(header->nlmsg_len);

	if (netlink->batched == NETLINK_BATCH || netlink->out_len + size > sizeof(netlink->out)) {
		int status;

		netlink->sequence--; /* the one at hand goes with the next batch */
		status = netlink_flush(netlink, err);
		netlink->sequence++;
		if (status < 0)
			return status;
	}
	memcpy(netlink->out + netlink->out_len, header, size);
	netlink->out_len += size;
	netlink->tokens[netlink->batched++] = token;
	return 0;
}

/* Hand on one acknowledgement of a batch whose first sequence number is `first`. 1 when it is the
 * last message's. */
static int hand_on(struct netlink *netlink, const struct nlmsghdr *ack, uint32_t first,
		   uint32_t count)
{
	const struct nlmsgerr *body = nlmsg_data(ack);
	uint32_t place = ack->nlmsg_seq - first;

	if (ack->nlmsg_type != NLMSG_ERROR || place >= count ||
	    nlmsg_datalen(ack) < (int)sizeof(*body))
		return 0;
	if (body->error != 0)
		netlink->refused(netlink->refused_context, netlink->tokens[place],
				 netlink_code(body->error), ack_words(ack));
	return place == count - 1;
}

/* Only the last message of a batch asks for an acknowledgement; a refusal is always answered. */
static int collect_acks(struct netlink *netlink, uint32_t first, uint32_t count, struct error *err)
{
	int done = 0;

	while (!done) {
		struct nlmsghdr *at = (struct nlmsghdr *)(void *)netlink->in;
		ssize_t len = netlink_receive(netlink, err);
		int left = (int)len;

		if (len < 0)
			return (int)len;
		for (; nlmsg_ok(at, left); at = nlmsg_next(at, &left))
			done |= hand_on(netlink, at, first, count);
		if (left > 0)
			return cut_short(err);
	}
	return 0;
}

static void ask_last_for_ack(struct netlink *netlink)
{
	struct nlmsghdr *at = (struct nlmsghdr *)(void *)netlink->out;

	for (uint32_t i = 1; i < netlink->batched; i++)
		at = (struct nlmsghdr *)(void *)((uint8_t *)at + NLMSG_ALIGN(at->nlmsg_len));
	at->nlmsg_flags |= NLM_F_ACK;
}

int netlink_flush(struct netlink *netlink, struct error *err)
{
	uint32_t count = netlink->batched;
	int status;

	if (count == 0)
		return 0;
	ask_last_for_ack(netlink);
	status = send_bytes(netlink, netlink->out, netlink->out_len, err);
	netlink->batched = 0;
	netlink->out_len = 0;
	if (status == 0)
		status = collect_acks(netlink, netlink->sequence - count + 1, count, err);
	return status;
}
