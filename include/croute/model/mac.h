/* mac.h - Ethernet addresses. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/base/text.h"

#define MAC_TEXT_MAX 18

/* All zero is none. */
struct mac {
	uint8_t bytes[6];
};

/* Six pairs of hexadecimal digits with colons. 0, or -EINVAL. */
int mac_parse(struct text text, struct mac *out);
const char *mac_format(const struct mac *mac, char out[MAC_TEXT_MAX]);
bool mac_is_set(const struct mac *mac);

/* Whether one device may have it: the group bit of the first byte is clear (IEEE 802) and it is not
 * all zero. */
bool mac_is_unicast(const struct mac *mac);
bool mac_same(const struct mac *a, const struct mac *b);
