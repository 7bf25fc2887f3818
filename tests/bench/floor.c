/* floor.c - the least that putting peers into the kernel takes, for croute's measure. */
/* SPDX-License-Identifier: MIT */
/*
 * floor add|change|half v4|v6|vxlan COUNT DEVICE: what a first apply, a moved peer, the removal of
 * the later half send to the kernel, 256 messages at a time, with croute's protocol and spread of
 * metrics. floor count v4|v6 PROTOCOL: how many routes there are of it. floor look|dumps
 * v4|v6|vxlan NUMBER DEVICE: what a pass must read, once or NUMBER times. floor churn COUNT DEVICE:
 * as many foreign changes. Times are printed in microseconds. No library, no checks of what is
 * there, no file.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peers.h"
#include "wire.h"

#define NEW (NLM_F_CREATE | NLM_F_EXCL)
#define PAUSE_MS                                                                                   \
	100 /* before each of many, as an agent's passes have it: caches are cold by then */
#define NUMBER(text) ((uint32_t)strtoul(text, NULL, 10))

/* What is asked for. */
struct job {
	struct wire wire;
	const char *how; /* v4, v6, vxlan */
	uint32_t count;
	uint32_t device;
	uint32_t protocol;
};

typedef void (*job_append)(struct job *job, uint32_t peer, uint16_t type, uint16_t flags);

static bool is_v6(const struct job *job)
{
	return strcmp(job->how, "v6") == 0;
}

static bool is_vxlan(const struct job *job)
{
	return strcmp(job->how, "vxlan") == 0;
}

/* The words of fd10:0:I:J:: or fd00::I:J. */
static void v6_address(uint32_t number, uint16_t head, size_t at, uint8_t out[16])
{
	uint16_t first = htons(head);
	uint32_t tail = htonl(number + 1);

	memset(out, 0, 16);
	memcpy(out, &first, sizeof(first));
	memcpy(out + at, &tail, sizeof(tail));
}

static void append_v6(struct job *job, uint32_t peer, uint16_t type, uint16_t flags)
{
	bool moved = (flags & NLM_F_REPLACE) != 0;
	struct rtmsg route = {.rtm_family = AF_INET6,
			      .rtm_dst_len = 64,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = PEERS_PROTOCOL,
			      .rtm_scope = RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST};
	uint8_t address[16];

	wire_begin(&job->wire, type, flags, &route, sizeof(route));
	v6_address(peer, 0xfd10, 4, address);
	wire_put(&job->wire, RTA_DST, address, sizeof(address));
	v6_address(moved ? peer + 1 : peer, 0xfd00, 12, address);
	if (type == RTM_NEWROUTE)
		wire_put(&job->wire, RTA_GATEWAY, address, sizeof(address));
	wire_put_u32(&job->wire, RTA_OIF, job->device);
	wire_put_u32(&job->wire, RTA_PRIORITY, PEERS_METRIC);
}

/* Through a tunnel the gateway is the peer's first address, behind the device. */
static void append_v4(struct job *job, uint32_t peer, uint16_t type, uint16_t flags)
{
	bool moved = (flags & NLM_F_REPLACE) != 0;
	uint32_t dst = PEERS_DST_FIRST + (peer << 8);
	uint32_t gateway = is_vxlan(job) ? dst : PEERS_GATEWAY_FIRST + peer + moved;
	struct rtmsg route = {.rtm_family = AF_INET,
			      .rtm_dst_len = 24,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = PEERS_PROTOCOL,
			      .rtm_scope = RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST,
			      .rtm_flags = is_vxlan(job) ? RTNH_F_ONLINK : 0};

	wire_begin(&job->wire, type, flags, &route, sizeof(route));
	wire_put_u32(&job->wire, RTA_DST, htonl(dst));
	if (type == RTM_NEWROUTE)
		wire_put_u32(&job->wire, RTA_GATEWAY, htonl(gateway));
	wire_put_u32(&job->wire, RTA_OIF, job->device);
	wire_put_u32(&job->wire, RTA_PRIORITY, PEERS_METRIC + (dst >> 8) % PEERS_SPREAD);
}

static void append_route(struct job *job, uint32_t peer, uint16_t type, uint16_t flags)
{
	if (is_v6(job))
		append_v6(job, peer, type, flags);
	else
		append_v4(job, peer, type, flags);
}

static uint16_t neigh_type(uint16_t type)
{
	return type == RTM_NEWROUTE ? RTM_NEWNEIGH : RTM_DELNEIGH;
}

static void put_mac(struct job *job, uint32_t peer)
{
	uint8_t mac[6] = {2};
	uint32_t tail = htonl(peer);

	memcpy(mac + 2, &tail, sizeof(tail));
	wire_put(&job->wire, NDA_LLADDR, mac, sizeof(mac));
}

static void append_neigh(struct job *job, uint32_t peer, uint16_t type, uint16_t flags)
{
	struct ndmsg neigh = {
		.ndm_family = AF_INET, .ndm_ifindex = (int)job->device, .ndm_state = NUD_PERMANENT};

	wire_begin(&job->wire, neigh_type(type), flags, &neigh, sizeof(neigh));
	wire_put_u32(&job->wire, NDA_DST, htonl(PEERS_DST_FIRST + (peer << 8)));
	put_mac(job, peer);
}

static void append_fdb(struct job *job, uint32_t peer, uint16_t type, uint16_t flags)
{
	bool moved = (flags & NLM_F_REPLACE) != 0;
	struct ndmsg fdb = {.ndm_family = AF_BRIDGE,
			    .ndm_ifindex = (int)job->device,
			    .ndm_state = NUD_PERMANENT | NUD_NOARP,
			    .ndm_flags = NTF_SELF};

	wire_begin(&job->wire, neigh_type(type), flags, &fdb, sizeof(fdb));
	put_mac(job, peer);
	wire_put_u32(&job->wire, NDA_DST, htonl(PEERS_GATEWAY_FIRST + peer + moved));
}

static int each(struct job *job, job_append append, uint32_t first, uint16_t type, uint16_t flags)
{
	int error = 0;

	for (uint32_t peer = first; peer <= job->count && error == 0; peer++) {
		append(job, peer, type, flags);
		error = wire_send_full(&job->wire);
	}
	return error != 0 ? error : wire_send(&job->wire);
}

static int add(struct job *job)
{
	int error = 0;

	if (is_vxlan(job))
		error = each(job, append_fdb, 1, RTM_NEWROUTE, NEW);
	if (is_vxlan(job) && error == 0)
		error = each(job, append_neigh, 1, RTM_NEWROUTE, NEW);
	return error != 0 ? error : each(job, append_route, 1, RTM_NEWROUTE, NEW);
}

/* The last peer has another address. */
static int change(struct job *job)
{
	job_append append = is_vxlan(job) ? append_fdb : append_route;

	return each(job, append, job->count, RTM_NEWROUTE, NLM_F_REPLACE);
}

static int half(struct job *job)
{
	uint32_t first = job->count / 2 + 1;
	int error = 0;

	error = each(job, append_route, first, RTM_DELROUTE, 0);
	if (is_vxlan(job) && error == 0)
		error = each(job, append_neigh, first, RTM_DELROUTE, 0);
	if (is_vxlan(job) && error == 0)
		error = each(job, append_fdb, first, RTM_DELROUTE, 0);
	return error;
}

static bool count_one(void *context, const struct nlmsghdr *message)
{
	(void)message;
	++*(uint32_t *)context;
	return false;
}

static int dump_routes(struct job *job, uint8_t family, uint32_t protocol, uint32_t *count)
{
	struct rtmsg route = {.rtm_family = family, .rtm_protocol = (uint8_t)protocol};
	int error;

	wire_begin(&job->wire, RTM_GETROUTE, NLM_F_DUMP, &route, sizeof(route));
	error = wire_dump(&job->wire, count_one, count);
	return error == ENOENT ? 0 : error;
}

static int count(struct job *job)
{
	uint32_t sum = 0;
	int error = dump_routes(job, is_v6(job) ? AF_INET6 : AF_INET, job->protocol, &sum);

	printf("%u\n", sum);
	return error;
}

static int dump_peers(struct job *job, uint8_t family, uint32_t *count)
{
	bool fdb = family == AF_BRIDGE;
	struct ndmsg neigh = {.ndm_family = family, .ndm_ifindex = fdb ? (int)job->device : 0};

	wire_begin(&job->wire, RTM_GETNEIGH, NLM_F_DUMP, &neigh, sizeof(neigh));
	if (!fdb)
		wire_put_u32(&job->wire, NDA_IFINDEX, job->device);
	return wire_dump(&job->wire, count_one, count);
}

/* Links, addresses, our own routes, and all of them: others' may conflict or shadow, and one that
 * is too long for a dump ends it early. croute asks for its own again only then. */
static int dumps(struct job *job)
{
	static const uint8_t families[] = {AF_INET, AF_INET6};
	struct ifinfomsg link = {.ifi_family = AF_UNSPEC};
	struct ifaddrmsg address = {.ifa_family = AF_UNSPEC};
	uint32_t sum = 0;
	int error;

	wire_begin(&job->wire, RTM_GETLINK, NLM_F_DUMP, &link, sizeof(link));
	error = wire_dump(&job->wire, count_one, &sum);
	wire_begin(&job->wire, RTM_GETADDR, NLM_F_DUMP, &address, sizeof(address));
	if (error == 0)
		error = wire_dump(&job->wire, count_one, &sum);
	for (int i = 0; i < 4 && error == 0; i++)
		error = dump_routes(job, families[i % 2], i < 2 ? PEERS_PROTOCOL : 0, &sum);
	if (is_vxlan(job) && error == 0)
		error = dump_peers(job, AF_INET, &sum);
	if (is_vxlan(job) && error == 0)
		error = dump_peers(job, AF_BRIDGE, &sum);
	return error;
}

/* Routes of another's, that come and go ten thousand at a time. */
static int churn(struct job *job)
{
	uint32_t rounds = job->count / 20000;
	int error = 0;

	for (uint32_t i = 0; i < rounds * 20000 && error == 0; i++) {
		struct rtmsg route = {.rtm_family = AF_INET,
				      .rtm_dst_len = 32,
				      .rtm_table = RT_TABLE_MAIN,
				      .rtm_protocol = RTPROT_BIRD,
				      .rtm_scope = RT_SCOPE_LINK,
				      .rtm_type = RTN_UNICAST};
		bool goes = i / 10000 % 2 != 0;

		wire_begin(&job->wire, goes ? RTM_DELROUTE : RTM_NEWROUTE, goes ? 0 : NEW, &route,
			   sizeof(route));
		wire_put_u32(&job->wire, RTA_DST, htonl(0xc0000000U + i % 10000));
		wire_put_u32(&job->wire, RTA_OIF, job->device);
		wire_put_u32(&job->wire, RTA_PRIORITY, 100);
		error = wire_send_full(&job->wire);
	}
	return error != 0 ? error : wire_send(&job->wire);
}

static const struct {
	const char *name;
	int (*run)(struct job *job);
	bool repeated; /* COUNT times, each after a pause */
} verbs[] = {
	{"add", add, false},	 {"change", change, false}, {"half", half, false},
	{"count", count, false}, {"dumps", dumps, true},    {"churn", churn, false},
	{"look", dumps, false},
};

static int perform(struct job *job, size_t verb)
{
	uint32_t times = verbs[verb].repeated ? job->count : 1;
	int error = 0;

	for (uint32_t i = 0; i < times && error == 0; i++) {
		int64_t began;

		(void)poll(NULL, 0, verbs[verb].repeated ? PAUSE_MS : 0);
		began = wire_now_us();
		error = verbs[verb].run(job);
		printf("us %lld\n", (long long)(wire_now_us() - began));
	}
	return error;
}

int main(int argc, char **argv)
{
	static struct job job;
	int error = EINVAL;

	if (argc < 4)
		return fprintf(stderr, "usage: floor VERB v4|v6|vxlan NUMBER [DEVICE]\n") > 0;
	job.how = argv[2];
	job.count = job.protocol = NUMBER(argv[3]);
	job.device = argc > 4 ? if_nametoindex(argv[4]) : 0;
	if (wire_open(&job.wire, 0) != 0)
		return 1;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0)
			error = perform(&job, i);
	}
	if (error != 0)
		(void)fprintf(stderr, "floor: %s\n", strerror(error));
	return error != 0;
}
