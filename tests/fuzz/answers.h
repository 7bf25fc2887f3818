/* answers.h - the fuzzer's bytes as what the kernel answers, in place of its netlink sockets. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "croute/edge/kernel/netlink.h"
#include "fence.h"

/*
 * The bytes are messages, one behind the other. Those with NLM_F_MULTI are what the kernel holds:
 * a dump gets all of the type that answers it, each in a datagram of its own, and the next
 * NLMSG_ERROR or NLMSG_DONE among them as its end. Any other question gets the next message without
 * that flag that is of its type, or an end. Where no end is left it is one that says 0.
 *
 * With RECORD=FILE in the environment the kernel itself is asked, and what it answers is written to
 * the file in this form: tests/fuzz/record.sh.
 */
#define ANSWERS_MOST 32768 /* bytes */

static struct {
	const uint8_t *data;
	size_t size;
	size_t row;	/* where the next row of a dump is sought, */
	size_t next[2]; /* where the next answer to a single question, and end of a dump, */
	size_t ack;	/* and where the next acknowledgement of a batch */
	uint32_t asked; /* sequence number of the question, */
	uint32_t last;	/* and that is acknowledged */
	uint16_t type;	/* of its answers */
	bool is_batch;
	bool is_dump;
	bool answered;
	bool over;
	FILE *record;
	_Alignas(struct nlmsghdr) uint8_t said[ANSWERS_MOST];
} answers;

static inline void answers_begin(const uint8_t *data, size_t size)
{
	const char *record = getenv("RECORD");

	memset(&answers, 0, offsetof(__typeof__(answers), record));
	answers.data = data;
	answers.size = size;
	if (record != NULL && size > 0)
		answers.record = fopen(record, "w+e");
}

static inline void answers_end(void)
{
	fence_lift();
	if (answers.record != NULL)
		(void)fclose(answers.record);
	answers.record = NULL;
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
	return message->nlmsg_type == NLMSG_ERROR || message->nlmsg_type == NLMSG_DONE ||
	       message->nlmsg_type == NLMSG_OVERRUN;
}

/* Say the next row of the question, or its next end, from `*at` on; 0 bytes when there is none. */
static inline size_t answers_find(size_t *at, bool row, bool end)
{
	struct nlmsghdr *said = (void *)answers.said;
	struct nlmsghdr message;
	size_t from = *at;
	size_t len;

	for (; (len = answers_next(at, &message)) > 0; from = *at) {
		bool is_dump = (message.nlmsg_flags & NLM_F_MULTI) != 0;

		if ((!answers.is_batch && is_dump != answers.is_dump) ||
		    !(answers_is_end(&message) ? end : row && message.nlmsg_type == answers.type))
			continue;
		memcpy(said, answers.data + from, len);
		said->nlmsg_seq = answers.asked + (answers.is_batch ? message.nlmsg_seq % 256 : 0);
		answers.over = !answers.is_batch && answers_is_end(&message);
		return len;
	}
	return 0;
}

static inline size_t answers_say_end(void)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr body;
	} ack = {.header = {.nlmsg_len = sizeof(ack),
			    .nlmsg_type = answers.is_dump ? NLMSG_DONE : NLMSG_ERROR,
			    .nlmsg_seq = answers.last}};

	answers.over = true;
	memcpy(answers.said, &ack, sizeof(ack));
	return sizeof(ack);
}

/* The next datagram, in `said`. */
static inline size_t answers_say(void)
{
	size_t len = 0;

	if (answers.over)
		return 0;
	if (answers.is_batch)
		len = answers_find(&answers.ack, false, true);
	else if (answers.is_dump)
		len = answers_find(&answers.row, true, false);
	else if (!answers.answered)
		len = answers_find(&answers.next[0], true, true);
	answers.answered = true;
	if (len == 0 && answers.is_dump)
		len = answers_find(&answers.next[1], false, true);
	return len > 0 ? len : answers_say_end();
}

/* Whether the record has the row of a dump already. */
static inline bool answers_has(const struct nlmsghdr *row)
{
	static uint8_t record[1 << 20];
	size_t len;

	rewind(answers.record);
	len = fread(record, 1, sizeof(record), answers.record);
	return memmem(record, len, row, row->nlmsg_len) != NULL;
}

/* A link without what makes it long, and decides nothing: counters, settings of each protocol. */
static inline void answers_shorten(struct nlmsghdr *link)
{
	int left = nlmsg_attrlen(link, sizeof(struct ifinfomsg));
	struct nlattr *at = nlmsg_attrdata(link, sizeof(struct ifinfomsg));
	uint8_t *out = (uint8_t *)at;

	while (nla_ok(at, left)) {
		struct nlattr *next = nla_next(at, &left);
		size_t size = NLA_ALIGN(at->nla_len);

		if (size <= 64 || nla_type(at) == IFLA_LINKINFO)
			out = (uint8_t *)memmove(out, at, size) + size;
		at = next;
	}
	link->nlmsg_len = (uint32_t)(out - (uint8_t *)link);
}

/* An end that says 0 is said without a record. */
static inline void answers_record(struct nlmsghdr *at, int left)
{
	for (; nlmsg_ok(at, left); at = nlmsg_next(at, &left)) {
		struct nlmsghdr *copy = memcpy(answers.said, at, at->nlmsg_len);
		bool is_end = answers_is_end(at);

		if (at->nlmsg_seq != answers.asked || (is_end && *(int *)nlmsg_data(at) == 0))
			continue;
		if (at->nlmsg_type == RTM_NEWLINK)
			answers_shorten(copy);
		copy->nlmsg_seq = copy->nlmsg_pid = 0;
		copy->nlmsg_flags &= (uint16_t)~NLM_F_MULTI;
		copy->nlmsg_flags |= answers.is_dump ? NLM_F_MULTI : 0;
		if (is_end || !answers.is_dump || !answers_has(copy))
			(void)fwrite(copy, 1, NLMSG_ALIGN(copy->nlmsg_len), answers.record);
	}
}

/* --- in the place of libc's */

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, __CONST_SOCKADDR_ARG to,
	       socklen_t to_size)
{
	const struct nlmsghdr *asked = bytes;
	const struct nlmsghdr *last = bytes;

	answers.asked = answers.last = asked->nlmsg_seq;
	for (size_t at = 0; at < size; at += NLMSG_ALIGN(last->nlmsg_len)) {
		last = (const void *)((const char *)bytes + at);
		if ((last->nlmsg_flags & NLM_F_ACK) != 0)
			answers.last = last->nlmsg_seq;
	}
	answers.is_batch = size > asked->nlmsg_len;
	answers.is_dump = (asked->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	answers.type = asked->nlmsg_type;
	if (answers.type != SOCK_DIAG_BY_FAMILY)
		answers.type -= answers.type >> 8 != 0 ? 1 : 2;
	answers.row = 0;
	answers.answered = false;
	answers.over = false;
	if (answers.record != NULL)
		return syscall(SYS_sendto, fd, bytes, size, flags, to.__sockaddr__, to_size);
	return (ssize_t)size;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct sockaddr_nl from = {.nl_family = AF_NETLINK};
	const struct nlmsghdr *said = (const void *)answers.said;
	struct iovec *part = message->msg_iov;
	ssize_t len;

	if (answers.record != NULL) {
		len = syscall(SYS_recvmsg, fd, message, flags);
		answers_record(part->iov_base, (int)len);
		return len;
	}
	len = (ssize_t)answers_say();
	errno = len == 0 ? EAGAIN : (int)(said->nlmsg_pid % EHWPOISON);
	if (len == 0 || said->nlmsg_type == NLMSG_OVERRUN)
		return -1;
	from.nl_pid = said->nlmsg_pid;
	fence_put(0, part->iov_base, part->iov_len, answers.said, (size_t)len);
	memcpy(message->msg_name, &from, sizeof(from));
	message->msg_flags = 0;
	return len;
}

ssize_t recvfrom(int fd, void *buffer, size_t size, int flags, __SOCKADDR_ARG from,
		 socklen_t *from_size)
{
	struct iovec part = {.iov_base = buffer, .iov_len = size};
	struct msghdr message = {.msg_name = from.__sockaddr__,
				 .msg_namelen = *from_size,
				 .msg_iov = &part,
				 .msg_iovlen = 1};

	return recvmsg(fd, &message, flags);
}

/* What is left of a dump. */
ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	if (answers.record != NULL)
		return syscall(SYS_recvfrom, fd, buffer, size, flags, NULL, NULL);
	return 0;
}
