/* ip.h - addresses and prefixes of both families. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h> /* AF_INET, AF_INET6 */

#include "croute/base/text.h"

#define IP_TEXT_MAX 46	   /* INET6_ADDRSTRLEN */
#define PREFIX_TEXT_MAX 50 /* with "/128" */

/* IPv4 and IPv6, in this order, wherever something is kept per family. */
#define FAMILIES 2
#define FAMILY_AT(i) ((uint8_t)((i) == 0 ? AF_INET : AF_INET6))
#define FAMILY_INDEX(family) ((family) == AF_INET ? 0 : 1)

/*
 * An address; family 0 is none. IPv4 stands in the first four bytes, the others are zero, so that
 * two equal addresses are equal bytes and IPv4 sorts by value.
 */
struct ip {
	uint8_t bytes[16];
	uint8_t family; /* AF_INET, AF_INET6 or 0 */
};

/* A prefix; host bits are zero. */
struct prefix {
	struct ip ip;
	uint8_t len;
};

/*
 * Numeric addresses only (inet_pton(3)); no zone. 0, -EINVAL, or -EPROTOTYPE for an IPv4-mapped
 * IPv6 address, which no route may have.
 */
int ip_parse(struct text text, struct ip *out);

/*
 * `ADDRESS/LEN`; a lone address is /32 or /128 when `lone` is allowed. 0, -EINVAL for what is no
 * prefix, -EPROTOTYPE as ip_parse, -ERANGE for a length past the family's, -EDOM when host bits are
 * set (then `out` is filled with the prefix that was likely meant).
 */
int prefix_parse(struct text text, bool lone, struct prefix *out);

/* NUL-terminated text in `out`, which is returned. */
const char *ip_format(const struct ip *ip, char out[IP_TEXT_MAX]);
const char *prefix_format(const struct prefix *prefix, char out[PREFIX_TEXT_MAX]);

static inline bool ip_same(const struct ip *a, const struct ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static inline bool ip_is_set(const struct ip *ip)
{
	return ip->family != 0;
}

/* fe80::/10, RFC 4291 2.5.6. */
bool ip_is_link_local(const struct ip *ip);

/* An address that no single host can have: unspecified, loopback, multicast, IPv4 0/8 and 240/4. */
bool ip_is_no_host(const struct ip *ip);

/* 32 or 128. */
static inline uint8_t ip_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

/* The prefix of `len` bits that holds `ip`. */
struct prefix prefix_of(const struct ip *ip, uint8_t len);

/* Half of an address as a number. Inline, with what follows, for all of it is asked of every
 * podCIDR.
 */
static inline uint64_t ip_half(const struct ip *ip, size_t at)
{
	uint64_t half;

	memcpy(&half, ip->bytes + at, sizeof(half));
	return be64toh(half);
}

static inline bool prefix_holds(const struct prefix *prefix, const struct ip *ip)
{
	uint64_t high = ip_half(&prefix->ip, 0) ^ ip_half(ip, 0);
	uint64_t low = ip_half(&prefix->ip, 8) ^ ip_half(ip, 8);

	if (prefix->ip.family != ip->family)
		return false;
	if (prefix->len <= 64)
		return prefix->len == 0 || high >> (64 - prefix->len) == 0;
	return high == 0 && low >> (128 - prefix->len) == 0;
}

/* Whether `outer` is `inner` or contains it. */
static inline bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len && prefix_holds(outer, &inner->ip);
}

static inline bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return a->len <= b->len ? prefix_holds(a, &b->ip) : prefix_holds(b, &a->ip);
}

/* By family, address, length: a prefix comes right before what it contains. */
int prefix_compare(const struct prefix *a, const struct prefix *b);

static inline bool prefix_same(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && ip_same(&a->ip, &b->ip);
}

/* The subnet's number: its leading `len` bits as an integer. IPv4 only (SPEC 4, metrics). */
uint32_t prefix_number(const struct prefix *prefix);
