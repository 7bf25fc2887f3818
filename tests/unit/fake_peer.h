/* fake_peer.h - a netlink socket at whose other end the test stands, datagram by datagram. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "croute/edge/kernel/netlink.h"

#define PEER_DATAGRAMS 8
#define PEER_QUESTIONS 8

/* What is said next. Messages of sequence number 0 get that of the question that was asked last. */
struct peer_datagram {
	uint32_t question; /* said after so many questions */
	uint32_t port;	   /* of the sender; the kernel's is 0 */
	int flags;	   /* MSG_TRUNC */
	uint32_t len;
	_Alignas(8) uint8_t bytes[4096];
};

static struct peer {
	struct netlink netlink;
	struct peer_datagram datagrams[PEER_DATAGRAMS];
	uint32_t count; /* of datagrams */
	uint32_t next;
	_Alignas(8) uint8_t asked[PEER_QUESTIONS][1024]; /* each a request */
	uint32_t questions;
} peer;

/* A socket that was never opened; what is asked is kept, what is said is what the test says. */
static inline struct netlink *peer_begin(void)
{
	struct nl_msg *message = peer.netlink.message;

	memset(&peer, 0, sizeof(peer));
	peer.netlink.fd = -1;
	peer.netlink.message = message != NULL ? message : nlmsg_alloc_size(1024);
	assert_non_null(peer.netlink.message);
	return &peer.netlink;
}

static inline int peer_teardown(void **state)
{
	(void)state;
	if (peer.netlink.message != NULL)
		nlmsg_free(peer.netlink.message);
	peer.netlink.message = NULL;
	return 0;
}

static inline struct peer_datagram *peer_last(void)
{
	return &peer.datagrams[peer.count - 1];
}

/* A datagram that comes after the n-th question, from 1. */
static inline struct peer_datagram *peer_datagram(uint32_t question)
{
	assert_true(peer.count < PEER_DATAGRAMS);
	peer.count++;
	peer_last()->question = question;
	return peer_last();
}

static inline struct nlmsghdr *peer_say(uint16_t type, const void *header, size_t size)
{
	struct peer_datagram *datagram = peer_last();
	struct nlmsghdr *message = (void *)(datagram->bytes + datagram->len);

	*message = (struct nlmsghdr){.nlmsg_type = type,
				     .nlmsg_flags = NLM_F_MULTI,
				     .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size)};
	memcpy(nlmsg_data(message), header, size);
	datagram->len += NLMSG_ALIGN(message->nlmsg_len);
	assert_true(datagram->len < sizeof(datagram->bytes));
	return message;
}

/* An attribute of the message that was said last; returns it. */
static inline struct nlattr *peer_put(struct nlmsghdr *message, uint16_t type, const void *value,
				      size_t size)
{
	struct nlattr *attr = (void *)((uint8_t *)message + NLMSG_ALIGN(message->nlmsg_len));

	attr->nla_type = type;
	attr->nla_len = (uint16_t)(sizeof(*attr) + size);
	memcpy(nla_data(attr), value, size);
	message->nlmsg_len = NLMSG_ALIGN(message->nlmsg_len) + NLMSG_ALIGN((uint32_t)attr->nla_len);
	peer_last()->len = (uint32_t)((uint8_t *)message - peer_last()->bytes) + message->nlmsg_len;
	return attr;
}

static inline void peer_put_u32(struct nlmsghdr *message, uint16_t type, uint32_t value)
{
	(void)peer_put(message, type, &value, sizeof(value));
}

static inline void peer_put_u8(struct nlmsghdr *message, uint16_t type, uint8_t value)
{
	(void)peer_put(message, type, &value, sizeof(value));
}

static inline void peer_put_ip(struct nlmsghdr *message, uint16_t type, const char *text)
{
	uint8_t bytes[16];
	int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(family, text, bytes), 1);
	(void)peer_put(message, type, bytes, family == AF_INET ? 4 : 16);
}

/* What follows goes into a nest until peer_unnest. */
static inline struct nlattr *peer_nest(struct nlmsghdr *message, uint16_t type)
{
	return peer_put(message, type, "", 0);
}

static inline void peer_unnest(struct nlmsghdr *message, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)((uint8_t *)message + message->nlmsg_len - (uint8_t *)nest);
}

/* The end of a dump, and how it ended: a positive errno, or 0. */
static inline struct nlmsghdr *peer_done(int code)
{
	int32_t told = -code;

	return peer_say(NLMSG_DONE, &told, sizeof(told));
}

static inline struct nlmsghdr *peer_ack(int code)
{
	struct nlmsgerr body = {.error = -code, .msg.nlmsg_len = sizeof(body.msg)};
	struct nlmsghdr *message = peer_say(NLMSG_ERROR, &body, sizeof(body));

	message->nlmsg_flags = NLM_F_CAPPED;
	return message;
}

static inline struct nlmsghdr *peer_route(const struct rtmsg *header, const char *dst)
{
	struct nlmsghdr *message = peer_say(RTM_NEWROUTE, header, sizeof(*header));

	peer_put_ip(message, RTA_DST, dst);
	return message;
}

/* The n-th request, from 1. */
static inline const struct nlmsghdr *peer_asked(uint32_t n)
{
	assert_in_range(n, 1, peer.questions);
	return (const struct nlmsghdr *)(const void *)peer.asked[n - 1];
}

/* --- instead of libc's */

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, __CONST_SOCKADDR_ARG to,
	       socklen_t to_size)
{
	(void)fd;
	(void)flags;
	(void)to;
	(void)to_size;
	assert_true(peer.questions < PEER_QUESTIONS && size <= sizeof(peer.asked[0]));
	memcpy(peer.asked[peer.questions++], bytes, size);
	return (ssize_t)size;
}

static inline void peer_number(struct peer_datagram *datagram)
{
	struct nlmsghdr *at = (void *)datagram->bytes;
	int left = (int)datagram->len;

	for (; nlmsg_ok(at, left); at = nlmsg_next(at, &left)) {
		if (at->nlmsg_seq == 0)
			at->nlmsg_seq = peer.netlink.sequence;
	}
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct peer_datagram *datagram = &peer.datagrams[peer.next];
	struct sockaddr_nl from = {.nl_family = AF_NETLINK, .nl_pid = datagram->port};

	(void)fd;
	assert_int_equal(flags & MSG_DONTWAIT, MSG_DONTWAIT);
	if (peer.next == peer.count || datagram->question > peer.questions) {
		errno = EAGAIN;
		return -1;
	}
	peer.next++;
	peer_number(datagram);
	memcpy(message->msg_iov->iov_base, datagram->bytes, datagram->len);
	memcpy(message->msg_name, &from, sizeof(from));
	message->msg_flags = datagram->flags;
	return (ssize_t)datagram->len;
}
