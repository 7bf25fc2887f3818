/* wide_route.c - adds a route with more next hops than ip(8) can send. */
/* SPDX-License-Identifier: MIT */
/*
 * wide_route PREFIX LENGTH COUNT DEVICE: of protocol zebra, over COUNT gateways on the device,
 * 10.0.100.1 and on, or fd00::2 and on. Over some 2,000 IPv4 next hops (1,200 of IPv6) it is longer
 * than the kernel's buffer for a dump.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bench/wire.h"

#define NUMBER(text) ((uint32_t)strtoul(text, NULL, 10))

static void gateway(int family, uint32_t n, uint8_t out[16])
{
	uint32_t ipv4 = htonl(0x0a006401U + n);
	uint16_t last = htons((uint16_t)(n + 2));

	memset(out, 0, 16);
	if (family == AF_INET) {
		memcpy(out, &ipv4, sizeof(ipv4));
		return;
	}
	out[0] = 0xfd;
	memcpy(out + 14, &last, sizeof(last));
}

/* The next hops as the value of RTA_MULTIPATH; its size. */
static size_t fill_hops(int family, uint32_t count, uint32_t device, uint8_t *out)
{
	size_t size = family == AF_INET ? 4 : 16;
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct rtattr attr = {.rta_len = (unsigned short)(sizeof(attr) + size),
				      .rta_type = RTA_GATEWAY};
		struct rtnexthop hop = {
			.rtnh_len = (unsigned short)(sizeof(hop) + sizeof(attr) + size),
			.rtnh_ifindex = (int)device};
		uint8_t bytes[16];

		gateway(family, i, bytes);
		memcpy(out + at, &hop, sizeof(hop));
		memcpy(out + at + sizeof(hop), &attr, sizeof(attr));
		memcpy(out + at + sizeof(hop) + sizeof(attr), bytes, size);
		at += hop.rtnh_len;
	}
	return at;
}

static int add(struct wire *wire, char **argv)
{
	int family = strchr(argv[1], ':') != NULL ? AF_INET6 : AF_INET;
	struct rtmsg route = {.rtm_family = (unsigned char)family,
			      .rtm_dst_len = (unsigned char)NUMBER(argv[2]),
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_ZEBRA,
			      .rtm_type = RTN_UNICAST};
	static uint8_t hops[60000];
	uint8_t dst[16];

	if (inet_pton(family, argv[1], dst) != 1 ||
	    NUMBER(argv[3]) * (family == AF_INET ? 16U : 28U) > sizeof(hops))
		return EINVAL;
	wire_begin(wire, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &route, sizeof(route));
	wire_put(wire, RTA_DST, dst, family == AF_INET ? 4 : 16);
	wire_put(wire, RTA_MULTIPATH, hops,
		 fill_hops(family, NUMBER(argv[3]), if_nametoindex(argv[4]), hops));
	return wire_send(wire);
}

int main(int argc, char **argv)
{
	static struct wire wire;
	int error = EINVAL;

	if (argc == 5)
		error = wire_open(&wire, 0);
	if (error == 0)
		error = add(&wire, argv);
	if (error != 0)
		(void)fprintf(stderr, "wide_route: %s\n", strerror(error));
	return error != 0;
}
