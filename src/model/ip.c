/* ip.c - reading, writing and comparing addresses and prefixes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

int ip_parse(struct text text, struct ip *out)
{
	char string[IP_TEXT_MAX];
	struct ip ip = {0};

	if (text.len == 0 || text.len >= sizeof(string) || memchr(text.at, '\0', text.len) != NULL)
		return -EINVAL;
	memcpy(string, text.at, text.len);
	string[text.len] = '\0';
	ip.family = memchr(string, ':', text.len) != NULL ? AF_INET6 : AF_INET;
	if (inet_pton(ip.family, string, ip.bytes) != 1)
		return -EINVAL;
	if (ip.family == AF_INET6 && memcmp(ip.bytes, mapped_prefix, sizeof(mapped_prefix)) == 0)
		return -EPROTOTYPE;
	*out = ip;
	return 0;
}

/* The length behind the slash, or that of a lone address when one is allowed. */
static int parse_length(struct text digits, bool slash, bool lone, uint8_t family, uint8_t *out)
{
	uint64_t len;
	int error;

	if (!slash) {
		*out = ip_bits(family);
		return lone ? 0 : -EINVAL;
	}
	if (digits.len > 1 && digits.at[0] == '0')
		return -EINVAL;
	error = text_to_u64(digits, ip_bits(family), &len);
	if (error == 0)
		*out = (uint8_t)len;
	return error;
}

int prefix_parse(struct text text, bool lone, struct prefix *out)
{
	const char *slash = memchr(text.at, '/', text.len);
	struct text address = {.at = text.at, .len = slash ? (size_t)(slash - text.at) : text.len};
	struct text digits = {.at = slash ? slash + 1 : text.at, .len = 0};
	struct prefix meant;
	struct ip ip;
	uint8_t len = 0;
	int error = ip_parse(address, &ip);

	if (error < 0)
		return error;
	if (slash != NULL)
		digits.len = text.len - address.len - 1;
	error = parse_length(digits, slash != NULL, lone, ip.family, &len);
	if (error < 0)
		return error;
	meant = prefix_of(&ip, len);
	*out = meant;
	return ip_same(&meant.ip, &ip) ? 0 : -EDOM;
}

const char *ip_format(const struct ip *ip, char out[IP_TEXT_MAX])
{
	if (ip->family == 0 || inet_ntop(ip->family, ip->bytes, out, IP_TEXT_MAX) == NULL)
		(void)snprintf(out, IP_TEXT_MAX, "none");
	return out;
}

const char *prefix_format(const struct prefix *prefix, char out[PREFIX_TEXT_MAX])
{
	char address[IP_TEXT_MAX];

	(void)snprintf(out, PREFIX_TEXT_MAX, "%s/%u", ip_format(&prefix->ip, address), prefix->len);
	return out;
}

bool ip_same(const struct ip *a, const struct ip *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool ip_is_set(const struct ip *ip)
{
	return ip->family != 0;
}

bool ip_is_link_local(const struct ip *ip)
{
	return ip->family == AF_INET6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static bool is_low_ipv6(const struct ip *ip)
{
	static const uint8_t zero[15];

	return memcmp(ip->bytes, zero, sizeof(zero)) == 0 && ip->bytes[15] <= 1;
}

bool ip_is_no_host(const struct ip *ip)
{
	if (ip->family == AF_INET)
		return ip->bytes[0] == 0 || ip->bytes[0] == 127 || ip->bytes[0] >= 224;
	return ip->bytes[0] == 0xff || is_low_ipv6(ip);
}

uint8_t ip_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

struct prefix prefix_of(const struct ip *ip, uint8_t len)
{
	struct prefix prefix = {.ip = *ip, .len = len};

	for (unsigned i = 0; i < sizeof(prefix.ip.bytes); i++) {
		unsigned keep = len > i * 8 ? len - i * 8 : 0;

		if (keep < 8)
			prefix.ip.bytes[i] &= (uint8_t)(0xff00U >> keep);
	}
	return prefix;
}

bool prefix_holds(const struct prefix *prefix, const struct ip *ip)
{
	unsigned whole = prefix->len / 8;
	unsigned rest = prefix->len % 8;

	if (prefix->ip.family != ip->family || memcmp(prefix->ip.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       ((prefix->ip.bytes[whole] ^ ip->bytes[whole]) & (0xff00U >> rest) & 0xff) == 0;
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len && prefix_holds(outer, &inner->ip);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_covers(a, b) || prefix_covers(b, a);
}

bool prefix_same(const struct prefix *a, const struct prefix *b)
{
	return prefix_compare(a, b) == 0;
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	int order = (a->ip.family > b->ip.family) - (a->ip.family < b->ip.family);

	if (order == 0)
		order = memcmp(a->ip.bytes, b->ip.bytes, sizeof(a->ip.bytes));
	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

uint32_t prefix_number(const struct prefix *prefix)
{
	const uint8_t *b = prefix->ip.bytes;
	uint32_t bits = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];

	return prefix->len == 0 ? 0 : bits >> (32 - prefix->len);
}
