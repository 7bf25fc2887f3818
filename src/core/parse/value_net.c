/* value_net.c - addresses, prefixes, MACs and patterns, with what was likely meant. */
#include "croute/core/parse/value_net.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "croute/core/parse/value.h"

#define REGEX_MOST 1000 /* bytes; interface names have 15 */

/* The tail of ::ffff:10.0.0.1, as IPv4 or as hexadecimal digits, is the IPv4 address. */
static int refuse_mapped(struct text text, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];
	char string[IP_TEXT_MAX] = "";
	struct in6_addr mapped = {0};
	struct ip ip = {.family = AF_INET};
	const char *slash = memchr(text.at, '/', text.len);
	size_t len = slash != NULL ? (size_t)(slash - text.at) : text.len;

	if (len < sizeof(string))
		memcpy(string, text.at, len);
	(void)inet_pton(AF_INET6, string, &mapped);
	memcpy(ip.bytes, mapped.s6_addr + 12, 4);
	return error_set(err, EINVAL, "%s is an IPv4-mapped IPv6 address; write %s",
			 value_quote(text, quoted), ip_format(&ip, string));
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
	char quoted[VALUE_QUOTE_MAX];
	struct ip ip;
	int code = ip_parse(text, &ip);

	if (code == -EPROTOTYPE)
		return refuse_mapped(text, err);
	if (code < 0 && memchr(text.at, '/', text.len) != NULL)
		return error_set(err, EINVAL, "%s is a prefix; write an address, without /",
				 value_quote(text, quoted));
	if (code < 0 && is_host_name(text))
		return error_set(err, EINVAL,
				 "%s is a host name, not an IP address; croute looks up no names",
				 value_quote(text, quoted));
	if (code < 0)
		return error_set(err, EINVAL, "%s is not an IP address", value_quote(text, quoted));
	if (ip_is_no_host(&ip))
		return error_set(err, EINVAL,
				 "%s cannot be a host's address: it is unspecified, loopback, "
				 "multicast or reserved",
				 value_quote(text, quoted));
	*out = ip;
	return 0;
}

static int refuse_prefix(struct text text, int code, const struct prefix *meant, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];
	char prefix[PREFIX_TEXT_MAX];
	struct ip ip;

	if (code == -EPROTOTYPE)
		return refuse_mapped(text, err);
	(void)value_quote(text, quoted);
	if (code == -EDOM)
		return error_set(err, EINVAL, "%s has host bits set; did you mean %s?", quoted,
				 prefix_format(meant, prefix));
	if (code == -ERANGE)
		return error_set(err, EINVAL, "the length of %s is past %s", quoted,
				 memchr(text.at, ':', text.len) != NULL ? "128" : "32");
	if (ip_parse(text, &ip) == 0)
		return error_set(err, EINVAL, "%s has no prefix length; write it as %s/%u", quoted,
				 ip_format(&ip, prefix), ip.family == AF_INET ? 24 : 64);
	return error_set(err, EINVAL, "%s is not a CIDR, as %s", quoted,
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
struct reserved {
	struct prefix prefix;
	const char *what;
};

static const struct reserved reserved[] = {
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
	char quoted[VALUE_QUOTE_MAX];
	struct prefix prefix = {.len = 0};
	int code = value_prefix(text, false, &prefix, err);

	if (code < 0)
		return code;
	if (prefix.len == 0)
		return error_set(err, EINVAL,
				 "%s is the default route; it cannot be a node's podCIDR",
				 value_quote(text, quoted));
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (prefix_overlaps(&reserved[i].prefix, &prefix))
			return error_set(err, EINVAL, "%s cannot be a podCIDR: it overlaps %s",
					 value_quote(text, quoted), reserved[i].what);
	}
	*out = prefix;
	return 0;
}

int value_mac(struct text text, struct mac *out, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];
	struct mac mac;

	if (mac_parse(text, &mac) < 0)
		return error_set(err, EINVAL, "%s is not a MAC address, as 0e:00:0a:00:00:0b",
				 value_quote(text, quoted));
	if (!mac_is_unicast(&mac))
		return error_set(err, EINVAL,
				 "%s cannot be a device's MAC address: it is zero or multicast",
				 value_quote(text, quoted));
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
	char quoted[VALUE_QUOTE_MAX];
	const char *colon = text.len > 0 ? memrchr(text.at, ':', text.len) : NULL;
	size_t host_len = colon != NULL ? (size_t)(colon - text.at) : 0;
	struct text host = {.at = text.at, .len = host_len};
	struct text port = {.at = text.at + host_len + 1, .len = text.len - host_len - 1};
	uint64_t number = 0;

	if (text.len == 0)
		return 0;
	if (colon == NULL || !is_listen_host(host) || text_to_u64(port, 65535, &number) < 0 ||
	    number == 0)
		return error_set(err, EINVAL,
				 "%s is not a listen address; use 127.0.0.1:9667, [::1]:9667, "
				 ":9667, node:9667 or ''",
				 value_quote(text, quoted));
	return 0;
}

int value_regex(struct text text, struct error *err)
{
	char quoted[VALUE_QUOTE_MAX];
	PCRE2_UCHAR why[120] = "";
	PCRE2_SIZE offset;
	pcre2_code *code;
	int problem;

	(void)value_quote(text, quoted);
	if (text.len == 0 || text.len > REGEX_MOST || memchr(text.at, '\0', text.len) != NULL)
		return error_set(err, EINVAL, "%s: a pattern has 1 to %d bytes, none of them NUL",
				 quoted, REGEX_MOST);
	code = pcre2_compile((PCRE2_SPTR)text.at, text.len, 0, &problem, &offset, NULL);
	if (code == NULL) {
		(void)pcre2_get_error_message(problem, why, sizeof(why));
		return error_set(err, EINVAL,
				 "%s is not a regular expression: %s, at character %zu", quoted,
				 (const char *)why, (size_t)offset + 1);
	}
	pcre2_code_free(code);
	return 0;
}
