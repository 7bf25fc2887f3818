/* send.c - a transaction sent, and its answers. */
#include "croute/edge/nft/table.h"

#include <errno.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

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
			answers->code = -body->error;
		answers->acknowledged |= at->nlmsg_seq == answers->last;
	}
}

/* Of a transaction that the kernel refuses as a whole the answer bears the number of its begin
 * mark, and no other follows (net/netfilter/nfnetlink.c). */
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
