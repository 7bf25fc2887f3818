/* route.h - one kernel route as comparable bytes. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "croute/model/ip.h"

/* Bits of struct route.flags. */
#define ROUTE_ONLINK 0x01 /* RTNH_F_ONLINK */
#define ROUTE_ODD                                                                                  \
	0x02 /* bears what croute never writes: next-hop object, encapsulation, weights of next    \
		hops, more of them than ROUTE_HOPS_MOST, other metrics */
#define ROUTE_LOCKED 0x04   /* its MTU is locked (RTAX_LOCK) */
#define ROUTE_PREF_LOW 0x08 /* RFC 4191 router preference, IPv6 */
#define ROUTE_PREF_HIGH 0x10

/*
 * The key comes first and is the kernel's: table, destination, TOS, metric. Family and length of
 * gateway and source are those of the destination, unless ROUTE_VIA_INET6 is set. Both sides are
 * normal (DESIGN 3), so that equal routes are equal bytes. A route of several next hops is as many
 * rows, which differ in link, gateway and ROUTE_ONLINK alone.
 */
struct route {
	uint32_t table;
	uint8_t family;
	uint8_t dst[16];
	uint8_t dst_len;
	uint8_t tos;
	uint8_t zero;
	uint32_t metric;
	/* value */
	uint32_t oif; /* link index; 0 for types that have none */
	uint8_t gateway[16];
	uint8_t src[16]; /* preferred source */
	uint16_t mtu;	 /* 0: the link's */
	uint8_t type;	 /* RTN_* */
	uint8_t scope;	 /* RT_SCOPE_* */
	uint8_t protocol;
	uint8_t flags;
	uint8_t has;  /* ROUTE_HAS_*: whether gateway and src are there, since 0.0.0.0 is an address
			 too */
	uint8_t hops; /* next hops of the route that this row is one of; 0: it is all of it */
};
#define ROUTE_HAS_GATEWAY 0x01
#define ROUTE_HAS_SRC 0x02
#define ROUTE_VIA_INET6 0x04 /* an IPv4 route's gateway is an IPv6 address (RTA_VIA, Linux 5.2) */

#define ROUTE_KEY_SIZE offsetof(struct route, oif)
#define ROUTE_DESTINATION_SIZE                                                                     \
	offsetof(struct route, tos) /* the part of the key that says where to */
_Static_assert(sizeof(struct route) == 72, "a route row has no padding and at most 72 bytes");
_Static_assert(ROUTE_KEY_SIZE == 28, "the key has no padding");

#define ROUTE_HOPS_MOST 16 /* of a route that is written */

/* One route, by its rows; `count` 0: none. */
struct route_hops {
	const struct route *at[ROUTE_HOPS_MOST];
	uint32_t count;
};

struct prefix route_prefix(const struct route *route);
struct ip route_gateway(const struct route *route); /* family 0 when there is none */
struct ip route_src(const struct route *route);
void route_set_dst(struct route *route, const struct prefix *prefix);
void route_set_gateway(struct route *route, const struct ip *gateway);
void route_set_src(struct route *route, const struct ip *src);

/* Whether it leads to its destination's own network address onlink: into a VXLAN device, as flannel
 * and croute do it. */
bool route_is_tunnelled(const struct route *route);

/* Whether two routes carry a packet the same way: type, gateway and device; metric, protocol and
 * the rest aside. */
bool route_same_way(const struct route *a, const struct route *b);

/* A packet for which a route is asked. */
struct flow {
	struct ip dst;
	struct ip src;	   /* family 0: the kernel chooses; of this host, unless `iif` is set */
	uint32_t iif;	   /* the link that it comes in by; 0: it is this host's own */
	uint32_t vrf;	   /* of one of this host's own, the VRF that it is sent in; 0: none */
	uint16_t udp_port; /* it goes to this port of UDP; 0: nothing is said of that */
};
