/* answers.h - the fuzzer's bytes as what the kernel answers, in place of its netlink sockets. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <errno.h>
#include <linux/rtnetlink.h>
#include <sanitizer/asan_interface.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "croute/edge/kernel/netlink.h"

/*
 * The bytes are messages, one behind the other: what the kernel holds. A question gets those of the
 * type that answers it, each in a datagram of its own, then its end. The ends are messages too: the
 * n-th question gets the n-th NLMSG_ERROR or NLMSG_DONE among the bytes, then one that says 0.
 */
static struct {
	const uint8_t *data;
	size_t size;
	size_t at;	/* of the messages that answer */
	size_t end;	/* the next end, of all questions */
	uint32_t asked; /* sequence number of the question */
	uint16_t type;	/* of its answers */
	bool any;	/* all types: of a batch */
	bool is_dump;
	bool over;
	void *buffer; /* behind what was received it is out of bounds */
	size_t room;
} answers;

static inline void answers_begin(const uint8_t *data, size_t size)
{
	memset(&answers, 0, sizeof(answers));
	answers.data = data;
	answers.size = size;
}

static inline void answers_end(void)
{
	ASAN_UNPOISON_MEMORY_REGION(answers.buffer, answers.room);
}

/* The message at `*at`, which is moved on; its bytes, 0 past the last. One whose length is wrong
 * reaches to the end. */
static inline size_t answers_next(size_t *at, struct nlmsghdr *out)
{
	size_t left = answers.size - *at;
	size_t len;

	if (left < sizeof(*out))
		return 0;
	memcpy(out, answers.data + *at, sizeof(*out));
	len = out->nlmsg_len < sizeof(*out) || out->nlmsg_len > left ? left : out->nlmsg_len;
	*at += NLMSG_ALIGN(len) < left ? NLMSG_ALIGN(len) : left;
	return len;
}

static inline bool answers_is_end(const struct nlmsghdr *message)
{
	return message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE;
}

static inline size_t answers_put(void *to, size_t from, size_t len)
{
	struct nlmsghdr *message = to;

	memcpy(to, answers.data + from, len);
	message->nlmsg_seq = answers.asked + (answers.any ? message->nlmsg_seq % 4 : 0);
	return len;
}

static inline size_t answers_say_end(void *to)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr body;
	} ack = {.header = {.nlmsg_len = sizeof(ack),
			    .nlmsg_type = answers.is_dump ? NLMSG_DONE : NLMSG_ERROR,
			    .nlmsg_seq = answers.asked}};
	struct nlmsghdr message;
	size_t from = answers.end;
	size_t len;

	answers.over = true;
	while ((len = answers_next(&answers.end, &message)) > 0 && !answers_is_end(&message))
		from = answers.end;
	if (len > 0)
		return answers_put(to, from, len);
	memcpy(to, &ack, sizeof(ack));
	return sizeof(ack);
}

static inline ssize_t answers_say(void *to)
{
	struct nlmsghdr message;
	size_t from = answers.at;
	size_t len;

	if (answers.over)
		return 0;
	for (; (len = answers_next(&answers.at, &message)) > 0; from = answers.at) {
		if (message.nlmsg_type == answers.type || (answers.any && answers_is_end(&message)))
			return (ssize_t)answers_put(to, from, len);
	}
	return (ssize_t)answers_say_end(to);
}

/* --- in the place of libc's */

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, __CONST_SOCKADDR_ARG to,
	       socklen_t to_size)
{
	const struct nlmsghdr *asked = bytes;

	(void)fd, (void)flags, (void)to, (void)to_size;
	answers.asked = asked->nlmsg_seq;
	answers.any = size > asked->nlmsg_len;
	answers.is_dump = (asked->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	answers.type = (uint16_t)(asked->nlmsg_type - (asked->nlmsg_type >> 8 != 0 ? 1 : 2));
	answers.at = 0;
	answers.over = false;
	return (ssize_t)size;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct sockaddr_nl from = {.nl_family = AF_NETLINK};
	ssize_t len;

	(void)fd, (void)flags;
	answers.buffer = message->msg_iov->iov_base;
	answers.room = message->msg_iov->iov_len;
	ASAN_UNPOISON_MEMORY_REGION(answers.buffer, answers.room);
	len = answers_say(answers.buffer);
	if (len == 0) {
		errno = EAGAIN;
		return -1;
	}
	ASAN_POISON_MEMORY_REGION((uint8_t *)answers.buffer + len, answers.room - (size_t)len);
	memcpy(message->msg_name, &from, sizeof(from));
	message->msg_flags = 0;
	return len;
}

ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	(void)fd, (void)buffer, (void)size, (void)flags;
	return 0;
}
