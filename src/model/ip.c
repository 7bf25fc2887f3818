/* ip.c - reading, writing and comparing addresses and prefixes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/ip.h"

#include <arpa/inet.h>
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

/* 16 for what is none. */
static unsigned hex_digit(char c)
{
	char lower = (char)(c | 0x20);

	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10 : 16;
}

#define NO_GAP 17

/* The bytes of an address, as far as they are known; where `::` stands among them. */
struct groups {
	uint8_t bytes[16];
	size_t count;
	size_t gap;
};

/* The group, or IPv4 address, at the beginning of the text. Its length; 0: it is none. */
static size_t take_group(struct groups *groups, struct text text)
{
	struct ip ipv4;
	unsigned value = 0;
	size_t len = 0;

	for (unsigned digit; len < text.len && (digit = hex_digit(text.at[len])) < 16; len++)
		value = value << 4 | digit;
	if (len > 4 || groups->count > 14)
		return 0;
	if (len > 0 && len < text.len && text.at[len] == '.') {
		if (groups->count > 12 || parse_ipv4(text, &ipv4) < 0)
			return 0;
		memcpy(groups->bytes + groups->count, ipv4.bytes, 4);
		groups->count += 4;
		return text.len;
	}
	groups->bytes[groups->count++] = (uint8_t)(value >> 8);
	groups->bytes[groups->count++] = (uint8_t)value;
	return len;
}

/* All groups, each with the colon behind it. */
static bool take_groups(struct groups *groups, struct text text)
{
	size_t at = 0;

	if (text_starts(text, "::")) {
		groups->gap = 0;
		at = 2;
	}
	while (at < text.len) {
		struct text rest = {.at = text.at + at, .len = text.len - at};
		size_t len = take_group(groups, rest);

		if (len == 0)
			return false;
		at += len;
		if (at == text.len)
			return true;
		if (text.at[at++] != ':' || at == text.len)
			return false;
		if (text.at[at] == ':') {
			if (groups->gap != NO_GAP)
				return false;
			groups->gap = groups->count;
			at++;
		}
	}
	return true;
}

/* As inet_pton(3), in half its time: groups of at most four digits, one `::` for those that are
 * zero, the last two perhaps as IPv4. */
static int parse_ipv6(struct text text, struct ip *out)
{
	struct groups groups = {.gap = NO_GAP};
	struct ip ip = {.family = AF_INET6};
	size_t tail;

	if (!take_groups(&groups, text) || (groups.gap == NO_GAP) != (groups.count == 16))
		return -EINVAL;
	tail = groups.gap == NO_GAP ? 0 : groups.count - groups.gap;
	memcpy(ip.bytes, groups.bytes, groups.count - tail);
	memcpy(ip.bytes + 16 - tail, groups.bytes + groups.count - tail, tail);
	if (memcmp(ip.bytes, mapped_prefix, sizeof(mapped_prefix)) == 0)
		return -EPROTOTYPE;
	*out = ip;
	return 0;
}

int ip_parse(struct text text, struct ip *out)
{
	return parse_ipv4(text, out) == 0 ? 0 : parse_ipv6(text, out);
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

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
	uint64_t x = a->ip.family;
	uint64_t y = b->ip.family;

	if (x == y) {
		x = ip_half(&a->ip, 0);
		y = ip_half(&b->ip, 0);
	}
	if (x == y) {
		x = ip_half(&a->ip, 8);
		y = ip_half(&b->ip, 8);
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
