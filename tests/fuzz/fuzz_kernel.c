/* fuzz_kernel.c - any bytes as a route message: rows come out normal, nothing beyond is read. */
/* SPDX-License-Identifier: MIT */
/* covers: src/edge/kernel/route.c */
#include "croute/edge/kernel/read.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 4
#define FLAGS (ROUTE_ONLINK | ROUTE_ODD | ROUTE_LOCKED | ROUTE_PREF_LOW | ROUTE_PREF_HIGH)
#define HAS (ROUTE_HAS_GATEWAY | ROUTE_HAS_SRC | ROUTE_VIA_INET6)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What no row may be, whatever the message says. */
static void check_row(const struct route *row)
{
	static const uint8_t none[12];
	bool is_ipv4 = row->family == AF_INET;

	if (!is_ipv4 && row->family != AF_INET6)
		abort();
	if (row->dst_len > ip_bits(row->family) || row->zero != 0 || row->hops == 1)
		abort();
	if ((row->flags & ~FLAGS) != 0 || (row->has & ~HAS) != 0)
		abort();
	if (is_ipv4 && (memcmp(row->dst + 4, none, sizeof(none)) != 0 ||
			((row->has & ROUTE_VIA_INET6) == 0 &&
			 memcmp(row->gateway + 4, none, sizeof(none)) != 0) ||
			memcmp(row->src + 4, none, sizeof(none)) != 0))
		abort();
}

/* The message stands in a block of its own size, so that ASan sees the first byte too many. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nlmsghdr *message;
	struct route rows[ROWS] = {0};
	uint32_t count;

	if (size < sizeof(*message))
		return 0;
	message = malloc(size);
	if (message == NULL)
		return 0;
	memcpy(message, data, size);
	message->nlmsg_len = (uint32_t)size;
	message->nlmsg_type = message->nlmsg_type % 2 == 0 ? RTM_NEWROUTE : RTM_DELROUTE;
	count = kernel_parse_route(message, rows, ROWS);
	if (count > ROWS)
		abort();
	for (uint32_t i = 0; i < count; i++)
		check_row(&rows[i]);
	free(message);
	return 0;
}
