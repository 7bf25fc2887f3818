/* wire.c - echoes as bytes. */
/* SPDX-License-Identifier: MIT */
#include "edge/probe/wire.h"

#include <netinet/icmp6.h>
#include <netinet/in.h> /* before linux/in6.h */

#include <linux/icmp.h>
#include <string.h>

#define ICMP_HEADER 8U /* type, code, checksum, id, sequence: of both families */

socklen_t wire_address_size(uint8_t family)
{
	return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

socklen_t wire_address(const struct ip *ip, struct sockaddr_storage *out)
{
	struct sockaddr_in ipv4 = {.sin_family = AF_INET};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};

	*out = (struct sockaddr_storage){0};
	memcpy(&ipv4.sin_addr, ip->bytes, sizeof(ipv4.sin_addr));
	memcpy(&ipv6.sin6_addr, ip->bytes, sizeof(ipv6.sin6_addr));
	if (ip->family == AF_INET)
		memcpy(out, &ipv4, sizeof(ipv4));
	else
		memcpy(out, &ipv6, sizeof(ipv6));
	return wire_address_size(ip->family);
}

struct ip wire_ip(const struct sockaddr_storage *address)
{
	struct ip ip = {.family = (uint8_t)address->ss_family};

	if (address->ss_family == AF_INET)
		memcpy(ip.bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	else if (address->ss_family == AF_INET6)
		memcpy(ip.bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr,
		       16);
	else
		ip.family = 0;
	return ip;
}

uint16_t wire_header(uint8_t family)
{
	return family == AF_INET ? 20 : 40;
}

/* RFC 1071. Ping sockets and IPv6 do it themselves, and again. */
static uint16_t checksum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put_u16(uint8_t *out, uint16_t value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
}

static uint16_t u16_at(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

size_t wire_echo(const struct probe *probe, const struct echo *echo, uint8_t *out)
{
	struct wire_mark mark = {.cookie = probe->cookie, .number = echo->number, .tag = echo->tag};
	size_t len = ICMP_HEADER + sizeof(mark);

	if (echo->size > wire_header(probe->family) + len)
		len = echo->size - wire_header(probe->family);
	mark.size = (uint32_t)len + wire_header(probe->family);
	memset(out, 0, len);
	out[0] = probe->family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	put_u16(out + 4, probe->id);
	put_u16(out + 6, (uint16_t)echo->tag);
	memcpy(out + ICMP_HEADER, &mark, sizeof(mark));
	put_u16(out + 2, checksum(out, len));
	return len;
}

bool wire_mark(const struct probe *probe, const uint8_t *bytes, size_t len, struct wire_mark *out)
{
	if (len < ICMP_HEADER + sizeof(*out) || u16_at(bytes + 4) != probe->id)
		return false;
	memcpy(out, bytes + ICMP_HEADER, sizeof(*out));
	return out->cookie == probe->cookie && u16_at(bytes + 6) == (uint16_t)out->tag;
}
