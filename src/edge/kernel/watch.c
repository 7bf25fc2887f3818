/* watch.c - a filtered socket of netlink events, read for hints only. */
/* SPDX-License-Identifier: MIT */
#include "croute/edge/kernel/watch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "croute/base/hash.h"
#include "croute/edge/host/fd.h"

#define GROUPS                                                                                     \
	(RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |                     \
	 RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE)
#define RECEIVE_BUFFER (256 << 10) /* bytes; the kernel may double or cap it */
#define READ_MOST 4096		   /* messages: more than the buffer holds at once */

/*
 * Classic BPF reads the packet in network order, netlink writes in the host's: constants are turned
 * once, here, for what is compared for equality; a metric is turned by the program itself, since
 * its range needs its true size. A multicast buffer holds one message, which begins at 0
 * (net/core/filter.c, net/netlink/af_netlink.c).
 */

#define KEEP 0xffffffffU /* bytes: never trim, other listeners share the buffer */
#define DROP 0U

#define HEADER(member) ((uint32_t)offsetof(struct nlmsghdr, member))
#define ROUTE(member) (NLMSG_HDRLEN + (uint32_t)offsetof(struct rtmsg, member))

/* ifi_index, ifa_index and ndm_ifindex all stand there. */
#define INDEX (NLMSG_HDRLEN + 4U)
_Static_assert(offsetof(struct ifinfomsg, ifi_index) == 4, "a link's index is where it is read");
_Static_assert(offsetof(struct ifaddrmsg, ifa_index) == 4, "an address's link likewise");
_Static_assert(offsetof(struct ndmsg, ndm_ifindex) == 4, "a neighbour's link likewise");

/* Words of the program's memory. */
enum { RAW, TURNED, METRIC, LENGTH, DESTINATION, MASK = DESTINATION + 4 };

#define WORD_BITS 32U
#define WAYS_IPV4 256U /* addresses; more would take more instructions than the kernel allows */
#define WAYS_IPV6 48U

/* A filter as the kernel takes it. */
struct kernel_program {
	uint16_t count;
	unsigned fewer; /* how often the ways that are told apart were halved */
	struct sock_filter code[KERNEL_PROGRAM_MOST];
};

static void emit(struct kernel_program *program, uint32_t code, uint32_t value)
{
	if (program->count == KERNEL_PROGRAM_MOST)
		return; /* cut off, the kernel refuses it */
	program->code[program->count++] = (struct sock_filter){.code = (uint16_t)code, .k = value};
}

/* Jumps over as many instructions. */
static void emit_jump(struct kernel_program *program, uint32_t test, uint32_t value, uint8_t yes,
		      uint8_t no)
{
	emit(program, BPF_JMP | BPF_K | test, value);
	program->code[program->count - 1].jt = yes;
	program->code[program->count - 1].jf = no;
}

static void emit_load(struct kernel_program *program, uint32_t from, uint32_t offset)
{
	emit(program, BPF_LD | from, offset);
}

static void emit_end(struct kernel_program *program, uint32_t verdict)
{
	emit(program, BPF_RET | BPF_K, verdict);
}

static void emit_end_if(struct kernel_program *program, uint32_t value, uint32_t verdict)
{
	emit_jump(program, BPF_JEQ, value, 0, 1);
	emit_end(program, verdict);
}

/* What stands up to if_end is for this value of the accumulator alone. */
static uint16_t if_begin(struct kernel_program *program, uint32_t value)
{
	emit_jump(program, BPF_JEQ, value, 1, 0);
	emit(program, BPF_JMP | BPF_JA, 0);
	return program->count;
}

static void if_end(struct kernel_program *program, uint16_t begin)
{
	program->code[begin - 1].k = (uint32_t)(program->count - begin);
}

/*
 * Begin what is said of messages of `type`, an RTM_NEW*, and of its RTM_DEL*; the accumulator holds
 * the type without its last bit, by which the two differ. Every way through it ends in a verdict.
 */
static uint16_t section_begin(struct kernel_program *program, uint16_t type)
{
	return if_begin(program, htons(type));
}

static void section_end(struct kernel_program *program, uint16_t begin)
{
	emit_end(program, DROP);
	if_end(program, begin);
}

static void keep_indexes(struct kernel_program *program, const uint32_t *indexes, uint32_t count,
			 uint32_t most)
{
	for (uint32_t i = 0; i < count && i < most; i++)
		emit_end_if(program, htonl(indexes[i]), KEEP);
}

static void build_links(struct kernel_program *program, const struct kernel_filter *filter,
			uint16_t type)
{
	uint16_t begin = section_begin(program, type);

	if (filter->all_links)
		emit_end(program, KEEP);
	emit_load(program, BPF_ABS | BPF_W, INDEX);
	keep_indexes(program, filter->links, filter->link_count, KERNEL_FILTER_LINKS);
	keep_indexes(program, filter->devices, filter->device_count, KERNEL_FILTER_DEVICES);
	section_end(program, begin);
}

static void build_neighbours(struct kernel_program *program, const struct kernel_filter *filter)
{
	uint16_t begin = section_begin(program, RTM_NEWNEIGH);

	emit_load(program, BPF_ABS | BPF_W, INDEX);
	keep_indexes(program, filter->devices, filter->device_count, KERNEL_FILTER_DEVICES);
	section_end(program, begin);
}

/* Put the byte of RAW that lies `from` bits up at `to` bits into TURNED. */
static void turn_byte(struct kernel_program *program, uint32_t from, uint32_t to)
{
	emit_load(program, BPF_MEM, RAW);
	emit(program, BPF_ALU | BPF_RSH | BPF_K, from);
	emit(program, BPF_ALU | BPF_AND | BPF_K, 0xff);
	emit(program, BPF_ALU | BPF_LSH | BPF_K, to);
	emit(program, BPF_LDX | BPF_MEM, TURNED);
	emit(program, BPF_ALU | BPF_OR | BPF_X, 0);
	emit(program, BPF_ST, TURNED);
}

/* Network to host order, of the accumulator. */
static void turn_word(struct kernel_program *program)
{
	if (htonl(1) == 1)
		return;
	emit(program, BPF_ST, RAW);
	emit_load(program, BPF_IMM, 0);
	emit(program, BPF_ST, TURNED);
	turn_byte(program, 24, 0);
	turn_byte(program, 16, 8);
	turn_byte(program, 8, 16);
	turn_byte(program, 0, 24);
}

/* Where the attribute of a route stands; 0 when the message does not have it. */
static void find_attribute(struct kernel_program *program, uint32_t type)
{
	emit_load(program, BPF_IMM, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct rtmsg)));
	emit(program, BPF_LDX | BPF_IMM, type);
	emit_load(program, BPF_ABS | BPF_W, (uint32_t)SKF_AD_OFF + SKF_AD_NLATTR);
}

/* The route's metric into METRIC; 0 when the message has none. */
static void load_metric(struct kernel_program *program)
{
	uint16_t absent;

	find_attribute(program, RTA_PRIORITY);
	emit_jump(program, BPF_JEQ, 0, 0, 0);
	absent = program->count;
	emit(program, BPF_MISC | BPF_TAX, 0);
	emit_load(program, BPF_IND | BPF_W, sizeof(struct rtattr));
	turn_word(program);
	program->code[absent - 1].jt = (uint8_t)(program->count - absent);
	emit(program, BPF_ST, METRIC);
}

/* Unsigned wrap-around makes one comparison of the two. */
static void keep_range(struct kernel_program *program, const struct kernel_filter *filter)
{
	emit(program, BPF_ALU | BPF_SUB | BPF_K, filter->metric);
	emit_jump(program, BPF_JGE, filter->spread, 1, 0);
	emit_end(program, KEEP);
}

/*
 * The kernel appends the routes of each new address, at metric 0 (net/ipv4/fib_frontend.c,
 * fib_magic), behind whatever is there: they hurt no route of ours, and come with every pod.
 */
static void keep_replacements(struct kernel_program *program, const struct kernel_filter *filter)
{
	emit_load(program, BPF_ABS | BPF_B, ROUTE(rtm_protocol));
	emit_end_if(program, RTPROT_KERNEL, DROP);
	if (!filter->conflict) {
		emit_load(program, BPF_ABS | BPF_H, HEADER(nlmsg_flags));
		emit_jump(program, BPF_JSET, htons(NLM_F_REPLACE | NLM_F_APPEND), 1, 0);
		emit_end(program, DROP);
	}
	emit_load(program, BPF_MEM, METRIC);
	for (uint32_t i = 0; i < filter->metric_count && i < KERNEL_FILTER_METRICS; i++)
		emit_end_if(program, filter->metrics[i], KEEP);
}

/* The mask that the length of the destination makes of its word `i`. */
static void load_mask(struct kernel_program *program, uint32_t i)
{
	emit(program, BPF_LDX | BPF_MEM, LENGTH);
	emit_load(program, BPF_IMM, (i + 1) * WORD_BITS);
	emit(program, BPF_ALU | BPF_SUB | BPF_X, 0);
	emit(program, BPF_MISC | BPF_TAX, 0); /* how many bits the word has beyond the prefix */
	emit_jump(program, BPF_JSET, 1U << 31, 4, 0); /* below 0: it lies inside */
	emit_jump(program, BPF_JGE, WORD_BITS, 5, 0);
	emit_load(program, BPF_IMM, UINT32_MAX);
	emit(program, BPF_ALU | BPF_LSH | BPF_X, 0);
	emit(program, BPF_JMP | BPF_JA, 3);
	emit_load(program, BPF_IMM, UINT32_MAX);
	emit(program, BPF_JMP | BPF_JA, 1);
	emit_load(program, BPF_IMM, 0);
	emit(program, BPF_ST, MASK + i);
}

/* The destination and its mask; the default route covers whatever there is. */
static void load_destination(struct kernel_program *program, uint32_t words)
{
	emit_load(program, BPF_ABS | BPF_B, ROUTE(rtm_dst_len));
	emit_end_if(program, 0, KEEP);
	emit(program, BPF_ST, LENGTH);
	find_attribute(program, RTA_DST);
	emit_end_if(program, 0, DROP);
	emit(program, BPF_MISC | BPF_TAX, 0);
	for (uint32_t i = 0; i < words; i++) {
		emit_load(program, BPF_IND | BPF_W,
			  (uint32_t)(sizeof(struct rtattr) + i * sizeof(uint32_t)));
		emit(program, BPF_ST, DESTINATION + i);
	}
	for (uint32_t i = 0; i < words; i++)
		load_mask(program, i);
}

/* Whether the destination and this prefix are the same as far as both reach. */
static void keep_overlapping(struct kernel_program *program, const struct prefix *prefix)
{
	uint16_t failed[4];
	uint32_t words = (prefix->len + WORD_BITS - 1) / WORD_BITS;

	for (uint32_t i = 0; i < words; i++) {
		uint32_t beyond = (i + 1) * WORD_BITS - prefix->len;
		uint32_t word;

		memcpy(&word, prefix->ip.bytes + i * sizeof(word), sizeof(word));
		emit_load(program, BPF_IMM, ntohl(word));
		emit(program, BPF_LDX | BPF_MEM, DESTINATION + i);
		emit(program, BPF_ALU | BPF_XOR | BPF_X, 0);
		emit(program, BPF_LDX | BPF_MEM, MASK + i);
		emit(program, BPF_ALU | BPF_AND | BPF_X, 0);
		if (i + 1 == words)
			emit(program, BPF_ALU | BPF_RSH | BPF_K, beyond);
		emit_jump(program, BPF_JEQ, 0, 0, 0);
		failed[i] = program->count;
	}
	emit_end(program, KEEP);
	for (uint32_t i = 0; i < words; i++)
		program->code[failed[i] - 1].jf = (uint8_t)(program->count - failed[i]);
}

static uint8_t common_bits(const struct ip *a, const struct ip *b)
{
	uint8_t bits = 0;

	while (bits < ip_bits(a->family) &&
	       ((a->bytes[bits / 8] ^ b->bytes[bits / 8]) & (0x80 >> bits % 8)) == 0)
		bits++;
	return bits;
}

/* How many bits of the sorted addresses are told apart, so that at most `most` prefixes are left.
 */
static uint8_t bits_told(const struct ip *ways, uint32_t count, uint32_t most)
{
	uint32_t shared[128 + 1] = {0};
	uint32_t distinct = 1;
	uint8_t bits = 0;

	for (uint32_t i = 1; i < count; i++)
		shared[common_bits(&ways[i - 1], &ways[i])]++;
	while (bits < ip_bits(ways->family) && distinct + shared[bits] <= most)
		distinct += shared[bits++];
	return bits;
}

/* `count` addresses of one family. */
static void keep_ways(struct kernel_program *program, const struct ip *ways, uint32_t count)
{
	bool ipv4 = ways->family == AF_INET;
	uint32_t most = (ipv4 ? WAYS_IPV4 : WAYS_IPV6) >> program->fewer;
	uint8_t bits = bits_told(ways, count, most);
	uint16_t begin;

	emit_load(program, BPF_ABS | BPF_B, ROUTE(rtm_family));
	begin = if_begin(program, ways->family);
	load_destination(program, ip_bits(ways->family) / WORD_BITS);
	for (uint32_t i = 0; i < count; i++) {
		struct prefix prefix = prefix_of(&ways[i], bits);

		if (i == 0 || common_bits(&ways[i - 1], &ways[i]) < bits)
			keep_overlapping(program, &prefix);
	}
	if_end(program, begin);
}

static void keep_covering(struct kernel_program *program, const struct kernel_filter *filter)
{
	uint32_t ipv4 = 0;

	while (ipv4 < filter->way_count && filter->ways[ipv4].family == AF_INET)
		ipv4++;
	if (ipv4 > 0)
		keep_ways(program, filter->ways, ipv4);
	if (ipv4 < filter->way_count)
		keep_ways(program, filter->ways + ipv4, filter->way_count - ipv4);
}

static void build_routes(struct kernel_program *program, const struct kernel_filter *filter)
{
	uint16_t begin = section_begin(program, RTM_NEWROUTE);

	emit_load(program, BPF_ABS | BPF_B, ROUTE(rtm_protocol));
	emit_end_if(program, filter->protocol, KEEP);
	keep_covering(program, filter);
	load_metric(program);
	if (filter->spread != 0)
		keep_range(program, filter);
	keep_replacements(program, filter);
	section_end(program, begin);
}

static void build_program(const struct kernel_filter *filter, struct kernel_program *out)
{
	out->count = 0;
	if (filter->own_port != 0) {
		emit_load(out, BPF_ABS | BPF_W, HEADER(nlmsg_pid));
		emit_end_if(out, htonl(filter->own_port), DROP);
	}
	emit_load(out, BPF_ABS | BPF_H, HEADER(nlmsg_type));
	emit(out, BPF_ALU | BPF_AND | BPF_K, htons(0xfffe));
	build_routes(out, filter); /* first, since it is their flood that must be cheap */
	build_neighbours(out, filter);
	build_links(out, filter, RTM_NEWLINK);
	build_links(out, filter, RTM_NEWADDR);
	emit_end(out, DROP);
}

/* Before Linux 6.7 net.core.optmem_max has no room for the longest, least of all beside the filter
 * that it replaces. */
static int attach_what_fits(int fd, const struct kernel_filter *filter,
			    struct kernel_program *program)
{
	struct sock_fprog prog = {.len = program->count, .filter = program->code};

	while (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0) {
		if (errno != ENOMEM || WAYS_IPV4 >> program->fewer == 0)
			return -errno;
		program->fewer++;
		build_program(filter, program);
		prog.len = program->count;
	}
	return 0;
}

/* 1: it was put in place; 0: it is in place already. */
static int attach(struct kernel_watch *watch, const struct kernel_filter *filter, struct error *err)
{
	struct kernel_program program = {.fewer = 0};
	uint64_t hash;
	int status;

	build_program(filter, &program);
	hash = hash_bytes(HASH_BEGIN, program.code, program.count * sizeof(*program.code));
	if (watch->program == hash)
		return 0;
	status = attach_what_fits(watch->fd, filter, &program);
	if (status < 0)
		return error_set(err, -status, "cannot filter the kernel's events: %s",
				 strerror(-status));
	watch->program = hash;
	watch->protocol = filter->protocol;
	return 1;
}

/* The filter goes first: nothing that it would drop may be queued. */
static int join(struct kernel_watch *watch, const struct kernel_filter *filter, struct error *err)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK, .nl_groups = GROUPS};
	int size = RECEIVE_BUFFER;
	int status = attach(watch, filter, err);

	if (status < 0)
		return status;
	/* A smaller buffer overruns sooner, which is only one more reason to look. */
	(void)setsockopt(watch->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(watch->fd, (struct sockaddr *)&self, sizeof(self)) < 0)
		return error_set(err, errno, "cannot listen to the kernel's events: %s",
				 strerror(errno));
	return 0;
}

int kernel_watch_open(const struct kernel_filter *filter, struct kernel_watch *out,
		      struct error *err)
{
	struct kernel_watch watch = {0};
	int status;

	watch.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (watch.fd < 0)
		return error_set(err, errno, "cannot open a netlink socket: %s", strerror(errno));
	status = join(&watch, filter, err);
	if (status < 0)
		kernel_watch_close(&watch);
	else
		*out = watch;
	return status;
}

void kernel_watch_close(struct kernel_watch *watch)
{
	fd_drop(&watch->fd);
}

int kernel_watch_set_filter(struct kernel_watch *watch, const struct kernel_filter *filter,
			    struct error *err)
{
	return attach(watch, filter, err);
}

/* As much of a message as is looked at; the rest is cut off. */
struct event {
	struct nlmsghdr header;
	union {
		struct rtmsg route;
		struct ndmsg neighbour;
	} body;
};

/* The kernel's own doing, and what its messages leave out, has no port. */
static void note_writer(uint32_t port, bool row, struct kernel_hints *out)
{
	if (port == 0 || (out->by_rows && !row))
		return;
	if (row && !out->by_rows)
		out->writer_count = 0;
	out->by_rows = row;
	for (uint32_t i = 0; i < out->writer_count; i++) {
		if (out->writers[i] == port)
			return;
	}
	if (out->writer_count < KERNEL_HINT_WRITERS)
		out->writers[out->writer_count++] = port;
}

static unsigned kind_of(const struct event *event)
{
	switch (event->header.nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return KERNEL_HINT_LINKS;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return KERNEL_HINT_ADDRESSES;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		return event->body.neighbour.ndm_family == AF_BRIDGE ? KERNEL_HINT_FDB
								     : KERNEL_HINT_NEIGHBOURS;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		return KERNEL_HINT_ROUTES;
	default:
		return 0;
	}
}

static void note(const struct kernel_watch *watch, const struct event *event,
		 struct kernel_hints *out)
{
	unsigned kind = kind_of(event);

	out->messages++;
	out->kinds |= kind;
	out->own_route |= kind == KERNEL_HINT_ROUTES &&
			  event->body.route.rtm_protocol == watch->protocol;
	note_writer(event->header.nlmsg_pid,
		    (kind & (KERNEL_HINT_LINKS | KERNEL_HINT_ADDRESSES)) == 0, out);
}

/* One event, if there is one. Whether to go on. */
static bool read_event(struct kernel_watch *watch, struct kernel_hints *out)
{
	struct event event = {0};
	struct sockaddr_nl from = {0};
	socklen_t from_size = sizeof(from);
	ssize_t len = recvfrom(watch->fd, &event, sizeof(event), 0, (struct sockaddr *)&from,
			       &from_size);

	if (len >= 0) {
		if (from.nl_pid == 0 && (size_t)len >= sizeof(event.header))
			note(watch, &event, out);
		return true;
	}
	if (errno == EINTR)
		return true;
	if (errno == EAGAIN)
		return false;
	/* ENOBUFS. What else may be said of a socket (ENOMEM) leaves us as ignorant. */
	out->overrun = true;
	watch->overruns++;
	return errno == ENOBUFS;
}

void kernel_watch_read(struct kernel_watch *watch, struct kernel_hints *out)
{
	int left = READ_MOST;

	*out = (struct kernel_hints){0};
	while (read_event(watch, out) && --left > 0)
		;
}
