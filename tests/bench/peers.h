/* peers.h - which peers every contender is given; the scripts beside it count likewise. */
/* SPDX-License-Identifier: MIT */
#pragma once

#define PEERS_PROTOCOL 67
#define PEERS_METRIC 67000U
#define PEERS_SPREAD 4096U		/* of IPv4 metrics */
#define PEERS_DST_FIRST 0x0a000000U	/* 10.0.0.0/24 is this host's, 10.0.1.0/24 peer 1's */
#define PEERS_GATEWAY_FIRST 0xac100001U /* 172.16.0.1 is this host, 172.16.0.2 peer 1 */

/* IPv6: fd10:0:I:J::/64 via fd00::I:J, where I and J are the halves of the peer's number plus 1. */
