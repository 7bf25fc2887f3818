/* floor.c - the least that putting routes into the kernel takes, for croute's measure. */
/*
 * floor add COUNT DEVICE: adds COUNT IPv4 routes, 10.0.1.0/24 via 172.16.0.2 and so on upwards, 256
 * messages a send, with croute's protocol and spread of metrics. floor dump: counts the kernel's
 * routes of that protocol. No library, no checks of what is there, no file.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 256
#define PROTOCOL 67
#define METRIC 67000U
#define SPREAD 4096U
#define DST_FIRST 0x0a000100U	  /* 10.0.1.0 */
#define GATEWAY_FIRST 0xac100002U /* 172.16.0.2 */

struct number {
	struct rtattr head;
	uint32_t value;
};

/* One message, as the kernel wants it; every part is a multiple of four bytes. */
struct route_message {
	struct nlmsghdr header;
	struct rtmsg route;
	struct number dst;
	struct number gateway;
	struct number oif;
	struct number metric;
};

static struct number number(unsigned short type, uint32_t value)
{
	return (struct number){.head = {.rta_len = sizeof(struct number), .rta_type = type},
			       .value = value};
}

static struct route_message message(uint32_t i, uint32_t oif, bool last)
{
	uint32_t dst = DST_FIRST + (i << 8);

	return (struct route_message){
		.header = {.nlmsg_len = sizeof(struct route_message),
			   .nlmsg_type = RTM_NEWROUTE,
			   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL |
						     (last ? NLM_F_ACK : 0)),
			   .nlmsg_seq = i + 1},
		.route = {.rtm_family = AF_INET,
			  .rtm_dst_len = 24,
			  .rtm_table = RT_TABLE_MAIN,
			  .rtm_protocol = PROTOCOL,
			  .rtm_scope = RT_SCOPE_UNIVERSE,
			  .rtm_type = RTN_UNICAST},
		.dst = number(RTA_DST, htonl(dst)),
		.gateway = number(RTA_GATEWAY, htonl(GATEWAY_FIRST + i)),
		.oif = number(RTA_OIF, oif),
		.metric = number(RTA_PRIORITY, METRIC + (dst >> 8) % SPREAD),
	};
}

/* Read the answer to a batch: 0, or the errno of its first refusal. */
static int answer(int fd)
{
	static union {
		struct nlmsghdr header;
		char bytes[32768];
	} in;
	ssize_t len = recv(fd, &in, sizeof(in), 0);
	const struct nlmsgerr *error = NLMSG_DATA(&in.header);

	if (len < (ssize_t)NLMSG_LENGTH(sizeof(*error)) || in.header.nlmsg_type != NLMSG_ERROR)
		return EPROTO;
	return -error->error;
}

static int add(int fd, uint32_t count, const char *device)
{
	static struct route_message batch[BATCH];
	uint32_t oif = if_nametoindex(device);

	for (uint32_t done = 0; done < count;) {
		uint32_t n = count - done < BATCH ? count - done : BATCH;
		int error;

		for (uint32_t i = 0; i < n; i++)
			batch[i] = message(done + i, oif, i == n - 1);
		if (send(fd, batch, n * sizeof(*batch), 0) < 0)
			return errno;
		error = answer(fd);
		if (error != 0)
			return error;
		done += n;
	}
	return 0;
}

/* Count what one read brought; true when the dump has come to its end. */
static bool count_routes(const struct nlmsghdr *header, ssize_t len, uint32_t *count)
{
	for (; NLMSG_OK(header, len); header = NLMSG_NEXT(header, len)) {
		const struct rtmsg *route = NLMSG_DATA(header);

		if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
			return true;
		*count += route->rtm_protocol == PROTOCOL;
	}
	return false;
}

static int dump(int fd)
{
	static union {
		struct nlmsghdr header;
		char bytes[65536];
	} in;
	struct {
		struct nlmsghdr header;
		struct rtmsg route;
	} out = {.header = {.nlmsg_len = sizeof(out),
			    .nlmsg_type = RTM_GETROUTE,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		 .route = {.rtm_family = AF_INET, .rtm_protocol = PROTOCOL}};
	uint32_t count = 0;
	ssize_t len;
	int on = 1;

	(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	if (send(fd, &out, sizeof(out), 0) < 0)
		return errno;
	do {
		len = recv(fd, &in, sizeof(in), 0);
		if (len < 0)
			return errno;
	} while (!count_routes(&in.header, len, &count));
	printf("%u\n", count);
	return 0;
}

int main(int argc, char **argv)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error = EINVAL;

	if (argc == 4 && strcmp(argv[1], "add") == 0)
		error = add(fd, (uint32_t)strtoul(argv[2], NULL, 10), argv[3]);
	else if (argc == 2 && strcmp(argv[1], "dump") == 0)
		error = dump(fd);
	else
		(void)fprintf(stderr, "usage: floor add COUNT DEVICE | floor dump\n");
	if (error != 0)
		(void)fprintf(stderr, "floor: %s\n", strerror(error));
	(void)close(fd);
	return error != 0;
}
