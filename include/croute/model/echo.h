/* echo.h - an ICMP or ICMPv6 echo, and what comes back for it. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "croute/model/ip.h"

/* One echo. What it has comes back with its answer: `number` and `tag`. */
struct echo {
	struct ip from; /* of this host */
	struct ip to;
	uint32_t vrf; /* index of the VRF that it is sent in; 0: none */
	uint32_t number;
	uint32_t tag;
	uint16_t size; /* of the whole packet, never fragmented; 0: as small as can be */
	bool one_hop;  /* `to` does not forward it: TTL 1 */
};

enum echo_kind {
	ECHO_ANSWERED,
	ECHO_SILENT,   /* nothing came in time */
	ECHO_ABSENT,   /* `from` has no such address: it would have forwarded it, but may not */
	ECHO_REFUSED,  /* `from` says that it may not pass */
	ECHO_NO_ROUTE, /* `from`, on the way, does not know where to send it */
	ECHO_TOO_BIG,  /* `from`, or a link of this host, takes packets of at most `mtu` bytes */
	ECHO_UNHEARD,  /* this host found no neighbour to send it to */
	ECHO_UNROUTED, /* this host has no way to it */
	ECHO_UNSENT,   /* this host has no address or socket to send it from */
};

struct echo_answer {
	enum echo_kind kind;
	struct ip from;
	uint32_t number;
	uint32_t tag;
	uint32_t mtu;	 /* with ECHO_TOO_BIG */
	uint32_t age_us; /* how long it has lain in the socket */
};
