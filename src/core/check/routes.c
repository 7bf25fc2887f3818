/* routes.c - a static route by itself, and against podCIDRs and protected prefixes. */
/* SPDX-License-Identifier: MIT */
#include "croute/core/check/check.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/check/same_row.h"

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

static const struct route_places *route_places(const struct places *places, uint32_t i)
{
	return (const struct route_places *)(const void *)places->routes.base + i;
}

static struct origin podcidr_at(const struct config *config, uint32_t i)
{
	return config_podcidr_origin(config, config_podcidr_at(config, i));
}

/* The way to a gateway would lead over itself. */
static void check_via(const struct places *places, uint32_t i)
{
	const struct config *config = places->config;
	const struct config_route *route = config_route_at(config, i);
	struct prefix via = prefix_of(&route->via, ip_bits(route->via.family));
	uint32_t found = config_podcidr_covering(config, &via);
	struct origin at = route_places(places, i)->via;
	char address[IP_TEXT_MAX];
	char prefix[PREFIX_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	if (found == CONFIG_NOT_FOUND)
		return;
	diag_error(places->diags, at,
		   "via %s lies inside podCIDR %s of node \"%.80s\" (%s); a gateway is a host",
		   ip_format(&route->via, address),
		   prefix_format(&config_podcidr_at(config, found)->prefix, prefix),
		   config_node_name(config, config_podcidr_at(config, found)->node),
		   places_text(places, podcidr_at(config, found), at, place));
}

static bool applies_to_another(const struct config *config, const struct config_route *route,
			       uint32_t node)
{
	for (uint32_t i = 0; i < config_node_count(config); i++) {
		if (i != node && config_route_fits(config, route, config_node_name(config, i)))
			return true;
	}
	return false;
}

/* The owner of a podCIDR may route inside it; on any other node that would cut a piece out of the
 * pod route. */
static void check_inside(const struct places *places, uint32_t i)
{
	const struct config *config = places->config;
	const struct config_route *route = config_route_at(config, i);
	uint32_t found = config_podcidr_covering(config, &route->to);
	struct origin at = route_places(places, i)->to;
	const struct config_podcidr *row;
	char to[PREFIX_TEXT_MAX];
	char prefix[PREFIX_TEXT_MAX];
	char place[PLACES_TEXT_MAX];

	if (route->table != RT_TABLE_MAIN || found == CONFIG_NOT_FOUND)
		return;
	row = config_podcidr_at(config, found);
	if (!applies_to_another(config, route, row->node))
		return;
	(void)prefix_format(&row->prefix, prefix);
	diag_warning(places->diags, at,
		     "route to %s lies inside podCIDR %s of node \"%.80s\" (%s); every other node "
		     "refuses it",
		     prefix_format(&route->to, to), prefix, config_node_name(config, row->node),
		     places_text(places, podcidr_at(config, found), at, place));
}

/* With agent.blackholeLocal that key is taken on the podCIDR's own node. */
static void check_own(const struct places *places, uint32_t i)
{
	const struct config *config = places->config;
	const struct config_route *route = config_route_at(config, i);
	uint32_t found = config_podcidr_covering(config, &route->to);
	char to[PREFIX_TEXT_MAX];

	if (!config->agent.blackhole_local || found == CONFIG_NOT_FOUND ||
	    !prefix_same(&config_podcidr_at(config, found)->prefix, &route->to) ||
	    route->table != config->kernel.table ||
	    route->metric != config_pod_metric(&config->kernel, &route->to))
		return;
	diag_error(places->diags, route_places(places, i)->to,
		   "route to %s has metric %" PRIu32
		   ", which agent.blackholeLocal uses for it; give another",
		   prefix_format(&route->to, to), route->metric);
}

static const char *name_in_order(const struct places *places, size_t i)
{
	return config_node_name(places->config,
				((const uint32_t *)(const void *)places->order.base)[i]);
}

static int compare_names(const void *a, const void *b, void *config)
{
	return strcmp(config_node_name(config, *(const uint32_t *)a),
		      config_node_name(config, *(const uint32_t *)b));
}

/* Numbers of all nodes, by name. False without memory. */
static bool sort_names(struct places *places)
{
	uint32_t count = config_node_count(places->config);
	uint32_t *numbers;

	arena_reset(&places->order);
	numbers = arena_push(&places->order, count * sizeof(*numbers));
	for (uint32_t i = 0; numbers != NULL && i < count; i++)
		numbers[i] = i;
	if (numbers != NULL)
		qsort_r(numbers, count, sizeof(*numbers), compare_names, places->config);
	return numbers != NULL;
}

/* Names that begin as the pattern does stand together. */
static bool fits_a_node(const struct places *places, const char *pattern)
{
	size_t plain = strcspn(pattern, "*?[\\");
	size_t count = places->order.used / sizeof(uint32_t);
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(name_in_order(places, middle), pattern, plain) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && strncmp(name_in_order(places, low), pattern, plain) == 0; low++) {
		if (fnmatch(pattern, name_in_order(places, low), 0) == 0)
			return true;
	}
	return false;
}

/* What fits no node of a file in which all are known; where there are many, the first do. */
static void check_patterns(struct places *places, const struct config_list *nodes, bool *sorted)
{
	const struct config *config = places->config;

	if (nodes->count > 0 && !*sorted)
		*sorted = sort_names(places);
	if (!*sorted)
		return;

	for (uint32_t i = 0; i < nodes->count && places->diags->warnings <= DIAG_MAX; i++) {
		const struct config_word *word = config_word_at(config, *nodes, i);
		const char *pattern = config_string_at(config, word->text);

		if (!fits_a_node(places, pattern))
			diag_warning(places->diags, word->origin,
				     "\"%.80s\" matches no node of the file", pattern);
	}
}

/* With backend none a host needs no entry, so its name may be good anyway. */
static bool knows_all_nodes(const struct places *places)
{
	return places->diags->errors == 0 && places->config->backend != BACKEND_NONE &&
	       config_node_count(places->config) > 0;
}

static void check_protected(const struct places *places, uint32_t i)
{
	const struct config_route *route = config_route_at(places->config, i);
	const struct prefix *safe = config_protecting(places->config, &route->to);
	char to[PREFIX_TEXT_MAX];
	char text[PREFIX_TEXT_MAX];

	if (route->to.len > 0 && safe != NULL)
		diag_warning(places->diags, route_places(places, i)->to,
			     "route to %s overlaps %s of guard.protect; every node refuses it",
			     prefix_format(&route->to, to), prefix_format(safe, text));
}

void check_routes(struct places *places)
{
	bool all_known = knows_all_nodes(places);
	bool sorted = false;

	for (uint32_t i = 0; i < config_route_count(places->config); i++) {
		const struct config_route *route = config_route_at(places->config, i);

		if (all_known)
			check_patterns(places, &route->nodes, &sorted);
		if (ip_is_set(&route->via))
			check_via(places, i);
		if (!ip_is_set(&route->to.ip))
			continue;
		check_inside(places, i);
		check_own(places, i);
		check_protected(places, i);
	}
	check_same_row(places);
}
