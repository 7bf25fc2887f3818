/* rule.h - one policy routing rule, as far as it says where packets to an address are looked up. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/model/ip.h"
#include "croute/model/link.h"

/* ip-rule(8). The kernel asks them by rising priority. */
struct rule {
	uint32_t priority;
	uint32_t table; /* of RULE_LOOKUP */
	uint32_t mark;
	uint32_t mask; /* 0: packets of any mark */
	struct prefix dst;
	struct prefix src;
	char iif[LINK_NAME_MAX]; /* "" for any */
	char oif[LINK_NAME_MAX];
	uint8_t family;
	uint8_t action;	  /* RULE_* */
	uint8_t shortest; /* routes of shorter prefixes are skipped (suppress_prefixlength + 1)
			   */
	bool inverted;
	bool l3mdev; /* only what goes by a VRF; the table, which `table` does not tell, is the
			VRF's */
	bool odd;    /* asks for more than is kept here: ports, users, TOS, … */
};

/* FR_ACT_* of linux/fib_rules.h. */
#define RULE_LOOKUP 1
#define RULE_BLACKHOLE 6
#define RULE_UNREACHABLE 7
#define RULE_PROHIBIT 8
