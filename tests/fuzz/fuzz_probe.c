/* fuzz_probe.c - any bytes as what comes back for an echo: only a whole answer of ours counts. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/probe/receive.c */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h>

#include "edge/probe/wire.h"
#include "fence.h"

/* The bytes: how long the ancillary data is, that data, then the packet. */
static struct {
	const uint8_t *data;
	size_t size;
	int queue; /* flags of the one that they are in */
} packet;

/* The kernel writes lengths and times itself: none goes past the end; those here are before now. */
static void set_right(struct msghdr *message)
{
	const char *end = (const char *)message->msg_control + message->msg_controllen;

	for (struct cmsghdr *item = CMSG_FIRSTHDR(message); item != NULL;
	     item = CMSG_NXTHDR(message, item)) {
		struct timespec came;
		struct timespec now;

		if (item->cmsg_len > (size_t)(end - (const char *)item))
			item->cmsg_len = (size_t)(end - (const char *)item);
		if (item->cmsg_type != SCM_TIMESTAMPNS || item->cmsg_len < CMSG_LEN(sizeof(came)))
			continue;
		memcpy(&came, CMSG_DATA(item), sizeof(came));
		(void)clock_gettime(CLOCK_REALTIME, &now);
		came.tv_sec = now.tv_sec - came.tv_sec % 128;
		came.tv_nsec = (long)((unsigned long)came.tv_nsec % 1000000000U);
		memcpy(CMSG_DATA(item), &came, sizeof(came));
	}
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	size_t control = packet.size > 0 ? packet.data[0] % 128U : 0;
	struct sockaddr_storage from = {.ss_family = fd == 4 ? AF_INET : AF_INET6};
	size_t len;

	if (packet.size == 0 || (flags & MSG_ERRQUEUE) != packet.queue) {
		errno = EAGAIN;
		return -1;
	}
	if (control > packet.size - 1)
		control = packet.size - 1;
	len = packet.size - 1 - control;
	fence_put(1, message->msg_control, message->msg_controllen, packet.data + 1, control);
	message->msg_controllen = control;
	set_right(message);
	fence_put(0, message->msg_iov->iov_base, message->msg_iov->iov_len,
		  packet.data + 1 + control, len);
	memcpy(message->msg_name, &from, sizeof(from));
	packet.size = 0;
	return (ssize_t)len;
}

static void receive(const struct probe *probe, const uint8_t *data, size_t size, int queue)
{
	struct echo_answer answer;
	int status;

	packet.data = data;
	packet.size = size;
	packet.queue = queue;
	status = probe_receive(probe, &answer);
	fence_lift();
	if (status != 1)
		return;
	if (queue == 0 && (answer.kind != ECHO_ANSWERED || answer.age_us > 60000000))
		abort();
	if (queue != 0 && answer.kind == ECHO_ANSWERED)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct probe probe = {.fd = 4, .family = AF_INET, .id = 0x4142, .cookie = UINT64_MAX};

	if (size > WIRE_MOST)
		return 0;
	for (int raw = 0; raw < 2; raw++) {
		probe.raw = raw != 0;
		probe.fd = 4;
		probe.family = AF_INET;
		receive(&probe, data, size, 0);
		receive(&probe, data, size, MSG_ERRQUEUE);
		probe.fd = 6;
		probe.family = AF_INET6;
		receive(&probe, data, size, 0);
		receive(&probe, data, size, MSG_ERRQUEUE);
	}
	return 0;
}
