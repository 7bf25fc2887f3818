/* wire.h - echoes as bytes. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <sys/socket.h>

#include "croute/edge/probe/probe.h"

#define WIRE_MOST 65536
#define WIRE_COOKIE_AT 8 /* behind the ICMP header */

/* What every echo of croute's has behind the eight bytes of its ICMP header. */
struct wire_mark {
	uint64_t cookie;
	uint32_t number;
	uint32_t tag;
	uint32_t size; /* of the whole packet */
	uint32_t zero;
};

socklen_t wire_address_size(uint8_t family);
socklen_t wire_address(const struct ip *ip, struct sockaddr_storage *out);
struct ip wire_ip(const struct sockaddr_storage *address);

/* IP header without options. */
uint16_t wire_header(uint8_t family);

/* The echo in `out`, which has WIRE_MOST bytes; its length. */
size_t wire_echo(const struct probe *probe, const struct echo *echo, uint8_t *out);

/* The marks of an echo or its answer, which begin with their ICMP header; whether it is of this
 * socket, and a whole one. */
bool wire_mark(const struct probe *probe, const uint8_t *bytes, size_t len, struct wire_mark *out);
