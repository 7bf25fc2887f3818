/* netlink.c - requests and answers over one netlink socket. */
#include "croute/edge/kernel/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/kernel/question.h"

#define RECEIVE_BUFFER (1 << 20) /* bytes: a batch of refusals fits many times */

static void set_option(int fd, int level, int option, int value)
{
	/* What an older kernel lacks costs speed or words, never truth: question.h. */
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

/* The kernel's own words (NLMSGERR_ATTR_MSG) `skip` bytes into a message that bears a code; "" when
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
	return body->error == 0 ? 1 : set_refusal(err, -body->error, ack_words(ack));
}

/* The end of a dump bears the code with which it ended (af_netlink.c, netlink_dump_done): of a
 * header that strict checking refused, of a table that is not there. 1, or -errno. */
static int take_done(const struct nlmsghdr *done, struct error *err)
{
	int32_t code;

	if (nlmsg_datalen(done) < (int)sizeof(code))
		return cut_short(err);
	memcpy(&code, nlmsg_data(done), sizeof(code));
	return code >= 0 ? 1 : set_refusal(err, -code, words_in(done, sizeof(code)));
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
		netlink->refused(netlink->refused_context, netlink->tokens[place], -body->error,
				 ack_words(ack));
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
