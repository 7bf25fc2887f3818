/* route.c - what a route needs, and what its type forbids. */
#include "croute/core/check/route.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

static struct origin value_at(const struct config_reader *reader, const char *key)
{
	return reader_where(reader, SCHEMA_ROUTE, key)->value;
}

static bool has(const struct config_reader *reader, const char *key)
{
	return reader_has(reader, SCHEMA_ROUTE, key);
}

static void refuse_with_type(const struct config_reader *reader, const char *key)
{
	if (has(reader, key))
		diag_error(reader->diags, reader_where(reader, SCHEMA_ROUTE, key)->key,
			   "\"%s\" has no meaning with type blackhole, unreachable or prohibit",
			   key);
}

/* How the packets leave the host. */
static void check_way(const struct config_reader *reader, const struct config_route *route)
{
	if (route->type != RTN_UNICAST) {
		refuse_with_type(reader, "via");
		refuse_with_type(reader, "dev");
		refuse_with_type(reader, "onLink");
		return;
	}
	if (!has(reader, "via") && !has(reader, "dev"))
		diag_error(reader->diags, route->origin, "a route needs \"via\" or \"dev\"");
	else if (ip_is_link_local(&route->via) && !has(reader, "dev"))
		diag_error(reader->diags, value_at(reader, "via"),
			   "a link-local \"via\" needs \"dev\": it is on every link");
	if (route->on_link && !has(reader, "via"))
		diag_error(reader->diags, value_at(reader, "onLink"),
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

static void check_family(const struct config_reader *reader, const struct config_route *route,
			 const struct ip *ip, const char *key)
{
	if (!ip_is_set(ip) || ip->family == route->to.ip.family)
		return;
	diag_error(reader->diags, value_at(reader, key), "\"%s\" is %s in an %s route", key,
		   ip->family == AF_INET ? "IPv4" : "IPv6",
		   route->to.ip.family == AF_INET ? "IPv4" : "IPv6");
}

void check_route(struct config_reader *reader, struct config_route *route)
{
	route->has_metric = has(reader, "metric");
	give_family(route);
	check_way(reader, route);
	if (!ip_is_set(&route->to.ip) || route->both_families)
		return;
	check_family(reader, route, &route->via, "via");
	check_family(reader, route, &route->from, "from");
}
