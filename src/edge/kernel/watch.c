/* watch.c - a filtered socket of netlink events, read for hints only. */
#include "croute/edge/kernel/watch.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS                                                                                     \
	(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |                     \
	 RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE)
#define RECEIVE_BUFFER (256 << 10) /* bytes; the kernel may double or cap it */
#define READ_MOST 4096		   /* messages: more than the buffer holds at once */

static int attach(int fd, struct kernel_program *program, struct error *err)
{
	struct sock_fprog prog = {.len = program->count, .filter = program->code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0)
		return error_set(err, errno, "cannot filter the kernel's events: %s",
				 strerror(errno));
	return 0;
}

/* The filter goes first: nothing that it would drop may be queued. */
static int join(struct kernel_watch *watch, struct error *err)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
	int size = RECEIVE_BUFFER;
	int status = attach(watch->fd, &watch->program, err);

	if (status < 0)
		return status;
	/* A smaller buffer overruns sooner, which is only one more reason to look. */
	(void)setsockopt(watch->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(watch->fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return error_set(err, errno, "cannot listen to the kernel's events: %s",
				 strerror(errno));
	return 0;
}

int kernel_watch_open(const struct kernel_filter *filter, struct kernel_watch *out,
		      struct error *err)
{
	struct kernel_watch watch = {.protocol = filter->protocol};
	int status;

	watch.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (watch.fd < 0)
		return error_set(err, errno, "cannot open a netlink socket: %s", strerror(errno));
	kernel_filter_build(filter, &watch.program);
	status = join(&watch, err);
	if (status < 0)
		kernel_watch_close(&watch);
	else
		*out = watch;
	return status;
}

void kernel_watch_close(struct kernel_watch *watch)
{
	if (watch->fd >= 0)
		(void)close(watch->fd);
	watch->fd = -1;
}

static bool is_same(const struct kernel_program *a, const struct kernel_program *b)
{
	return a->count == b->count && memcmp(a->code, b->code, a->count * sizeof(*a->code)) == 0;
}

int kernel_watch_set_filter(struct kernel_watch *watch, const struct kernel_filter *filter,
			    struct error *err)
{
	struct kernel_program program;
	int status;

	kernel_filter_build(filter, &program);
	if (is_same(&program, &watch->program))
		return 0;
	status = attach(watch->fd, &program, err);
	if (status < 0)
		return status;
	watch->program = program;
	watch->protocol = filter->protocol;
	return 1;
}

/* As much of a message as is looked at; the rest is cut off. */
struct event {
	struct nlmsghdr header;
	union {
		struct rtmsg route;
		struct ndmsg neighbour;
	} body;
};

static void note(const struct kernel_watch *watch, const struct event *event,
		 struct kernel_hints *out)
{
	out->messages++;
	switch (event->header.nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		out->kinds |= KERNEL_HINT_LINKS;
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		out->kinds |= KERNEL_HINT_ADDRESSES;
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		out->kinds |= event->body.neighbour.ndm_family == AF_BRIDGE
				      ? KERNEL_HINT_FDB
				      : KERNEL_HINT_NEIGHBOURS;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		out->kinds |= KERNEL_HINT_ROUTES;
		out->own_route |= event->body.route.rtm_protocol == watch->protocol;
		break;
	default:
		break;
	}
}

/* One event, if there is one. Whether to go on. */
static bool read_event(struct kernel_watch *watch, struct kernel_hints *out)
{
	struct event event = {0};
	struct sockaddr_nl from = {0};
	socklen_t from_size = sizeof(from);
	ssize_t len = recvfrom(watch->fd, &event, sizeof(event), 0, (struct sockaddr *)&from,
			       &from_size);

	if (len >= 0) {
		if (from.nl_pid == 0 && (size_t)len >= sizeof(event.header))
			note(watch, &event, out);
		return true;
	}
	if (errno == EINTR)
		return true;
	if (errno == EAGAIN)
		return false;
	/* ENOBUFS. What else may be said of a socket (ENOMEM) leaves us as ignorant. */
	out->overrun = true;
	watch->overruns++;
	return errno == ENOBUFS;
}

void kernel_watch_read(struct kernel_watch *watch, struct kernel_hints *out)
{
	int left = READ_MOST;

	*out = (struct kernel_hints){0};
	while (read_event(watch, out) && --left > 0)
		;
}
