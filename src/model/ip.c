/* ip.c - reading, writing and comparing addresses and prefixes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/ip.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "croute/base/buf.h"

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

/* As inet_pton(3), without the copy that it wants: four numbers without leading zeros. */
static int parse_ipv4(struct text text, struct ip *out)
{
	const char *at = text.at;
	const char *end = at + text.len;
	uint8_t bytes[4];

	for (size_t i = 0; i < sizeof(bytes); i++, at++) {
		const char *begin = at;
		unsigned value = 0;

		while (at < end && *at >= '0' && *at <= '9')
			value = value * 10 + (unsigned)(*at++ - '0');
		if (at == begin || at > begin + 3 || value > 255 ||
		    (*begin == '0' && at > begin + 1) ||
		    (i + 1 < sizeof(bytes) ? at == end || *at != '.' : at < end))
			return -EINVAL;
		bytes[i] = (uint8_t)value;
	}
	*out = (struct ip){.family = AF_INET};
	memcpy(out->bytes, bytes, sizeof(bytes));
	return 0;
}

static int parse_ipv6(struct text text, struct ip *out)
{
	char string[IP_TEXT_MAX];
	struct ip ip = {.family = AF_INET6};

	if (text.len >= sizeof(string) || memchr(text.at, '\0', text.len) != NULL)
		return -EINVAL;
	memcpy(string, text.at, text.len);
	string[text.len] = '\0';
	if (inet_pton(AF_INET6, string, ip.bytes) != 1)
		return -EINVAL;
	if (memcmp(ip.bytes, mapped_prefix, sizeof(mapped_prefix)) == 0)
		return -EPROTOTYPE;
	*out = ip;
	return 0;
}

int ip_parse(struct text text, struct ip *out)
{
	bool colon = memchr(text.at, ':', text.len) != NULL;

	return colon ? parse_ipv6(text, out) : parse_ipv4(text, out);
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
	struct buf buf = {.data = out, .size = IP_TEXT_MAX};

	if (ip->family == AF_INET) {
		for (int i = 0; i < 4; i++) {
			buf_add_word(&buf, i > 0 ? "." : "");
			buf_add_number(&buf, ip->bytes[i]);
		}
	} else if (ip->family == 0 || inet_ntop(ip->family, ip->bytes, out, IP_TEXT_MAX) == NULL) {
		buf_add_word(&buf, "none");
	}
	return out;
}

const char *prefix_format(const struct prefix *prefix, char out[PREFIX_TEXT_MAX])
{
	char address[IP_TEXT_MAX];
	struct buf buf = {.data = out, .size = PREFIX_TEXT_MAX};

	buf_add_word(&buf, ip_format(&prefix->ip, address));
	buf_add_word(&buf, "/");
	buf_add_number(&buf, prefix->len);
	return out;
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

struct prefix prefix_of(const struct ip *ip, uint8_t len)
{
	struct prefix prefix = {.ip = *ip, .len = len};
	size_t whole = len / 8;

	if (whole >= sizeof(prefix.ip.bytes))
		return prefix;
	prefix.ip.bytes[whole] &= (uint8_t)(0xff00U >> len % 8);
	memset(prefix.ip.bytes + whole + 1, 0, sizeof(prefix.ip.bytes) - whole - 1);
	return prefix;
}

/* Half of an address as a number. */
static uint64_t half_of(const struct ip *ip, size_t at)
{
	uint64_t half;

	memcpy(&half, ip->bytes + at, sizeof(half));
	return be64toh(half);
}

bool prefix_holds(const struct prefix *prefix, const struct ip *ip)
{
	uint64_t high;
	uint64_t low;

	if (prefix->ip.family != ip->family)
		return false;
	high = half_of(&prefix->ip, 0) ^ half_of(ip, 0);
	low = half_of(&prefix->ip, 8) ^ half_of(ip, 8);
	if (prefix->len <= 64)
		return prefix->len == 0 || high >> (64 - prefix->len) == 0;
	return high == 0 && low >> (128 - prefix->len) == 0;
}

bool prefix_covers(const struct prefix *outer, const struct prefix *inner)
{
	return outer->len <= inner->len && prefix_holds(outer, &inner->ip);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return a->len <= b->len ? prefix_holds(a, &b->ip) : prefix_holds(b, &a->ip);
}

bool prefix_same(const struct prefix *a, const struct prefix *b)
{
	return prefix_compare(a, b) == 0;
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	uint64_t x = a->ip.family;
	uint64_t y = b->ip.family;

	if (x == y) {
		x = half_of(&a->ip, 0);
		y = half_of(&b->ip, 0);
	}
	if (x == y) {
		x = half_of(&a->ip, 8);
		y = half_of(&b->ip, 8);
	}
	if (x == y) {
		x = a->len;
		y = b->len;
	}
	return (x > y) - (x < y);
}

uint32_t prefix_number(const struct prefix *prefix)
{
	const uint8_t *b = prefix->ip.bytes;
	uint32_t bits = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];

	return prefix->len == 0 ? 0 : bits >> (32 - prefix->len);
}
