/* fuzz_probe.c - any bytes as what comes back for an echo: only a whole answer of ours counts. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/probe/receive.c */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "edge/probe/wire.h"

/* The bytes: how long the ancillary data is, that data, then the packet. */
static struct {
	const uint8_t *data;
	size_t size;
	int queue; /* flags of the one that they are in */
} packet;

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
	memcpy(message->msg_control, packet.data + 1, control);
	message->msg_controllen = control;
	memcpy(message->msg_iov->iov_base, packet.data + 1 + control, len);
	memcpy(message->msg_name, &from, sizeof(from));
	packet.size = 0;
	return (ssize_t)len;
}

static void receive(const struct probe *probe, const uint8_t *data, size_t size, int queue)
{
	struct echo_answer answer;

	packet.data = data;
	packet.size = size;
	packet.queue = queue;
	if (probe_receive(probe, &answer) == 0)
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
