/* route.c - the parts of a route row. */
/* SPDX-License-Identifier: MIT */
#include "croute/model/route.h"

#include <string.h>

static struct ip ip_from(const struct route *route, const uint8_t bytes[16])
{
	struct ip ip = {.family = route->family};

	memcpy(ip.bytes, bytes, sizeof(ip.bytes));
	return ip;
}

struct prefix route_prefix(const struct route *route)
{
	return (struct prefix){.ip = ip_from(route, route->dst), .len = route->dst_len};
}

struct ip route_gateway(const struct route *route)
{
	struct ip ip = ip_from(route, route->gateway);

	if ((route->has & ROUTE_VIA_INET6) != 0)
		ip.family = AF_INET6;
	return route->has & ROUTE_HAS_GATEWAY ? ip : (struct ip){0};
}

struct ip route_src(const struct route *route)
{
	return route->has & ROUTE_HAS_SRC ? ip_from(route, route->src) : (struct ip){0};
}

void route_set_dst(struct route *route, const struct prefix *prefix)
{
	route->family = prefix->ip.family;
	route->dst_len = prefix->len;
	memcpy(route->dst, prefix->ip.bytes, sizeof(route->dst));
}

void route_set_gateway(struct route *route, const struct ip *gateway)
{
	route->has |= ROUTE_HAS_GATEWAY;
	if (route->family == AF_INET && gateway->family == AF_INET6)
		route->has |= ROUTE_VIA_INET6;
	memcpy(route->gateway, gateway->bytes, sizeof(route->gateway));
}

void route_set_src(struct route *route, const struct ip *src)
{
	route->has |= ROUTE_HAS_SRC;
	memcpy(route->src, src->bytes, sizeof(route->src));
}

bool route_is_tunnelled(const struct route *route)
{
	return (route->flags & ROUTE_ONLINK) != 0 && (route->has & ROUTE_HAS_GATEWAY) != 0 &&
	       memcmp(route->gateway, route->dst, sizeof(route->dst)) == 0;
}

bool route_same_way(const struct route *a, const struct route *b)
{
	return a->type == b->type && a->oif == b->oif && ((a->flags | b->flags) & ROUTE_ODD) == 0 &&
	       ((a->has ^ b->has) & (ROUTE_HAS_GATEWAY | ROUTE_VIA_INET6)) == 0 &&
	       memcmp(a->gateway, b->gateway, sizeof(a->gateway)) == 0;
}
