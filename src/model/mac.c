/* mac.c - reading and writing Ethernet addresses. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/mac.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static unsigned hex_value(char digit)
{
	return isdigit((unsigned char)digit) ? (unsigned)(digit - '0')
					     : (unsigned)(tolower((unsigned char)digit) - 'a' + 10);
}

int mac_parse(struct text text, struct mac *out)
{
	struct mac mac;

	if (text.len != MAC_TEXT_MAX - 1)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(mac.bytes); i++) {
		const char *pair = text.at + i * 3;

		if (!isxdigit((unsigned char)pair[0]) || !isxdigit((unsigned char)pair[1]))
			return -EINVAL;
		if (i < 5 && pair[2] != ':')
			return -EINVAL;
		mac.bytes[i] = (uint8_t)(hex_value(pair[0]) << 4 | hex_value(pair[1]));
	}
	*out = mac;
	return 0;
}

const char *mac_format(const struct mac *mac, char out[MAC_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(mac->bytes); i++) {
		out[3 * i] = digits[mac->bytes[i] >> 4];
		out[3 * i + 1] = digits[mac->bytes[i] & 15];
		out[3 * i + 2] = i + 1 < sizeof(mac->bytes) ? ':' : '\0';
	}
	return out;
}

bool mac_is_set(const struct mac *mac)
{
	static const struct mac none;

	return !mac_same(mac, &none);
}

bool mac_is_unicast(const struct mac *mac)
{
	return (mac->bytes[0] & 1) == 0 && mac_is_set(mac);
}

bool mac_same(const struct mac *a, const struct mac *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
