/* fuzz_acks.c - any bytes as acknowledgements: what was refused is never taken for done. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/kernel/netlink.c */
#include <netlink/msg.h>
#include <stdlib.h>

#include "answers.h"

#define MESSAGES (NETLINK_BATCH + 2)
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

/* More than one batch takes. */
static void send_batches(struct netlink *netlink)
{
	struct error err = {0};
	int status = 0;

	for (uint32_t i = 0; i < MESSAGES && status == 0; i++) {
		begin(netlink, RTM_NEWROUTE, 0);
		status = netlink_queue(netlink, i, &err);
	}
	if (status == 0)
		status = netlink_flush(netlink, &err);
	check(status, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct netlink netlink = {.refused = refused};
	struct error err = {0};

	if (size > ANSWERS_MOST)
		return 0;
	if (netlink_open(&netlink, NULL) < 0 || netlink_port(&netlink) == 0)
		abort();
	answers_begin(data, size);
	begin(&netlink, RTM_NEWROUTE, NLM_F_ACK);
	check(netlink_command(&netlink, &err), &err);
	begin(&netlink, RTM_GETROUTE, NLM_F_DUMP);
	check(netlink_ask(&netlink, take, NULL, &err), &err);
	send_batches(&netlink);
	answers_end();
	netlink_close(&netlink);
	return 0;
}
