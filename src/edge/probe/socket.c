/* socket.c - the sockets of echoes: opening, sending. */
/* SPDX-License-Identifier: MIT */
#include "edge/probe/wire.h"

#include <netinet/icmp6.h>
#include <netinet/in.h> /* before linux/in6.h */

#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (1024 * 1024) /* a thousand answers at once, as the kernel counts their memory */

static void set(const struct probe *probe, int level, int name, int value)
{
	(void)setsockopt(probe->fd, level, name, &value, sizeof(value));
}

/* Not fragmented, whatever path MTU is cached; errors reported; and, without CAP_NET_ADMIN, a
 * source that no link has as its address (a `local` route). */
static void set_options(const struct probe *probe)
{
	set(probe, SOL_SOCKET, SO_RCVBUF, BUFFER);
	set(probe, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER); /* with CAP_NET_ADMIN */
	set(probe, SOL_SOCKET, SO_SNDBUF, BUFFER);
	set(probe, SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (probe->family == AF_INET) {
		set(probe, IPPROTO_IP, IP_RECVERR, 1);
		set(probe, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
		return;
	}
	set(probe, IPPROTO_IPV6, IPV6_RECVERR, 1);
	set(probe, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	set(probe, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	set(probe, IPPROTO_IPV6, IPV6_FREEBIND, 1);
}

/* Only answers to its own id and cookie: what others send or forge takes no room in the buffer.
 * IPv4 gives a raw socket the IP header too. */
static int keep_own(const struct probe *probe)
{
	uint32_t type = probe->family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	/* without options, as croute's are */
	uint32_t header = probe->raw && probe->family == AF_INET ? 20 : 0;
	uint32_t cookie[2];
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, header),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, type, 0, 7),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, header + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, probe->id, 0, 5),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, header + WIRE_COOKIE_AT),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, header + WIRE_COOKIE_AT + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	memcpy(cookie, &probe->cookie, sizeof(cookie));
	code[5].k = ntohl(cookie[0]);
	code[7].k = ntohl(cookie[1]);
	return setsockopt(probe->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int open_raw(struct probe *probe)
{
	probe->fd = socket(probe->family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			   probe->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	probe->raw = true;
	return probe->fd < 0 || keep_own(probe) < 0 ? -errno : 0;
}

/* The kernel gives a ping socket its id when it is bound. */
static int bind_ping(struct probe *probe)
{
	struct sockaddr_storage address = {.ss_family = probe->family};
	socklen_t len = sizeof(address);
	uint16_t port;

	if (bind(probe->fd, (struct sockaddr *)&address, wire_address_size(probe->family)) < 0 ||
	    getsockname(probe->fd, (struct sockaddr *)&address, &len) < 0)
		return -errno;
	/* The port stands at the same place in both families. */
	memcpy(&port, (const char *)&address + offsetof(struct sockaddr_in, sin_port),
	       sizeof(port));
	probe->id = ntohs(port);
	return 0;
}

/* Ping sockets for IPv6 leave a given source out of account before Linux 5.18. One that minds it
 * refuses a source that is not of this host; another sends an echo to itself. */
static bool minds_source(const struct probe *probe)
{
	struct echo echo = {
		.from = {.family = AF_INET6, .bytes = {0x20, 0x01, 0x0d, 0xb8}},
		.to = {.family = AF_INET6, .bytes = {[15] = 1}},
	};

	return probe->family == AF_INET || probe_send(probe, &echo) == -EINVAL;
}

static int open_ping(struct probe *probe)
{
	int status;

	probe->fd = socket(probe->family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			   probe->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (probe->fd < 0)
		return -errno;
	status = bind_ping(probe);
	if (status == 0 && !minds_source(probe))
		status = -EPROTONOSUPPORT;
	return status == 0 && keep_own(probe) < 0 ? -errno : status;
}

int probe_open(uint8_t family, struct probe *out, struct error *err)
{
	struct probe probe = {.fd = -1, .family = family};
	int ping;
	int raw;

	if (getrandom(&probe.cookie, sizeof(probe.cookie), 0) != sizeof(probe.cookie) ||
	    getrandom(&probe.id, sizeof(probe.id), 0) != sizeof(probe.id))
		return error_set(err, EIO, "no random numbers for probes");
	ping = open_ping(&probe);
	if (ping < 0 && ping != -EAFNOSUPPORT) {
		probe_close(&probe);
		raw = open_raw(&probe);
		if (raw < 0) {
			probe_close(&probe);
			return error_set(err, -raw,
					 "cannot send echoes: no ping socket (%s; "
					 "net.ipv4.ping_group_range allows them) and no raw one "
					 "(%s; CAP_NET_RAW allows it)",
					 strerror(-ping), strerror(-raw));
		}
	} else if (ping < 0) {
		return error_set(err, -ping, "the kernel has no IPv6");
	}
	set_options(&probe);
	*out = probe;
	return 0;
}

void probe_close(struct probe *probe)
{
	if (probe->fd >= 0)
		(void)close(probe->fd);
	probe->fd = -1;
}

/* One item of ancillary data behind those that are there. */
static void add_control(struct msghdr *message, int level, int type, const void *data, size_t size)
{
	struct cmsghdr *item =
		(struct cmsghdr *)(void *)((char *)message->msg_control + message->msg_controllen);

	item->cmsg_level = level;
	item->cmsg_type = type;
	item->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(item), data, size);
	message->msg_controllen += CMSG_SPACE(size);
}

static void add_source(struct msghdr *message, const struct ip *from, uint32_t vrf)
{
	struct in_pktinfo ipv4 = {.ipi_ifindex = (int)vrf};
	struct in6_pktinfo ipv6 = {.ipi6_ifindex = vrf};

	if (from->family == AF_INET) {
		memcpy(&ipv4.ipi_spec_dst, from->bytes, sizeof(ipv4.ipi_spec_dst));
		add_control(message, IPPROTO_IP, IP_PKTINFO, &ipv4, sizeof(ipv4));
	} else if (from->family == AF_INET6) {
		memcpy(&ipv6.ipi6_addr, from->bytes, sizeof(ipv6.ipi6_addr));
		add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &ipv6, sizeof(ipv6));
	}
}

static void add_hop_limit(struct msghdr *message, uint8_t family)
{
	int one = 1;

	if (family == AF_INET)
		add_control(message, IPPROTO_IP, IP_TTL, &one, sizeof(one));
	else
		add_control(message, IPPROTO_IPV6, IPV6_HOPLIMIT, &one, sizeof(one));
}

int probe_send(const struct probe *probe, const struct echo *echo)
{
	uint8_t space[WIRE_MOST];
	_Alignas(struct cmsghdr) char control[256] = {0};
	struct iovec piece = {.iov_base = space, .iov_len = wire_echo(probe, echo, space)};
	struct sockaddr_storage to;
	struct msghdr message = {.msg_name = &to,
				 .msg_namelen = wire_address(&echo->to, &to),
				 .msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = control};

	add_source(&message, &echo->from, echo->vrf);
	if (echo->one_hop)
		add_hop_limit(&message, probe->family);
	if (message.msg_controllen == 0)
		message.msg_control = NULL;
	return sendmsg(probe->fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}
