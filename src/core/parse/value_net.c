/* value_net.c - addresses, prefixes, MACs and patterns, with what was likely meant. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/parse/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define REGEX_MOST 1000 /* bytes; interface names have 15 */

/* The tail of ::ffff:10.0.0.1, as IPv4 or as hexadecimal digits, is the IPv4 address. */
static int refuse_mapped(struct text text, struct error *err)
{
	char string[IP_TEXT_MAX] = "";
	struct in6_addr mapped = {0};
	struct ip ip = {.family = AF_INET};
	const char *slash = memchr(text.at, '/', text.len);
	size_t len = slash != NULL ? (size_t)(slash - text.at) : text.len;

	if (len < sizeof(string))
		memcpy(string, text.at, len);
	(void)inet_pton(AF_INET6, string, &mapped);
	memcpy(ip.bytes, mapped.s6_addr + 12, 4);
	return value_refuse(text, err, "is an IPv4-mapped IPv6 address; write %s",
			    ip_format(&ip, string));
}

/* Letters, digits, - and dots, one letter at least. */
static bool is_host_name(struct text text)
{
	bool letter = false;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (!isalnum(c) && c != '-' && c != '.' && c != '_')
			return false;
		letter |= isalpha(c) != 0;
	}
	return letter;
}

int value_address(struct text text, struct ip *out, struct error *err)
{
	struct ip ip;
	int code = ip_parse(text, &ip);

	if (code == -EPROTOTYPE)
		return refuse_mapped(text, err);
	if (code < 0 && memchr(text.at, '/', text.len) != NULL)
		return value_refuse(text, err, "is a prefix; write an address, without /");
	if (code < 0 && is_host_name(text))
		return value_refuse(text, err,
				    "is a host name, not an IP address; croute looks up no names");
	if (code < 0)
		return value_refuse(text, err, "is not an IP address");
	if (ip_is_no_host(&ip))
		return value_refuse(text, err,
				    "cannot be a host's address: it is unspecified, loopback, "
				    "multicast or reserved");
	*out = ip;
	return 0;
}

static int refuse_prefix(struct text text, int code, const struct prefix *meant, struct error *err)
{
	char prefix[PREFIX_TEXT_MAX];
	struct ip ip;

	if (code == -EPROTOTYPE)
		return refuse_mapped(text, err);
	if (code == -EDOM)
		return value_refuse(text, err, "has host bits set; did you mean %s?",
				    prefix_format(meant, prefix));
	if (code == -ERANGE)
		return value_refuse(text, err, "has a length past %s",
				    memchr(text.at, ':', text.len) != NULL ? "128" : "32");
	if (ip_parse(text, &ip) == 0)
		return value_refuse(text, err, "has no prefix length; write it as %s/%u",
				    ip_format(&ip, prefix), ip.family == AF_INET ? 24 : 64);
	return value_refuse(text, err, "is not a CIDR, as %s",
			    memchr(text.at, ':', text.len) != NULL ? "fd00:1::/64" : "10.0.1.0/24");
}

int value_prefix(struct text text, bool lone, struct prefix *out, struct error *err)
{
	struct prefix prefix;
	int code = prefix_parse(text, lone, &prefix);

	if (code < 0)
		return refuse_prefix(text, code, &prefix, err);
	*out = prefix;
	return 0;
}

/* What no pod can have an address of (RFC 6890, RFC 4291). */
static const struct {
	struct prefix prefix;
	const char *what;
} reserved[] = {
	{{{{0}, AF_INET}, 8}, "this network (0.0.0.0/8)"},
	{{{{127}, AF_INET}, 8}, "loopback (127.0.0.0/8)"},
	{{{{224}, AF_INET}, 4}, "multicast (224.0.0.0/4)"},
	{{{{240}, AF_INET}, 4}, "reserved (240.0.0.0/4)"},
	{{{{0}, AF_INET6}, 127}, "loopback (::1)"},
	{{{{0xfe, 0x80}, AF_INET6}, 10}, "link-local (fe80::/10)"},
	{{{{0xff}, AF_INET6}, 8}, "multicast (ff00::/8)"},
};

int value_podcidr(struct text text, struct prefix *out, struct error *err)
{
	struct prefix prefix = {.len = 0};
	int code = value_prefix(text, false, &prefix, err);

	if (code < 0)
		return code;
	if (prefix.len == 0)
		return value_refuse(text, err,
				    "is the default route; it cannot be a node's podCIDR");
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (reserved[i].prefix.ip.family == prefix.ip.family &&
		    prefix_overlaps(&reserved[i].prefix, &prefix))
			return value_refuse(text, err, "cannot be a podCIDR: it overlaps %s",
					    reserved[i].what);
	}
	*out = prefix;
	return 0;
}

int value_mac(struct text text, struct mac *out, struct error *err)
{
	struct mac mac;

	if (mac_parse(text, &mac) < 0)
		return value_refuse(text, err, "is not a MAC address, as 0e:00:0a:00:00:0b");
	if (!mac_is_unicast(&mac))
		return value_refuse(text, err,
				    "cannot be a device's MAC address: it is zero or multicast");
	*out = mac;
	return 0;
}

/* The address part of a listen address: empty, `node`, IPv4, or IPv6 in brackets. */
static bool is_listen_host(struct text host)
{
	struct text inside = {.at = host.at + 1, .len = host.len - 2};
	struct ip ip;

	if (host.len == 0 || text_is(host, "node"))
		return true;
	if (host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
		return ip_parse(inside, &ip) == 0 && ip.family == AF_INET6;
	return ip_parse(host, &ip) == 0 && ip.family == AF_INET;
}

int value_listen(struct text text, struct error *err)
{
	const char *colon = text.len > 0 ? memrchr(text.at, ':', text.len) : NULL;
	size_t host_len = colon != NULL ? (size_t)(colon - text.at) : 0;
	struct text host = {.at = text.at, .len = host_len};
	struct text port = {.at = text.at + host_len + 1, .len = text.len - host_len - 1};
	uint64_t number = 0;

	if (text.len == 0)
		return 0;
	if (colon == NULL || !is_listen_host(host) || text_to_u64(port, 65535, &number) < 0 ||
	    number == 0)
		return value_refuse(text, err,
				    "is not a listen address; use 127.0.0.1:9667, [::1]:9667, "
				    ":9667, node:9667 or ''");
	return 0;
}

int value_regex(struct text text, struct error *err)
{
	PCRE2_UCHAR why[120] = "";
	PCRE2_SIZE offset;
	pcre2_code *code;
	int problem;

	if (text.len == 0 || text.len > REGEX_MOST || memchr(text.at, '\0', text.len) != NULL)
		return value_refuse(text, err,
				    "is not a pattern: it has 1 to %d bytes, none of them NUL",
				    REGEX_MOST);
	code = pcre2_compile((PCRE2_SPTR)text.at, text.len, 0, &problem, &offset, NULL);
	if (code == NULL) {
		(void)pcre2_get_error_message(problem, why, sizeof(why));
		return value_refuse(text, err, "is not a regular expression: %s, at character %zu",
				    (const char *)why, (size_t)offset + 1);
	}
	pcre2_code_free(code);
	return 0;
}
