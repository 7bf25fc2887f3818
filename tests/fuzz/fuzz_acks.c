/* fuzz_acks.c - any bytes as acknowledgements: what was refused is never taken for done. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/kernel/netlink.c */
#include <netlink/msg.h>
#include <stdlib.h>

#include "answers.h"

#define MESSAGES 3
#define ERRNO_MOST 4095 /* MAX_ERRNO of the kernel */

static void refused(void *context, uint32_t token, int code, const char *words)
{
	(void)context;
	if (token >= MESSAGES || code <= 0 || code > ERRNO_MOST || strlen(words) > 65536)
		abort();
}

static int take(void *context, const struct nlmsghdr *answer)
{
	(void)context;
	(void)answer;
	return 0;
}

static void begin(struct netlink *netlink, uint16_t type, uint16_t flags)
{
	struct rtmsg header = {.rtm_family = AF_INET};

	(void)netlink_begin(netlink, type, flags, &header, sizeof(header));
}

static void check(int status, const struct error *err)
{
	if (status > 0 || status < -ERRNO_MOST || (status < 0 && err->code != -status))
		abort();
}

static void send_batch(struct netlink *netlink)
{
	struct error err = {0};

	for (uint32_t i = 0; i < MESSAGES; i++) {
		begin(netlink, RTM_NEWROUTE, 0);
		if (netlink_queue(netlink, i, &err) < 0)
			abort();
	}
	check(netlink_flush(netlink, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netlink netlink = {.fd = -1, .refused = refused};
	struct error err = {0};

	if (netlink.message == NULL)
		netlink.message = nlmsg_alloc_size(1024);
	if (size > 16384)
		return 0;
	answers_begin(data, size);
	begin(&netlink, RTM_NEWROUTE, NLM_F_ACK);
	check(netlink_command(&netlink, &err), &err);
	begin(&netlink, RTM_GETROUTE, NLM_F_DUMP);
	check(netlink_ask(&netlink, take, NULL, &err), &err);
	send_batch(&netlink);
	answers_end();
	return 0;
}
