/* wire.c - netlink without a library. */
/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MOST (64 * 1024 * 1024) /* bytes of events that may wait */

int wire_open(struct wire *wire, uint32_t groups)
{
	struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int size = EVENTS_MOST;
	int on = 1;

	memset(wire, 0, sizeof(*wire));
	wire->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (wire->fd < 0)
		return errno;
	(void)setsockopt(wire->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (groups != 0)
		(void)setsockopt(wire->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return bind(wire->fd, (struct sockaddr *)&name, sizeof(name)) < 0 ? errno : 0;
}

static void append(struct wire *wire, const void *bytes, size_t size)
{
	size_t padded = NLMSG_ALIGN(size);

	memcpy(wire->out.bytes + wire->len, bytes, size);
	memset(wire->out.bytes + wire->len + size, 0, padded - size);
	wire->len += padded;
}

static void close_last(struct wire *wire)
{
	struct nlmsghdr header;

	if (wire->count == 0)
		return;
	memcpy(&header, wire->out.bytes + wire->last, sizeof(header));
	header.nlmsg_len = (uint32_t)(wire->len - wire->last);
	memcpy(wire->out.bytes + wire->last, &header, sizeof(header));
}

void wire_begin(struct wire *wire, uint16_t type, uint16_t flags, const void *header, size_t size)
{
	struct nlmsghdr outer = {.nlmsg_type = type,
				 .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST),
				 .nlmsg_seq = ++wire->sequence};

	close_last(wire);
	wire->last = wire->len;
	wire->count++;
	append(wire, &outer, sizeof(outer));
	append(wire, header, size);
}

void wire_put(struct wire *wire, uint16_t type, const void *value, size_t size)
{
	struct rtattr head = {.rta_len = (unsigned short)(sizeof(head) + size), .rta_type = type};

	append(wire, &head, sizeof(head));
	append(wire, value, size);
}

void wire_put_u32(struct wire *wire, uint16_t type, uint32_t value)
{
	wire_put(wire, type, &value, sizeof(value));
}

static int send_all(struct wire *wire)
{
	size_t len = wire->len;

	close_last(wire);
	wire->count = 0;
	wire->len = 0;
	return send(wire->fd, wire->out.bytes, len, 0) < 0 ? errno : 0;
}

/* Read one buffer of messages. Whether `visit` or the kernel has ended it; -errno. */
static int read_some(struct wire *wire, int flags, wire_visit visit, void *context)
{
	static union {
		struct nlmsghdr header;
		uint8_t bytes[65536];
	} in;
	ssize_t len = recv(wire->fd, &in, sizeof(in), flags);
	const struct nlmsghdr *message = &in.header;

	if (len < 0)
		return -errno;
	for (; NLMSG_OK(message, len); message = NLMSG_NEXT(message, len)) {
		const struct nlmsgerr *answer = NLMSG_DATA(message);

		if (message->nlmsg_type == NLMSG_ERROR && answer->error != 0)
			return answer->error;
		if (message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE ||
		    visit(context, message))
			return 1;
	}
	return 0;
}

static bool visit_nothing(void *context, const struct nlmsghdr *message)
{
	(void)context;
	(void)message;
	return false;
}

static int read_to_end(struct wire *wire, wire_visit visit, void *context)
{
	int status;

	do {
		status = read_some(wire, 0, visit, context);
	} while (status == 0);
	return status < 0 ? -status : 0;
}

int wire_send(struct wire *wire)
{
	struct nlmsghdr header;
	int error;

	if (wire->count == 0)
		return 0;
	memcpy(&header, wire->out.bytes + wire->last, sizeof(header));
	header.nlmsg_flags |= NLM_F_ACK;
	memcpy(wire->out.bytes + wire->last, &header, sizeof(header));
	error = send_all(wire);
	return error != 0 ? error : read_to_end(wire, visit_nothing, NULL);
}

int wire_send_full(struct wire *wire)
{
	return wire->count < WIRE_BATCH ? 0 : wire_send(wire);
}

int wire_dump(struct wire *wire, wire_visit visit, void *context)
{
	int error = send_all(wire);

	return error != 0 ? error : read_to_end(wire, visit, context);
}

int wire_read(struct wire *wire, wire_visit visit, void *context)
{
	int status;

	do {
		status = read_some(wire, MSG_DONTWAIT, visit, context);
	} while (status == 0);
	return status == 1 || status == -EAGAIN ? 0 : -status;
}

const void *wire_find(const struct nlmsghdr *message, size_t header, uint16_t type, size_t size)
{
	const struct rtattr *attribute =
		(const void *)((const uint8_t *)NLMSG_DATA(message) + NLMSG_ALIGN(header));
	size_t len = message->nlmsg_len - NLMSG_SPACE(header);

	for (; RTA_OK(attribute, len); attribute = RTA_NEXT(attribute, len)) {
		if (attribute->rta_type == type && RTA_PAYLOAD(attribute) >= size)
			return RTA_DATA(attribute);
	}
	return NULL;
}

int64_t wire_now_us(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
