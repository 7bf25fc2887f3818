/* ip.c - reading, writing and comparing addresses and prefixes. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "croute/base/buf.h"

/* From halves and not byte by byte: what is read at once had better be written at once. */
static struct ip ip_of_halves(uint8_t family, uint64_t high, uint64_t low)
{
	struct ip ip = {.family = family};

	high = htobe64(high);
	low = htobe64(low);
	memcpy(ip.bytes, &high, sizeof(high));
	memcpy(ip.bytes + sizeof(high), &low, sizeof(low));
	return ip;
}

/* The number of one byte at the beginning, without leading zeros: its digits, 0 for none. */
static unsigned take_byte(const char *at, const char *end, unsigned *value)
{
	unsigned len = 0;

	*value = 0;
	while (len < 3 && at + len < end && at[len] >= '0' && at[len] <= '9')
		*value = *value * 10 + (unsigned)(at[len++] - '0');
	return *value > 255 || (len > 1 && *at == '0') ? 0 : len;
}

/* As inet_pton(3), without the copy that it wants. */
static int parse_ipv4(struct text text, struct ip *out)
{
	const char *at = text.at;
	const char *end = at + text.len;
	uint64_t bits = 0;
	unsigned value;

	for (int i = 0; i < 4; i++) {
		unsigned len = take_byte(at, end, &value);

		at += len;
		if (len == 0 || (i < 3 ? at == end || *at++ != '.' : at < end))
			return -EINVAL;
		bits = bits << 8 | value;
	}
	*out = ip_of_halves(AF_INET, bits << 32, 0);
	return 0;
}

/* One more than the value of a hexadecimal digit; 0 for what is none. */
static const uint8_t hex_digits[UINT8_MAX + 1] = {
	['0'] = 1,  2,	3,  4,	5,  6,	7, 8, 9, 10, /* to 9 */
	['A'] = 11, 12, 13, 14, 15, 16,		     /* to F */
	['a'] = 11, 12, 13, 14, 15, 16,		     /* to f */
};

#define GROUPS 8
#define NO_GAP (GROUPS + 1)

/* The groups of an address, as far as they are known; where `::` stands among them. */
struct groups {
	uint16_t at[GROUPS];
	unsigned count;
	unsigned gap;
};

/* The group, or IPv4 address, that begins there. What stands behind it; NULL: it is none. */
static const char *take_group(struct groups *groups, const char *at, const char *end)
{
	const char *begin = at;
	unsigned value = 0;
	struct ip ipv4;

	for (unsigned digit; at < end && (digit = hex_digits[(unsigned char)*at]) > 0; at++)
		value = value << 4 | (digit - 1);
	if (at > begin + 4 || groups->count == GROUPS)
		return NULL;
	if (at > begin && at < end && *at == '.') {
		if (groups->count > GROUPS - 2 ||
		    parse_ipv4((struct text){.at = begin, .len = (size_t)(end - begin)}, &ipv4) < 0)
			return NULL;
		value = (unsigned)(ip_half(&ipv4, 0) >> 32);
		groups->at[groups->count++] = (uint16_t)(value >> 16);
		at = end;
	}
	groups->at[groups->count++] = (uint16_t)value;
	return at > begin ? at : NULL;
}

/* All groups, each with the colon behind it. */
static bool take_groups(struct groups *groups, struct text text)
{
	const char *at = text.at;
	const char *end = at + text.len;

	if (text_starts(text, "::")) {
		groups->gap = 0;
		at += 2;
	}
	while (at < end) {
		at = take_group(groups, at, end);
		if (at == NULL || at == end)
			return at != NULL;
		if (*at++ != ':' || at == end)
			return false;
		if (*at == ':') {
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
	uint64_t halves[2] = {0, 0};

	if (!take_groups(&groups, text) || (groups.gap == NO_GAP) != (groups.count == GROUPS))
		return -EINVAL;
	for (unsigned i = 0; i < groups.count; i++) {
		unsigned place = i < groups.gap ? i : i + GROUPS - groups.count;

		halves[place / 4] |= (uint64_t)groups.at[i] << (48 - place % 4 * 16);
	}
	if (halves[0] == 0 && halves[1] >> 32 == 0xffff) /* ::ffff:0:0/96 */
		return -EPROTOTYPE;
	*out = ip_of_halves(AF_INET6, halves[0], halves[1]);
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

/* The longest run of two or more groups that are zero, the first of equals; `count` 0: none. */
static unsigned find_zeros(const uint16_t groups[GROUPS], unsigned *count)
{
	unsigned begin = 0;

	*count = 0;
	for (unsigned i = 0; i < GROUPS; i++) {
		unsigned end = i;

		while (end < GROUPS && groups[end] == 0)
			end++;
		if (end - i > 1 && end - i > *count) {
			begin = i;
			*count = end - i;
		}
		i = end;
	}
	return begin;
}

/* In the form of RFC 5952, as inet_ntop(3), which calls sprintf(3) for each group. */
static void format_ipv6(struct buf *buf, const struct ip *ip)
{
	uint16_t groups[GROUPS];
	unsigned count;
	unsigned zeros;

	for (unsigned i = 0; i < GROUPS; i++)
		groups[i] = (uint16_t)(ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1]);
	zeros = find_zeros(groups, &count);
	for (unsigned i = 0; i < GROUPS; i++) {
		if (count > 0 && i == zeros) {
			buf_add_word(buf, i + count == GROUPS ? "::" : ":");
			i += count - 1;
			continue;
		}
		if (i > 0)
			buf_add_word(buf, ":");
		buf_add_hex(buf, groups[i]);
	}
}

const char *ip_format(const struct ip *ip, char out[IP_TEXT_MAX])
{
	struct buf buf = {.data = out, .size = IP_TEXT_MAX};

	if (ip->family == AF_INET) {
		for (int i = 0; i < 4; i++) {
			buf_add_word(&buf, i > 0 ? "." : "");
			buf_add_number(&buf, ip->bytes[i]);
		}
	} else if (ip->family != 0 && ip_half(ip, 0) != 0) {
		format_ipv6(&buf, ip);
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

/* The first `len` bits of a half; 64 and more are all. */
static uint64_t leading(unsigned len)
{
	return len >= 64 ? UINT64_MAX : ~(UINT64_MAX >> len);
}

struct prefix prefix_of(const struct ip *ip, uint8_t len)
{
	uint64_t high = ip_half(ip, 0) & leading(len);
	uint64_t low = ip_half(ip, 8) & leading(len > 64 ? len - 64 : 0);

	return (struct prefix){.ip = ip_of_halves(ip->family, high, low), .len = len};
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
