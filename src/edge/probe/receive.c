/* receive.c - what comes back: echo replies, and errors that somebody sent. */
/* SPDX-License-Identifier: MIT */
#include "edge/probe/wire.h"

#include <netinet/icmp6.h>
#include <netinet/in.h> /* before linux/in6.h */

#include <errno.h>
#include <time.h> /* linux/errqueue.h lacks it */

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#define AGE_MOST 60000000 /* more is a clock that was set meanwhile */

/* What was received. */
struct received {
	uint8_t bytes[WIRE_MOST];
	size_t len;
};

/* Where the ICMP header of what was received begins; past the end when it is cut short. */
static size_t icmp_at(const struct probe *probe, const struct received *received)
{
	if (!probe->raw || probe->family != AF_INET || received->len == 0)
		return 0;
	return (size_t)(received->bytes[0] & 0x0f) * 4;
}

static bool take_reply(const struct probe *probe, const struct received *received,
		       struct echo_answer *out)
{
	uint8_t type = probe->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	size_t at = icmp_at(probe, received);
	size_t len = received->len;
	struct wire_mark mark;

	if (at >= len || received->bytes[at] != type ||
	    !wire_mark(probe, received->bytes + at, len - at, &mark) ||
	    mark.size != len - at + wire_header(probe->family))
		return false;
	*out = (struct echo_answer){
		.kind = ECHO_ANSWERED, .number = mark.number, .tag = mark.tag, .from = out->from};
	return true;
}

static enum echo_kind kind_of_ipv4(const struct sock_extended_err *error)
{
	if (error->ee_type == ICMP_TIME_EXCEEDED)
		return ECHO_ABSENT;
	switch (error->ee_code) {
	case ICMP_FRAG_NEEDED:
		return ECHO_TOO_BIG;
	case ICMP_NET_UNREACH:
	case ICMP_HOST_UNREACH:
		return ECHO_ABSENT;
	default:
		return ECHO_REFUSED;
	}
}

static enum echo_kind kind_of_ipv6(const struct sock_extended_err *error)
{
	if (error->ee_type == ICMP6_PACKET_TOO_BIG)
		return ECHO_TOO_BIG;
	if (error->ee_type == ICMP6_TIME_EXCEEDED)
		return ECHO_ABSENT;
	return error->ee_code == ICMP6_DST_UNREACH_NOROUTE ||
			       error->ee_code == ICMP6_DST_UNREACH_ADDR
		       ? ECHO_ABSENT
		       : ECHO_REFUSED;
}

/* A local error on IPv4 comes with a shorter address than one on IPv6. */
static void take_error(const struct cmsghdr *item, struct echo_answer *out)
{
	const struct sock_extended_err *error = (const void *)CMSG_DATA(item);
	size_t len = item->cmsg_len - CMSG_LEN(sizeof(*error));
	struct sockaddr_storage offender = {0};

	memcpy(&offender, SO_EE_OFFENDER(error), len < sizeof(offender) ? len : sizeof(offender));
	out->from = wire_ip(&offender);
	out->mtu = error->ee_info;
	if (error->ee_origin == SO_EE_ORIGIN_ICMP)
		out->kind = kind_of_ipv4(error);
	else if (error->ee_origin == SO_EE_ORIGIN_ICMP6)
		out->kind = kind_of_ipv6(error);
	else
		out->kind = error->ee_errno == EMSGSIZE ? ECHO_TOO_BIG : ECHO_UNHEARD;
}

/* The error goes with the packet that caused it, from its ICMP header on. */
static bool take_failure(const struct probe *probe, struct msghdr *message,
			 const struct received *received, struct echo_answer *out)
{
	struct wire_mark mark;
	bool found = false;

	for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item != NULL;
	     item = CMSG_NXTHDR(message, item)) {
		if (item->cmsg_level == SOL_SOCKET ||
		    item->cmsg_len <
			    CMSG_LEN(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in)))
			continue;
		take_error(item, out);
		found = true;
	}
	if (!found || !wire_mark(probe, received->bytes, received->len, &mark))
		return false;
	out->number = mark.number;
	out->tag = mark.tag;
	return true;
}

/* By the kernel's note of when it came; 0 without one. */
static uint32_t age_of(struct msghdr *message)
{
	struct timespec came;
	struct timespec now;
	int64_t us;

	for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item != NULL;
	     item = CMSG_NXTHDR(message, item)) {
		if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS ||
		    item->cmsg_len < CMSG_LEN(sizeof(came)))
			continue;
		memcpy(&came, CMSG_DATA(item), sizeof(came));
		(void)clock_gettime(CLOCK_REALTIME, &now);
		if (came.tv_sec < now.tv_sec - AGE_MOST / 1000000 || came.tv_sec > now.tv_sec ||
		    (uint64_t)came.tv_nsec >= 1000000000)
			return 0;
		us = (now.tv_sec - came.tv_sec) * 1000000 + (now.tv_nsec - came.tv_nsec) / 1000;
		return us > 0 && us < AGE_MOST ? (uint32_t)us : 0;
	}
	return 0;
}

/* 1: in `out`; 0: nothing of ours; -EAGAIN: the queue is empty. */
static int receive(const struct probe *probe, int flags, struct echo_answer *out)
{
	struct sockaddr_storage from = {0};
	struct received received;
	_Alignas(struct cmsghdr) char control[512];
	struct iovec piece = {.iov_base = received.bytes, .iov_len = sizeof(received.bytes)};
	struct msghdr message = {.msg_name = &from,
				 .msg_namelen = sizeof(from),
				 .msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(probe->fd, &message, flags | MSG_DONTWAIT);

	if (len < 0)
		return errno == EAGAIN ? -EAGAIN : 0;
	received.len = (size_t)len;
	*out = (struct echo_answer){.from = wire_ip(&from)};
	if ((flags & MSG_ERRQUEUE) != 0)
		return take_failure(probe, &message, &received, out);
	if (!take_reply(probe, &received, out))
		return 0;
	out->age_us = age_of(&message);
	return 1;
}

int probe_receive(const struct probe *probe, struct echo_answer *out)
{
	int status = receive(probe, 0, out);

	return status == -EAGAIN ? receive(probe, MSG_ERRQUEUE, out) : status;
}

uint32_t probe_drops(const struct probe *probe)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	(void)getsockopt(probe->fd, SOL_SOCKET, SO_MEMINFO, info, &len); /* Linux 4.12 */
	return info[SK_MEMINFO_DROPS];
}
