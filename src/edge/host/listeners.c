/* listeners.c - a dump of listening UNIX sockets. */
/* SPDX-License-Identifier: MIT */
#include "edge/host/listeners.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "croute/edge/host/fd.h"

struct search {
	const char *prefix;
	listener_fn *each;
	void *context;
};

static bool take_name(struct listener *out, const struct nlattr *name, const char *prefix)
{
	size_t len = name != NULL ? (size_t)nla_len(name) : 0;

	/* The name of an abstract socket begins with a NUL (unix(7)). */
	if (len <= strlen(prefix) || len > sizeof(out->name.sun_path) ||
	    *(const char *)nla_data(name) != '\0' ||
	    memcmp((const char *)nla_data(name) + 1, prefix, strlen(prefix)) != 0)
		return false;
	out->name.sun_family = AF_UNIX;
	memcpy(out->name.sun_path, nla_data(name), len);
	out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

static int take_listener(const struct search *search, struct nlmsghdr *message)
{
	struct nlattr *at[UNIX_DIAG_UID + 1] = {0};
	const struct nlattr *uid;
	struct listener listener = {.len = 0};

	if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    nlmsg_parse(message, sizeof(struct unix_diag_msg), at, UNIX_DIAG_UID, NULL) < 0 ||
	    !take_name(&listener, at[UNIX_DIAG_NAME], search->prefix))
		return 0;
	uid = at[UNIX_DIAG_UID];
	listener.has_owner = uid != NULL && nla_len(uid) == (int)sizeof(listener.uid);
	if (listener.has_owner)
		memcpy(&listener.uid, nla_data(uid), sizeof(listener.uid));
	return search->each(search->context, &listener);
}

/* Never success: a dump ends otherwise. */
static int refusal(const struct nlmsghdr *ack)
{
	const struct nlmsgerr *body = nlmsg_data(ack);

	return nlmsg_datalen(ack) >= (int)sizeof(*body) && body->error < 0 ? body->error : -EBADMSG;
}

/* What one datagram brings. 1: the end is reached; 0: more is to come; -errno. */
static int take_datagram(const struct search *search, struct nlmsghdr *at, int len)
{
	int status = 0;

	for (; status == 0 && nlmsg_ok(at, len); at = nlmsg_next(at, &len)) {
		if (at->nlmsg_type == NLMSG_ERROR)
			return refusal(at);
		if (at->nlmsg_type == NLMSG_DONE)
			return 1;
		status = take_listener(search, at);
	}
	return status;
}

static int open_dump(void)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr header;
		struct unix_diag_req body;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.body = {.sdiag_family = AF_UNIX,
			 .udiag_states = 1U << TCP_LISTEN,
			 .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_UID},
	};
	CLEANUP_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	int kept;

	if (fd < 0 || sendto(fd, &request, sizeof(request), 0, (struct sockaddr *)&kernel,
			     sizeof(kernel)) < 0)
		return -errno;
	kept = fd;
	fd = -1;
	return kept;
}

/* The next part of a dump is there before recvfrom(2) returns the last: nothing is waited for. */
int listeners_find(const char *prefix, listener_fn *each, void *context)
{
	struct search search = {.prefix = prefix, .each = each, .context = context};
	CLEANUP_FD int fd = open_dump();
	int status = fd < 0 ? fd : 0;

	while (status == 0) {
		_Alignas(struct nlmsghdr) char answer[32768];
		struct sockaddr_nl from = {.nl_family = AF_UNSPEC};
		socklen_t size = sizeof(from);
		ssize_t len = recvfrom(fd, answer, sizeof(answer), MSG_DONTWAIT,
				       (struct sockaddr *)&from, &size);

		if (len < 0 && errno != EINTR)
			status = errno == EAGAIN ? -EBADMSG : -errno;
		else if (len >= 0 && from.nl_pid == 0)
			status = take_datagram(&search, (struct nlmsghdr *)(void *)answer,
					       (int)len);
	}
	return status > 0 ? 0 : status;
}
