/* route.c - what a route needs, and what its type forbids. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/check/check.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

static struct origin value_at(const struct places *places, const char *key)
{
	return places_of(places, SCHEMA_ROUTE, key)->value;
}

static bool has(const struct places *places, const char *key)
{
	return places_has(places, SCHEMA_ROUTE, key);
}

static bool lost(const struct places *places, const char *key)
{
	return places_lost(places, SCHEMA_ROUTE, key);
}

static void refuse_with_type(const struct places *places, const char *key)
{
	if (has(places, key))
		diag_error(places->diags, places_of(places, SCHEMA_ROUTE, key)->key,
			   "\"%s\" has no meaning with type blackhole, unreachable or prohibit",
			   key);
}

/* How the packets leave the host. */
static void check_way(const struct places *places, const struct config_route *route)
{
	if (lost(places, "type"))
		return;
	if (route->type != RTN_UNICAST) {
		refuse_with_type(places, "via");
		refuse_with_type(places, "dev");
		refuse_with_type(places, "onLink");
		return;
	}
	if (!has(places, "via") && !has(places, "dev") && !lost(places, "via") &&
	    !lost(places, "dev"))
		diag_error(places->diags, route->origin, "a route needs \"via\" or \"dev\"");
	else if (ip_is_link_local(&route->via) && !has(places, "dev") && !lost(places, "dev"))
		diag_error(places->diags, value_at(places, "via"),
			   "a link-local \"via\" needs \"dev\": it is on every link");
	if (route->on_link && !has(places, "via") && !lost(places, "via"))
		diag_error(places->diags, value_at(places, "onLink"),
			   "\"onLink\" says that \"via\" is on the link, and there is no \"via\"");
}

/* `default` is of the family of `via`, else of `from`, else of both. */
static void give_family(struct config_route *route)
{
	const struct ip *teller = ip_is_set(&route->via) ? &route->via : &route->from;

	if (!route->both_families || !ip_is_set(teller))
		return;
	route->to.ip.family = teller->family;
	route->both_families = false;
}

static void check_family(const struct places *places, const struct config_route *route,
			 const struct ip *ip, const char *key)
{
	if (!ip_is_set(ip) || ip->family == route->to.ip.family)
		return;
	diag_error(places->diags, value_at(places, key), "\"%s\" is %s in an %s route", key,
		   ip->family == AF_INET ? "IPv4" : "IPv6",
		   route->to.ip.family == AF_INET ? "IPv4" : "IPv6");
}

void check_route(struct places *places, struct config_route *route)
{
	route->has_metric = has(places, "metric");
	give_family(route);
	check_way(places, route);
	if (ip_is_set(&route->to.ip) && !route->both_families) {
		check_family(places, route, &route->via, "via");
		check_family(places, route, &route->from, "from");
	}
	if (places->lost[SCHEMA_ROUTE] != 0)
		route->to.ip.family = 0; /* its own error is enough, whatever else it would meet */
}
